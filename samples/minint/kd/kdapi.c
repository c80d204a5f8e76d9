// What the debugger is told, and what it asks while the machine stands still.
#include "kdp.h"

CHAR KdpMessageBuffer[PACKET_MAX_SIZE];
BOOLEAN KdpBugCheckWanted;

// Where a processor's registers are, while it stands still; NULL: there is none, or it could not be stopped.
PCONTEXT KdpProcessorContext(ULONG Processor)
{
    PKPRCB prcb = Processor < KeNumberProcessors ? KiProcessorBlock[Processor] : NULL;

    if (prcb == NULL || (prcb->IpiFrozen & TARGET_MASK) == TARGET_FREEZE) {
        return NULL;
    }
    return &prcb->ProcessorState.ContextFrame;
}

static VOID KdpGetContext(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    PCONTEXT context = KdpProcessorContext(State->Processor);

    AdditionalData->Length = 0;
    State->ReturnStatus = STATUS_UNSUCCESSFUL;
    if (context != NULL) {
        __builtin_memcpy(AdditionalData->Buffer, context, sizeof(*context));
        AdditionalData->Length = sizeof(*context);
        State->ReturnStatus = STATUS_SUCCESS;
    }
}

static VOID KdpSetContext(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    PCONTEXT context = KdpProcessorContext(State->Processor);

    State->ReturnStatus = STATUS_UNSUCCESSFUL;
    if (context != NULL && AdditionalData->Length >= sizeof(*context)) {
        __builtin_memcpy(context, AdditionalData->Buffer, sizeof(*context));
        State->ReturnStatus = STATUS_SUCCESS;
    }
    AdditionalData->Length = 0;
}

// Parts of a context. Returns where the part is.
static PUCHAR KdpContextPart(PDBGKD_MANIPULATE_STATE64 State, ULONG Length)
{
    PUCHAR context = (PUCHAR)KdpProcessorContext(State->Processor);
    DBGKD_CONTEXT_EX *part = &State->u.ContextEx;

    if (context == NULL || part->Offset >= sizeof(CONTEXT) || Length > sizeof(CONTEXT) - part->Offset) {
        State->ReturnStatus = STATUS_UNSUCCESSFUL;
        part->BytesCopied = 0;
        return NULL;
    }
    State->ReturnStatus = STATUS_SUCCESS;
    part->BytesCopied = Length;
    return context + part->Offset;
}

static VOID KdpGetContextEx(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    ULONG length = State->u.ContextEx.ByteCount, offset = State->u.ContextEx.Offset;
    PUCHAR part;

    if (offset < sizeof(CONTEXT) && length > sizeof(CONTEXT) - offset) {
        length = sizeof(CONTEXT) - offset;
    }
    part = KdpContextPart(State, length);
    AdditionalData->Length = 0;
    if (part != NULL) {
        __builtin_memcpy(AdditionalData->Buffer, part, length);
        AdditionalData->Length = (USHORT)length;
    }
}

static VOID KdpSetContextEx(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    ULONG length = AdditionalData->Length;
    PUCHAR part = KdpContextPart(State, length);

    if (part != NULL) {
        __builtin_memcpy(part, AdditionalData->Buffer, length);
    }
    AdditionalData->Length = 0;
}

static VOID KdpWriteBreakpoint(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    DBGKD_WRITE_BREAKPOINT64 *write = &State->u.WriteBreakPoint;

    AdditionalData->Length = 0;
    write->BreakPointHandle = KdpAddBreakpoint(write->BreakPointAddress);
    State->ReturnStatus = write->BreakPointHandle != 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static VOID KdpRestoreBreakpoint(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    AdditionalData->Length = 0;
    State->ReturnStatus =
        KdpDeleteBreakpoint(State->u.RestoreBreakPoint.BreakPointHandle) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static VOID KdpGetVersion(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData)
{
    AdditionalData->Length = 0;
    State->u.GetVersion64 = KdVersionBlock;
    State->ReturnStatus = STATUS_SUCCESS;
}

#define API(number) [DbgKd##number - DbgKdMinimumManipulate]
static KDP_API *const KdpApis[DbgKdMaximumManipulate - DbgKdMinimumManipulate] = {
    API(ReadVirtualMemoryApi) = KdpReadVirtualMemory,
    API(WriteVirtualMemoryApi) = KdpWriteVirtualMemory,
    API(GetContextApi) = KdpGetContext,
    API(SetContextApi) = KdpSetContext,
    API(WriteBreakPointApi) = KdpWriteBreakpoint,
    API(RestoreBreakPointApi) = KdpRestoreBreakpoint,
    API(ReadControlSpaceApi) = KdpReadControlSpace,
    API(WriteControlSpaceApi) = KdpWriteControlSpace,
    API(ReadIoSpaceApi) = KdpReadIoSpace,
    API(WriteIoSpaceApi) = KdpWriteIoSpace,
    API(ReadPhysicalMemoryApi) = KdpReadPhysicalMemory,
    API(WritePhysicalMemoryApi) = KdpWritePhysicalMemory,
    API(ReadIoSpaceExtendedApi) = KdpReadIoSpaceExtended,
    API(WriteIoSpaceExtendedApi) = KdpWriteIoSpaceExtended,
    API(GetVersionApi) = KdpGetVersion,
    API(ReadMachineSpecificRegister) = KdpReadMachineSpecificRegister,
    API(WriteMachineSpecificRegister) = KdpWriteMachineSpecificRegister,
    API(SearchMemoryApi) = KdpSearchMemory,
    API(FillMemoryApi) = KdpFillMemory,
    API(QueryMemoryApi) = KdpQueryMemory,
    API(GetContextExApi) = KdpGetContextEx,
    API(SetContextExApi) = KdpSetContextEx,
};

// Continue2 also says whether this processor makes one step, and the debug control register of all processors.
static VOID KdpGetStateChange(PDBGKD_MANIPULATE_STATE64 State)
{
    AMD64_DBGKD_CONTROL_SET *set = &State->u.Continue2.ControlSet;
    PCONTEXT context = &KeGetCurrentPrcb()->ProcessorState.ContextFrame;

    context->EFlags = (context->EFlags & ~EFLAGS_TF) | (set->TraceFlag != 0 ? EFLAGS_TF : 0);
    for (ULONG number = 0; number < KeNumberProcessors; number++) {
        KSPECIAL_REGISTERS *special = &KiProcessorBlock[number]->ProcessorState.SpecialRegisters;

        special->KernelDr6 = 0;
        special->KernelDr7 = set->Dr7;
    }
}

// Sends a state change and answers requests until one of them lets the machine go on.
static KCONTINUE_STATUS KdpSendWaitContinue(const STRING *MessageHeader, const STRING *MessageData)
{
    DBGKD_MANIPULATE_STATE64 state;
    STRING header = KdpString(&state, sizeof(state), sizeof(state));
    STRING data = KdpString(KdpMessageBuffer, 0, sizeof(KdpMessageBuffer) - sizeof(state));
    KDP_API *api;

    KdSendPacket(PACKET_TYPE_KD_STATE_CHANGE64, MessageHeader, MessageData);
    while (!KdDebuggerNotPresent) {
        KDP_STATUS status = KdReceivePacket(PACKET_TYPE_KD_STATE_MANIPULATE, &header, &data);

        if (status == KDP_PACKET_RESEND) {
            KdSendPacket(PACKET_TYPE_KD_STATE_CHANGE64, MessageHeader, MessageData);
        }
        if (status != KDP_PACKET_RECEIVED) {
            continue;
        }
        switch (state.ApiNumber) {
        case DbgKdContinueApi2:
            if (NT_SUCCESS(state.u.Continue2.ContinueStatus)) {
                KdpGetStateChange(&state);
                return ContinueSuccess;
            }
            return ContinueError;
        case DbgKdContinueApi:
            return NT_SUCCESS(state.u.Continue2.ContinueStatus) ? ContinueSuccess : ContinueError;
        case DbgKdSwitchProcessor:
            return KeSwitchFrozenProcessor(state.Processor);
        case DbgKdRebootApi:
            HalReturnToFirmware();
        case DbgKdCauseBugCheckApi:
            KdpBugCheckWanted = TRUE; // by the processor that stopped the others, outside the debugger
            return ContinueSuccess;
        case DbgKdSetSpecialCallApi:
        case DbgKdClearSpecialCallsApi:
        case DbgKdSetInternalBreakPointApi:
        case DbgKdClearAllInternalBreakpointsApi:
            continue; // no answer is expected
        }

        api = state.ApiNumber >= DbgKdMinimumManipulate && state.ApiNumber < DbgKdMaximumManipulate
                  ? KdpApis[state.ApiNumber - DbgKdMinimumManipulate]
                  : NULL;
        if (api != NULL) {
            api(&state, &data);
        } else {
            state.ReturnStatus = STATUS_UNSUCCESSFUL;
            data.Length = 0;
        }
        KdSendPacket(PACKET_TYPE_KD_STATE_MANIPULATE, &header, &data);
    }
    return ContinueSuccess;
}

static VOID KdpSetCommonState(PDBGKD_ANY_WAIT_STATE_CHANGE StateChange, ULONG NewState)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    PCONTEXT context = &prcb->ProcessorState.ContextFrame;
    AMD64_DBGKD_CONTROL_REPORT *report = &StateChange->ControlReport;

    __builtin_memset(StateChange, 0, sizeof(*StateChange));
    StateChange->NewState = NewState;
    StateChange->ProcessorLevel = KDP_PROCESSOR_LEVEL;
    StateChange->Processor = (USHORT)prcb->Number;
    StateChange->NumberProcessors = KeNumberProcessors;
    StateChange->Thread = (ULONG64)prcb->CurrentThread;
    StateChange->ProgramCounter = context->Rip;

    // The debugger gets to see the code as it is without its breakpoints; it has to set these again.
    KdpDeleteBreakpointRange(context->Rip, context->Rip + DBGKD_MAXSTREAM - 1);
    report->Dr6 = prcb->ProcessorState.SpecialRegisters.KernelDr6;
    report->Dr7 = prcb->ProcessorState.SpecialRegisters.KernelDr7;
    report->EFlags = context->EFlags;
    report->InstructionCount = (USHORT)KdpCopyFromPtr(report->InstructionStream, context->Rip, DBGKD_MAXSTREAM);
    report->SegCs = context->SegCs;
    report->SegDs = context->SegDs;
    report->SegEs = context->SegEs;
    report->SegFs = context->SegFs;
    report->ReportFlags = REPORT_INCLUDES_SEGS;
    if (context->SegCs == KGDT64_R0_CODE || context->SegCs == (KGDT64_R3_CODE | 3)) {
        report->ReportFlags |= REPORT_STANDARD_CS;
    }
}

KCONTINUE_STATUS KdpReportExceptionStateChange(PEXCEPTION_RECORD ExceptionRecord, BOOLEAN SecondChance)
{
    DBGKD_ANY_WAIT_STATE_CHANGE change;
    STRING header = KdpString(&change, sizeof(change), sizeof(change));
    KCONTINUE_STATUS status;

    do {
        KdpSetCommonState(&change, DbgKdExceptionStateChange);
        change.u.Exception.ExceptionRecord = *ExceptionRecord;
        change.u.Exception.FirstChance = !SecondChance;
        status = KdpSendWaitContinue(&header, NULL);
    } while (status == ContinueProcessorReselected);
    return status;
}

VOID KdpReportLoadSymbolsStateChange(const STRING *PathName, const KD_SYMBOLS_INFO *SymbolsInfo, BOOLEAN Unload)
{
    DBGKD_ANY_WAIT_STATE_CHANGE change;
    STRING header = KdpString(&change, sizeof(change), sizeof(change));
    STRING path = *PathName;
    KCONTINUE_STATUS status;

    path.Length += 1; // with its zero byte
    do {
        KdpSetCommonState(&change, DbgKdLoadSymbolsStateChange);
        change.u.LoadSymbols.PathNameLength = path.Length;
        change.u.LoadSymbols.BaseOfDll = (ULONG64)SymbolsInfo->BaseOfDll;
        change.u.LoadSymbols.ProcessId = SymbolsInfo->ProcessId;
        change.u.LoadSymbols.CheckSum = SymbolsInfo->CheckSum;
        change.u.LoadSymbols.SizeOfImage = SymbolsInfo->SizeOfImage;
        change.u.LoadSymbols.UnloadSymbols = Unload;
        status = KdpSendWaitContinue(&header, &path);
    } while (status == ContinueProcessorReselected);
}

// A frozen processor that the debugger wants to look from.
KCONTINUE_STATUS KdpSwitchProcessor(VOID)
{
    EXCEPTION_RECORD record = {.ExceptionCode = STATUS_WAKE_SYSTEM_DEBUGGER};

    record.ExceptionAddress = (PVOID)KeGetCurrentPrcb()->ProcessorState.ContextFrame.Rip;
    return KdpReportExceptionStateChange(&record, FALSE);
}
