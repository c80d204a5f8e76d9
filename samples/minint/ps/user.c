// A process with a user half of its own: one page of code, one of data, a stack, a TEB; and its system services.
#include "mm.h"
#include "ps.h"

#define STATUS_INVALID_SYSTEM_SERVICE ((NTSTATUS)0xC000001CL)
#define APP_CODE 0x00007FF6A0001000ULL
#define APP_STACK 0x000000D45B2F0000ULL // its upper end
#define APP_STACK_SIZE 0x3000
#define APP_TEB 0x000000D45B100000ULL

extern UCHAR PspAppCode[], PspAppCodeEnd[];

static NTSTATUS NtDelayExecution(BOOLEAN Alertable, LARGE_INTEGER *DelayInterval)
{
    LARGE_INTEGER interval = *DelayInterval;

    return KeDelayExecutionThread(UserMode, Alertable, &interval);
}

static NTSTATUS NtYieldExecution(VOID)
{
    KeYieldThread();
    return STATUS_SUCCESS;
}

NTSTATUS KiNoSystemService(VOID)
{
    return STATUS_INVALID_SYSTEM_SERVICE;
}

// By the numbers of Windows 10 (19041). The addresses are relocated, unlike NT's, which are offsets.
PVOID const KiServiceTable[KI_SERVICE_LIMIT] = {
    [0x34] = NtDelayExecution,
    [0x46] = NtYieldExecution,
};

// In the new process' address space: makes its pages, and goes there.
static VOID PspUserThreadStartup(KSTART_ROUTINE *StartRoutine, PVOID StartContext)
{
    PETHREAD thread = (PETHREAD)KeGetCurrentThread();
    NT_TIB *teb = (NT_TIB *)APP_TEB;
    CLIENT_ID *client = (CLIENT_ID *)(APP_TEB + 0x40); // _TEB.ClientId

    (void)StartContext;
    MiMapPage(APP_CODE, MiGetPage(), TRUE);
    MiMapPage(APP_CODE + APP_DATA, MiGetPage(), FALSE);
    MiMapPage(APP_TEB, MiGetPage(), FALSE);
    for (ULONG offset = PAGE_SIZE; offset <= APP_STACK_SIZE; offset += PAGE_SIZE) {
        MiMapPage(APP_STACK - offset, MiGetPage(), FALSE);
    }
    __builtin_memcpy((PVOID)APP_CODE, PspAppCode, PspAppCodeEnd - PspAppCode);
    teb->StackBase = (PVOID)APP_STACK;
    teb->StackLimit = (PVOID)(APP_STACK - APP_STACK_SIZE);
    teb->Self = teb;
    *client = thread->Cid;
    thread->Tcb.Teb = teb;
    thread->Tcb.PreviousMode = UserMode;
    WriteMsr(MSR_GS_SWAP, APP_TEB);
    KiEnterUserMode((ULONG64)StartRoutine, APP_STACK - 0x28, thread->Tcb.InitialStack);
}

VOID PsStartUserProcess(VOID)
{
    PEPROCESS process = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(EPROCESS), 'corP');

    PspInitializeProcess(process, PspAllocateId(), "app.exe");
    process->Pcb.DirectoryTableBase = MmCreateAddressSpace();
    process->InheritedFromUniqueProcessId = PsInitialSystemProcess->UniqueProcessId;
    process->CreateTime.QuadPart = (LONGLONG)KeQuerySystemTimePrecise();
    InsertTailList(&PsActiveProcessHead, &process->ActiveProcessLinks);
    PspCreateThread(process, PspUserThreadStartup, (KSTART_ROUTINE *)APP_CODE, NULL);
}
