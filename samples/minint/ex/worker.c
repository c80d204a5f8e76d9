// The work queue and the thread that empties it.
#include "ex.h"
#include "ps.h"

static LIST_ENTRY ExWorkQueue = {&ExWorkQueue, &ExWorkQueue};

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem)
{
    InsertTailList(&ExWorkQueue, &WorkItem->List);
}

VOID ExpWorkerThread(PVOID StartContext)
{
    (void)StartContext;
    while (ExWorkQueue.Flink != &ExWorkQueue) {
        PWORK_QUEUE_ITEM item = CONTAINING_RECORD(ExWorkQueue.Flink, WORK_QUEUE_ITEM, List);

        ExWorkQueue.Flink = item->List.Flink;
        item->List.Flink->Blink = &ExWorkQueue;
        item->WorkerRoutine(item->Parameter);
    }
    KeWaitForever(WrQueue);
}
