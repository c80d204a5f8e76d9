// Scheduling: threads run until they wait. Each processor has its own ready lists.
#include "kd.h"
#include "ps.h"

// Readies a thread on this processor.
VOID KiReadyThread(PKTHREAD Thread)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    Thread->State = Ready;
    Thread->NextProcessor = prcb->Number;
    InsertTailList(&prcb->DispatcherReadyListHead[(UCHAR)Thread->Priority], &Thread->WaitListEntry);
    prcb->ReadySummary |= 1UL << Thread->Priority;
    prcb->ReadyThreadCount += 1;
}

// The next thread to run: the first of the highest priority that has one, else the idle thread.
static PKTHREAD KiSelectReadyThread(PKPRCB Prcb)
{
    PLIST_ENTRY head, entry;
    ULONG priority;

    if (Prcb->ReadySummary == 0) {
        return Prcb->IdleThread;
    }
    priority = 31 - (ULONG)__builtin_clz(Prcb->ReadySummary);
    head = &Prcb->DispatcherReadyListHead[priority];
    entry = head->Flink;
    head->Flink = entry->Flink;
    entry->Flink->Blink = head;
    if (head->Flink == head) {
        Prcb->ReadySummary &= ~(1UL << priority);
    }
    Prcb->ReadyThreadCount -= 1;
    return CONTAINING_RECORD(entry, KTHREAD, WaitListEntry);
}

// Gives the processor to the next thread. Returns when this one is chosen again.
__declspec(noinline) VOID KiSwapThread(PKTHREAD Thread)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    PKTHREAD next = KiSelectReadyThread(prcb);

    if (next == Thread) {
        return;
    }
    Thread->Running = FALSE;
    next->Running = TRUE;
    next->State = Running;
    next->ContextSwitches += 1;
    prcb->KeContextSwitches += 1;
    prcb->CurrentThread = next;
    prcb->RspBase = (ULONG64)next->InitialStack;
    KiSwapContext(Thread, next);
}

// There are no events yet: a thread that waits isn't woken.
__declspec(noinline) VOID KeWaitForever(KWAIT_REASON WaitReason)
{
    PKTHREAD thread = KeGetCurrentThread();
    KIRQL irql = KeGetCurrentIrql();

    WRITE_REGISTER("cr8", DISPATCH_LEVEL);
    thread->WaitReason = (UCHAR)WaitReason;
    thread->WaitIrql = irql;
    thread->WaitMode = KernelMode;
    thread->State = Waiting;
    KiSwapThread(thread);
    WRITE_REGISTER("cr8", irql);
}

static __declspec(noinline) VOID HalProcessorIdle(VOID)
{
    __asm__ volatile("sti\n\thlt" : : : "memory");
}

static __declspec(noinline) VOID PoIdle(PKPRCB Prcb)
{
    Prcb->IdleHalt = TRUE;
    HalProcessorIdle();
    Prcb->IdleHalt = FALSE;
}

// What each processor's idle thread does.
VOID KiIdleLoop(VOID)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    for (;;) {
        if (prcb->ReadySummary != 0) {
            KiSwapThread(prcb->IdleThread);
        } else if (KdDebuggerEnabled) { // no clock interrupt looks for the debugger yet
            KdCheckForDebugBreak();
            PauseProcessor();
        } else {
            PoIdle(prcb);
        }
    }
}
