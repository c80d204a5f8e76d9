// System threads: how they are made, begin and end.
#include "mm.h"
#include "ps.h"
#include "rtl.h"

#define SYSTEM_THREAD_EXCEPTION_NOT_HANDLED 0x7e

// Stacks of threads that have ended. The last one may still be on its own until another thread runs there: the lock of
// the dispatcher is held until then.
static PETHREAD PspEndedThreads;

static PVOID PspReuseStack(VOID)
{
    KIRQL old = KiLockDispatcherDatabase();
    PETHREAD ended = PspEndedThreads;
    PVOID stack = NULL;

    if (ended != NULL) {
        PspEndedThreads = (PETHREAD)ended->Tcb.Queue; // no queue: it links the ended threads
        stack = ended->Tcb.StackLimit;
        ended->Tcb.StackBase = ended->Tcb.StackLimit = ended->Tcb.KernelStack = NULL;
    }
    KiUnlockDispatcherDatabase(old);
    return stack;
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
    PsTerminateSystemThread(STATUS_SUCCESS);
}

PETHREAD PspCreateThread(PEPROCESS Process, KSYSTEM_ROUTINE *SystemRoutine, KSTART_ROUTINE *StartRoutine,
                         PVOID StartContext)
{
    PETHREAD thread = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ETHREAD), 'erhT');
    PUCHAR stack = PspReuseStack();
    PKSTART_FRAME start;
    PKSWITCH_FRAME frame;
    KIRQL old;

    if (stack == NULL) {
        stack = MmAllocateSystemPages(KERNEL_STACK_SIZE);
    }
    __builtin_memset(stack + KERNEL_STACK_SIZE - 0x200, 0, 0x200);
    old = KiLockDispatcherDatabase();
    PspInitializeThread(thread, Process, stack + KERNEL_STACK_SIZE, KERNEL_STACK_SIZE);
    thread->Cid.UniqueThread = PspAllocateId();
    thread->StartAddress = (PVOID)StartRoutine;
    thread->Win32StartAddress = (PVOID)StartRoutine;
    thread->Tcb.Priority = DEFAULT_SYSTEM_PRIORITY;
    thread->Tcb.BasePriority = DEFAULT_SYSTEM_PRIORITY;
    thread->Tcb.NextProcessor = KeGetCurrentPrcb()->Number;

    start = (PKSTART_FRAME)thread->Tcb.InitialStack - 1;
    start->P1Home = (ULONG64)SystemRoutine;
    start->P2Home = (ULONG64)StartRoutine;
    start->P3Home = (ULONG64)StartContext;
    frame = (PKSWITCH_FRAME)start - 1;
    frame->Return = (ULONG64)KiStartSystemThread;
    thread->Tcb.KernelStack = frame;
    KiReadyThread(&thread->Tcb);
    KiUnlockDispatcherDatabase(old);
    return thread;
}

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, PVOID ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, KSTART_ROUTINE *StartRoutine, PVOID StartContext)
{
    PETHREAD thread = PspCreateThread(PsInitialSystemProcess, PspSystemThreadStartup, StartRoutine, StartContext);

    (void)DesiredAccess;
    (void)ObjectAttributes;
    (void)ProcessHandle;
    thread->Tcb.MiscFlags |= KTHREAD_SYSTEM_THREAD;
    if (ThreadHandle != NULL) {
        *ThreadHandle = thread->Cid.UniqueThread;
    }
    if (ClientId != NULL) {
        *ClientId = thread->Cid;
    }
    return STATUS_SUCCESS;
}

NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD *Thread)
{
    KIRQL old = KiLockDispatcherDatabase();
    NTSTATUS status = STATUS_INVALID_PARAMETER;
    PLIST_ENTRY head = &PsInitialSystemProcess->ThreadListHead;

    for (PLIST_ENTRY link = head->Flink; link != head; link = link->Flink) {
        PETHREAD thread = CONTAINING_RECORD(link, ETHREAD, ThreadListEntry);

        if (thread->Cid.UniqueThread == ThreadId) {
            *Thread = thread;
            status = STATUS_SUCCESS;
        }
    }
    KiUnlockDispatcherDatabase(old);
    return status;
}

// The ETHREAD stays in pool: nothing counts who still waits for it.
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus)
{
    PETHREAD thread = (PETHREAD)KeGetCurrentThread();
    PEPROCESS process = CONTAINING_RECORD(thread->Tcb.Process, EPROCESS, Pcb);

    KiLockDispatcherDatabase();
    thread->ExitStatus = ExitStatus;
    thread->Tcb.State = Terminated;
    RemoveEntryList(&thread->ThreadListEntry);
    RemoveEntryList(&thread->Tcb.ThreadListEntry);
    process->ActiveThreads -= 1;
    thread->Tcb.Queue = (DISPATCHER_HEADER *)PspEndedThreads;
    PspEndedThreads = thread;
    thread->Tcb.Header.SignalState = 1;
    KiSignalObject(&thread->Tcb.Header);
    KiSwapThread(&thread->Tcb);
    return ExitStatus; // it doesn't get here
}
