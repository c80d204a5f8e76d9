// Function and frame macros for the kernel's assembly.

// PROC name: a global function with unwind data, marked as code in the symbol file's publics.
.macro PROC name
    .p2align 4, 0xcc
    .globl \name
    .def \name; .scl 2; .type 32; .endef
    .seh_proc \name
\name:
.endm

.macro ENDPROC
    .seh_endproc
.endm

// Allocates \size bytes and saves the non-volatile registers in the _KEXCEPTION_FRAME at their lower end.
.macro GENERATE_EXCEPTION_FRAME size
    sub rsp, \size
    .seh_stackalloc \size
    movaps [rsp + ExXmm6 + 0x00], xmm6
    .seh_savexmm xmm6, ExXmm6 + 0x00
    movaps [rsp + ExXmm6 + 0x10], xmm7
    .seh_savexmm xmm7, ExXmm6 + 0x10
    movaps [rsp + ExXmm6 + 0x20], xmm8
    .seh_savexmm xmm8, ExXmm6 + 0x20
    movaps [rsp + ExXmm6 + 0x30], xmm9
    .seh_savexmm xmm9, ExXmm6 + 0x30
    movaps [rsp + ExXmm6 + 0x40], xmm10
    .seh_savexmm xmm10, ExXmm6 + 0x40
    movaps [rsp + ExXmm6 + 0x50], xmm11
    .seh_savexmm xmm11, ExXmm6 + 0x50
    movaps [rsp + ExXmm6 + 0x60], xmm12
    .seh_savexmm xmm12, ExXmm6 + 0x60
    movaps [rsp + ExXmm6 + 0x70], xmm13
    .seh_savexmm xmm13, ExXmm6 + 0x70
    movaps [rsp + ExXmm6 + 0x80], xmm14
    .seh_savexmm xmm14, ExXmm6 + 0x80
    movaps [rsp + ExXmm6 + 0x90], xmm15
    .seh_savexmm xmm15, ExXmm6 + 0x90
    mov [rsp + ExRbx], rbx
    .seh_savereg rbx, ExRbx
    mov [rsp + ExRdi], rdi
    .seh_savereg rdi, ExRdi
    mov [rsp + ExRsi], rsi
    .seh_savereg rsi, ExRsi
    mov [rsp + ExR12], r12
    .seh_savereg r12, ExR12
    mov [rsp + ExR13], r13
    .seh_savereg r13, ExR13
    mov [rsp + ExR14], r14
    .seh_savereg r14, ExR14
    mov [rsp + ExR15], r15
    .seh_savereg r15, ExR15
    .seh_endprologue
.endm

.macro RESTORE_EXCEPTION_FRAME size
    movaps xmm6, [rsp + ExXmm6 + 0x00]
    movaps xmm7, [rsp + ExXmm6 + 0x10]
    movaps xmm8, [rsp + ExXmm6 + 0x20]
    movaps xmm9, [rsp + ExXmm6 + 0x30]
    movaps xmm10, [rsp + ExXmm6 + 0x40]
    movaps xmm11, [rsp + ExXmm6 + 0x50]
    movaps xmm12, [rsp + ExXmm6 + 0x60]
    movaps xmm13, [rsp + ExXmm6 + 0x70]
    movaps xmm14, [rsp + ExXmm6 + 0x80]
    movaps xmm15, [rsp + ExXmm6 + 0x90]
    mov rbx, [rsp + ExRbx]
    mov rdi, [rsp + ExRdi]
    mov rsi, [rsp + ExRsi]
    mov r12, [rsp + ExR12]
    mov r13, [rsp + ExR13]
    mov r14, [rsp + ExR14]
    mov r15, [rsp + ExR15]
    add rsp, \size
.endm

// The start of a trap handler: completes the _KTRAP_FRAME on the stack, with rbp 0x80 bytes into it, as in NT.
// \anywhere: it may interrupt the kernel's first or last instructions, where gs is the user's. Which it is shows in its
// base address; the trap frame keeps that for RESTORE_TRAP_STATE.
.macro GENERATE_TRAP_FRAME error_code, anywhere=0
.if \error_code
    .seh_pushframe @code
.else
    .seh_pushframe
    sub rsp, 8
    .seh_stackalloc 8
.endif
    push rbp
    .seh_pushreg rbp
    sub rsp, TrRbp
    .seh_stackalloc TrRbp
    lea rbp, [rsp + TrapFrameBias]
    .seh_setframe rbp, TrapFrameBias
    .seh_endprologue
    mov byte ptr [rbp + TrExceptionActive - TrapFrameBias], 1
    mov [rbp + TrRax - TrapFrameBias], rax
    mov [rbp + TrRcx - TrapFrameBias], rcx
    mov [rbp + TrRdx - TrapFrameBias], rdx
    mov [rbp + TrR8 - TrapFrameBias], r8
    mov [rbp + TrR9 - TrapFrameBias], r9
    mov [rbp + TrR10 - TrapFrameBias], r10
    mov [rbp + TrR11 - TrapFrameBias], r11
    mov al, [rbp + TrSegCs - TrapFrameBias]
    and al, 1
    mov [rbp + TrPreviousMode - TrapFrameBias], al
.if \anywhere
    mov ecx, MSR_GS_BASE
    rdmsr
    mov [rbp + TrGsBase - TrapFrameBias], eax
    mov [rbp + TrGsBase + 4 - TrapFrameBias], edx
    test edx, edx
    js 1f // the kernel's
.else
    jz 1f
.endif
    swapgs
1:  cld
    stmxcsr [rbp + TrMxCsr - TrapFrameBias]
    ldmxcsr gs:[PcMxCsr]
    movaps [rbp + TrXmm0 + 0x00 - TrapFrameBias], xmm0
    movaps [rbp + TrXmm0 + 0x10 - TrapFrameBias], xmm1
    movaps [rbp + TrXmm0 + 0x20 - TrapFrameBias], xmm2
    movaps [rbp + TrXmm0 + 0x30 - TrapFrameBias], xmm3
    movaps [rbp + TrXmm0 + 0x40 - TrapFrameBias], xmm4
    movaps [rbp + TrXmm0 + 0x50 - TrapFrameBias], xmm5
.endm

// The end of a trap handler: back to where the trap happened.
.macro RESTORE_TRAP_STATE anywhere=0
    cli
    movaps xmm0, [rbp + TrXmm0 + 0x00 - TrapFrameBias]
    movaps xmm1, [rbp + TrXmm0 + 0x10 - TrapFrameBias]
    movaps xmm2, [rbp + TrXmm0 + 0x20 - TrapFrameBias]
    movaps xmm3, [rbp + TrXmm0 + 0x30 - TrapFrameBias]
    movaps xmm4, [rbp + TrXmm0 + 0x40 - TrapFrameBias]
    movaps xmm5, [rbp + TrXmm0 + 0x50 - TrapFrameBias]
    ldmxcsr [rbp + TrMxCsr - TrapFrameBias]
.if \anywhere
    cmp dword ptr [rbp + TrGsBase + 4 - TrapFrameBias], 0
    jl 2f
.else
    test byte ptr [rbp + TrSegCs - TrapFrameBias], 1
    jz 2f
.endif
    swapgs
2:  mov rax, [rbp + TrRax - TrapFrameBias]
    mov rcx, [rbp + TrRcx - TrapFrameBias]
    mov rdx, [rbp + TrRdx - TrapFrameBias]
    mov r8, [rbp + TrR8 - TrapFrameBias]
    mov r9, [rbp + TrR9 - TrapFrameBias]
    mov r10, [rbp + TrR10 - TrapFrameBias]
    mov r11, [rbp + TrR11 - TrapFrameBias]
    mov rsp, rbp
    mov rbp, [rbp + TrRbp - TrapFrameBias]
    add rsp, TrRip - TrapFrameBias
    iretq
.endm
