// Events, and threads that wait for them, for other objects or for a time.
#include "ke.h"

VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State)
{
    __builtin_memset(Event, 0, sizeof(*Event));
    Event->Header.Type = (UCHAR)Type;
    Event->Header.Size = sizeof(KEVENT) / sizeof(ULONG);
    Event->Header.SignalState = State;
    InitializeListHead(&Event->Header.WaitListHead);
}

// A wait for a synchronization object takes its signal.
static VOID KiSatisfyWait(DISPATCHER_HEADER *Object)
{
    if (Object->Type == EventSynchronizationObject || Object->Type == TimerNotificationObject + SynchronizationTimer) {
        Object->SignalState = 0;
    }
}

static VOID KiUnlinkBlock(PKWAIT_BLOCK Block)
{
    if (Block->BlockState == WaitBlockActive) {
        RemoveEntryList(&Block->WaitListEntry);
        Block->BlockState = WaitBlockInactive;
    }
}

static VOID KiUnwaitThread(PKTHREAD Thread, NTSTATUS WaitStatus)
{
    KiUnlinkBlock(&Thread->WaitBlock[0]);
    KiUnlinkBlock(&Thread->WaitBlock[TIMER_WAIT_BLOCK]);
    KiRemoveTimer(&Thread->Timer);
    Thread->WaitBlockList = NULL;
    Thread->WaitStatus = WaitStatus;
    KiReadyThread(Thread);
}

VOID KiSignalObject(DISPATCHER_HEADER *Object)
{
    while (Object->SignalState > 0 && Object->WaitListHead.Flink != &Object->WaitListHead) {
        PKWAIT_BLOCK block = CONTAINING_RECORD(Object->WaitListHead.Flink, KWAIT_BLOCK, WaitListEntry);
        PKTHREAD thread = block->Thread;

        KiSatisfyWait(Object);
        KiUnwaitThread(thread, Object == &thread->Timer.Header ? STATUS_TIMEOUT : STATUS_SUCCESS);
    }
}

LONG KeSetEvent(PKEVENT Event, LONG Increment, BOOLEAN Wait)
{
    KIRQL irql = KiLockDispatcherDatabase();
    LONG old = Event->Header.SignalState;

    (void)Increment;
    (void)Wait;
    Event->Header.SignalState = 1;
    KiSignalObject(&Event->Header);
    KiUnlockDispatcherDatabase(irql);
    return old;
}

LONG KeResetEvent(PKEVENT Event)
{
    return __atomic_exchange_n(&Event->Header.SignalState, 0, __ATOMIC_SEQ_CST);
}

static VOID KiLinkBlock(PKTHREAD Thread, PKWAIT_BLOCK Block, DISPATCHER_HEADER *Object, NTSTATUS Key)
{
    Block->WaitType = WaitAny;
    Block->BlockState = WaitBlockActive;
    Block->WaitKey = (USHORT)Key;
    Block->Thread = Thread;
    Block->Object = Object;
    InsertTailList(&Object->WaitListHead, &Block->WaitListEntry);
    if (Thread->WaitBlockList == NULL) {
        Thread->WaitBlockList = Block;
    }
}

// With the dispatcher lock held: waits until the object, if there is one, is signaled or the time, if there is one, is
// over.
static NTSTATUS KiCommitThreadWait(DISPATCHER_HEADER *Object, LARGE_INTEGER *Timeout, KWAIT_REASON WaitReason,
                                   KPROCESSOR_MODE WaitMode, KIRQL WaitIrql)
{
    PKTHREAD thread = KeGetCurrentThread();

    if (Object != NULL) {
        KiLinkBlock(thread, &thread->WaitBlock[0], Object, STATUS_SUCCESS);
    }
    if (Timeout != NULL) {
        KiInsertTimer(&thread->Timer, KiComputeDueTime(*Timeout));
        KiLinkBlock(thread, &thread->WaitBlock[TIMER_WAIT_BLOCK], &thread->Timer.Header, STATUS_TIMEOUT);
    }
    thread->WaitReason = (UCHAR)WaitReason;
    thread->WaitMode = WaitMode;
    thread->WaitIrql = WaitIrql;
    thread->State = Waiting;
    KiSwapThread(thread);
    return (NTSTATUS)thread->WaitStatus;
}

NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                               LARGE_INTEGER *Timeout)
{
    DISPATCHER_HEADER *header = Object;
    KIRQL old = KiLockDispatcherDatabase();
    NTSTATUS status = STATUS_SUCCESS;

    (void)Alertable;
    if (header->SignalState > 0) {
        KiSatisfyWait(header);
    } else if (Timeout != NULL && Timeout->QuadPart == 0) {
        status = STATUS_TIMEOUT;
    } else {
        status = KiCommitThreadWait(header, Timeout, WaitReason, WaitMode, old);
    }
    KiUnlockDispatcherDatabase(old);
    return status;
}

NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, LARGE_INTEGER *Interval)
{
    KIRQL old = KiLockDispatcherDatabase();

    (void)Alertable;
    KiCommitThreadWait(NULL, Interval, DelayExecution, WaitMode, old);
    KiUnlockDispatcherDatabase(old);
    return STATUS_SUCCESS;
}

// For a thread that nothing wakes.
__declspec(noinline) VOID KeWaitForever(KWAIT_REASON WaitReason)
{
    KIRQL old = KiLockDispatcherDatabase();

    KiCommitThreadWait(NULL, NULL, WaitReason, KernelMode, old);
    KiUnlockDispatcherDatabase(old);
}
