// Scheduling: each processor has its own ready lists; a thread stays on its processor unless its affinity says
// otherwise.
#include "kd.h"
#include "ps.h"

static KSPIN_LOCK KiDispatcherLock;

KIRQL KiLockDispatcherDatabase(VOID)
{
    KIRQL old = KeGetCurrentIrql();

    if (old < DISPATCH_LEVEL) {
        KfRaiseIrql(DISPATCH_LEVEL);
    }
    KiAcquireSpinLock(&KiDispatcherLock);
    return old;
}

VOID KiUnlockDispatcherDatabase(KIRQL OldIrql)
{
    KiReleaseSpinLock(&KiDispatcherLock);
    KeLowerIrql(OldIrql);
}

// Readies a thread on its processor, which is told if the thread should run there at once.
VOID KiReadyThread(PKTHREAD Thread)
{
    PKPRCB self = KeGetCurrentPrcb();
    PKPRCB prcb = KiProcessorBlock[Thread->NextProcessor];

    if ((Thread->Affinity.Mask & prcb->GroupSetMember) == 0) {
        Thread->NextProcessor = (ULONG)__builtin_ctzll(Thread->Affinity.Mask);
        prcb = KiProcessorBlock[Thread->NextProcessor];
    }
    Thread->State = Ready;
    InsertTailList(&prcb->DispatcherReadyListHead[(UCHAR)Thread->Priority], &Thread->WaitListEntry);
    prcb->ReadySummary |= 1UL << Thread->Priority;
    prcb->ReadyThreadCount += 1;
    if (prcb != self) {
        HalRequestIpi(prcb->Number);
    } else if (prcb->CurrentThread != prcb->IdleThread && Thread->Priority > prcb->CurrentThread->Priority) {
        HalRequestSoftwareInterrupt();
    }
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
    RemoveEntryList(entry);
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

    next->State = Running;
    if (next == Thread) {
        return;
    }
    Thread->Running = FALSE;
    next->Running = TRUE;
    next->ContextSwitches += 1;
    prcb->KeContextSwitches += 1;
    prcb->CurrentThread = next;
    prcb->RspBase = (ULONG64)next->InitialStack;
    KeGetPcr()->TssBase->Rsp0 = prcb->RspBase;
    if (next->Teb != NULL) {
        WriteMsr(MSR_GS_SWAP, (ULONG64)next->Teb);
    }
    if (next->ApcState.Process->DirectoryTableBase != Thread->ApcState.Process->DirectoryTableBase) {
        WRITE_REGISTER("cr3", next->ApcState.Process->DirectoryTableBase);
    }
    KiSwapContext(Thread, next);
}

// The DPC interrupt, on an interrupted thread's stack: deferred procedure calls, then a thread of a higher priority,
// or of the same if the interrupted one has had its time.
VOID KiDispatchInterrupt(PKTRAP_FRAME TrapFrame)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    PKTHREAD thread = prcb->CurrentThread;
    LONG quantumEnd, highest;

    (void)TrapFrame;
    HalEndOfInterrupt(); // now: another thread may run before this returns
    if (KiDpcsArePending(prcb)) {
        KxRetireDpcList(prcb);
    }
    KiLockDispatcherDatabase();
    quantumEnd = prcb->QuantumEnd;
    prcb->QuantumEnd = FALSE;
    highest = prcb->ReadySummary != 0 ? 31 - __builtin_clz(prcb->ReadySummary) : -1;
    if (highest >= thread->Priority + !quantumEnd) {
        thread->Preempted = !quantumEnd;
        KiReadyThread(thread);
        KiSwapThread(thread);
    }
    KiUnlockDispatcherDatabase(DISPATCH_LEVEL);
}

VOID KeSetSystemAffinityThread(KAFFINITY Affinity)
{
    KIRQL old = KiLockDispatcherDatabase();
    PKTHREAD thread = KeGetCurrentThread();

    thread->Affinity.Mask = Affinity;
    if ((Affinity & KeGetCurrentPrcb()->GroupSetMember) == 0) {
        KiReadyThread(thread);
        KiSwapThread(thread);
    }
    KiUnlockDispatcherDatabase(old);
}

VOID KeYieldThread(VOID)
{
    KIRQL old = KiLockDispatcherDatabase();
    PKTHREAD thread = KeGetCurrentThread();

    KiReadyThread(thread);
    KiSwapThread(thread);
    KiUnlockDispatcherDatabase(old);
}

static VOID KiSwapProcess(PKPROCESS Process)
{
    KIRQL old = KiLockDispatcherDatabase();

    KeGetCurrentThread()->ApcState.Process = Process;
    WRITE_REGISTER("cr3", Process->DirectoryTableBase);
    KiUnlockDispatcherDatabase(old);
}

VOID KeAttachProcess(PKPROCESS Process)
{
    KiSwapProcess(Process);
}

VOID KeDetachProcess(VOID)
{
    KiSwapProcess(KeGetCurrentThread()->Process);
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

// What each processor's idle thread does, at DISPATCH_LEVEL.
VOID KiIdleLoop(VOID)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    for (;;) {
        DisableInterrupts(); // until it halts: what an interrupt brings in between would be overlooked
        if (KiDpcsArePending(prcb)) {
            EnableInterrupts();
            KxRetireDpcList(prcb);
        } else if (prcb->ReadySummary != 0) {
            EnableInterrupts();
            KiLockDispatcherDatabase();
            KiSwapThread(prcb->IdleThread);
            KiUnlockDispatcherDatabase(DISPATCH_LEVEL);
        } else if (KdDebuggerEnabled && !KiClockRunning) { // no clock interrupt looks for the debugger
            EnableInterrupts();
            KdCheckForDebugBreak();
            PauseProcessor();
        } else {
            PoIdle(prcb);
        }
    }
}
