// The debugger's part in the dispatch of exceptions.
#include "kdp.h"

#define MANUALLY_INITIATED_CRASH 0xe2
#define FLG_STOP_ON_EXCEPTION 1 // NtGlobalFlag
#define KD_BREAKPOINT_SIZE 1 // of the int 3 behind it

extern UCHAR KdpReadMsrInstruction[], KdpWriteMsrInstruction[], KdpMsrFailed[];

ULONG NtGlobalFlag;
KDEBUG_ROUTINE *KiDebugRoutine = KdpStub;

// Stops the machine, tells the debugger, and takes over what it has changed of this processor's registers.
static KCONTINUE_STATUS KdpStop(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN SecondChance,
                                const STRING *PathName, const KD_SYMBOLS_INFO *SymbolsInfo, BOOLEAN Unload)
{
    PKPROCESSOR_STATE state;
    KCONTINUE_STATUS status = ContinueSuccess;
    BOOLEAN enable = KdEnterDebugger();

    state = &KeGetCurrentPrcb()->ProcessorState;
    state->ContextFrame = *ContextRecord;
    KiSaveProcessorControlState(state);
    state->SpecialRegisters.KernelDr6 = ContextRecord->Dr6; // of the trap: others may have reported since
    state->SpecialRegisters.Cr8 = KeGetCurrentPrcb()->DebuggerSavedIRQL;
    WRITE_REGISTER("dr7", 0); // no data breakpoints in here
    if (SymbolsInfo == NULL) {
        status = KdpReportExceptionStateChange(ExceptionRecord, SecondChance);
    } else {
        KdpReportLoadSymbolsStateChange(PathName, SymbolsInfo, Unload);
    }
    *ContextRecord = state->ContextFrame;
    KiRestoreProcessorControlState(state);
    KdExitDebugger(enable);
    if (KdpBugCheckWanted) {
        KdpBugCheckWanted = FALSE;
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 0, 0, 0, 0);
    }
    return status;
}

static BOOLEAN KdpReport(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN SecondChance)
{
    NTSTATUS code = ExceptionRecord->ExceptionCode;

    if (code != STATUS_BREAKPOINT && code != STATUS_SINGLE_STEP && code != STATUS_ASSERTION_FAILURE && !SecondChance &&
        ((NtGlobalFlag & FLG_STOP_ON_EXCEPTION) == 0 || code == STATUS_PORT_DISCONNECTED || NT_SUCCESS(code))) {
        return FALSE; // first the handlers
    }
    if (code == STATUS_SINGLE_STEP) {
        ContextRecord->EFlags &= ~EFLAGS_TF; // one step
    }
    return KdpStop(ExceptionRecord, ContextRecord, SecondChance, NULL, NULL, FALSE) == ContinueSuccess;
}

// A trap of the debugger's own code, or of a processor that stands still.
static BOOLEAN KdpTrapInside(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord)
{
    switch (ExceptionRecord->ExceptionCode) {
    case STATUS_BREAKPOINT: // set by the debugger where it must not be
        return KdpDeleteBreakpointRange(ContextRecord->Rip, ContextRecord->Rip);
    case STATUS_SINGLE_STEP:
        ContextRecord->EFlags &= ~EFLAGS_TF;
        WRITE_REGISTER("dr7", 0);
        return TRUE;
    }
    if (ContextRecord->Rip == (ULONG64)KdpReadMsrInstruction || ContextRecord->Rip == (ULONG64)KdpWriteMsrInstruction) {
        ContextRecord->Rip = (ULONG64)KdpMsrFailed;
        return TRUE;
    }
    return FALSE;
}

static BOOLEAN KdpIsInside(VOID)
{
    ULONG frozen = KeGetCurrentPrcb()->IpiFrozen & TARGET_MASK;

    return KdEnteredDebugger && (frozen == FREEZE_OWNER || frozen == TARGET_FROZEN);
}

// int 2d, as DebugService makes it
static BOOLEAN KdpDebugService(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord)
{
    STRING output = KdpString((PVOID)ContextRecord->Rcx, (ULONG)ContextRecord->Rdx, (ULONG)ContextRecord->Rdx);
    STRING input = KdpString((PVOID)ContextRecord->R8, 0, (ULONG)ContextRecord->R9);
    BOOLEAN enable;

    switch (ExceptionRecord->ExceptionInformation[0]) {
    case BREAKPOINT_PRINT:
        enable = KdEnterDebugger();
        ContextRecord->Rax = KdpPrintString(&output) ? (ULONG)STATUS_BREAKPOINT : STATUS_SUCCESS;
        KdExitDebugger(enable);
        break;
    case BREAKPOINT_PROMPT:
        enable = KdEnterDebugger();
        ContextRecord->Rax = KdpPromptString(&output, &input);
        KdExitDebugger(enable);
        break;
    case BREAKPOINT_LOAD_SYMBOLS:
    case BREAKPOINT_UNLOAD_SYMBOLS: {
        ULONG64 rip = ContextRecord->Rip;

        KdpStop(ExceptionRecord, ContextRecord, FALSE, (const STRING *)ContextRecord->Rcx,
                (const KD_SYMBOLS_INFO *)ContextRecord->Rdx,
                ExceptionRecord->ExceptionInformation[0] == BREAKPOINT_UNLOAD_SYMBOLS);
        if (ContextRecord->Rip != rip) {
            return TRUE; // the debugger has moved it
        }
        break;
    }
    default:
        return FALSE;
    }
    ContextRecord->Rip += KD_BREAKPOINT_SIZE;
    return TRUE;
}

BOOLEAN KdpTrap(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN SecondChance)
{
    if (KdpIsInside()) {
        return KdpTrapInside(ExceptionRecord, ContextRecord);
    }
    if (ExceptionRecord->ExceptionCode == STATUS_BREAKPOINT &&
        ExceptionRecord->ExceptionInformation[0] != BREAKPOINT_BREAK) {
        return KdpDebugService(ExceptionRecord, ContextRecord);
    }
    return KdpReport(ExceptionRecord, ContextRecord, SecondChance);
}

// Without a debugger, only the services return, having done nothing.
BOOLEAN KdpStub(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN SecondChance)
{
    (void)SecondChance;
    if (ExceptionRecord->ExceptionCode == STATUS_BREAKPOINT &&
        ExceptionRecord->ExceptionInformation[0] != BREAKPOINT_BREAK) {
        ContextRecord->Rax = 0;
        ContextRecord->Rip += KD_BREAKPOINT_SIZE;
        return TRUE;
    }
    return FALSE;
}
