// Processes, and what every thread has.
#include "mm.h"
#include "ps.h"

#define PS_CROSS_THREAD_FLAGS_INSERTED 2
#define STATUS_PENDING ((NTSTATUS)0x00000103L)

LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};
EPROCESS KiInitialProcess;
PEPROCESS PsIdleProcess = &KiInitialProcess;
PEPROCESS PsInitialSystemProcess;

static ULONG64 PspNextId = 4; // of a process or a thread

PVOID PspAllocateId(VOID)
{
    return (PVOID)__atomic_fetch_add(&PspNextId, 4, __ATOMIC_SEQ_CST);
}

VOID PspInitializeProcess(PEPROCESS Process, PVOID Id, PCSTR Name)
{
    Process->Pcb.Header.Type = ProcessObject;
    InitializeListHead(&Process->Pcb.Header.WaitListHead);
    InitializeListHead(&Process->Pcb.ProfileListHead);
    InitializeListHead(&Process->Pcb.ThreadListHead);
    InitializeListHead(&Process->Pcb.ReadyListHead);
    InitializeListHead(&Process->ThreadListHead);
    Process->Pcb.DirectoryTableBase = READ_REGISTER("cr3");
    Process->Pcb.Affinity.Count = 1;
    Process->Pcb.Affinity.Size = RTL_NUMBER_OF(Process->Pcb.Affinity.Bitmap);
    Process->Pcb.BasePriority = DEFAULT_SYSTEM_PRIORITY;
    Process->UniqueProcessId = Id;
    Process->ExitStatus = STATUS_PENDING;
    for (ULONG index = 0; Name[index] != 0; index++) {
        Process->ImageFileName[index] = (UCHAR)Name[index];
    }
}

VOID PspInitializeThread(PETHREAD Thread, PEPROCESS Process, PVOID StackBase, ULONG StackSize)
{
    Thread->Tcb.Header.Type = ThreadObject;
    InitializeListHead(&Thread->Tcb.Header.WaitListHead);
    InitializeListHead(&Thread->Tcb.MutantListHead);
    InitializeListHead(&Thread->Tcb.ApcState.ApcListHead[KernelMode]);
    InitializeListHead(&Thread->Tcb.ApcState.ApcListHead[UserMode]);
    InitializeListHead(&Thread->IrpList);
    Thread->Tcb.StackBase = StackBase;
    Thread->Tcb.StackLimit = (PUCHAR)StackBase - StackSize;
    Thread->Tcb.InitialStack = (PUCHAR)StackBase - 0x50;
    Thread->Tcb.Affinity.Mask = ~0ULL;
    KeInitializeTimerEx(&Thread->Tcb.Timer, NotificationTimer);
    Thread->Tcb.Process = &Process->Pcb;
    Thread->Tcb.ApcState.Process = &Process->Pcb;
    Thread->Cid.UniqueProcess = Process->UniqueProcessId;
    Thread->CrossThreadFlags = PS_CROSS_THREAD_FLAGS_INSERTED;
    Thread->ExitStatus = STATUS_PENDING;
    InsertTailList(&Process->Pcb.ThreadListHead, &Thread->Tcb.ThreadListEntry);
    InsertTailList(&Process->ThreadListHead, &Thread->ThreadListEntry);
    Process->ActiveThreads += 1;
}

VOID PsInitializeIdleProcess(VOID)
{
    PspInitializeProcess(PsIdleProcess, NULL, "Idle");
}

VOID PsInitializeIdleThread(PETHREAD Thread, PVOID StackBase, ULONG StackSize)
{
    PspInitializeThread(Thread, PsIdleProcess, StackBase, StackSize);
    Thread->Tcb.MiscFlags = KTHREAD_SYSTEM_THREAD;
    Thread->Tcb.State = Running;
    Thread->Tcb.Running = TRUE;
}

VOID PsInitSystem(VOID)
{
    PsInitialSystemProcess = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(EPROCESS), 'corP');
    PspInitializeProcess(PsInitialSystemProcess, PspAllocateId(), "System");
    InsertTailList(&PsActiveProcessHead, &PsInitialSystemProcess->ActiveProcessLinks);
}
