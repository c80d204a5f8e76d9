// Where processors enter the kernel.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"

// The image's entry point, on the boot loader's stack. rcx: the boot block. Moves to the idle thread's stack, which
// ends with a zero return address, and becomes the idle thread.
    .text
PROC KiSystemStartup
    .seh_stackalloc 0x28
    .seh_endprologue
    lea rsp, [rip + KiBootStack + KERNEL_STACK_SIZE - 0x50 - 0x30]
    call KiInitializeKernel
    mov eax, DISPATCH_LEVEL
    mov cr8, rax
    sti
    add rsp, 0x28
    jmp KiIdleLoop
ENDPROC

// The same for the other processors. rcx: its KPCR; rsp: the same place of its own idle thread's stack.
PROC KiStartProcessor
    .seh_stackalloc 0x28
    .seh_endprologue
    call KiInitializeStartedProcessor
    mov eax, DISPATCH_LEVEL
    mov cr8, rax
    sti
    add rsp, 0x28
    jmp KiIdleLoop
ENDPROC

// The code that a startup IPI runs, copied to the page KI_START_PAGE: from real mode straight into long mode, with the
// kernel's page tables. Its data lies at fixed places in front of the code.
#define START_GDT 0x30
#define START_GDT_DESCRIPTOR 0x48
#define START_CODE 0x50
    .section .rdata, "dr"
    .globl KiStartCode, KiStartCodeEnd
    .p2align 4
KiStartCode:
    .byte 0xeb, START_CODE - 2 // jmp short
    .org KiStartCode + KI_START_DATA // the KPROCESSOR_START
    .space 0x20
    .org KiStartCode + START_GDT
    .quad 0
    .quad 0x00209b0000000000 // 64-bit code
    .quad 0x00cf93000000ffff // data
    .org KiStartCode + START_GDT_DESCRIPTOR
    .short 0x17
    .long KI_START_PAGE + START_GDT
    .org KiStartCode + START_CODE
    .code16
    cli
    cld
    mov ax, cs
    mov ds, ax
    lgdt [START_GDT_DESCRIPTOR]
    mov eax, 0x620 // CR4: PAE, OSFXSR, OSXMMEXCPT
    mov cr4, eax
    mov eax, [KI_START_DATA + PsStartCr3] // lies below 4 GB
    mov cr3, eax
    mov ecx, 0xc0000080 // EFER: LME, NXE
    mov eax, 0x900
    xor edx, edx
    wrmsr
    mov eax, 0x80050033 // CR0, as the boot loader sets it
    mov cr0, eax
    .byte 0x66, 0xea // jmp far 0x08:KiStartLongMode
    .long KI_START_PAGE + (KiStartLongMode - KiStartCode)
    .short 0x08
    .code64
KiStartLongMode:
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov eax, KI_START_PAGE + KI_START_DATA
    mov rsp, [rax + PsStartStack]
    mov rcx, [rax + PsStartPcr]
    jmp [rax + PsStartEntry]
KiStartCodeEnd:

    .section .bss, "bw"
    .p2align 12
    .globl KiBootStack
KiBootStack:
    .space KERNEL_STACK_SIZE
