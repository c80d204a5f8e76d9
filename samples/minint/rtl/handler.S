// Calls an exception handler from a frame that can be told in an unwind.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

// RtlpExecuteHandlerForException and RtlpExecuteHandlerForUnwind
// (ExceptionRecord, EstablisherFrame, ContextRecord, DispatcherContext)
.macro EXECUTE_HANDLER name
PROC \name
    sub rsp, 0x28
    .seh_stackalloc 0x28
    .seh_endprologue
    mov [rsp + 0x20], r9
    call [r9 + DcLanguageHandler]
    nop
    add rsp, 0x28
    ret
ENDPROC
.endm

EXECUTE_HANDLER RtlpExecuteHandlerForException
EXECUTE_HANDLER RtlpExecuteHandlerForUnwind

// RtlRaiseException(ExceptionRecord): dispatches it as the processor's own are, with a trap frame for the caller as it
// will be when this returns.
PROC RtlRaiseException
    mov rax, [rsp]
    lea r10, [rsp + 8]
    pushfq
    pop r11
    sub rsp, 8
    push KGDT64_R0_DATA
    push r10
    push r11
    push KGDT64_R0_CODE
    push rax
    GENERATE_TRAP_FRAME 0
    mov rax, [rbp + TrRip - TrapFrameBias]
    mov [rcx + ErExceptionAddress], rax
    call KxRaiseException
    RESTORE_TRAP_STATE
ENDPROC

// KiDispatchException(ExceptionRecord, ExceptionFrame, TrapFrame, KernelMode, FirstChance)
PROC KxRaiseException
    GENERATE_EXCEPTION_FRAME ExReturn
    mov rdx, rsp
    lea r8, [rbp - TrapFrameBias]
    xor r9d, r9d
    mov byte ptr [rsp + ExP5], 1
    call KiDispatchException
    RESTORE_EXCEPTION_FRAME ExReturn
    ret
ENDPROC

// RtlRestoreContext(ContextRecord, ExceptionRecord)
PROC RtlRestoreContext
    .seh_endprologue
    cli
    fxrstor [rcx + CxFltSave]
    ldmxcsr [rcx + CxMxCsr]
    movzx eax, word ptr [rcx + CxSegSs]
    push rax
    push [rcx + CxRsp]
    mov eax, [rcx + CxEFlags]
    push rax
    movzx eax, word ptr [rcx + CxSegCs]
    push rax
    push [rcx + CxRip]
    mov rax, [rcx + CxRax]
    mov rdx, [rcx + CxRdx]
    mov rbx, [rcx + CxRbx]
    mov rbp, [rcx + CxRbp]
    mov rsi, [rcx + CxRsi]
    mov rdi, [rcx + CxRdi]
    mov r8, [rcx + CxR8]
    mov r9, [rcx + CxR9]
    mov r10, [rcx + CxR10]
    mov r11, [rcx + CxR11]
    mov r12, [rcx + CxR12]
    mov r13, [rcx + CxR13]
    mov r14, [rcx + CxR14]
    mov r15, [rcx + CxR15]
    mov rcx, [rcx + CxRcx]
    iretq
ENDPROC
