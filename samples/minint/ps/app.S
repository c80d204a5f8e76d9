// The code of the process app.exe, copied to its one page: it counts, calls itself some levels deep, and sleeps.
#include "offsets.h"
    .intel_syntax noprefix
    .section .rdata, "dr"

#define NT_DELAY_EXECUTION 0x34 // Windows 10 (19041)
#define APP_DEPTH 3

    .globl PspAppCode, PspAppCodeEnd
    .p2align 4
PspAppCode:
    sub rsp, 0x28
1:  lea rcx, [rip + PspAppCode + APP_DATA]
    mov edx, APP_DEPTH
    call AppCount
    lea rdx, [rip + AppInterval]
    xor ecx, ecx // not alertable
    call AppDelayExecution
    jmp 1b

// AppCount(Counter, Depth)
AppCount:
    sub rsp, 0x28
    inc qword ptr [rcx]
    dec edx
    jz 2f
    call AppCount
2:  mov eax, 1500000 // work: long enough for the clock to find it at
3:  dec eax
    jnz 3b
    add rsp, 0x28
    ret

AppDelayExecution:
    mov r10, rcx
    mov eax, NT_DELAY_EXECUTION
    syscall
    ret

    .p2align 3
AppInterval:
    .quad -1000000 // 100 ms
PspAppCodeEnd:
