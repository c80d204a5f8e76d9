// Timers. As in NT, each processor has a table of 256 lists, for the time in steps of about 26 ms.
#include "ke.h"

#define TIMER_HAND_SHIFT 18
#define TIMER_INSERTED 0x40 // DISPATCHER_HEADER.Reserved1, called Inserted in a timer's

static ULONG KiTimerHand(ULONG64 Time)
{
    return Time >> TIMER_HAND_SHIFT & (TIMER_TABLE_SIZE - 1);
}

static PKTIMER KiFirstTimer(PKTIMER_TABLE_ENTRY Entry)
{
    return Entry->Entry.Flink != &Entry->Entry ? CONTAINING_RECORD(Entry->Entry.Flink, KTIMER, TimerListEntry) : NULL;
}

static VOID KiUpdateEntryTime(PKTIMER_TABLE_ENTRY Entry)
{
    PKTIMER first = KiFirstTimer(Entry);

    Entry->Time.QuadPart = first != NULL ? first->DueTime.QuadPart : -1;
}

VOID KiInitializeTimerTable(PKPRCB Prcb)
{
    for (ULONG hand = 0; hand < TIMER_TABLE_SIZE; hand++) {
        for (ULONG kind = 0; kind < RTL_NUMBER_OF(Prcb->TimerTable.TimerEntries); kind++) {
            InitializeListHead(&Prcb->TimerTable.TimerEntries[kind][hand].Entry);
            Prcb->TimerTable.TimerEntries[kind][hand].Time.QuadPart = -1;
        }
    }
}

VOID KiInsertTimer(PKTIMER Timer, ULONG64 DueTime)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    PKTIMER_TABLE_ENTRY entry = &prcb->TimerTable.TimerEntries[0][KiTimerHand(DueTime)];
    PLIST_ENTRY next = entry->Entry.Flink;

    while (next != &entry->Entry &&
           (ULONG64)CONTAINING_RECORD(next, KTIMER, TimerListEntry)->DueTime.QuadPart <= DueTime) {
        next = next->Flink;
    }
    Timer->DueTime.QuadPart = (LONGLONG)DueTime;
    Timer->Processor = (USHORT)prcb->Number;
    Timer->Header.SignalState = 0;
    Timer->Header.Reserved1 |= TIMER_INSERTED;
    InsertTailList(next, &Timer->TimerListEntry);
    KiUpdateEntryTime(entry);
}

BOOLEAN KiRemoveTimer(PKTIMER Timer)
{
    PKTIMER_TABLE_ENTRY entry;

    if ((Timer->Header.Reserved1 & TIMER_INSERTED) == 0) {
        return FALSE;
    }
    entry = &KiProcessorBlock[Timer->Processor]
                 ->TimerTable.TimerEntries[0][KiTimerHand((ULONG64)Timer->DueTime.QuadPart)];
    Timer->Header.Reserved1 &= ~TIMER_INSERTED;
    RemoveEntryList(&Timer->TimerListEntry);
    KiUpdateEntryTime(entry);
    return TRUE;
}

BOOLEAN KiTimersAreDue(PKPRCB Prcb, ULONG64 Time)
{
    ULONG last = KiTimerHand(Time);

    for (ULONG hand = Prcb->TimerTable.TableState.LastTimerHand[0];; hand = (hand + 1) % TIMER_TABLE_SIZE) {
        if ((ULONG64)Prcb->TimerTable.TimerEntries[0][hand].Time.QuadPart <= Time) {
            return TRUE;
        }
        if (hand == last) {
            return FALSE;
        }
    }
}

static __declspec(noinline) VOID KiTimerExpires(PKTIMER Timer)
{
    PKDPC dpc = Timer->Dpc;

    Timer->Header.SignalState = 1;
    KiSignalObject(&Timer->Header);
    if (Timer->Period != 0) {
        KiInsertTimer(Timer, KeQueryInterruptTime() + Timer->Period * 10000ULL);
    }
    if (dpc != NULL) {
        KeInsertQueueDpc(dpc, NULL, NULL);
    }
}

// In the DPC interrupt: signals the timers that are due, and queues their DPCs.
__declspec(noinline) VOID KiTimerExpiration(PKPRCB Prcb)
{
    KIRQL old = KiLockDispatcherDatabase();
    ULONG64 now = KeQueryInterruptTime();
    ULONG hand = Prcb->TimerTable.TableState.LastTimerHand[0];

    for (;; hand = (hand + 1) % TIMER_TABLE_SIZE) {
        PKTIMER_TABLE_ENTRY entry = &Prcb->TimerTable.TimerEntries[0][hand];

        while ((ULONG64)entry->Time.QuadPart <= now) {
            PKTIMER timer = KiFirstTimer(entry);

            KiRemoveTimer(timer);
            KiTimerExpires(timer);
        }
        if (hand == KiTimerHand(now)) {
            break;
        }
    }
    Prcb->TimerTable.TableState.LastTimerHand[0] = hand;
    Prcb->TimerTable.TableState.LastTimerExpiration[0] = now;
    KiUnlockDispatcherDatabase(old);
}

ULONG64 KiComputeDueTime(LARGE_INTEGER DueTime)
{
    ULONG64 now = KeQueryInterruptTime();
    ULONG64 system;

    if (DueTime.QuadPart <= 0) {
        return now - (ULONG64)DueTime.QuadPart;
    }
    system = KeQuerySystemTimePrecise();
    return (ULONG64)DueTime.QuadPart > system ? now + ((ULONG64)DueTime.QuadPart - system) : now;
}

VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type)
{
    __builtin_memset(Timer, 0, sizeof(*Timer));
    Timer->Header.Type = (UCHAR)(TimerNotificationObject + Type);
    Timer->Header.Size = sizeof(KTIMER) / sizeof(ULONG);
    InitializeListHead(&Timer->Header.WaitListHead);
}

BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc)
{
    KIRQL old = KiLockDispatcherDatabase();
    BOOLEAN inserted = KiRemoveTimer(Timer);

    Timer->Dpc = Dpc;
    Timer->Period = (ULONG)Period;
    KiInsertTimer(Timer, KiComputeDueTime(DueTime));
    KiUnlockDispatcherDatabase(old);
    return inserted;
}

BOOLEAN KeCancelTimer(PKTIMER Timer)
{
    KIRQL old = KiLockDispatcherDatabase();
    BOOLEAN inserted = KiRemoveTimer(Timer);

    KiUnlockDispatcherDatabase(old);
    return inserted;
}
