// Deferred procedure calls: each processor has a queue of them, and calls them at DISPATCH_LEVEL on its DPC stack.
#include "ke.h"

#define DPC_TARGET_BASE 1280 // KDPC.Number: this and the processor's number; less: the processor that queues it
#define MEDIUM_IMPORTANCE 1

VOID KeInitializeDpc(PKDPC Dpc, KDEFERRED_ROUTINE *DeferredRoutine, PVOID DeferredContext)
{
    __builtin_memset(Dpc, 0, sizeof(*Dpc));
    Dpc->Type = DpcObject;
    Dpc->Importance = MEDIUM_IMPORTANCE;
    Dpc->DeferredRoutine = DeferredRoutine;
    Dpc->DeferredContext = DeferredContext;
}

VOID KeSetTargetProcessorDpc(PKDPC Dpc, CCHAR Number)
{
    Dpc->Number = (USHORT)(DPC_TARGET_BASE + Number);
}

BOOLEAN KeInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);
    PKPRCB self = KeGetCurrentPrcb();
    PKPRCB prcb = Dpc->Number >= DPC_TARGET_BASE ? KiProcessorBlock[Dpc->Number - DPC_TARGET_BASE] : self;
    PKDPC_DATA data = &prcb->DpcData[0];
    BOOLEAN inserted = FALSE;

    KiAcquireSpinLock(&data->DpcLock);
    if (Dpc->DpcData == NULL) {
        Dpc->DpcData = data;
        Dpc->SystemArgument1 = SystemArgument1;
        Dpc->SystemArgument2 = SystemArgument2;
        Dpc->DpcListEntry.Next = NULL;
        if (data->DpcList.ListHead.Next == NULL) {
            data->DpcList.ListHead.Next = &Dpc->DpcListEntry;
        } else {
            data->DpcList.LastEntry->Next = &Dpc->DpcListEntry;
        }
        data->DpcList.LastEntry = &Dpc->DpcListEntry;
        data->DpcQueueDepth += 1;
        data->DpcCount += 1;
        inserted = TRUE;
    }
    KiReleaseSpinLock(&data->DpcLock);
    if (inserted && prcb == self) {
        HalRequestSoftwareInterrupt();
    } else if (inserted) {
        HalRequestIpi(prcb->Number);
    }
    KeLowerIrql(old);
    return inserted;
}

// The first queued call, copied before another processor may queue it again. FALSE: there is none.
static BOOLEAN KiRemoveDpc(PKDPC_DATA Data, PKDPC Copy)
{
    KIRQL old = KfRaiseIrql(HIGH_LEVEL);
    PSINGLE_LIST_ENTRY entry;

    KiAcquireSpinLock(&Data->DpcLock);
    entry = Data->DpcList.ListHead.Next;
    if (entry != NULL) {
        PKDPC dpc = CONTAINING_RECORD(entry, KDPC, DpcListEntry);

        Data->DpcList.ListHead.Next = entry->Next;
        Data->DpcQueueDepth -= 1;
        Data->ActiveDpc = dpc;
        *Copy = *dpc;
        dpc->DpcData = NULL;
    }
    KiReleaseSpinLock(&Data->DpcLock);
    KeLowerIrql(old);
    return entry != NULL;
}

static __declspec(noinline) VOID KiExecuteAllDpcs(PKPRCB Prcb)
{
    PKDPC_DATA data = &Prcb->DpcData[0];
    KDPC dpc;

    while (KiRemoveDpc(data, &dpc)) {
        dpc.DeferredRoutine(data->ActiveDpc, dpc.DeferredContext, dpc.SystemArgument1, dpc.SystemArgument2);
        data->ActiveDpc = NULL;
    }
}

VOID KiRetireDpcList(PKPRCB Prcb)
{
    Prcb->DpcRoutineActive = TRUE;
    do {
        if ((__atomic_fetch_and(&Prcb->DpcRequestSummary, ~DPC_TIMER_EXPIRATION, __ATOMIC_SEQ_CST) &
             DPC_TIMER_EXPIRATION) != 0) {
            KiTimerExpiration(Prcb);
        }
        KiExecuteAllDpcs(Prcb);
    } while (KiDpcsArePending(Prcb));
    Prcb->DpcRoutineActive = FALSE;
}

// Returns when every call that is queued now has been made.
VOID KeFlushQueuedDpcs(VOID)
{
    for (ULONG number = 0; number < KeNumberProcessors; number++) {
        while (KiDpcsArePending(KiProcessorBlock[number]) ||
               ((volatile KPRCB *)KiProcessorBlock[number])->DpcRoutineActive) {
            PauseProcessor();
        }
    }
}
