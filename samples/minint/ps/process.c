// Processes and threads.
#include "mm.h"
#include "ps.h"
#include "rtl.h"

#define SYSTEM_THREAD_EXCEPTION_NOT_HANDLED 0x7e
#define KTHREAD_SYSTEM_THREAD 0x400 // KTHREAD.MiscFlags
#define PS_CROSS_THREAD_FLAGS_INSERTED 2
#define DEFAULT_SYSTEM_PRIORITY 8
#define STATUS_PENDING ((NTSTATUS)0x00000103L)

LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};
EPROCESS KiInitialProcess;
PEPROCESS PsIdleProcess = &KiInitialProcess;
PEPROCESS PsInitialSystemProcess;

static ULONG64 PspNextId = 4; // of a process or a thread

static PVOID PspAllocateId(VOID)
{
    ULONG64 id = PspNextId;

    PspNextId += 4;
    return (PVOID)id;
}

static VOID PspInitializeProcess(PEPROCESS Process, PVOID Id, PCSTR Name)
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

static VOID PspInitializeThread(PETHREAD Thread, PEPROCESS Process, PVOID StackBase, ULONG StackSize)
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
    Thread->Tcb.MiscFlags = KTHREAD_SYSTEM_THREAD;
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
    Thread->Tcb.State = Running;
    Thread->Tcb.Running = TRUE;
}

VOID PsInitSystem(VOID)
{
    PsInitialSystemProcess = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(EPROCESS), 'corP');
    PspInitializeProcess(PsInitialSystemProcess, PspAllocateId(), "System");
    InsertTailList(&PsActiveProcessHead, &PsInitialSystemProcess->ActiveProcessLinks);
}

// The filter around a system thread's start routine: an exception that gets here is the end.
static __declspec(noinline) LONG PspUnhandledExceptionInSystemThread(PEXCEPTION_POINTERS ExceptionPointers)
{
    KeBugCheckEx(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED,
                 (ULONG_PTR)(LONG64)ExceptionPointers->ExceptionRecord->ExceptionCode,
                 (ULONG_PTR)ExceptionPointers->ExceptionRecord->ExceptionAddress,
                 (ULONG_PTR)ExceptionPointers->ExceptionRecord, (ULONG_PTR)ExceptionPointers->ContextRecord);
}

static VOID PspSystemThreadStartup(KSTART_ROUTINE *StartRoutine, PVOID StartContext)
{
    __try {
        StartRoutine(StartContext);
    } __except (PspUnhandledExceptionInSystemThread(__exception_info())) {
    }
    KeWaitForever(Executive); // threads don't end yet
}

PETHREAD PsCreateSystemThread(KSTART_ROUTINE *StartRoutine, PVOID StartContext)
{
    PETHREAD thread = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ETHREAD), 'erhT');
    PUCHAR stack = MmAllocateSystemPages(KERNEL_STACK_SIZE);
    PKSTART_FRAME start;
    PKSWITCH_FRAME frame;

    PspInitializeThread(thread, PsInitialSystemProcess, stack + KERNEL_STACK_SIZE, KERNEL_STACK_SIZE);
    thread->Cid.UniqueThread = PspAllocateId();
    thread->StartAddress = (PVOID)StartRoutine;
    thread->Win32StartAddress = (PVOID)StartRoutine;
    thread->Tcb.Priority = DEFAULT_SYSTEM_PRIORITY;
    thread->Tcb.BasePriority = DEFAULT_SYSTEM_PRIORITY;

    start = (PKSTART_FRAME)thread->Tcb.InitialStack - 1;
    start->P1Home = (ULONG64)PspSystemThreadStartup;
    start->P2Home = (ULONG64)StartRoutine;
    start->P3Home = (ULONG64)StartContext;
    frame = (PKSWITCH_FRAME)start - 1;
    frame->Return = (ULONG64)KiStartSystemThread;
    thread->Tcb.KernelStack = frame;
    KiReadyThread(&thread->Tcb);
    return thread;
}
