// Interrupt and exception entries. Each builds a _KTRAP_FRAME that can be unwound through.
#include "offsets.h"
    .intel_syntax noprefix
#include "macros.h"
    .text

#define STATUS_ACCESS_VIOLATION 0xc0000005
#define STATUS_BREAKPOINT 0x80000003
#define STATUS_SINGLE_STEP 0x80000004
#define STATUS_ILLEGAL_INSTRUCTION 0xc000001d
#define STATUS_INTEGER_DIVIDE_BY_ZERO 0xc0000094
#define STATUS_ASSERTION_FAILURE 0xc0000420
#define UNEXPECTED_KERNEL_MODE_TRAP 0x7f

// Turns the trapped code's interrupts on again.
.macro ENABLE_INTERRUPTS
    test dword ptr [rbp + TrEFlags - TrapFrameBias], 0x200
    jz 3f
    sti
3:
.endm

PROC KiPageFault
    GENERATE_TRAP_FRAME 1
    mov rdx, cr2
    mov [rbp + TrFaultAddress - TrapFrameBias], rdx
    ENABLE_INTERRUPTS
    mov rcx, [rbp + TrErrorCode - TrapFrameBias]
    movzx r8d, byte ptr [rbp + TrPreviousMode - TrapFrameBias]
    lea r9, [rbp - TrapFrameBias]
    call MmAccessFault
    test eax, eax
    jns KiPageFaultExit
    mov ecx, eax
    mov edx, 2
    mov r8, [rbp + TrRip - TrapFrameBias]
    mov eax, [rbp + TrErrorCode - TrapFrameBias]
    mov r9d, eax
    shr r9d, 1
    and r9d, 1 // 1: a write
    test eax, 0x10
    jz 4f
    mov r9d, 8 // an instruction fetch
4:  mov r10, [rbp + TrFaultAddress - TrapFrameBias]
    call KiExceptionDispatch
    nop
KiPageFaultExit:
    RESTORE_TRAP_STATE
ENDPROC

// A trap that becomes an exception without parameters, raised at the trapped instruction less \back bytes.
.macro EXCEPTION_TRAP name, error_code, status, back
PROC \name
    GENERATE_TRAP_FRAME \error_code
    ENABLE_INTERRUPTS
    mov ecx, \status
    xor edx, edx
    sub qword ptr [rbp + TrRip - TrapFrameBias], \back
    mov r8, [rbp + TrRip - TrapFrameBias]
    call KiExceptionDispatch
    nop
    RESTORE_TRAP_STATE
ENDPROC
.endm

EXCEPTION_TRAP KiDivideErrorFault, 0, STATUS_INTEGER_DIVIDE_BY_ZERO, 0
EXCEPTION_TRAP KiDebugTrapOrFault, 0, STATUS_SINGLE_STEP, 0
EXCEPTION_TRAP KiInvalidOpcodeFault, 0, STATUS_ILLEGAL_INSTRUCTION, 0
EXCEPTION_TRAP KiRaiseAssertion, 0, STATUS_ASSERTION_FAILURE, 2 // int 2c

// int 3: one parameter, as in NT.
PROC KiBreakpointTrap
    GENERATE_TRAP_FRAME 0
    ENABLE_INTERRUPTS
    mov ecx, STATUS_BREAKPOINT
    mov edx, 1
    sub qword ptr [rbp + TrRip - TrapFrameBias], 1
    mov r8, [rbp + TrRip - TrapFrameBias]
    xor r9d, r9d
    call KiExceptionDispatch
    nop
    RESTORE_TRAP_STATE
ENDPROC

// int 2d: a breakpoint whose first parameter is the service's number, from eax. rip is behind the instruction.
PROC KiDebugServiceTrap
    GENERATE_TRAP_FRAME 0
    ENABLE_INTERRUPTS
    mov ecx, STATUS_BREAKPOINT
    mov edx, 1
    mov r8, [rbp + TrRip - TrapFrameBias]
    mov r9, [rbp + TrRax - TrapFrameBias]
    call KiExceptionDispatch
    nop
    RESTORE_TRAP_STATE
ENDPROC

// A general protection fault is an access violation at an unknown address: parameters 0 and -1, as in NT.
PROC KiGeneralProtectionFault
    GENERATE_TRAP_FRAME 1
    ENABLE_INTERRUPTS
    mov ecx, STATUS_ACCESS_VIOLATION
    mov edx, 2
    mov r8, [rbp + TrRip - TrapFrameBias]
    xor r9d, r9d
    mov r10, -1
    call KiExceptionDispatch
    nop
    RESTORE_TRAP_STATE
ENDPROC

PROC KiDoubleFaultAbort
    GENERATE_TRAP_FRAME 1, 1
    mov ecx, UNEXPECTED_KERNEL_MODE_TRAP
    mov edx, 8
    xor r8d, r8d
    xor r9d, r9d
    mov qword ptr [rsp + 0x20], 0
    call KeBugCheckEx
    nop
ENDPROC

// Any vector without a handler of its own.
PROC KiUnexpectedInterrupt
    GENERATE_TRAP_FRAME 0
    mov ecx, UNEXPECTED_KERNEL_MODE_TRAP
    mov edx, -1
    mov r8, [rbp + TrRip - TrapFrameBias]
    xor r9d, r9d
    mov qword ptr [rsp + 0x20], 0
    call KeBugCheckEx
    nop
ENDPROC

PROC KiNmiInterrupt
    GENERATE_TRAP_FRAME 0, 1
    call KxNmiInterrupt
    RESTORE_TRAP_STATE 1
ENDPROC

// KiProcessNMI(TrapFrame, ExceptionFrame)
PROC KxNmiInterrupt
    GENERATE_EXCEPTION_FRAME ExReturn
    lea rcx, [rbp - TrapFrameBias]
    mov rdx, rsp
    call KiProcessNMI
    RESTORE_EXCEPTION_FRAME ExReturn
    ret
ENDPROC

// Makes the exception record and dispatches it. ecx: code; edx: number of parameters; r8: address; r9, r10, r11:
// parameters; rbp: as the trap entry set it. Returns if the exception was handled and the trap frame may be resumed.
PROC KiExceptionDispatch
    GENERATE_EXCEPTION_FRAME (ExReturn + 8 + EXCEPTION_RECORD_LENGTH)
    lea rax, [rsp + ExReturn + 8]
    mov [rax + ErExceptionCode], ecx
    mov dword ptr [rax + ErExceptionFlags], 0
    mov qword ptr [rax + ErExceptionRecord], 0
    mov [rax + ErExceptionAddress], r8
    mov [rax + ErNumberParameters], edx
    mov [rax + ErExceptionInformation + 0x00], r9
    mov [rax + ErExceptionInformation + 0x08], r10
    mov [rax + ErExceptionInformation + 0x10], r11
    mov rcx, rax
    mov rdx, rsp
    lea r8, [rbp - TrapFrameBias]
    movzx r9d, byte ptr [rbp + TrPreviousMode - TrapFrameBias]
    mov byte ptr [rsp + ExP5], 1
    call KiDispatchException
    RESTORE_EXCEPTION_FRAME (ExReturn + 8 + EXCEPTION_RECORD_LENGTH)
    ret
ENDPROC
