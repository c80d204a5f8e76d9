// Thread switch, and the first and last code of a system thread.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

// KiSwapContext(OldThread, NewThread): returns when OldThread runs again. OldThread's registers are on its stack in a
// _KEXCEPTION_FRAME, and below it, where KTHREAD.KernelStack points, in a _KSWITCH_FRAME.
PROC KiSwapContext
    GENERATE_EXCEPTION_FRAME ExReturn
    mov rdi, rcx
    mov rsi, rdx
    call SwapContext
    RESTORE_EXCEPTION_FRAME ExReturn
    ret
ENDPROC

// rdi: old thread, rsi: new thread
PROC SwapContext
    push rbp
    .seh_pushreg rbp
    sub rsp, 0x30
    .seh_stackalloc 0x30
    .seh_endprologue
    mov [rdi + ThKernelStack], rsp
    mov rsp, [rsi + ThKernelStack]
    add rsp, 0x30
    pop rbp
    ret
ENDPROC

// A new thread's first code, with rsp at its _KSTART_FRAME: calls SystemRoutine(StartRoutine, StartContext).
PROC KiStartSystemThread
    .seh_stackalloc 0x28
    .seh_endprologue
    mov rbx, [rsp] // what is called may write to the frame
    mov rsi, [rsp + 8]
    mov rdi, [rsp + 0x10]
    sti
    xor ecx, ecx
    call KiUnlockDispatcherDatabase // which the thread that ran before has locked
    mov rcx, rsi
    mov rdx, rdi
    call rbx
    int3
ENDPROC
