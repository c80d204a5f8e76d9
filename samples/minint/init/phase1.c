// The rest of the start, in the first system thread.
#include "ex.h"
#include "kd.h"
#include "ke.h"
#include "mm.h"
#include "ps.h"

#define LIVE_DELAY 2000 // milliseconds until the first driver is loaded, if /LIVE doesn't say

static VOID KiDelay(ULONG Milliseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10000LL * Milliseconds};

    KeDelayExecutionThread(KernelMode, FALSE, &interval);
}

// Milliseconds, from "/LIVE=500".
static ULONG LiveDelay(VOID)
{
    PCSTR digit = KeFindLoadOption(KiBootBlock.LoadOptions, "/LIVE=");
    ULONG delay = 0;

    if (digit == NULL) {
        return LIVE_DELAY;
    }
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        delay = delay * 10 + (ULONG)(*digit - '0');
    }
    return delay;
}

VOID Phase1Initialization(PVOID Context)
{
    BOOLEAN live = KeFindLoadOption(KiBootBlock.LoadOptions, "/LIVE") != NULL ||
                   KeFindLoadOption(KiBootBlock.LoadOptions, "/LIVE=") != NULL;

    (void)Context;
    KeStartAllProcessors();
    SharedUserData->ActiveProcessorCount = KeNumberProcessors;
    DbgPrint("minint: %u processors, %u KB\n", KeNumberProcessors, (ULONG)MmPhysicalMemoryBlock->NumberOfPages * 4);
    if (live || KdDebuggerEnabled) {
        KeStartClock();
    }
    if (live) {
        PsStartUserProcess();
        PsCreateSystemThread(NULL, 0, NULL, NULL, NULL, ExpWorkerThread, NULL);
        KiDelay(LiveDelay());
        IoQueueDriverLoad(0);
    } else {
        IoQueueDriverLoads();
        PsCreateSystemThread(NULL, 0, NULL, NULL, NULL, ExpWorkerThread, NULL);
    }
    KeWaitForever(Executive);
}
