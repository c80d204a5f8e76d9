// The debugger's requests about a processor: control space, ports, model-specific registers.
#include "kdp.h"

enum {
    DEBUG_CONTROL_SPACE_KPCR,
    DEBUG_CONTROL_SPACE_KPRCB,
    DEBUG_CONTROL_SPACE_KSPECIAL,
    DEBUG_CONTROL_SPACE_KTHREAD,
};

BOOLEAN KdpReadMsr(ULONG Register, ULONG64 *Value); // debug.S; FALSE: there is none
BOOLEAN KdpWriteMsr(ULONG Register, ULONG64 Value);

VOID KdpReadControlSpace(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_MEMORY64 *read = &State->u.ReadMemory;
    PKPRCB prcb = State->Processor < KeNumberProcessors ? KiProcessorBlock[State->Processor] : NULL;
    PKPCR pcr = CONTAINING_RECORD(prcb, KPCR, Prcb);
    PVOID source = NULL;
    ULONG length = sizeof(PVOID);

    AdditionalData->Length = 0;
    read->ActualBytesRead = 0;
    if (prcb != NULL) {
        switch (read->TargetBaseAddress) {
        case DEBUG_CONTROL_SPACE_KPCR:
            source = &pcr;
            break;
        case DEBUG_CONTROL_SPACE_KPRCB:
            source = &prcb;
            break;
        case DEBUG_CONTROL_SPACE_KSPECIAL:
            source = &prcb->ProcessorState.SpecialRegisters;
            length = sizeof(prcb->ProcessorState.SpecialRegisters);
            break;
        case DEBUG_CONTROL_SPACE_KTHREAD:
            source = &prcb->CurrentThread;
            break;
        }
    }
    if (source == NULL) {
        State->ReturnStatus = STATUS_UNSUCCESSFUL;
        return;
    }
    if (length > read->TransferCount) {
        length = read->TransferCount;
    }
    __builtin_memcpy(AdditionalData->Buffer, source, length);
    AdditionalData->Length = (USHORT)length;
    read->ActualBytesRead = length;
    State->ReturnStatus = STATUS_SUCCESS;
}

VOID KdpWriteControlSpace(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_WRITE_MEMORY64 *write = &State->u.WriteMemory;
    ULONG length = AdditionalData->Length;

    AdditionalData->Length = 0;
    write->ActualBytesWritten = 0;
    State->ReturnStatus = STATUS_UNSUCCESSFUL;
    if (State->Processor < KeNumberProcessors && write->TargetBaseAddress == DEBUG_CONTROL_SPACE_KSPECIAL &&
        length <= sizeof(KSPECIAL_REGISTERS)) {
        __builtin_memcpy(&KiProcessorBlock[State->Processor]->ProcessorState.SpecialRegisters, AdditionalData->Buffer,
                         length);
        write->ActualBytesWritten = length;
        State->ReturnStatus = STATUS_SUCCESS;
    }
}

static NTSTATUS KdpCheckIo(ULONG64 Address, ULONG Size)
{
    if (Size != 1 && Size != 2 && Size != 4) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Address & (Size - 1)) != 0) {
        return STATUS_DATATYPE_MISALIGNMENT;
    }
    return Address + Size <= 0x10000 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS KdpReadPort(ULONG64 Address, ULONG Size, ULONG *Value)
{
    NTSTATUS status = KdpCheckIo(Address, Size);
    USHORT port = (USHORT)Address;
    ULONG value = 0;

    if (NT_SUCCESS(status)) {
        switch (Size) {
        case 1:
            value = InPort8(port);
            break;
        case 2:
            __asm__ volatile("inw %w1, %w0" : "+a"(value) : "d"(port));
            break;
        case 4:
            __asm__ volatile("inl %w1, %0" : "=a"(value) : "d"(port));
            break;
        }
    }
    *Value = value;
    return status;
}

static NTSTATUS KdpWritePort(ULONG64 Address, ULONG Size, ULONG Value)
{
    NTSTATUS status = KdpCheckIo(Address, Size);
    USHORT port = (USHORT)Address;

    if (NT_SUCCESS(status)) {
        switch (Size) {
        case 1:
            OutPort8(port, (UCHAR)Value);
            break;
        case 2:
            OutPort16(port, (USHORT)Value);
            break;
        case 4:
            __asm__ volatile("outl %0, %w1" : : "a"(Value), "d"(port));
            break;
        }
    }
    return status;
}

VOID KdpReadIoSpace(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_IO64 *io = &State->u.ReadWriteIo;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpReadPort(io->IoAddress, io->DataSize, &io->DataValue);
}

VOID KdpWriteIoSpace(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_IO64 *io = &State->u.ReadWriteIo;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpWritePort(io->IoAddress, io->DataSize, io->DataValue);
}

VOID KdpReadIoSpaceExtended(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_IO_EXTENDED64 *io = &State->u.ReadWriteIoExtended;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpReadPort(io->IoAddress, io->DataSize, &io->DataValue);
}

VOID KdpWriteIoSpaceExtended(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_IO_EXTENDED64 *io = &State->u.ReadWriteIoExtended;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpWritePort(io->IoAddress, io->DataSize, io->DataValue);
}

VOID KdpReadMachineSpecificRegister(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_MSR *msr = &State->u.ReadWriteMsr;
    ULONG64 value = 0;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpReadMsr(msr->Msr, &value) ? STATUS_SUCCESS : STATUS_NO_SUCH_DEVICE;
    msr->DataValueLow = (ULONG)value;
    msr->DataValueHigh = (ULONG)(value >> 32);
}

VOID KdpWriteMachineSpecificRegister(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_READ_WRITE_MSR *msr = &State->u.ReadWriteMsr;

    AdditionalData->Length = 0;
    State->ReturnStatus = KdpWriteMsr(msr->Msr, msr->DataValueLow | (ULONG64)msr->DataValueHigh << 32)
                              ? STATUS_SUCCESS
                              : STATUS_NO_SUCH_DEVICE;
}
