// Processes and threads as the executive sees them.
#pragma once

#include "ke.h"
#include "ntddk.h"

#define DEFAULT_SYSTEM_PRIORITY 8
#define KTHREAD_SYSTEM_THREAD 0x400 // KTHREAD.MiscFlags

typedef VOID KSYSTEM_ROUTINE(KSTART_ROUTINE *StartRoutine, PVOID StartContext);

typedef struct _EPROCESS {
    KPROCESS Pcb;
    ULONG64 ProcessLock;
    PVOID UniqueProcessId;
    LIST_ENTRY ActiveProcessLinks;
    PVOID RundownProtect;
    ULONG Flags2;
    ULONG Flags;
    LARGE_INTEGER CreateTime;
    UCHAR Reserved470[0x540 - 0x470];
    PVOID InheritedFromUniqueProcessId;
    ULONG64 OwnerProcessId;
    PVOID Peb;
    UCHAR Reserved558[0x5a8 - 0x558];
    UCHAR ImageFileName[15];
    UCHAR PriorityClass;
    UCHAR Reserved5B8[0x5e0 - 0x5b8];
    LIST_ENTRY ThreadListHead;
    ULONG ActiveThreads;
    ULONG ImagePathHash;
    ULONG DefaultHardErrorProcessing;
    NTSTATUS LastThreadExitStatus;
    UCHAR Reserved600[0x7d4 - 0x600];
    NTSTATUS ExitStatus;
    PVOID VadRoot;
    PVOID VadHint;
    ULONG64 VadCount;
    UCHAR Reserved7F0[0xa40 - 0x7f0];
} EPROCESS, *PEPROCESS;

typedef struct _ETHREAD {
    KTHREAD Tcb;
    LARGE_INTEGER CreateTime;
    union {
        LARGE_INTEGER ExitTime;
        LIST_ENTRY KeyedWaitChain;
    };
    UCHAR Reserved448[0x450 - 0x448];
    PVOID StartAddress;
    UCHAR Reserved458[0x478 - 0x458];
    CLIENT_ID Cid;
    UCHAR Reserved488[0x4b0 - 0x488];
    LIST_ENTRY IrpList;
    UCHAR Reserved4C0[0x4d0 - 0x4c0];
    PVOID Win32StartAddress;
    UCHAR Reserved4D8[0x4e8 - 0x4d8];
    LIST_ENTRY ThreadListEntry;
    PVOID RundownProtect;
    ULONG64 ThreadLock;
    ULONG ReadClusterSize;
    LONG MmLockOrdering;
    ULONG CrossThreadFlags;
    ULONG SameThreadPassiveFlags;
    ULONG SameThreadApcFlags;
    UCHAR Reserved51C[0x548 - 0x51c];
    NTSTATUS ExitStatus;
    UCHAR Reserved54C[0x898 - 0x54c];
} ETHREAD, *PETHREAD;

CHECK(EPROCESS, UniqueProcessId, 0x440);
CHECK(EPROCESS, ActiveProcessLinks, 0x448);
CHECK(EPROCESS, CreateTime, 0x468);
CHECK(EPROCESS, InheritedFromUniqueProcessId, 0x540);
CHECK(EPROCESS, Peb, 0x550);
CHECK(EPROCESS, ImageFileName, 0x5a8);
CHECK(EPROCESS, ThreadListHead, 0x5e0);
CHECK(EPROCESS, ActiveThreads, 0x5f0);
CHECK(EPROCESS, ExitStatus, 0x7d4);
CHECK(EPROCESS, VadRoot, 0x7d8);
_Static_assert(sizeof(EPROCESS) == 0xa40, "_EPROCESS");
CHECK(ETHREAD, CreateTime, 0x430);
CHECK(ETHREAD, StartAddress, 0x450);
CHECK(ETHREAD, Cid, 0x478);
CHECK(ETHREAD, IrpList, 0x4b0);
CHECK(ETHREAD, Win32StartAddress, 0x4d0);
CHECK(ETHREAD, ThreadListEntry, 0x4e8);
CHECK(ETHREAD, CrossThreadFlags, 0x510);
CHECK(ETHREAD, ExitStatus, 0x548);
_Static_assert(sizeof(ETHREAD) == 0x898, "_ETHREAD");

extern LIST_ENTRY PsActiveProcessHead;
extern PEPROCESS PsIdleProcess;
extern PEPROCESS PsInitialSystemProcess;

// The idle process, before there is a pool.
VOID PsInitializeIdleProcess(VOID);
// The process "System", and the lists of processes.
VOID PsInitSystem(VOID);
// Fills an idle thread: it runs already, on the stack that is given.
VOID PsInitializeIdleThread(PETHREAD Thread, PVOID StackBase, ULONG StackSize);
// An id that no process or thread has.
PVOID PspAllocateId(VOID);
VOID PspInitializeProcess(PEPROCESS Process, PVOID Id, PCSTR Name);
VOID PspInitializeThread(PETHREAD Thread, PEPROCESS Process, PVOID StackBase, ULONG StackSize);
// Makes a thread that calls SystemRoutine(StartRoutine, StartContext), and readies it on this processor.
PETHREAD PspCreateThread(PEPROCESS Process, KSYSTEM_ROUTINE *SystemRoutine, KSTART_ROUTINE *StartRoutine,
                         PVOID StartContext);
// The process app.exe, and its thread in user mode.
VOID PsStartUserProcess(VOID);
