// What a driver sees of the kernel: only what the samples need, under the documented names, and with the layout
// of Windows 10 (19041), x64.
#pragma once

#include "ntdef.h"

#ifdef NTKERNEL
#define NTKERNELAPI
#else
#define NTKERNELAPI __declspec(dllimport)
#endif

typedef enum _POOL_TYPE {
    NonPagedPool = 0,
    PagedPool = 1,
    NonPagedPoolNx = 512,
} POOL_TYPE;

#define STATUS_TIMEOUT ((NTSTATUS)0x00000102L)
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001L)
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005L)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000DL)
#define STATUS_OBJECT_NAME_NOT_FOUND ((NTSTATUS)0xC0000034L)

#define PASSIVE_LEVEL 0
#define DISPATCH_LEVEL 2

typedef PVOID HANDLE, *PHANDLE;
typedef ULONG_PTR KAFFINITY, KSPIN_LOCK, *PKSPIN_LOCK;
typedef CHAR KPROCESSOR_MODE;
enum { KernelMode = 0, UserMode = 1 };

typedef enum _KWAIT_REASON {
    Executive,
    DelayExecution = 4,
    WrQueue = 15,
} KWAIT_REASON;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _DISPATCHER_HEADER {
    union {
        volatile LONG Lock;
        struct {
            UCHAR Type;
            UCHAR Signalling;
            UCHAR Size;
            UCHAR Reserved1;
        };
    };
    LONG SignalState;
    LIST_ENTRY WaitListHead; // of KWAIT_BLOCK
} DISPATCHER_HEADER;

typedef struct _KEVENT {
    DISPATCHER_HEADER Header;
} KEVENT, *PKEVENT;

struct _KDPC;
typedef VOID KDEFERRED_ROUTINE(struct _KDPC *Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2);

typedef struct _KDPC {
    union {
        ULONG TargetInfoAsUlong;
        struct {
            UCHAR Type;
            UCHAR Importance;
            volatile USHORT Number;
        };
    };
    SINGLE_LIST_ENTRY DpcListEntry;
    ULONG_PTR ProcessorHistory;
    KDEFERRED_ROUTINE *DeferredRoutine;
    PVOID DeferredContext;
    PVOID SystemArgument1;
    PVOID SystemArgument2;
    PVOID DpcData;
} KDPC, *PKDPC;

typedef struct _KTIMER {
    DISPATCHER_HEADER Header;
    LARGE_INTEGER DueTime; // a ULARGE_INTEGER in Windows
    LIST_ENTRY TimerListEntry;
    PKDPC Dpc;
    USHORT Processor;
    USHORT TimerType;
    ULONG Period; // milliseconds
} KTIMER, *PKTIMER;

_Static_assert(sizeof(DISPATCHER_HEADER) == 0x18, "_DISPATCHER_HEADER");
_Static_assert(sizeof(KDPC) == 0x40, "_KDPC");
_Static_assert(sizeof(KTIMER) == 0x40, "_KTIMER");

typedef VOID KSTART_ROUTINE(PVOID StartContext);
typedef ULONG_PTR KIPI_BROADCAST_WORKER(ULONG_PTR Argument);

typedef struct _CLIENT_ID {
    HANDLE UniqueProcess;
    HANDLE UniqueThread;
} CLIENT_ID, *PCLIENT_ID;

struct _ETHREAD;
struct _DRIVER_OBJECT;
struct _DEVICE_OBJECT;
struct _IRP;

typedef NTSTATUS DRIVER_INITIALIZE(struct _DRIVER_OBJECT *DriverObject, PUNICODE_STRING RegistryPath);
typedef VOID DRIVER_STARTIO(struct _DEVICE_OBJECT *DeviceObject, struct _IRP *Irp);
typedef VOID DRIVER_UNLOAD(struct _DRIVER_OBJECT *DriverObject);
typedef NTSTATUS DRIVER_DISPATCH(struct _DEVICE_OBJECT *DeviceObject, struct _IRP *Irp);

typedef struct _DRIVER_EXTENSION {
    struct _DRIVER_OBJECT *DriverObject;
    PVOID AddDevice;
    ULONG Count;
    UNICODE_STRING ServiceKeyName;
    PVOID ClientDriverExtension;
    PVOID FsFilterCallbacks;
    PVOID KseCallbacks;
    PVOID DvCallbacks;
    PVOID VerifierContext;
} DRIVER_EXTENSION;

#define IO_TYPE_DRIVER 4
#define IRP_MJ_MAXIMUM_FUNCTION 0x1b

typedef struct _DRIVER_OBJECT {
    CSHORT Type;
    CSHORT Size;
    struct _DEVICE_OBJECT *DeviceObject;
    ULONG Flags;
    PVOID DriverStart;
    ULONG DriverSize;
    PVOID DriverSection;
    DRIVER_EXTENSION *DriverExtension;
    UNICODE_STRING DriverName;
    PUNICODE_STRING HardwareDatabase;
    PVOID FastIoDispatch;
    DRIVER_INITIALIZE *DriverInit;
    DRIVER_STARTIO *DriverStartIo;
    DRIVER_UNLOAD *DriverUnload;
    DRIVER_DISPATCH *MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
} DRIVER_OBJECT, *PDRIVER_OBJECT;

_Static_assert(sizeof(DRIVER_EXTENSION) == 0x50, "_DRIVER_EXTENSION");
_Static_assert(sizeof(DRIVER_OBJECT) == 0x150, "_DRIVER_OBJECT");

NTKERNELAPI ULONG DbgPrint(PCSTR Format, ...);
NTKERNELAPI PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NTKERNELAPI VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
NTKERNELAPI VOID RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);

NTKERNELAPI ULONG DbgPrompt(PCSTR Prompt, CHAR *Response, ULONG Length);
NTKERNELAPI VOID DbgBreakPoint(VOID);
NTKERNELAPI __declspec(noreturn) VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1,
                                                   ULONG_PTR BugCheckParameter2, ULONG_PTR BugCheckParameter3,
                                                   ULONG_PTR BugCheckParameter4);
NTKERNELAPI __declspec(noreturn) VOID ExRaiseStatus(NTSTATUS Status);

NTKERNELAPI VOID KeInitializeEvent(PKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
NTKERNELAPI LONG KeSetEvent(PKEVENT Event, LONG Increment, BOOLEAN Wait);
NTKERNELAPI LONG KeResetEvent(PKEVENT Event);
NTKERNELAPI NTSTATUS KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason, KPROCESSOR_MODE WaitMode,
                                           BOOLEAN Alertable, LARGE_INTEGER *Timeout);
NTKERNELAPI NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, LARGE_INTEGER *Interval);

NTKERNELAPI VOID KeInitializeDpc(PKDPC Dpc, KDEFERRED_ROUTINE *DeferredRoutine, PVOID DeferredContext);
NTKERNELAPI VOID KeSetTargetProcessorDpc(PKDPC Dpc, CCHAR Number);
NTKERNELAPI BOOLEAN KeInsertQueueDpc(PKDPC Dpc, PVOID SystemArgument1, PVOID SystemArgument2);
NTKERNELAPI VOID KeFlushQueuedDpcs(VOID);
NTKERNELAPI VOID KeInitializeTimerEx(PKTIMER Timer, TIMER_TYPE Type);
NTKERNELAPI BOOLEAN KeSetTimerEx(PKTIMER Timer, LARGE_INTEGER DueTime, LONG Period, PKDPC Dpc);
NTKERNELAPI BOOLEAN KeCancelTimer(PKTIMER Timer);

NTKERNELAPI KIRQL KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
NTKERNELAPI VOID KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
NTKERNELAPI VOID KeStallExecutionProcessor(ULONG MicroSeconds);
NTKERNELAPI ULONG KeQueryActiveProcessorCount(KAFFINITY *ActiveProcessors);
NTKERNELAPI ULONG KeGetCurrentProcessorNumberEx(PVOID ProcNumber);
NTKERNELAPI VOID KeSetSystemAffinityThread(KAFFINITY Affinity);
NTKERNELAPI ULONG_PTR KeIpiGenericCall(KIPI_BROADCAST_WORKER *BroadcastFunction, ULONG_PTR Context);

// There are no handles here: ThreadHandle gets the thread's id, and only system threads can be made.
NTKERNELAPI NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, PVOID ObjectAttributes,
                                          HANDLE ProcessHandle, PCLIENT_ID ClientId, KSTART_ROUTINE *StartRoutine,
                                          PVOID StartContext);
NTKERNELAPI NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);
NTKERNELAPI NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, struct _ETHREAD **Thread);

// DriverServiceName is the service's name alone, or a path that ends with it.
NTKERNELAPI NTSTATUS ZwLoadDriver(PUNICODE_STRING DriverServiceName);
NTKERNELAPI NTSTATUS ZwUnloadDriver(PUNICODE_STRING DriverServiceName);
// Unloads a driver and loads it again, later and in another thread: without a counterpart in NT.
NTKERNELAPI VOID IoQueueDriverReload(PDRIVER_OBJECT DriverObject);
