// Spin locks.
#include "ke.h"

VOID KiAcquireSpinLock(PKSPIN_LOCK SpinLock)
{
    while (__atomic_exchange_n(SpinLock, 1, __ATOMIC_ACQUIRE) != 0) {
        while (*(volatile KSPIN_LOCK *)SpinLock != 0) {
            PauseProcessor();
        }
    }
}

VOID KiReleaseSpinLock(PKSPIN_LOCK SpinLock)
{
    __atomic_store_n(SpinLock, 0, __ATOMIC_RELEASE);
}

KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock)
{
    KIRQL old = KfRaiseIrql(DISPATCH_LEVEL);

    KiAcquireSpinLock(SpinLock);
    return old;
}

VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql)
{
    KiReleaseSpinLock(SpinLock);
    KeLowerIrql(NewIrql);
}
