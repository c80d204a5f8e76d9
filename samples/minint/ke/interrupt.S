// Interrupts of the local APIC: the clock, requests of other processors, deferred procedure calls; the DPC stack.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

// An interrupt: \name builds a trap frame, raises the IRQL and calls \routine(TrapFrame), which ends the interrupt.
.macro INTERRUPT name, irql, routine
PROC \name
    GENERATE_TRAP_FRAME 0
    mov byte ptr [rbp + TrExceptionActive - TrapFrameBias], 0
    mov rax, cr8
    mov [rbp + TrPreviousIrql - TrapFrameBias], al
    mov eax, \irql
    mov cr8, rax
    inc dword ptr gs:[PcPrcb + PbInterruptCount]
    sti
    lea rcx, [rbp - TrapFrameBias]
    call \routine
    cli
    movzx eax, byte ptr [rbp + TrPreviousIrql - TrapFrameBias]
    mov cr8, rax
    RESTORE_TRAP_STATE
ENDPROC
.endm

INTERRUPT KiClockInterrupt, CLOCK_LEVEL, HalpTimerClockInterrupt
INTERRUPT KiIpiInterrupt, IPI_LEVEL, KiIpiServiceRoutine
INTERRUPT KiDpcInterrupt, DISPATCH_LEVEL, KiDispatchInterrupt

// KxRetireDpcList(Prcb): calls KiRetireDpcList(Prcb) on the processor's DPC stack.
PROC KxRetireDpcList
    push rbp
    .seh_pushreg rbp
    mov rbp, rsp
    .seh_setframe rbp, 0
    .seh_endprologue
    mov rsp, [rcx + PbDpcStack]
    sub rsp, 0x20
    call KiRetireDpcList
    mov rsp, rbp
    pop rbp
    ret
ENDPROC
