// KeBugCheckEx and the capture of a context.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

// RtlCaptureContext(ContextRecord): the caller's registers, as they are after this returns.
PROC RtlCaptureContext
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    mov [rcx + CxRax], rax
    mov [rcx + CxRcx], rcx
    mov [rcx + CxRdx], rdx
    mov [rcx + CxRbx], rbx
    mov [rcx + CxRbp], rbp
    mov [rcx + CxRsi], rsi
    mov [rcx + CxRdi], rdi
    mov [rcx + CxR8], r8
    mov [rcx + CxR9], r9
    mov [rcx + CxR10], r10
    mov [rcx + CxR11], r11
    mov [rcx + CxR12], r12
    mov [rcx + CxR13], r13
    mov [rcx + CxR14], r14
    mov [rcx + CxR15], r15
    fxsave [rcx + CxFltSave]
    stmxcsr [rcx + CxMxCsr]
    mov [rcx + CxSegCs], cs
    mov [rcx + CxSegDs], ds
    mov [rcx + CxSegEs], es
    mov [rcx + CxSegFs], fs
    mov [rcx + CxSegGs], gs
    mov [rcx + CxSegSs], ss
    lea rax, [rsp + 0x10]
    mov [rcx + CxRsp], rax
    mov rax, [rsp + 8]
    mov [rcx + CxRip], rax
    mov eax, [rsp]
    mov [rcx + CxEFlags], eax
    mov dword ptr [rcx + CxContextFlags], CONTEXT_AMD64_ALL_SAVED
    mov rax, [rcx + CxRax]
    popfq
    ret
ENDPROC

// KeBugCheckEx(BugCheckCode, BugCheckParameter1..4): saves the context of its own first instruction in the processor's
// KPRCB.Context, as NT does, and doesn't return.
PROC KeBugCheckEx
    mov [rsp + 0x08], rcx
    mov [rsp + 0x10], rdx
    mov [rsp + 0x18], r8
    mov [rsp + 0x20], r9
    pushfq
    .seh_stackalloc 8
    sub rsp, 0x30
    .seh_stackalloc 0x30
    .seh_endprologue
    cli
    mov rcx, gs:[PcCurrentPrcb]
    mov rcx, [rcx + PbContext]
    call RtlCaptureContext
    mov rcx, gs:[PcCurrentPrcb]
    add rcx, PbProcessorState
    call KiSaveProcessorControlState
    mov r10, gs:[PcCurrentPrcb]
    mov r10, [r10 + PbContext]
    mov rax, [rsp + 0x40]
    mov [r10 + CxRcx], rax
    mov rax, [rsp + 0x30]
    mov [r10 + CxEFlags], eax
    lea rax, [rsp + 0x38]
    mov [r10 + CxRsp], rax
    lea rax, [rip + KeBugCheckEx]
    mov [r10 + CxRip], rax
    mov eax, HIGH_LEVEL
    mov cr8, rax
    mov rcx, [rsp + 0x40]
    mov rdx, [rsp + 0x48]
    mov r8, [rsp + 0x50]
    mov r9, [rsp + 0x58]
    mov rax, [rsp + 0x60]
    mov [rsp + 0x20], rax
    call KeBugCheck2
    nop
ENDPROC
