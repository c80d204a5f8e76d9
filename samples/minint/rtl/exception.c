// Exception dispatch to frames' handlers, and the handler of C's __try/__except.
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

BOOLEAN RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord)
{
    PKTHREAD thread = KeGetCurrentThread();
    DISPATCHER_CONTEXT dispatcher;
    CONTEXT context = *ContextRecord;

    while (context.Rsp >= (ULONG64)thread->StackLimit && context.Rsp < (ULONG64)thread->StackBase) {
        dispatcher.ControlPc = context.Rip;
        dispatcher.FunctionEntry = RtlLookupFunctionEntry(context.Rip, &dispatcher.ImageBase);
        if (dispatcher.FunctionEntry == NULL) { // a leaf function
            context.Rip = *(ULONG64 *)context.Rsp;
            context.Rsp += 8;
            continue;
        }

        dispatcher.LanguageHandler =
            RtlVirtualUnwind(dispatcher.ImageBase, dispatcher.ControlPc, dispatcher.FunctionEntry, &context,
                             &dispatcher.HandlerData, &dispatcher.EstablisherFrame);
        if (dispatcher.LanguageHandler != NULL) {
            dispatcher.TargetIp = 0;
            dispatcher.ContextRecord = &context;
            if (RtlpExecuteHandlerForException(ExceptionRecord, dispatcher.EstablisherFrame, ContextRecord,
                                               &dispatcher) == ExceptionContinueExecution) {
                return TRUE;
            }
        }
        if (context.Rip == 0) {
            break;
        }
    }
    return FALSE;
}

// Asks the filters of the scopes around the exception. There is no RtlUnwindEx yet, so a filter may continue the
// execution or the search, or not return, but its __except block can't be entered.
EXCEPTION_DISPOSITION __C_specific_handler(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                           PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext)
{
    SCOPE_TABLE *scopes = DispatcherContext->HandlerData;
    ULONG64 rva = DispatcherContext->ControlPc - DispatcherContext->ImageBase;
    EXCEPTION_POINTERS pointers = {ExceptionRecord, ContextRecord};

    for (ULONG index = 0; index < scopes->Count; index++) {
        ULONG filter = scopes->ScopeRecord[index].HandlerAddress;

        if (rva < scopes->ScopeRecord[index].BeginAddress || rva >= scopes->ScopeRecord[index].EndAddress ||
            scopes->ScopeRecord[index].JumpTarget == 0 || filter <= 1) {
            continue;
        }
        if (((EXCEPTION_FILTER *)(DispatcherContext->ImageBase + filter))(&pointers, (ULONG64)EstablisherFrame) ==
            EXCEPTION_CONTINUE_EXECUTION) {
            return ExceptionContinueExecution;
        }
    }
    return ExceptionContinueSearch;
}
