// The debugger's memory requests. Nothing here can fault: MmDbgCopyMemory looks before it copies.
#include "kdp.h"
#include "mm.h"

#define CACHING_FLAGS 3 // in ActualBytesRead: 0 as the system maps it, else cached, uncached, write-combined

ULONG KdpCopyFromPtr(PVOID Buffer, ULONG64 Address, ULONG Length)
{
    return MmDbgCopyMemory(Address, Buffer, Length, 0);
}

ULONG KdpCopyToPtr(ULONG64 Address, const VOID *Buffer, ULONG Length)
{
    return MmDbgCopyMemory(Address, (PVOID)Buffer, Length, MMDBG_COPY_WRITE);
}

static VOID KdpReadMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData, ULONG Flags)
{
    DBGKD_READ_MEMORY64 *read = &State->u.ReadMemory;
    ULONG length = read->TransferCount;

    if (length > PACKET_MAX_SIZE - sizeof(*State)) {
        length = PACKET_MAX_SIZE - sizeof(*State);
    }
    read->ActualBytesRead = MmDbgCopyMemory(read->TargetBaseAddress, AdditionalData->Buffer, length, Flags);
    AdditionalData->Length = (USHORT)read->ActualBytesRead;
    State->ReturnStatus = read->ActualBytesRead == length ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static VOID KdpWriteMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData, ULONG Flags)
{
    DBGKD_WRITE_MEMORY64 *write = &State->u.WriteMemory;

    write->ActualBytesWritten =
        MmDbgCopyMemory(write->TargetBaseAddress, AdditionalData->Buffer, AdditionalData->Length, Flags);
    State->ReturnStatus = write->ActualBytesWritten == AdditionalData->Length ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
    AdditionalData->Length = 0;
}

VOID KdpReadVirtualMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    KdpReadMemory(State, AdditionalData, 0);
}

VOID KdpWriteVirtualMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    KdpWriteMemory(State, AdditionalData, MMDBG_COPY_WRITE);
}

static ULONG KdpPhysicalFlags(PDBGKD_MANIPULATE_STATE64 State)
{
    return MMDBG_COPY_PHYSICAL |
           ((State->u.ReadMemory.ActualBytesRead & CACHING_FLAGS) != 0 ? MMDBG_COPY_DEVICE : 0);
}

VOID KdpReadPhysicalMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    KdpReadMemory(State, AdditionalData, KdpPhysicalFlags(State));
}

VOID KdpWritePhysicalMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    KdpWriteMemory(State, AdditionalData, KdpPhysicalFlags(State) | MMDBG_COPY_WRITE);
}

VOID KdpSearchMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_SEARCH_MEMORY *search = &State->u.SearchMemory;
    ULONG64 address = search->SearchAddress, end = address + search->SearchLength;
    ULONG length = search->PatternLength;

    State->ReturnStatus = STATUS_NO_MORE_ENTRIES;
    if (length == 0 || length > AdditionalData->Length) {
        State->ReturnStatus = STATUS_INVALID_PARAMETER;
    }
    AdditionalData->Length = 0;
    while (State->ReturnStatus == STATUS_NO_MORE_ENTRIES && address + length <= end && address + length > address) {
        UCHAR *pattern = (UCHAR *)AdditionalData->Buffer, byte;
        ULONG equal = 0;

        while (equal < length && KdpCopyFromPtr(&byte, address + equal, 1) == 1 && byte == pattern[equal]) {
            equal++;
        }
        if (equal == length) {
            search->FoundAddress = address;
            State->ReturnStatus = STATUS_SUCCESS;
        } else if (MmIsAddressValid((PVOID)(address + equal))) {
            address++;
        } else {
            address = ((address + equal) | (PAGE_SIZE - 1)) + 1;
        }
    }
}

VOID KdpFillMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_FILL_MEMORY *fill = &State->u.FillMemory;
    ULONG flags = MMDBG_COPY_WRITE | (fill->Flags == DBGKD_FILL_MEMORY_PHYSICAL ? MMDBG_COPY_PHYSICAL : 0);
    ULONG length = fill->PatternLength, filled = 0;

    State->ReturnStatus = STATUS_SUCCESS;
    if (length == 0 || length > AdditionalData->Length ||
        (fill->Flags != DBGKD_FILL_MEMORY_VIRTUAL && fill->Flags != DBGKD_FILL_MEMORY_PHYSICAL)) {
        State->ReturnStatus = STATUS_INVALID_PARAMETER;
    }
    while (NT_SUCCESS(State->ReturnStatus) && filled < fill->Length) {
        if (MmDbgCopyMemory(fill->Address + filled, &AdditionalData->Buffer[filled % length], 1, flags) != 1) {
            State->ReturnStatus = STATUS_UNSUCCESSFUL;
        } else {
            filled++;
        }
    }
    fill->Length = filled;
    AdditionalData->Length = 0;
}

VOID KdpQueryMemory(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_QUERY_MEMORY *query = &State->u.QueryMemory;

    AdditionalData->Length = 0;
    query->Reserved = 0;
    query->AddressSpace =
        query->Address >= MM_SYSTEM_RANGE_START ? DBGKD_QUERY_MEMORY_KERNEL : DBGKD_QUERY_MEMORY_PROCESS;
    query->Flags = DBGKD_QUERY_MEMORY_READ | DBGKD_QUERY_MEMORY_WRITE | DBGKD_QUERY_MEMORY_EXECUTE; // as NT says
    State->ReturnStatus = STATUS_SUCCESS;
}
