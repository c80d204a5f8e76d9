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
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;
_Static_assert(FIELD_OFFSET(DISPATCHER_CONTEXT, LanguageHandler) == DcLanguageHandler, "LanguageHandler");

VOID RtlCaptureContext(PCONTEXT ContextRecord);
PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 ControlPc, ULONG64 *ImageBase);
// Makes the context that of the caller. Returns the function's exception handler if it has one and is past its prolog.
EXCEPTION_ROUTINE *RtlVirtualUnwind(ULONG64 ImageBase, ULONG64 ControlPc, PRUNTIME_FUNCTION FunctionEntry,
                                    PCONTEXT ContextRecord, PVOID *HandlerData, ULONG64 *EstablisherFrame);
// Calls the frames' handlers from the context outwards. TRUE: one has handled the exception, continue at the context.
BOOLEAN RtlDispatchException(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord);
EXCEPTION_DISPOSITION RtlpExecuteHandlerForException(PEXCEPTION_RECORD ExceptionRecord, ULONG64 EstablisherFrame,
                                                     PCONTEXT ContextRecord, PDISPATCHER_CONTEXT DispatcherContext);

BOOLEAN RtlEqualString8(PCSTR Left, PCSTR Right);
VOID *memset(VOID *Destination, int Value, SIZE_T Length);
VOID *memcpy(VOID *Destination, const VOID *Source, SIZE_T Length);
