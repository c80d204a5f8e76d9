// Exception dispatch to frames' handlers, unwinding to one of them, and the handler of C's __try.
#include "ntddk.h"
#include "ke.h"
#include "rtl.h"

typedef struct _SCOPE_TABLE {
    ULONG Count;
    struct {
        ULONG BeginAddress;
        ULONG EndAddress;
        ULONG HandlerAddress; // 1: EXCEPTION_EXECUTE_HANDLER without a filter
        ULONG JumpTarget; // 0: a __finally
    } ScopeRecord[1];
} SCOPE_TABLE;

typedef LONG EXCEPTION_FILTER(PEXCEPTION_POINTERS ExceptionPointers, ULONG64 EstablisherFrame);
typedef VOID TERMINATION_HANDLER(BOOLEAN AbnormalTermination, ULONG64 EstablisherFrame);

// Whether a stack pointer is within the thread's stack, or within the DPC stack while that is in use.
static BOOLEAN RtlpIsOnStack(ULONG64 Rsp)
{
    PKTHREAD thread = KeGetCurrentThread();
    ULONG64 dpcStack = (ULONG64)KeGetCurrentPrcb()->DpcStack;

    return (Rsp >= (ULONG64)thread->StackLimit && Rsp < (ULONG64)thread->StackBase) ||
           (Rsp >= dpcStack - KERNEL_STACK_SIZE && Rsp < dpcStack);
}

// Makes the context that of its function's caller, and the dispatcher context that of the function, with its handler
// of that type if it has one. A function without unwind data is a leaf, and has none.
static VOID RtlpUnwindFrame(PDISPATCHER_CONTEXT Dispatcher, PCONTEXT ContextRecord, ULONG HandlerType)
{
    Dispatcher->ControlPc = ContextRecord->Rip;
    Dispatcher->LanguageHandler = NULL;
    Dispatcher->ScopeIndex = 0;
    Dispatcher->FunctionEntry = RtlLookupFunctionEntry(ContextRecord->Rip, &Dispatcher->ImageBase);
    if (Dispatcher->FunctionEntry == NULL) {
        Dispatcher->EstablisherFrame = ContextRecord->Rsp;
        ContextRecord->Rip = *(ULONG64 *)ContextRecord->Rsp;
        ContextRecord->Rsp += 8;
        return;
    }
    Dispatcher->LanguageHandler =
        RtlVirtualUnwind(HandlerType, Dispatcher->ImageBase, Dispatcher->ControlPc, Dispatcher->FunctionEntry,
                         ContextRecord, &Dispatcher->HandlerData, &Dispatcher->EstablisherFrame, NULL);
}

BOOLEAN RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord)
{
    DISPATCHER_CONTEXT dispatcher = {0};
    CONTEXT context = *ContextRecord;

    while (context.Rip != 0 && RtlpIsOnStack(context.Rsp)) {
        RtlpUnwindFrame(&dispatcher, &context, UNW_FLAG_EHANDLER);
        if (dispatcher.LanguageHandler != NULL) {
            dispatcher.ContextRecord = &context;
            if (RtlpExecuteHandlerForException(ExceptionRecord, dispatcher.EstablisherFrame, ContextRecord,
                                               &dispatcher) == ExceptionContinueExecution) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

VOID RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord, PVOID ReturnValue,
                 PCONTEXT ContextRecord, PVOID HistoryTable)
{
    DISPATCHER_CONTEXT dispatcher = {0};
    CONTEXT caller;

    dispatcher.TargetIp = (ULONG64)TargetIp;
    dispatcher.HistoryTable = HistoryTable;
    dispatcher.ContextRecord = ContextRecord;
    ExceptionRecord->ExceptionFlags |= EXCEPTION_UNWINDING;
    RtlCaptureContext(ContextRecord);
    for (;;) {
        caller = *ContextRecord;
        RtlpUnwindFrame(&dispatcher, &caller, UNW_FLAG_UHANDLER);
        if (dispatcher.EstablisherFrame == (ULONG64)TargetFrame) {
            ExceptionRecord->ExceptionFlags |= EXCEPTION_TARGET_UNWIND;
        }
        if (dispatcher.LanguageHandler != NULL) {
            RtlpExecuteHandlerForUnwind(ExceptionRecord, dispatcher.EstablisherFrame, ContextRecord, &dispatcher);
        }
        if (dispatcher.EstablisherFrame == (ULONG64)TargetFrame) {
            break;
        }
        *ContextRecord = caller;
    }
    ContextRecord->Rax = (ULONG64)ReturnValue;
    ContextRecord->Rip = (ULONG64)TargetIp;
    RtlRestoreContext(ContextRecord, ExceptionRecord);
}

// Calls the __finally blocks of the scopes that are left. In the frame that is unwound to, those around the target
// aren't.
static __declspec(noinline) VOID RtlpCallFinallyBlocks(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                  PDISPATCHER_CONTEXT DispatcherContext)
{
    SCOPE_TABLE *scopes = DispatcherContext->HandlerData;
    ULONG64 base = DispatcherContext->ImageBase;
    ULONG64 rva = DispatcherContext->ControlPc - base;
    ULONG64 target = DispatcherContext->TargetIp - base;
    BOOLEAN isTarget = (ExceptionRecord->ExceptionFlags & EXCEPTION_TARGET_UNWIND) != 0;

    for (ULONG index = DispatcherContext->ScopeIndex; index < scopes->Count; index++) {
        ULONG begin = scopes->ScopeRecord[index].BeginAddress, end = scopes->ScopeRecord[index].EndAddress;
        ULONG jump = scopes->ScopeRecord[index].JumpTarget;

        if (rva < begin || rva >= end) {
            continue;
        }
        if (isTarget && (target == jump || (target >= begin && target < end))) {
            return;
        }
        if (jump == 0) {
            DispatcherContext->ScopeIndex = index + 1; // not again, should the block be left by an exception
            ((TERMINATION_HANDLER *)(base + scopes->ScopeRecord[index].HandlerAddress))(TRUE,
                                                                                       (ULONG64)EstablisherFrame);
        }
    }
}

// Asks the filters of the scopes around the exception. The one that wants it is unwound to.
EXCEPTION_DISPOSITION __C_specific_handler(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                           PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext)
{
    SCOPE_TABLE *scopes = DispatcherContext->HandlerData;
    ULONG64 base = DispatcherContext->ImageBase;
    ULONG64 rva = DispatcherContext->ControlPc - base;
    EXCEPTION_POINTERS pointers = {ExceptionRecord, ContextRecord};

    if ((ExceptionRecord->ExceptionFlags & (EXCEPTION_UNWINDING | EXCEPTION_EXIT_UNWIND)) != 0) {
        RtlpCallFinallyBlocks(ExceptionRecord, EstablisherFrame, DispatcherContext);
        return ExceptionContinueSearch;
    }
    for (ULONG index = DispatcherContext->ScopeIndex; index < scopes->Count; index++) {
        ULONG filter = scopes->ScopeRecord[index].HandlerAddress;
        LONG answer = EXCEPTION_EXECUTE_HANDLER;

        if (rva < scopes->ScopeRecord[index].BeginAddress || rva >= scopes->ScopeRecord[index].EndAddress ||
            scopes->ScopeRecord[index].JumpTarget == 0) {
            continue;
        }
        if (filter != EXCEPTION_EXECUTE_HANDLER) {
            answer = ((EXCEPTION_FILTER *)(base + filter))(&pointers, (ULONG64)EstablisherFrame);
        }
        if (answer < 0) {
            return ExceptionContinueExecution;
        }
        if (answer > 0) {
            RtlUnwindEx(EstablisherFrame, (PVOID)(base + scopes->ScopeRecord[index].JumpTarget), ExceptionRecord,
                        (PVOID)(ULONG64)(ULONG)ExceptionRecord->ExceptionCode, DispatcherContext->ContextRecord,
                        DispatcherContext->HistoryTable);
        }
    }
    return ExceptionContinueSearch;
}

VOID ExRaiseStatus(NTSTATUS Status)
{
    EXCEPTION_RECORD record = {.ExceptionCode = Status, .ExceptionFlags = EXCEPTION_NONCONTINUABLE};

    RtlRaiseException(&record);
    KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG64)Status, (ULONG_PTR)record.ExceptionAddress, 0, 0);
}
