// Into the debugger and out of it: the other processors stand still in between.
#include "kdp.h"

BOOLEAN KdDebuggerEnabled;
BOOLEAN KdEnteredDebugger;
static volatile ULONG KdpDebuggerLock; // of the port
static BOOLEAN KdpPortLocked;

// Returns whether interrupts were enabled.
BOOLEAN KdEnterDebugger(VOID)
{
    BOOLEAN enable = KeFreezeExecution();

    // A processor that was frozen while it polled has the lock: then the port is used without.
    KdpPortLocked = __atomic_exchange_n(&KdpDebuggerLock, 1, __ATOMIC_ACQUIRE) == 0;
    KdEnteredDebugger = TRUE;
    return enable;
}

VOID KdExitDebugger(BOOLEAN Enable)
{
    KdEnteredDebugger = FALSE;
    if (KdpPortLocked) {
        __atomic_store_n(&KdpDebuggerLock, 0, __ATOMIC_RELEASE);
    }
    KeThawExecution(Enable);
}

// Whether the debugger wants to break in. Everything else that it sends to a running machine is lost.
__declspec(noinline) BOOLEAN KdPollBreakIn(VOID)
{
    BOOLEAN enable, breakIn = FALSE;
    UCHAR byte;

    if (!KdDebuggerEnabled) {
        return FALSE;
    }
    enable = KeDisableInterrupts();
    if (__atomic_exchange_n(&KdpDebuggerLock, 1, __ATOMIC_ACQUIRE) == 0) {
        breakIn = KdpControlCPending;
        KdpControlCPending = FALSE;
        while (!breakIn && KdpSerialReceiveByte(&byte, 0)) {
            breakIn = byte == BREAKIN_PACKET_BYTE;
        }
        __atomic_store_n(&KdpDebuggerLock, 0, __ATOMIC_RELEASE);
    }
    if (enable) {
        EnableInterrupts();
    }
    if (breakIn) {
        KdDebuggerNotPresent = FALSE;
    }
    return breakIn;
}

// For the clock interrupt.
VOID KdCheckForDebugBreak(VOID)
{
    if (KdPollBreakIn()) {
        DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
    }
}
