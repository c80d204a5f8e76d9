// Breakpoint instructions, debug services, and instructions that may fault.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

PROC DbgBreakPoint
    .seh_endprologue
    int3
    ret
ENDPROC

// DbgBreakPointWithStatus(Status): a debugger that stops here finds the reason in ecx.
PROC DbgBreakPointWithStatus
    .globl RtlpBreakWithStatusInstruction
    .def RtlpBreakWithStatusInstruction; .scl 2; .type 32; .endef
    .seh_endprologue
RtlpBreakWithStatusInstruction:
    int3
    ret
ENDPROC

// DebugService(Argument1, Argument2, Argument3, Argument4, Service): an int 3 follows, as in NT; the service skips it.
PROC DebugService
    .seh_endprologue
    mov eax, [rsp + 0x28]
    int 0x2d
    int3
    ret
ENDPROC

// KdpReadMsr(Register, *Value), KdpWriteMsr(Register, Value): FALSE if the register can't be. KdpTrap goes on at
// KdpMsrFailed when one of the two instructions faults.
    .globl KdpReadMsrInstruction, KdpWriteMsrInstruction, KdpMsrFailed
PROC KdpReadMsr
    .seh_endprologue
    mov r8, rdx
KdpReadMsrInstruction:
    rdmsr
    mov [r8], eax
    mov [r8 + 4], edx
    mov eax, 1
    ret
ENDPROC

PROC KdpWriteMsr
    .seh_endprologue
    mov eax, edx
    shr rdx, 32
KdpWriteMsrInstruction:
    wrmsr
    mov eax, 1
    ret
ENDPROC

PROC KdpMsrFailed
    .seh_endprologue
    xor eax, eax
    ret
ENDPROC
