// User mode: entered for the first time, left and entered again by system calls.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

#define USER_EFLAGS 0x202

// KiEnterUserMode(Rip, Rsp, InitialStack): from the top of the kernel stack, where traps and system calls will begin.
PROC KiEnterUserMode
    .seh_endprologue
    cli
    mov rsp, r8
    push KGDT64_R3_DATA | 3
    push rdx
    push USER_EFLAGS
    push KGDT64_R3_CODE | 3
    push rcx
    xor eax, eax
    mov cr8, rax
    xor ecx, ecx
    xor edx, edx
    xor ebx, ebx
    xor ebp, ebp
    xor esi, esi
    xor edi, edi
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    xor r12d, r12d
    xor r13d, r13d
    xor r14d, r14d
    xor r15d, r15d
    swapgs
    iretq
ENDPROC

// The target of the syscall instruction. eax: service number; r10, rdx, r8, r9: arguments; rcx, r11: the user's rip and
// eflags. Makes a trap frame like an interrupt's, and returns like one.
PROC KiSystemCall64
    swapgs
    mov gs:[PcUserRsp], rsp
    mov rsp, gs:[PcPrcb + PbRspBase]
    push KGDT64_R3_DATA | 3
    push gs:[PcUserRsp]
    push r11
    push KGDT64_R3_CODE | 3
    push rcx
    .seh_pushframe
    sub rsp, 8
    .seh_stackalloc 8
    push rbp
    .seh_pushreg rbp
    sub rsp, TrRbp
    .seh_stackalloc TrRbp
    lea rbp, [rsp + TrapFrameBias]
    .seh_setframe rbp, TrapFrameBias
    .seh_endprologue
    mov byte ptr [rbp + TrExceptionActive - TrapFrameBias], 2 // a system call
    mov byte ptr [rbp + TrPreviousMode - TrapFrameBias], 1
    mov [rbp + TrRax - TrapFrameBias], rax
    mov [rbp + TrRcx - TrapFrameBias], rcx
    mov [rbp + TrRdx - TrapFrameBias], rdx
    mov [rbp + TrR8 - TrapFrameBias], r8
    mov [rbp + TrR9 - TrapFrameBias], r9
    mov [rbp + TrR10 - TrapFrameBias], r10
    mov [rbp + TrR11 - TrapFrameBias], r11
    stmxcsr [rbp + TrMxCsr - TrapFrameBias]
    ldmxcsr gs:[PcMxCsr]
    movaps [rbp + TrXmm0 + 0x00 - TrapFrameBias], xmm0
    movaps [rbp + TrXmm0 + 0x10 - TrapFrameBias], xmm1
    movaps [rbp + TrXmm0 + 0x20 - TrapFrameBias], xmm2
    movaps [rbp + TrXmm0 + 0x30 - TrapFrameBias], xmm3
    movaps [rbp + TrXmm0 + 0x40 - TrapFrameBias], xmm4
    movaps [rbp + TrXmm0 + 0x50 - TrapFrameBias], xmm5
    sti
    .globl KiSystemServiceStart
KiSystemServiceStart:
    inc dword ptr gs:[PcPrcb + PbKeSystemCalls]
    mov rcx, r10
    lea r10, [rip + KiNoSystemService]
    cmp eax, KI_SERVICE_LIMIT
    jae KiSystemServiceCopyEnd
    lea r11, [rip + KiServiceTable]
    mov r11, [r11 + rax * 8]
    test r11, r11
    cmovnz r10, r11
    .globl KiSystemServiceCopyEnd
KiSystemServiceCopyEnd:
    call r10
    mov [rbp + TrRax - TrapFrameBias], rax
    RESTORE_TRAP_STATE
ENDPROC
