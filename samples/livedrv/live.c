// The live driver: starts a worker on each processor and a timer, and runs until it is unloaded.
#include "live.h"

#define LIVE_TIMER_MILLISECONDS 100

int _fltused = 0; // the linker's mark for code that uses floating point

LIVE_WORKER LiveWorkers[LIVE_WORKERS];
PDRIVER_OBJECT LiveDriverObject;
volatile BOOLEAN LiveStopping;
volatile BOOLEAN LivePrintInDpc;
volatile ULONG LiveTicks;

static ULONG LiveWorkerCount;
static KTIMER LiveTimer;
static KDPC LiveDpc;
static KSPIN_LOCK LiveLock;

// A deferred procedure call each 100 ms: at DISPATCH_LEVEL, on the DPC stack, over whatever it interrupted.
VOID LiveTimerDpc(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&LiveLock);

    (void)Dpc;
    (void)SystemArgument1;
    (void)SystemArgument2;
    LiveTicks += DeferredContext == &LiveTimer;
    KeReleaseSpinLock(&LiveLock, old);
    if (LivePrintInDpc) {
        LivePrintInDpc = FALSE;
        DbgPrint("livedrv: in a DPC, tick %u\n", LiveTicks);
    }
}

// Called by the kernel to unload the driver: waits until nothing runs in it any more.
static VOID LiveUnload(PDRIVER_OBJECT DriverObject)
{
    struct _ETHREAD *threads[LIVE_WORKERS];
    ULONG count = LiveWorkerCount;

    for (ULONG index = 0; index < count; index++) {
        PsLookupThreadByThreadId(LiveWorkers[index].ThreadId, &threads[index]);
    }
    LiveStopping = TRUE;
    for (ULONG index = 0; index < count; index++) {
        KeWaitForSingleObject(threads[index], Executive, KernelMode, FALSE, NULL);
    }
    KeCancelTimer(&LiveTimer);
    KeFlushQueuedDpcs();
    DbgPrint("livedrv: %wZ unloaded after %u rounds\n", &DriverObject->DriverName, LiveStatistics.Rounds);
}

// Called when the driver is loaded, in a thread of System: a breakpoint here has to wait for the module.
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER due;

    DbgPrint("livedrv: %wZ\n", RegistryPath);
    LiveDriverObject = DriverObject;
    DriverObject->DriverUnload = LiveUnload;

    KeInitializeTimerEx(&LiveTimer, SynchronizationTimer);
    KeInitializeDpc(&LiveDpc, LiveTimerDpc, &LiveTimer);
    due.QuadPart = -10000LL * LIVE_TIMER_MILLISECONDS;
    KeSetTimerEx(&LiveTimer, due, LIVE_TIMER_MILLISECONDS, &LiveDpc);

    LiveWorkerCount = KeQueryActiveProcessorCount(NULL);
    if (LiveWorkerCount > LIVE_WORKERS) {
        LiveWorkerCount = LIVE_WORKERS;
    }
    for (ULONG index = 0; index < LiveWorkerCount; index++) {
        PLIVE_WORKER worker = &LiveWorkers[index];

        worker->Number = index;
        InitializeListHead(&worker->Recent);
        InsertTailList(&worker->Recent, &worker->Requests[0].Link);
        InsertTailList(&worker->Recent, &worker->Requests[1].Link);
        PsCreateSystemThread(&worker->ThreadId, 0, NULL, NULL, NULL, LiveWorkLoop, worker);
    }
    return STATUS_SUCCESS;
}
