// What a debugger looks for: KDDEBUGGER_DATA64 and DBGKD_GET_VERSION64, as documented in wdbgexts.h; the crash block
// that tells crash.py where things are; DbgPrint's way to the serial port.
#pragma once

#include "ntddk.h"
#include "windbgkd.h"

#define PRINT_BUFFER_SIZE 0x1000

typedef struct _DBGKD_DEBUG_DATA_HEADER64 {
    LIST_ENTRY List;
    ULONG OwnerTag;
    ULONG Size;
} DBGKD_DEBUG_DATA_HEADER64;

#define KDBG_TAG 0x4742444B // "KDBG"

typedef struct _KDDEBUGGER_DATA64 {
    DBGKD_DEBUG_DATA_HEADER64 Header;
    ULONG64 KernBase;
    ULONG64 BreakpointWithStatus;
    ULONG64 SavedContext;
    USHORT ThCallbackStack;
    USHORT NextCallback;
    USHORT FramePointer;
    USHORT PaeEnabled : 1;
    ULONG64 KiCallUserMode;
    ULONG64 KeUserCallbackDispatcher;
    ULONG64 PsLoadedModuleList;
    ULONG64 PsActiveProcessHead;
    ULONG64 PspCidTable;
    ULONG64 ExpSystemResourcesList;
    ULONG64 ExpPagedPoolDescriptor;
    ULONG64 ExpNumberOfPagedPools;
    ULONG64 KeTimeIncrement;
    ULONG64 KeBugCheckCallbackListHead;
    ULONG64 KiBugcheckData;
    ULONG64 IopErrorLogListHead;
    ULONG64 ObpRootDirectoryObject;
    ULONG64 ObpTypeObjectType;
    ULONG64 MmSystemCacheStart;
    ULONG64 MmSystemCacheEnd;
    ULONG64 MmSystemCacheWs;
    ULONG64 MmPfnDatabase;
    ULONG64 MmSystemPtesStart;
    ULONG64 MmSystemPtesEnd;
    ULONG64 MmSubsectionBase;
    ULONG64 MmNumberOfPagingFiles;
    ULONG64 MmLowestPhysicalPage;
    ULONG64 MmHighestPhysicalPage;
    ULONG64 MmNumberOfPhysicalPages;
    ULONG64 MmMaximumNonPagedPoolInBytes;
    ULONG64 MmNonPagedSystemStart;
    ULONG64 MmNonPagedPoolStart;
    ULONG64 MmNonPagedPoolEnd;
    ULONG64 MmPagedPoolStart;
    ULONG64 MmPagedPoolEnd;
    ULONG64 MmPagedPoolInformation;
    ULONG64 MmPageSize;
    ULONG64 MmSizeOfPagedPoolInBytes;
    ULONG64 MmTotalCommitLimit;
    ULONG64 MmTotalCommittedPages;
    ULONG64 MmSharedCommit;
    ULONG64 MmDriverCommit;
    ULONG64 MmProcessCommit;
    ULONG64 MmPagedPoolCommit;
    ULONG64 MmExtendedCommit;
    ULONG64 MmZeroedPageListHead;
    ULONG64 MmFreePageListHead;
    ULONG64 MmStandbyPageListHead;
    ULONG64 MmModifiedPageListHead;
    ULONG64 MmModifiedNoWritePageListHead;
    ULONG64 MmAvailablePages;
    ULONG64 MmResidentAvailablePages;
    ULONG64 PoolTrackTable;
    ULONG64 NonPagedPoolDescriptor;
    ULONG64 MmHighestUserAddress;
    ULONG64 MmSystemRangeStart;
    ULONG64 MmUserProbeAddress;
    ULONG64 KdPrintCircularBuffer;
    ULONG64 KdPrintCircularBufferEnd;
    ULONG64 KdPrintWritePointer;
    ULONG64 KdPrintRolloverCount;
    ULONG64 MmLoadedUserImageList;
    ULONG64 NtBuildLab;
    ULONG64 KiNormalSystemCall;
    ULONG64 KiProcessorBlock;
    ULONG64 MmUnloadedDrivers;
    ULONG64 MmLastUnloadedDriver;
    ULONG64 MmTriageActionTaken;
    ULONG64 MmSpecialPoolTag;
    ULONG64 KernelVerifier;
    ULONG64 MmVerifierData;
    ULONG64 MmAllocatedNonPagedPool;
    ULONG64 MmPeakCommitment;
    ULONG64 MmTotalCommitLimitMaximum;
    ULONG64 CmNtCSDVersion;
    ULONG64 MmPhysicalMemoryBlock;
    ULONG64 MmSessionBase;
    ULONG64 MmSessionSize;
    ULONG64 MmSystemParentTablePage;
    ULONG64 MmVirtualTranslationBase;
    USHORT OffsetKThreadNextProcessor;
    USHORT OffsetKThreadTeb;
    USHORT OffsetKThreadKernelStack;
    USHORT OffsetKThreadInitialStack;
    USHORT OffsetKThreadApcProcess;
    USHORT OffsetKThreadState;
    USHORT OffsetKThreadBStore;
    USHORT OffsetKThreadBStoreLimit;
    USHORT SizeEProcess;
    USHORT OffsetEprocessPeb;
    USHORT OffsetEprocessParentCID;
    USHORT OffsetEprocessDirectoryTableBase;
    USHORT SizePrcb;
    USHORT OffsetPrcbDpcRoutine;
    USHORT OffsetPrcbCurrentThread;
    USHORT OffsetPrcbMhz;
    USHORT OffsetPrcbCpuType;
    USHORT OffsetPrcbVendorString;
    USHORT OffsetPrcbProcStateContext;
    USHORT OffsetPrcbNumber;
    USHORT SizeEThread;
    UCHAR L1tfHighPhysicalBitIndex;
    UCHAR L1tfSwizzleBitIndex;
    ULONG64 KdPrintCircularBufferPtr;
    ULONG64 KdPrintBufferSize;
    ULONG64 KeLoaderBlock;
    USHORT SizePcr;
    USHORT OffsetPcrSelfPcr;
    USHORT OffsetPcrCurrentPrcb;
    USHORT OffsetPcrContainedPrcb;
    USHORT OffsetPcrInitialBStore;
    USHORT OffsetPcrBStoreLimit;
    USHORT OffsetPcrInitialStack;
    USHORT OffsetPcrStackLimit;
    USHORT OffsetPrcbPcrPage;
    USHORT OffsetPrcbProcStateSpecialReg;
    USHORT GdtR0Code;
    USHORT GdtR0Data;
    USHORT GdtR0Pcr;
    USHORT GdtR3Code;
    USHORT GdtR3Data;
    USHORT GdtR3Teb;
    USHORT GdtLdt;
    USHORT GdtTss;
    USHORT Gdt64R3CmCode;
    USHORT Gdt64R3CmTeb;
    ULONG64 IopNumTriageDumpDataBlocks;
    ULONG64 IopTriageDumpDataBlocks;
    ULONG64 VfCrashDataBlock;
    ULONG64 MmBadPagesDetected;
    ULONG64 MmZeroedPageSingleBitErrorsDetected;
    ULONG64 EtwpDebuggerData;
    USHORT OffsetPrcbContext;
    USHORT OffsetPrcbMaxBreakpoints;
    USHORT OffsetPrcbMaxWatchpoints;
    ULONG OffsetKThreadStackLimit;
    ULONG OffsetKThreadStackBase;
    ULONG OffsetKThreadQueueListEntry;
    ULONG OffsetEThreadIrpList;
    USHORT OffsetPrcbIdleThread;
    USHORT OffsetPrcbNormalDpcState;
    USHORT OffsetPrcbDpcStack;
    USHORT OffsetPrcbIsrStack;
    USHORT SizeKDPC_STACK_FRAME;
    USHORT OffsetKPriQueueThreadListHead;
    USHORT OffsetKThreadWaitReason;
    USHORT Padding;
    ULONG64 PteBase;
    ULONG64 RetpolineStubFunctionTable;
    ULONG RetpolineStubFunctionTableSize;
    ULONG RetpolineStubOffset;
    ULONG RetpolineStubSize;
} KDDEBUGGER_DATA64;

_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, KiProcessorBlock) == 0x218, "KiProcessorBlock");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, OffsetKThreadNextProcessor) == 0x298, "OffsetKThreadNextProcessor");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, SizePcr) == 0x2e0, "SizePcr");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, OffsetPrcbContext) == 0x338, "OffsetPrcbContext");
_Static_assert(FIELD_OFFSET(KDDEBUGGER_DATA64, PteBase) == 0x360, "PteBase");
_Static_assert(sizeof(KDDEBUGGER_DATA64) == 0x380, "KDDEBUGGER_DATA64");

// What crash.py reads of a crashed machine; it gets the physical address over the serial port. All addresses but
// DirectoryTableBase are virtual. No NT structure.
typedef struct _CRASH_BLOCK {
    CHAR Signature[8]; // "KDAPCRSH"
    ULONG64 DirectoryTableBase;
    ULONG64 KdDebuggerDataBlock;
    ULONG64 PsLoadedModuleList;
    ULONG64 PsActiveProcessHead;
    ULONG64 MmPfnDatabase;
    ULONG64 MmPhysicalMemoryBlock;
    ULONG64 KernBase;
    ULONG64 BugCheckCode;
    ULONG64 BugCheckParameters[4];
    ULONG64 ContextRecord; // of the processor that bug checked
    ULONG64 SystemTime; // since 1601, in 100 ns
    ULONG64 SystemUpTime; // in 100 ns
    ULONG MajorVersion;
    ULONG MinorVersion;
    ULONG MachineImageType;
    ULONG NumberProcessors;
} CRASH_BLOCK;

extern KDDEBUGGER_DATA64 KdDebuggerDataBlock;
extern DBGKD_GET_VERSION64 KdVersionBlock;
extern BOOLEAN KdDebuggerEnabled; // by the boot options
extern BOOLEAN KdDebuggerNotPresent; // it doesn't answer
extern BOOLEAN KdEnteredDebugger; // the machine stands still for it
extern ULONG NtGlobalFlag;

struct _BOOT_BLOCK;
// Phase 0: before there is memory management. Phase 1: behind it.
VOID KdInitSystem(ULONG Phase, struct _BOOT_BLOCK *BootBlock);
VOID KdPortInitialize(VOID);
VOID KdPortWrite(PCSTR Text);
extern BOOLEAN KdPortSilent;
// Tells the host that this machine has crashed, and where the crash block is.
VOID KdReportCrash(VOID);

// Whether the debugger wants to break in.
BOOLEAN KdPollBreakIn(VOID);
// Breaks in if so. For the clock interrupt.
VOID KdCheckForDebugBreak(VOID);

// Why DbgBreakPointWithStatus
enum { DBG_STATUS_CONTROL_C = 1, DBG_STATUS_BUGCHECK_FIRST = 3, DBG_STATUS_BUGCHECK_SECOND = 4, DBG_STATUS_FATAL = 5 };
VOID DbgBreakPoint(VOID);
VOID DbgBreakPointWithStatus(ULONG Status);
ULONG DbgPrompt(PCSTR Prompt, CHAR *Response, ULONG Length);

typedef struct _KD_SYMBOLS_INFO {
    PVOID BaseOfDll;
    ULONG_PTR ProcessId;
    ULONG CheckSum;
    ULONG SizeOfImage;
} KD_SYMBOLS_INFO;

// The debug service that int 2d asks for, in the exception's first parameter; a breakpoint has BREAKPOINT_BREAK there.
enum { BREAKPOINT_BREAK, BREAKPOINT_PRINT, BREAKPOINT_PROMPT, BREAKPOINT_LOAD_SYMBOLS, BREAKPOINT_UNLOAD_SYMBOLS };
ULONG DebugService(PVOID Argument1, PVOID Argument2, PVOID Argument3, ULONG Argument4, ULONG Service);
VOID DbgLoadImageSymbols(PCSTR FileName, PVOID ImageBase);
VOID DbgUnLoadImageSymbols(PCSTR FileName, PVOID ImageBase);

// The debugger's part in the dispatch of an exception of the kernel. TRUE: handled, go on at the context.
typedef BOOLEAN KDEBUG_ROUTINE(PEXCEPTION_RECORD ExceptionRecord, PCONTEXT ContextRecord, BOOLEAN SecondChance);
extern KDEBUG_ROUTINE *KiDebugRoutine;
KDEBUG_ROUTINE KdpTrap, KdpStub;

typedef enum _KCONTINUE_STATUS {
    ContinueError, // not handled
    ContinueSuccess,
    ContinueProcessorReselected, // this processor is to report once more
    ContinueNextProcessor, // another one talks to the debugger now
} KCONTINUE_STATUS;

BOOLEAN KeFreezeExecution(VOID);
VOID KeThawExecution(BOOLEAN Enable);
KCONTINUE_STATUS KeSwitchFrozenProcessor(ULONG Number);
KCONTINUE_STATUS KdpSwitchProcessor(VOID);
__declspec(noreturn) VOID HalReturnToFirmware(VOID);
