// The clock interrupt, of each processor: the time, the threads' time, timers, breaking into the debugger.
#include "ex.h"
#include "kd.h"
#include "ke.h"
#include "mm.h"

#define TICKS_PER_QUANTUM 2

const ULONG KeMaximumIncrement = 156250;
ULONG KeTimeIncrement = 156250;
volatile BOOLEAN KiClockRunning;

ULONG64 KeQueryInterruptTime(VOID)
{
    return ExReadTime(&SharedUserData->InterruptTime);
}

ULONG64 KeQuerySystemTimePrecise(VOID)
{
    return ExReadTime(&SharedUserData->SystemTime);
}

static VOID KeUpdateSystemTime(VOID)
{
    ExSetTime(&SharedUserData->InterruptTime, ExReadTime(&SharedUserData->InterruptTime) + KeTimeIncrement);
    ExSetTime(&SharedUserData->SystemTime, ExReadTime(&SharedUserData->SystemTime) + KeTimeIncrement);
    ExSetTime(&SharedUserData->TickCount, ExReadTime(&SharedUserData->TickCount) + 1);
}

// Charges the tick to what was interrupted.
static VOID KeUpdateRunTime(PKPRCB Prcb, PKTRAP_FRAME TrapFrame)
{
    PKTHREAD thread = Prcb->CurrentThread;

    if (TrapFrame->PreviousMode != KernelMode) {
        thread->UserTime += 1;
        Prcb->UserTime += 1;
    } else {
        Prcb->KernelTime += 1;
        if (TrapFrame->PreviousIrql > DISPATCH_LEVEL) {
            Prcb->InterruptTime += 1;
        } else if (Prcb->DpcRoutineActive) {
            Prcb->DpcTime += 1;
        } else {
            thread->KernelTime += 1;
        }
    }
    if (Prcb->ClockInterrupts % TICKS_PER_QUANTUM == 0 && Prcb->ReadySummary != 0 && thread != Prcb->IdleThread) {
        Prcb->QuantumEnd = TRUE;
        HalRequestSoftwareInterrupt();
    }
}

static __declspec(noinline) VOID KeClockInterruptNotify(PKTRAP_FRAME TrapFrame)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    prcb->ClockInterrupts += 1;
    if (prcb->ClockOwner) {
        KeUpdateSystemTime();
    }
    prcb->LastTick = SharedUserData->TickCount.LowPart;
    KeUpdateRunTime(prcb, TrapFrame);
    if (KiTimersAreDue(prcb, KeQueryInterruptTime())) {
        __atomic_fetch_or(&prcb->DpcRequestSummary, DPC_TIMER_EXPIRATION, __ATOMIC_SEQ_CST);
        HalRequestSoftwareInterrupt();
    }
    KdCheckForDebugBreak();
}

VOID HalpTimerClockInterrupt(PKTRAP_FRAME TrapFrame)
{
    KeClockInterruptNotify(TrapFrame);
    HalEndOfInterrupt();
}

static ULONG_PTR KiStartProcessorClock(ULONG_PTR Argument)
{
    HalStartClock();
    return Argument;
}

VOID KeStartClock(VOID)
{
    for (ULONG number = 0; number < KeNumberProcessors; number++) {
        PKPRCB prcb = KiProcessorBlock[number];

        prcb->ClockOwner = number == 0;
        prcb->DpcStack = (PUCHAR)MmAllocateSystemPages(KERNEL_STACK_SIZE) + KERNEL_STACK_SIZE;
    }
    KiClockRunning = TRUE;
    KeIpiGenericCall(KiStartProcessorClock, 0);
}
