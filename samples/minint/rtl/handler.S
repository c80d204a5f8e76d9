// Calls an exception handler from a frame that can be told in an unwind.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

// RtlpExecuteHandlerForException(ExceptionRecord, EstablisherFrame, ContextRecord, DispatcherContext)
PROC RtlpExecuteHandlerForException
    sub rsp, 0x28
    .seh_stackalloc 0x28
    .seh_endprologue
    mov [rsp + 0x20], r9
    call [r9 + DcLanguageHandler]
    nop
    add rsp, 0x28
    ret
ENDPROC
