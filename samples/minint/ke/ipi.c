// Requests to other processors.
#include "ke.h"

// What all processors are to call: one request at a time.
static KSPIN_LOCK KiIpiLock;
static KIPI_BROADCAST_WORKER *volatile KiIpiWorker;
static volatile ULONG_PTR KiIpiArgument;
static volatile ULONG64 KiIpiTargets; // those that haven't called it yet, a bit for each

VOID KiIpiServiceRoutine(PKTRAP_FRAME TrapFrame)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    (void)TrapFrame;
    if ((KiIpiTargets & prcb->GroupSetMember) != 0) {
        KiIpiWorker(KiIpiArgument);
        __atomic_and_fetch(&KiIpiTargets, ~prcb->GroupSetMember, __ATOMIC_SEQ_CST);
    }
    HalRequestSoftwareInterrupt(); // there may be a DPC or a thread for this processor
    HalEndOfInterrupt();
}

ULONG_PTR KeIpiGenericCall(KIPI_BROADCAST_WORKER *BroadcastFunction, ULONG_PTR Context)
{
    PKPRCB self;
    ULONG_PTR result;
    KIRQL old = KeAcquireSpinLockRaiseToDpc(&KiIpiLock);

    self = KeGetCurrentPrcb();
    KiIpiWorker = BroadcastFunction;
    KiIpiArgument = Context;
    KiIpiTargets = ((1ULL << KeNumberProcessors) - 1) & ~self->GroupSetMember;
    for (ULONG number = 0; number < KeNumberProcessors; number++) {
        if (number != self->Number) {
            HalRequestIpi(number);
        }
    }
    KfRaiseIrql(IPI_LEVEL);
    result = BroadcastFunction(Context);
    while (KiIpiTargets != 0) {
        PauseProcessor();
    }
    KeLowerIrql(DISPATCH_LEVEL);
    KeReleaseSpinLock(&KiIpiLock, old);
    return result;
}

static ULONG_PTR KiFlushCurrentTranslations(ULONG_PTR Argument)
{
    WRITE_REGISTER("cr3", READ_REGISTER("cr3"));
    return Argument;
}

VOID KiFlushTranslations(VOID)
{
    KeIpiGenericCall(KiFlushCurrentTranslations, 0);
}

ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors)
{
    if (ActiveProcessors != NULL) {
        *ActiveProcessors = (1ULL << KeNumberProcessors) - 1;
    }
    return KeNumberProcessors;
}

ULONG KeGetCurrentProcessorNumberEx(PVOID ProcNumber)
{
    (void)ProcNumber; // a PROCESSOR_NUMBER, not filled
    return KeGetCurrentPrcb()->Number;
}
