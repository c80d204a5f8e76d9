// The kernel core: processors, threads, processes. Structures have the layout of Windows 10 (19041); members that
// nothing here uses are left out, and the gaps are named ReservedXX after their offset.
#pragma once

#include "amd64.h"

// DISPATCHER_HEADER.Type and KDPC.Type; NotificationTimer and SynchronizationTimer are added to a timer's
enum {
    EventNotificationObject = 0,
    EventSynchronizationObject = 1,
    ProcessObject = 3,
    ThreadObject = 6,
    TimerNotificationObject = 8,
    DpcObject = 19,
};

typedef enum _KTHREAD_STATE {
    Initialized,
    Ready,
    Running,
    Standby,
    Terminated,
    Waiting,
    Transition,
    DeferredReady,
} KTHREAD_STATE;

typedef struct _KAFFINITY_EX {
    USHORT Count;
    USHORT Size;
    ULONG Reserved;
    ULONG64 Bitmap[20];
} KAFFINITY_EX;

typedef struct _KPROCESS {
    DISPATCHER_HEADER Header;
    LIST_ENTRY ProfileListHead;
    ULONG64 DirectoryTableBase;
    LIST_ENTRY ThreadListHead;
    ULONG ProcessLock;
    ULONG ProcessTimerDelay;
    ULONG64 DeepFreezeStartTime;
    KAFFINITY_EX Affinity;
    ULONG64 AffinityPadding[12];
    LIST_ENTRY ReadyListHead;
    PVOID SwapListEntry;
    KAFFINITY_EX ActiveProcessors;
    ULONG64 ActiveProcessorsPadding[12];
    LONG ProcessFlags;
    ULONG ActiveGroupsMask;
    CHAR BasePriority;
    CHAR QuantumReset;
    UCHAR Reserved282[0x350 - 0x282];
    LIST_ENTRY ProcessListEntry;
    UCHAR Reserved360[0x438 - 0x360];
} KPROCESS, *PKPROCESS;

typedef struct _KAPC_STATE {
    LIST_ENTRY ApcListHead[2];
    struct _KPROCESS *Process;
    UCHAR InProgressFlags;
    UCHAR KernelApcPending;
    UCHAR UserApcPendingAll;
} KAPC_STATE;

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY;

enum { WaitAny = 1 }; // KWAIT_BLOCK.WaitType
enum { WaitBlockActive = 4, WaitBlockInactive = 5 }; // KWAIT_BLOCK.BlockState
#define TIMER_WAIT_BLOCK 3 // of KTHREAD.WaitBlock: the one that waits for the thread's own timer

typedef struct _KWAIT_BLOCK {
    LIST_ENTRY WaitListEntry;
    UCHAR WaitType;
    volatile UCHAR BlockState;
    USHORT WaitKey;
    LONG SpareLong;
    struct _KTHREAD *Thread;
    PVOID Object;
    PVOID SparePtr;
} KWAIT_BLOCK, *PKWAIT_BLOCK;

typedef struct _KTHREAD {
    DISPATCHER_HEADER Header;
    PVOID SListFaultAddress;
    ULONG64 QuantumTarget;
    PVOID InitialStack;
    PVOID StackLimit;
    PVOID StackBase;
    ULONG64 ThreadLock;
    ULONG64 CycleTime;
    ULONG CurrentRunTime;
    ULONG ExpectedRunTime;
    PVOID KernelStack;
    XSAVE_FORMAT *StateSaveArea;
    PVOID SchedulingGroup;
    UCHAR WaitRegister;
    UCHAR Running;
    UCHAR Alerted[2];
    ULONG MiscFlags;
    ULONG ThreadFlags;
    UCHAR Reserved7C[0x90 - 0x7c];
    PKTRAP_FRAME TrapFrame;
    union {
        KAPC_STATE ApcState;
        struct {
            UCHAR ApcStateFill[43];
            CHAR Priority;
            ULONG UserIdealProcessor;
        };
    };
    LONGLONG WaitStatus;
    PVOID WaitBlockList;
    union {
        LIST_ENTRY WaitListEntry;
        PVOID SwapListEntry;
    };
    DISPATCHER_HEADER *Queue;
    PVOID Teb;
    ULONG64 RelativeTimerBias;
    KTIMER Timer;
    union {
        KWAIT_BLOCK WaitBlock[4]; // the other members are in gaps of theirs
        struct {
            UCHAR WaitBlockFill4[20];
            ULONG ContextSwitches;
        };
        struct {
            UCHAR WaitBlockFill5[68];
            volatile UCHAR State; // KTHREAD_STATE
            CHAR Spare13;
            KIRQL WaitIrql;
            CHAR WaitMode;
        };
        struct {
            UCHAR WaitBlockFill6[116];
            ULONG WaitTime; // ticks
        };
    };
    UCHAR Reserved200[0x218 - 0x200];
    ULONG NextProcessor;
    LONG QueuePriority;
    PKPROCESS Process;
    UCHAR Reserved228[0x232 - 0x228];
    CHAR PreviousMode;
    CHAR BasePriority;
    UCHAR Reserved234[0x235 - 0x234];
    UCHAR Preempted;
    UCHAR Reserved236[0x240 - 0x236];
    GROUP_AFFINITY Affinity;
    UCHAR Reserved250[0x283 - 0x250];
    UCHAR WaitReason; // KWAIT_REASON
    UCHAR Reserved284[0x28b - 0x284];
    CHAR QuantumReset;
    ULONG KernelTime; // ticks
    UCHAR Reserved290[0x2dc - 0x290];
    ULONG UserTime; // ticks
    UCHAR Reserved2E0[0x2f8 - 0x2e0];
    LIST_ENTRY ThreadListEntry;
    LIST_ENTRY MutantListHead;
    UCHAR Reserved318[0x430 - 0x318];
} KTHREAD, *PKTHREAD;

typedef struct _KDPC_LIST {
    SINGLE_LIST_ENTRY ListHead;
    PSINGLE_LIST_ENTRY LastEntry;
} KDPC_LIST;

typedef struct _KDPC_DATA {
    KDPC_LIST DpcList;
    KSPIN_LOCK DpcLock;
    volatile LONG DpcQueueDepth;
    ULONG DpcCount;
    PKDPC ActiveDpc;
} KDPC_DATA, *PKDPC_DATA;

#define TIMER_TABLE_SIZE 256

typedef struct _KTIMER_TABLE_ENTRY {
    KSPIN_LOCK Lock;
    LIST_ENTRY Entry; // of KTIMER.TimerListEntry, by DueTime
    LARGE_INTEGER Time; // the first one's DueTime, or -1; a ULARGE_INTEGER in Windows
} KTIMER_TABLE_ENTRY, *PKTIMER_TABLE_ENTRY;

typedef struct _KTIMER_TABLE_STATE {
    ULONG64 LastTimerExpiration[2];
    ULONG LastTimerHand[2];
} KTIMER_TABLE_STATE;

typedef struct _KTIMER_TABLE {
    PKTIMER TimerExpiry[64];
    KTIMER_TABLE_ENTRY TimerEntries[2][TIMER_TABLE_SIZE];
    KTIMER_TABLE_STATE TableState;
} KTIMER_TABLE;

typedef struct _KPRCB {
    ULONG MxCsr;
    UCHAR LegacyNumber;
    UCHAR ReservedMustBeZero;
    UCHAR InterruptRequest;
    UCHAR IdleHalt;
    PKTHREAD CurrentThread;
    PKTHREAD NextThread;
    PKTHREAD IdleThread;
    UCHAR NestingLevel;
    UCHAR ClockOwner;
    UCHAR PendingTickFlags;
    UCHAR IdleState;
    ULONG Number;
    ULONG64 RspBase;
    ULONG64 PrcbLock;
    PVOID PriorityState;
    CHAR CpuType;
    CHAR CpuID;
    union {
        USHORT CpuStep;
        struct {
            UCHAR CpuStepping;
            UCHAR CpuModel;
        };
    };
    ULONG MHz;
    ULONG64 HalReserved[8];
    USHORT MinorVersion;
    USHORT MajorVersion;
    UCHAR BuildType;
    UCHAR CpuVendor;
    UCHAR CoresPerPhysicalProcessor;
    UCHAR LogicalProcessorsPerCore;
    UCHAR Reserved90[0xc8 - 0x90];
    ULONG64 GroupSetMember;
    UCHAR Group;
    UCHAR GroupIndex;
    UCHAR PrcbPad05[2];
    ULONG InitialApicId;
    ULONG ScbOffset;
    ULONG ApicMask;
    UCHAR ReservedE0[0x100 - 0xe0];
    KPROCESSOR_STATE ProcessorState;
    UCHAR Reserved6C0[0x2d38 - 0x6c0];
    ULONG KeSystemCalls;
    ULONG KeContextSwitches;
    UCHAR Reserved2D40[0x2d88 - 0x2d40];
    volatile ULONG IpiFrozen; // KIPI_FROZEN
    UCHAR Reserved2D8C[0x30c0 - 0x2d8c];
    KDPC_DATA DpcData[2];
    PVOID DpcStack;
    UCHAR Reserved3118[0x3129 - 0x3118];
    volatile UCHAR QuantumEnd;
    UCHAR DpcRoutineActive;
    UCHAR IdleSchedule;
    union {
        volatile LONG DpcRequestSummary;
        struct {
            SHORT NormalDpcState;
            SHORT ThreadDpcState;
        };
    };
    ULONG PrcbPad93;
    ULONG LastTick;
    ULONG ClockInterrupts;
    UCHAR Reserved313C[0x3940 - 0x313c];
    KTIMER_TABLE TimerTable;
    UCHAR Reserved7B58[0x7be6 - 0x7b58];
    UCHAR NmiActive;
    UCHAR MceActive;
    UCHAR Reserved7BE8[0x7c18 - 0x7be8];
    ULONG ReadySummary;
    UCHAR Reserved7C1C[0x7c80 - 0x7c1c];
    LIST_ENTRY DispatcherReadyListHead[32];
    ULONG InterruptCount;
    ULONG KernelTime; // ticks
    ULONG UserTime;
    ULONG DpcTime;
    ULONG InterruptTime;
    UCHAR Reserved7E94[0x7e98 - 0x7e94];
    UCHAR DebuggerSavedIRQL;
    UCHAR Reserved7E99[0x7eb0 - 0x7e99];
    ULONG KeExceptionDispatchCount;
    ULONG ReadyThreadCount;
    UCHAR Reserved7EB8[0x8590 - 0x7eb8];
    UCHAR VendorString[13];
    UCHAR PrcbPad100[3];
    ULONG64 FeatureBits;
    UCHAR Reserved85A8[0x85c0 - 0x85a8];
    PCONTEXT Context;
    ULONG ContextFlagsInit;
    ULONG PrcbPad115;
    PVOID ExtendedState;
    PVOID IsrStack;
    UCHAR Reserved85E0[0x8e80 - 0x85e0];
    ULONG64 KernelDirectoryTableBase;
    ULONG64 RspBaseShadow;
    ULONG64 UserRspShadow;
    ULONG ShadowFlags;
    UCHAR Reserved8E9C[0xaf00 - 0x8e9c];
} KPRCB, *PKPRCB;

typedef struct _NT_TIB {
    PVOID ExceptionList;
    PVOID StackBase;
    PVOID StackLimit;
    PVOID SubSystemTib;
    union {
        PVOID FiberData;
        ULONG Version;
    };
    PVOID ArbitraryUserPointer;
    struct _NT_TIB *Self;
} NT_TIB;

typedef struct _KPCR {
    union {
        NT_TIB NtTib;
        struct {
            PKGDTENTRY64 GdtBase;
            PKTSS64 TssBase;
            ULONG64 UserRsp;
            struct _KPCR *Self;
            PKPRCB CurrentPrcb;
            PVOID LockArray;
            PVOID Used_Self;
        };
    };
    PKIDTENTRY64 IdtBase;
    ULONG64 Unused[2];
    KIRQL Irql;
    UCHAR SecondLevelCacheAssociativity;
    UCHAR ObsoleteNumber;
    UCHAR Fill0;
    ULONG Unused0[3];
    USHORT MajorVersion;
    USHORT MinorVersion;
    ULONG StallScaleFactor;
    PVOID Unused1[3];
    ULONG KernelReserved[15];
    ULONG SecondLevelCacheSize;
    ULONG HalReserved[16];
    ULONG Unused2;
    PVOID KdVersionBlock;
    PVOID Unused3;
    ULONG PcrAlign1[24];
    __declspec(align(64)) KPRCB Prcb;
} KPCR, *PKPCR;

#define CHECK(type, field, offset) _Static_assert(FIELD_OFFSET(type, field) == (offset), #type "." #field)
CHECK(KPROCESS, ProcessFlags, 0x278);
CHECK(KPROCESS, ProcessListEntry, 0x350);
_Static_assert(sizeof(KPROCESS) == 0x438, "_KPROCESS");
CHECK(KTHREAD, InitialStack, ThInitialStack);
CHECK(KTHREAD, KernelStack, ThKernelStack);
CHECK(KTHREAD, TrapFrame, 0x90);
CHECK(KTHREAD, ApcState.Process, 0xb8);
CHECK(KTHREAD, Priority, 0xc3);
CHECK(KTHREAD, Teb, 0xf0);
CHECK(KTHREAD, State, 0x184);
CHECK(KTHREAD, NextProcessor, 0x218);
CHECK(KTHREAD, Process, 0x220);
CHECK(KTHREAD, WaitReason, 0x283);
CHECK(KTHREAD, ThreadListEntry, 0x2f8);
CHECK(KTHREAD, Timer, 0x100);
CHECK(KTHREAD, WaitBlock, 0x140);
CHECK(KTHREAD, ContextSwitches, 0x154);
CHECK(KTHREAD, WaitTime, 0x1b4);
CHECK(KTHREAD, Affinity, 0x240);
CHECK(KTHREAD, KernelTime, 0x28c);
CHECK(KTHREAD, UserTime, 0x2dc);
_Static_assert(sizeof(KTHREAD) == 0x430, "_KTHREAD");
CHECK(KPRCB, CurrentThread, PbCurrentThread);
CHECK(KPRCB, NestingLevel, PbNestingLevel);
CHECK(KPRCB, Number, 0x24);
CHECK(KPRCB, MHz, 0x44);
CHECK(KPRCB, BuildType, 0x8c);
CHECK(KPRCB, GroupSetMember, 0xc8);
CHECK(KPRCB, InitialApicId, 0xd4);
CHECK(KPRCB, ProcessorState, PbProcessorState);
CHECK(KPRCB, IpiFrozen, 0x2d88);
CHECK(KPRCB, RspBase, PbRspBase);
CHECK(KPRCB, KeSystemCalls, PbKeSystemCalls);
CHECK(KPRCB, DpcData, 0x30c0);
CHECK(KPRCB, DpcStack, PbDpcStack);
CHECK(KPRCB, QuantumEnd, 0x3129);
CHECK(KPRCB, ClockInterrupts, 0x3138);
CHECK(KPRCB, TimerTable, 0x3940);
CHECK(KPRCB, InterruptCount, PbInterruptCount);
CHECK(KPRCB, DpcRoutineActive, 0x312a);
CHECK(KPRCB, NormalDpcState, 0x312c);
CHECK(KPRCB, NmiActive, 0x7be6);
CHECK(KPRCB, DispatcherReadyListHead, 0x7c80);
CHECK(KPRCB, DebuggerSavedIRQL, 0x7e98);
CHECK(KPRCB, KeExceptionDispatchCount, 0x7eb0);
CHECK(KPRCB, VendorString, 0x8590);
CHECK(KPRCB, Context, PbContext);
CHECK(KPRCB, IsrStack, 0x85d8);
CHECK(KPRCB, KernelDirectoryTableBase, PbKernelDirectoryTableBase);
_Static_assert(sizeof(KPRCB) == 0xaf00, "_KPRCB");
CHECK(KPCR, UserRsp, PcUserRsp);
CHECK(KPCR, Self, PcSelf);
CHECK(KPCR, CurrentPrcb, PcCurrentPrcb);
CHECK(KPCR, IdtBase, 0x38);
CHECK(KPCR, Irql, 0x50);
CHECK(KPCR, KdVersionBlock, 0x108);
CHECK(KPCR, Prcb, PcPrcb);
_Static_assert(sizeof(KPCR) == 0xb080, "_KPCR");
CHECK(KTRAP_FRAME, PreviousIrql, TrPreviousIrql);
CHECK(KTRAP_FRAME, GsBase, TrGsBase);
CHECK(KTRAP_FRAME, MxCsr, TrMxCsr);
CHECK(KTRAP_FRAME, R11, TrR11);
CHECK(KTRAP_FRAME, Xmm0, TrXmm0);
CHECK(KTRAP_FRAME, FaultAddress, TrFaultAddress);
CHECK(KTRAP_FRAME, Rbp, TrRbp);
CHECK(KTRAP_FRAME, Rip, TrRip);
CHECK(KTRAP_FRAME, EFlags, TrEFlags);
CHECK(KEXCEPTION_FRAME, Xmm6, ExXmm6);
CHECK(KEXCEPTION_FRAME, Rbp, ExRbp);
CHECK(KEXCEPTION_FRAME, R15, ExR15);
CHECK(KEXCEPTION_FRAME, Return, ExReturn);
CHECK(CONTEXT, EFlags, CxEFlags);
CHECK(CONTEXT, Rip, CxRip);
CHECK(CONTEXT, FltSave, CxFltSave);
CHECK(CONTEXT, LastExceptionFromRip, 0x4c8);

// KPRCB.IpiFrozen
enum { RUNNING = 0, TARGET_FROZEN = 2, TARGET_THAW = 3, FREEZE_OWNER = 4, TARGET_FREEZE = 5 };
#define TARGET_MASK 0xf
#define FREEZE_ACTIVE 0x20 // talks to the debugger

#define MAXIMUM_PROCESSORS 64

// A processor's own tables and interrupt stacks. No NT structure.
typedef struct __declspec(align(4096)) _KI_PROCESSOR_TABLES {
    KIDTENTRY64 Idt[256];
    KGDTENTRY64 Gdt[6]; // 16 bytes each: two short descriptors, or one long one
    KTSS64 Tss;
    __declspec(align(4096)) UCHAR NmiStack[0x3000]; // the debugger may run on these
    UCHAR DoubleFaultStack[0x3000];
} KI_PROCESSOR_TABLES;

// What a starting processor is told, in its start page (startup.S). No NT structure.
typedef struct _KPROCESSOR_START {
    ULONG64 Cr3;
    VOID (*Entry)(PKPCR Pcr);
    PVOID Stack;
    PKPCR Pcr;
} KPROCESSOR_START;
CHECK(KPROCESSOR_START, Pcr, PsStartPcr);

static __inline VOID RemoveEntryList(PLIST_ENTRY Entry)
{
    Entry->Blink->Flink = Entry->Flink;
    Entry->Flink->Blink = Entry->Blink;
}

static __inline PKPCR KeGetPcr(VOID)
{
    PKPCR pcr;
    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(pcr) : "i"(PcSelf));
    return pcr;
}

static __inline PKPRCB KeGetCurrentPrcb(VOID)
{
    PKPRCB prcb;
    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(prcb) : "i"(PcCurrentPrcb));
    return prcb;
}

static __inline PKTHREAD KeGetCurrentThread(VOID)
{
    PKTHREAD thread;
    __asm__ volatile("mov %%gs:%c1, %0" : "=r"(thread) : "i"(PcPrcb + PbCurrentThread));
    return thread;
}

static __inline KIRQL KeGetCurrentIrql(VOID)
{
    return (KIRQL)READ_REGISTER("cr8");
}

// Returns whether they were enabled.
static __inline BOOLEAN KeDisableInterrupts(VOID)
{
    ULONG64 flags;

    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory");
    return (flags & 0x200) != 0;
}

extern PKPRCB KiProcessorBlock[MAXIMUM_PROCESSORS];
extern volatile ULONG KeNumberProcessors;
extern ULONG_PTR KiBugCheckData[5];

// start-up
struct _BOOT_BLOCK;
VOID KiInitializeKernel(struct _BOOT_BLOCK *BootBlock);
VOID KiInitializeProcessor(PKPCR Pcr, ULONG Number, KI_PROCESSOR_TABLES *Tables, PKTHREAD IdleThread, PCONTEXT Context);
VOID KiLoadProcessorTables(PKPCR Pcr);
VOID KeStartAllProcessors(VOID);
VOID KiIdleLoop(VOID);

// traps
VOID KiDispatchException(PEXCEPTION_RECORD ExceptionRecord, PKEXCEPTION_FRAME ExceptionFrame, PKTRAP_FRAME TrapFrame,
                         KPROCESSOR_MODE PreviousMode, BOOLEAN FirstChance);
VOID KeContextFromKframes(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame, PCONTEXT ContextRecord);
VOID KeContextToKframes(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame, PCONTEXT ContextRecord);
VOID KiSaveProcessorControlState(PKPROCESSOR_STATE ProcessorState);
VOID KiRestoreProcessorControlState(PKPROCESSOR_STATE ProcessorState);

VOID KiAcquireSpinLock(PKSPIN_LOCK SpinLock); // at an IRQL at which nothing else on this processor takes it
VOID KiReleaseSpinLock(PKSPIN_LOCK SpinLock);

// The lock of threads' states, waits, timers and all ready lists, held at DISPATCH_LEVEL. It is held over a thread
// switch: the thread that runs next releases it. NT has a lock for each processor and object instead.
KIRQL KiLockDispatcherDatabase(VOID);
VOID KiUnlockDispatcherDatabase(KIRQL OldIrql);

// threads; all but KeXxx with the dispatcher lock held
VOID KiReadyThread(PKTHREAD Thread);
VOID KiSwapThread(PKTHREAD Thread);
VOID KeYieldThread(VOID);
VOID KiSwapContext(PKTHREAD OldThread, PKTHREAD NewThread);
VOID KeWaitForever(KWAIT_REASON WaitReason);
VOID KeAttachProcess(PKPROCESS Process);
VOID KeDetachProcess(VOID);
VOID KiStartSystemThread(VOID);
// Enters user mode for the first time: with an empty kernel stack, all registers but these zero.
__declspec(noreturn) VOID KiEnterUserMode(ULONG64 Rip, ULONG64 Rsp, PVOID InitialStack);

// waits and timers
VOID KiSignalObject(DISPATCHER_HEADER *Object); // wakes those that wait for it
VOID KiInsertTimer(PKTIMER Timer, ULONG64 DueTime);
BOOLEAN KiRemoveTimer(PKTIMER Timer); // FALSE: it isn't set
ULONG64 KiComputeDueTime(LARGE_INTEGER DueTime); // an interrupt time
VOID KiInitializeTimerTable(PKPRCB Prcb);
BOOLEAN KiTimersAreDue(PKPRCB Prcb, ULONG64 Time);
VOID KiTimerExpiration(PKPRCB Prcb);

// interrupts and deferred procedure calls
enum { DPC_VECTOR = 0x2f, CLOCK_VECTOR = 0xd1, IPI_VECTOR = 0xe1 }; // the upper digit is the IRQL
enum { DPC_TIMER_EXPIRATION = 8 }; // KPRCB.DpcRequestSummary

extern const ULONG KeMaximumIncrement; // 100 ns in a tick
extern ULONG KeTimeIncrement; // 100 ns between two clock interrupts
extern volatile BOOLEAN KiClockRunning;
VOID KeStartClock(VOID);
ULONG64 KeQueryInterruptTime(VOID);
ULONG64 KeQuerySystemTimePrecise(VOID);
VOID HalEndOfInterrupt(VOID);
VOID HalStartClock(VOID);
VOID HalRequestSoftwareInterrupt(VOID); // KiDpcInterrupt, on this processor
VOID HalRequestIpi(ULONG Number);
VOID KiSendApicCommand(ULONG ApicId, ULONG Command);
static __inline BOOLEAN KiDpcsArePending(PKPRCB Prcb)
{
    return Prcb->DpcData[0].DpcQueueDepth != 0 || (Prcb->DpcRequestSummary & DPC_TIMER_EXPIRATION) != 0;
}
VOID KiRetireDpcList(PKPRCB Prcb);
VOID KxRetireDpcList(PKPRCB Prcb); // calls it on the DPC stack
VOID KiFlushTranslations(VOID); // of all processors

static __inline VOID KeLowerIrql(KIRQL NewIrql)
{
    WRITE_REGISTER("cr8", NewIrql);
}

static __inline KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    KIRQL old = KeGetCurrentIrql();

    WRITE_REGISTER("cr8", NewIrql);
    return old;
}

// bug check
#define KMODE_EXCEPTION_NOT_HANDLED 0x1e
VOID KiFreezeOtherProcessors(VOID);
