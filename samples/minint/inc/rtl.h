// Unwinding and exception dispatch, from Microsoft's "x64 exception handling" page; strings.
#pragma once

#include "amd64.h"
#include "pe.h"

enum {
    EXCEPTION_CONTINUE_EXECUTION = -1,
    EXCEPTION_CONTINUE_SEARCH = 0,
    EXCEPTION_EXECUTE_HANDLER = 1,
};

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind,
} EXCEPTION_DISPOSITION;

struct _DISPATCHER_CONTEXT;
typedef EXCEPTION_DISPOSITION EXCEPTION_ROUTINE(PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                                PCONTEXT ContextRecord, struct _DISPATCHER_CONTEXT *DispatcherContext);

typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    PRUNTIME_FUNCTION FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    EXCEPTION_ROUTINE *LanguageHandler;
    PVOID HandlerData;
    PVOID HistoryTable;
    ULONG ScopeIndex;
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;
_Static_assert(FIELD_OFFSET(DISPATCHER_CONTEXT, LanguageHandler) == DcLanguageHandler, "LanguageHandler");

enum { UNW_FLAG_NHANDLER = 0, UNW_FLAG_EHANDLER = 1, UNW_FLAG_UHANDLER = 2, UNW_FLAG_CHAININFO = 4 };

// EXCEPTION_RECORD.ExceptionFlags
enum {
    EXCEPTION_NONCONTINUABLE = 1,
    EXCEPTION_UNWINDING = 2,
    EXCEPTION_EXIT_UNWIND = 4,
    EXCEPTION_TARGET_UNWIND = 0x20,
};

VOID RtlCaptureContext(PCONTEXT ContextRecord);
// Continues at the context; its debug registers and segments but cs and ss are not loaded.
__declspec(noreturn) VOID RtlRestoreContext(PCONTEXT ContextRecord, PEXCEPTION_RECORD ExceptionRecord);
PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 ControlPc, ULONG64 *ImageBase);
// Makes the context that of the caller. Returns the function's handler if it has one of that type and is past its
// prolog. ContextPointers may be NULL.
EXCEPTION_ROUTINE *RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                    PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord, PVOID *HandlerData,
                                    ULONG64 *EstablisherFrame, PVOID ContextPointers);
// Calls the frames' handlers from the context outwards. TRUE: one has handled the exception, continue at the context.
BOOLEAN RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD ExceptionRecord, ULONG64 EstablisherFrame,
                                                     PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForUnwind(PEXCEPTION_RECORD ExceptionRecord, ULONG64 EstablisherFrame,
                                                  PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext);
// Leaves the frames inside of TargetFrame, calling their __finally blocks, and continues there at TargetIp.
__declspec(noreturn) VOID RtlUnwindEx(PVOID TargetFrame, PVOID TargetIp, PEXCEPTION_RECORD ExceptionRecord,
                                      PVOID ReturnValue, PCONTEXT ContextRecord, PVOID HistoryTable);
// Raises a software exception at the caller; returns if a handler continues the execution.
VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

BOOLEAN RtlEqualString8(PCSTR Left, PCSTR Right);
VOID *memset(VOID *Destination, int Value, SIZE_T Length);
VOID *memcpy(VOID *Destination, const VOID *Source, SIZE_T Length);
