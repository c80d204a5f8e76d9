// Memory for the debugger: by its addresses, without ever faulting.
#include "ke.h"
#include "mm.h"

#define CR0_WP 0x10000

BOOLEAN MmIsAddressValid(PVOID VirtualAddress)
{
    ULONG64 address = (ULONG64)VirtualAddress;

    if ((ULONG64)((LONG64)(address << 16) >> 16) != address) {
        return FALSE; // not canonical
    }
    for (ULONG level = 4; level-- != 0;) {
        PMMPTE_HARDWARE entry = MiGetEntry(address, level);

        if (!entry->Valid) {
            return FALSE;
        }
        if (entry->LargePage && level != 0 && level != 3) {
            break;
        }
    }
    return TRUE;
}

// Makes a physical page visible at MM_DEBUG_PAGE. Without MMDBG_COPY_DEVICE only memory.
static BOOLEAN MiMapDebugPage(ULONG64 PageFrameNumber, ULONG Flags)
{
    if (PageFrameNumber >> 36 != 0 || !MmIsAddressValid((PVOID)MM_DEBUG_PAGE) ||
        ((Flags & MMDBG_COPY_DEVICE) == 0 && PageFrameNumber > MmHighestPhysicalPage)) {
        return FALSE;
    }
    MiMapPage(MM_DEBUG_PAGE, PageFrameNumber, FALSE);
    return TRUE;
}

// In the largest aligned pieces, up to 8 bytes: device registers want to be read whole.
static VOID MiCopyAligned(PUCHAR To, PUCHAR From, ULONG64 Address, ULONG Length)
{
    while (Length != 0) {
        ULONG size = 8;

        while (size > Length || (Address & (size - 1)) != 0) {
            size /= 2;
        }
        switch (size) {
        case 8:
            *(volatile __unaligned ULONG64 *)To = *(volatile __unaligned ULONG64 *)From;
            break;
        case 4:
            *(volatile __unaligned ULONG *)To = *(volatile __unaligned ULONG *)From;
            break;
        case 2:
            *(volatile __unaligned USHORT *)To = *(volatile __unaligned USHORT *)From;
            break;
        case 1:
            *(volatile UCHAR *)To = *(volatile UCHAR *)From;
            break;
        }
        To += size;
        From += size;
        Address += size;
        Length -= size;
    }
}

ULONG MmDbgCopyMemory(ULONG64 UntrustedAddress, PVOID Buffer, ULONG Size, ULONG Flags)
{
    ULONG64 cr0 = READ_REGISTER("cr0");
    ULONG copied = 0;

    while (copied < Size) {
        ULONG64 address = UntrustedAddress + copied;
        PUCHAR target = (PUCHAR)address, buffer = (PUCHAR)Buffer + copied;
        ULONG length = PAGE_SIZE - (ULONG)(address & (PAGE_SIZE - 1));

        if (length > Size - copied) {
            length = Size - copied;
        }
        if ((Flags & MMDBG_COPY_PHYSICAL) != 0) {
            if (!MiMapDebugPage(address >> PAGE_SHIFT, Flags)) {
                break;
            }
            target = (PUCHAR)MM_DEBUG_PAGE + (address & (PAGE_SIZE - 1));
        } else if (!MmIsAddressValid(target)) {
            break;
        }
        if ((Flags & MMDBG_COPY_WRITE) != 0) {
            WRITE_REGISTER("cr0", cr0 & ~CR0_WP); // read-only pages, too
            MiCopyAligned(target, buffer, address, length);
            WRITE_REGISTER("cr0", cr0);
        } else {
            MiCopyAligned(buffer, target, address, length);
        }
        copied += length;
    }
    return copied;
}
