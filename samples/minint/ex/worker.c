// The work queue and the thread that empties it.
#include "ex.h"
#include "ke.h"

static KSPIN_LOCK ExWorkLock;
static LIST_ENTRY ExWorkQueue = {&ExWorkQueue, &ExWorkQueue};
static KEVENT ExWorkEvent = {{.Type = EventSynchronizationObject,
                              .WaitListHead = {&ExWorkEvent.Header.WaitListHead, &ExWorkEvent.Header.WaitListHead}}};

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExWorkLock);

    InsertTailList(&ExWorkQueue, &WorkItem->List);
    KeReleaseSpinLock(&ExWorkLock, old);
    KeSetEvent(&ExWorkEvent, 0, FALSE);
}

static PWORK_QUEUE_ITEM ExpRemoveWorkItem(VOID)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&ExWorkLock);
    PLIST_ENTRY link = ExWorkQueue.Flink;

    RemoveEntryList(link); // of an empty queue: nothing
    KeReleaseSpinLock(&ExWorkLock, old);
    return link != &ExWorkQueue ? CONTAINING_RECORD(link, WORK_QUEUE_ITEM, List) : NULL;
}

VOID ExpWorkerThread(PVOID StartContext)
{
    (void)StartContext;
    for (;;) {
        PWORK_QUEUE_ITEM item = ExpRemoveWorkItem();

        if (item != NULL) {
            item->WorkerRoutine(item->Parameter);
        } else {
            KeWaitForSingleObject(&ExWorkEvent, WrQueue, KernelMode, FALSE, NULL);
        }
    }
}
