// The executive's work queue, drivers, start of the system.
#pragma once

#include "boot.h"
#include "ntddk.h"

typedef VOID WORKER_THREAD_ROUTINE(PVOID Parameter);

typedef struct _WORK_QUEUE_ITEM {
    LIST_ENTRY List;
    WORKER_THREAD_ROUTINE *WorkerRoutine;
    PVOID Parameter;
} WORK_QUEUE_ITEM, *PWORK_QUEUE_ITEM;

VOID ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem);
VOID ExpWorkerThread(PVOID StartContext);

// Loads the boot loader's drivers, one after the other, in a worker thread.
VOID IoQueueDriverLoads(VOID);
VOID IoQueueDriverLoad(ULONG Index); // one of them; none if there are fewer

VOID Phase1Initialization(PVOID Context);

typedef struct _KSYSTEM_TIME {
    ULONG LowPart;
    LONG High1Time;
    LONG High2Time;
} KSYSTEM_TIME;

typedef struct _KUSER_SHARED_DATA {
    ULONG TickCountLowDeprecated;
    ULONG TickCountMultiplier;
    volatile KSYSTEM_TIME InterruptTime;
    volatile KSYSTEM_TIME SystemTime;
    volatile KSYSTEM_TIME TimeZoneBias;
    USHORT ImageNumberLow;
    USHORT ImageNumberHigh;
    WCHAR NtSystemRoot[260];
    UCHAR Reserved238[0x260 - 0x238];
    ULONG NtBuildNumber;
    ULONG NtProductType;
    BOOLEAN ProductTypeIsValid;
    BOOLEAN Reserved0[1];
    USHORT NativeProcessorArchitecture;
    ULONG NtMajorVersion;
    ULONG NtMinorVersion;
    BOOLEAN ProcessorFeatures[64];
    UCHAR Reserved2B4[0x2d4 - 0x2b4];
    BOOLEAN KdDebuggerEnabled;
    UCHAR Reserved2D5[0x2e8 - 0x2d5];
    ULONG NumberOfPhysicalPages;
    UCHAR Reserved2EC[0x320 - 0x2ec];
    volatile KSYSTEM_TIME TickCount;
    UCHAR Reserved32C[0x3c0 - 0x32c];
    ULONG ActiveProcessorCount;
    UCHAR ActiveGroupCount;
    UCHAR Reserved3C5[0x720 - 0x3c5];
} KUSER_SHARED_DATA;

_Static_assert(FIELD_OFFSET(KUSER_SHARED_DATA, NtBuildNumber) == 0x260, "NtBuildNumber");
_Static_assert(FIELD_OFFSET(KUSER_SHARED_DATA, TickCount) == 0x320, "TickCount");
_Static_assert(sizeof(KUSER_SHARED_DATA) == 0x720, "_KUSER_SHARED_DATA");

extern KUSER_SHARED_DATA *SharedUserData;
VOID ExInitializeSharedData(VOID);
// The times in it, which a clock interrupt may write while they are read. One writer at a time.
VOID ExSetTime(volatile KSYSTEM_TIME *Time, ULONG64 Value);
ULONG64 ExReadTime(volatile KSYSTEM_TIME *Time);
