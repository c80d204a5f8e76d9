// The rest of the start, in the first system thread.
#include "ex.h"
#include "ke.h"
#include "mm.h"
#include "ps.h"

VOID Phase1Initialization(PVOID Context)
{
    (void)Context;
    KeStartAllProcessors();
    SharedUserData->ActiveProcessorCount = KeNumberProcessors;
    DbgPrint("minint: %u processors, %u KB\n", KeNumberProcessors, (ULONG)MmPhysicalMemoryBlock->NumberOfPages * 4);
    IoQueueDriverLoads();
    PsCreateSystemThread(ExpWorkerThread, NULL);
    KeWaitForever(Executive);
}
