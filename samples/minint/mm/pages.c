// Physical pages and page tables. Pages are handed out in order; those of unloaded drivers come back.
#include "boot.h"
#include "ke.h"
#include "mm.h"

#define MEMORY_MANAGEMENT 0x1a
#define PAGE_FAULT_IN_NONPAGED_AREA 0x50
#define IRQL_NOT_LESS_OR_EQUAL 0x0a
#define FIRST_PAGE_ABOVE_1MB 0x100
#define ROOT_ENTRIES 512

#define FREE_PAGES 64 // that are remembered; more are lost

static KSPIN_LOCK MiPageLock;
static ULONG64 MiNextPage;
static ULONG64 MiFreePages[FREE_PAGES];
static ULONG MiFreePageCount;
static ULONG64 MiNextSystemPte = MM_SYSTEM_PTES;
static PHYSICAL_MEMORY_DESCRIPTOR MiPhysicalMemory;

PHYSICAL_MEMORY_DESCRIPTOR *MmPhysicalMemoryBlock = &MiPhysicalMemory;
ULONG64 MmNumberOfPhysicalPages;
ULONG64 MmLowestPhysicalPage;
ULONG64 MmHighestPhysicalPage;
ULONG64 MmAvailablePages;
const ULONG64 MmSystemRangeStart = MM_SYSTEM_RANGE_START;
const ULONG64 MmHighestUserAddress = MM_HIGHEST_USER_ADDRESS;
const ULONG64 MmUserProbeAddress = MM_HIGHEST_USER_ADDRESS & ~0xffffULL;

ULONG64 MiGetPage(VOID)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);
    ULONG64 page;

    KiAcquireSpinLock(&MiPageLock);
    if (MmAvailablePages == 0) {
        KeBugCheckEx(MEMORY_MANAGEMENT, 0, MiNextPage, 0, 0);
    }
    MmAvailablePages -= 1;
    page = MiFreePageCount != 0 ? MiFreePages[--MiFreePageCount] : MiNextPage++;
    KiReleaseSpinLock(&MiPageLock);
    KeLowerIrql(old);
    return page;
}

VOID MiFreePage(ULONG64 PageFrameNumber)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);

    KiAcquireSpinLock(&MiPageLock);
    if (MiFreePageCount < FREE_PAGES) {
        MiFreePages[MiFreePageCount++] = PageFrameNumber;
        MmAvailablePages += 1;
    }
    KiReleaseSpinLock(&MiPageLock);
    KeLowerIrql(old);
}

// Through the self-map, the entries of each level are an array in virtual memory.
PMMPTE_HARDWARE MiGetEntry(ULONG64 VirtualAddress, ULONG Level)
{
    for (;; Level--) {
        VirtualAddress = PTE_BASE + (VirtualAddress >> 9 & 0x7ffffffff8);
        if (Level == 0) {
            return (PMMPTE_HARDWARE)VirtualAddress;
        }
    }
}

static VOID MiMakeValid(PMMPTE_HARDWARE Entry, ULONG64 PageFrameNumber, BOOLEAN NoExecute, BOOLEAN User)
{
    MMPTE_HARDWARE value = {
        .Valid = 1,
        .Dirty1 = 1,
        .Owner = User,
        .Accessed = 1,
        .Dirty = 1,
        .Write = 1,
        .PageFrameNumber = PageFrameNumber,
        .NoExecute = NoExecute,
    };
    *Entry = value;
}

VOID MiMapPage(ULONG64 VirtualAddress, ULONG64 PageFrameNumber, BOOLEAN Executable)
{
    BOOLEAN user = VirtualAddress < MM_SYSTEM_RANGE_START;

    for (ULONG level = 3; level != 0; level--) {
        PMMPTE_HARDWARE entry = MiGetEntry(VirtualAddress, level);

        if (!entry->Valid) {
            MiMakeValid(entry, MiGetPage(), FALSE, user);
        }
    }
    MiMakeValid(MiGetEntry(VirtualAddress, 0), PageFrameNumber, !Executable, user);
    InvalidatePage((PVOID)VirtualAddress);
}

VOID MiUnmapPage(ULONG64 VirtualAddress)
{
    *(ULONG64 *)MiGetEntry(VirtualAddress, 0) = 0;
    InvalidatePage((PVOID)VirtualAddress);
}

PVOID MmAllocateSystemPages(ULONG Bytes)
{
    ULONG64 size = (Bytes + PAGE_SIZE - 1ULL) & ~(PAGE_SIZE - 1ULL);
    ULONG64 start = __atomic_fetch_add(&MiNextSystemPte, PAGE_SIZE + size, __ATOMIC_SEQ_CST) +
                    PAGE_SIZE; // a page that isn't mapped in front

    for (ULONG64 offset = 0; offset < size; offset += PAGE_SIZE) {
        MiMapPage(start + offset, MiGetPage(), FALSE);
    }
    return (PVOID)start;
}

ULONG64 MmCreateAddressSpace(VOID)
{
    PMMPTE_HARDWARE root = MmAllocateSystemPages(PAGE_SIZE);
    PMMPTE_HARDWARE current = MiGetEntry(0, 3);
    ULONG64 physical = MmGetPhysicalAddress(root);

    for (ULONG index = ROOT_ENTRIES / 2; index < ROOT_ENTRIES; index++) {
        root[index] = current[index];
    }
    MiMakeValid(&root[PTE_BASE >> 39 & (ROOT_ENTRIES - 1)], physical >> PAGE_SHIFT, FALSE, FALSE);
    return physical;
}

ULONG64 MmGetPhysicalAddress(PVOID BaseAddress)
{
    ULONG64 address = (ULONG64)BaseAddress;
    PMMPTE_HARDWARE pde = MiGetEntry(address, 1);

    if (pde->LargePage) {
        return (ULONG64)pde->PageFrameNumber << PAGE_SHIFT | (address & 0x1fffff);
    }
    return (ULONG64)MiGetEntry(address, 0)->PageFrameNumber << PAGE_SHIFT | (address & 0xfff);
}

VOID MmInitSystem(BOOT_BLOCK *BootBlock)
{
    MiNextPage = BootBlock->FirstFreePage;
    MmLowestPhysicalPage = FIRST_PAGE_ABOVE_1MB;
    MmHighestPhysicalPage = BootBlock->MemoryEnd - 1;
    MmNumberOfPhysicalPages = BootBlock->MemoryEnd - FIRST_PAGE_ABOVE_1MB;
    MmAvailablePages = BootBlock->MemoryEnd - MiNextPage;
    MiPhysicalMemory.NumberOfRuns = 1;
    MiPhysicalMemory.NumberOfPages = MmNumberOfPhysicalPages;
    MiPhysicalMemory.Run[0].BasePage = FIRST_PAGE_ABOVE_1MB;
    MiPhysicalMemory.Run[0].PageCount = MmNumberOfPhysicalPages;

    // The boot loader's one-to-one map goes: address 0 isn't mapped any more.
    *(ULONG64 *)MiGetEntry(0, 3) = 0;
    WRITE_REGISTER("cr3", READ_REGISTER("cr3"));
    MiMapPage(MM_DEBUG_PAGE, MiGetPage(), FALSE);
}

// A page fault that the memory manager could resolve. There is no paging yet: it never can.
NTSTATUS MmAccessFault(ULONG64 FaultCode, PVOID VirtualAddress, UCHAR PreviousMode, PVOID TrapInformation)
{
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL) {
        KeBugCheckEx(IRQL_NOT_LESS_OR_EQUAL, (ULONG_PTR)VirtualAddress, KeGetCurrentIrql(), FaultCode >> 1 & 1,
                     ((PKTRAP_FRAME)TrapInformation)->Rip);
    }
    if (PreviousMode == KernelMode && (ULONG64)VirtualAddress >= MM_SYSTEM_RANGE_START) {
        KeBugCheckEx(PAGE_FAULT_IN_NONPAGED_AREA, (ULONG_PTR)VirtualAddress, FaultCode & 2,
                     ((PKTRAP_FRAME)TrapInformation)->Rip, 0);
    }
    return STATUS_ACCESS_VIOLATION;
}
