// The kernel core: processors, threads, processes. Structures have the layout of Windows 10 (19041); members that
// nothing here uses are left out, and the gaps are named ReservedXX after their offset.
#pragma once

#include "amd64.h"

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
    LIST_ENTRY WaitListHead;
} DISPATCHER_HEADER;

enum { ProcessObject = 3, ThreadObject = 6 }; // DISPATCHER_HEADER.Type

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

typedef enum _KWAIT_REASON {
    Executive,
    WrQueue = 15,
} KWAIT_REASON;

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
    UCHAR ReservedF8[0x154 - 0xf8];
    ULONG ContextSwitches;
    UCHAR Reserved158[0x184 - 0x158];
    volatile UCHAR State; // KTHREAD_STATE
    CHAR Spare13;
    KIRQL WaitIrql;
    CHAR WaitMode;
    UCHAR Reserved188[0x218 - 0x188];
    ULONG NextProcessor;
    LONG QueuePriority;
    PKPROCESS Process;
    UCHAR Reserved228[0x232 - 0x228];
    CHAR PreviousMode;
    CHAR BasePriority;
    UCHAR Reserved234[0x283 - 0x234];
    UCHAR WaitReason; // KWAIT_REASON
    UCHAR Reserved284[0x2f8 - 0x284];
    LIST_ENTRY ThreadListEntry;
    LIST_ENTRY MutantListHead;
    UCHAR Reserved318[0x430 - 0x318];
} KTHREAD, *PKTHREAD;

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
    UCHAR Reserved6C0[0x2d3c - 0x6c0];
    ULONG KeContextSwitches;
    UCHAR Reserved2D40[0x2d88 - 0x2d40];
    volatile ULONG IpiFrozen; // KIPI_FROZEN
    UCHAR Reserved2D8C[0x3110 - 0x2d8c];
    PVOID DpcStack;
    UCHAR Reserved3118[0x312a - 0x3118];
    UCHAR DpcRoutineActive;
    UCHAR IdleSchedule;
    SHORT NormalDpcState;
    SHORT ThreadDpcState;
    UCHAR Reserved3130[0x7be6 - 0x3130];
    UCHAR NmiActive;
    UCHAR MceActive;
    UCHAR Reserved7BE8[0x7c18 - 0x7be8];
    ULONG ReadySummary;
    UCHAR Reserved7C1C[0x7c80 - 0x7c1c];
    LIST_ENTRY DispatcherReadyListHead[32];
    ULONG InterruptCount;
    ULONG KernelTime;
    UCHAR Reserved7E88[0x7e98 - 0x7e88];
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
CHECK(KPRCB, DpcStack, 0x3110);
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
CHECK(KPCR, Self, PcSelf);
CHECK(KPCR, CurrentPrcb, PcCurrentPrcb);
CHECK(KPCR, IdtBase, 0x38);
CHECK(KPCR, Irql, 0x50);
CHECK(KPCR, KdVersionBlock, 0x108);
CHECK(KPCR, Prcb, PcPrcb);
_Static_assert(sizeof(KPCR) == 0xb080, "_KPCR");
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

// threads
VOID KiReadyThread(PKTHREAD Thread);
VOID KiSwapThread(PKTHREAD Thread);
VOID KeWaitForever(KWAIT_REASON WaitReason);
VOID KiSwapContext(PKTHREAD OldThread, PKTHREAD NewThread);
VOID KiStartSystemThread(VOID);
VOID KeStallExecutionProcessor(ULONG MicroSeconds);

// bug check
__declspec(noreturn) VOID KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                                       ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4);
VOID KiFreezeOtherProcessors(VOID);
VOID KiSendApicCommand(ULONG ApicId, ULONG Command);
