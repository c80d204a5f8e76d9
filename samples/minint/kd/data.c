// What a debugger finds the rest from.
#include "ex.h"
#include "kdp.h"
#include "ke.h"
#include "mm.h"
#include "pe.h"
#include "ps.h"

#define DBGKD_VERS_FLAGS 0x47 // MP, pointers of 64 bits, data, packet type

extern LIST_ENTRY KeBugCheckCallbackListHead;
extern ULONG64 MmNumberOfPhysicalPages, MmLowestPhysicalPage, MmHighestPhysicalPage, MmAvailablePages;
extern const ULONG64 MmSystemRangeStart, MmHighestUserAddress, MmUserProbeAddress;
extern const CHAR NtBuildLabEx[];
extern CHAR KdPrintDefaultCircularBuffer[];
extern UCHAR RtlpBreakWithStatusInstruction[];
extern CHAR *KdPrintCircularBuffer, *KdPrintWritePointer;
extern ULONG KdPrintRolloverCount, KdPrintBufferSize;


KDDEBUGGER_DATA64 KdDebuggerDataBlock = {
    .Header = {.OwnerTag = KDBG_TAG, .Size = sizeof(KDDEBUGGER_DATA64)},
    .BreakpointWithStatus = (ULONG64)RtlpBreakWithStatusInstruction,
    .PsLoadedModuleList = (ULONG64)&PsLoadedModuleList,
    .PsActiveProcessHead = (ULONG64)&PsActiveProcessHead,
    .KeTimeIncrement = (ULONG64)&KeTimeIncrement,
    .KeBugCheckCallbackListHead = (ULONG64)&KeBugCheckCallbackListHead,
    .KiBugcheckData = (ULONG64)KiBugCheckData,
    .MmLowestPhysicalPage = (ULONG64)&MmLowestPhysicalPage,
    .MmHighestPhysicalPage = (ULONG64)&MmHighestPhysicalPage,
    .MmNumberOfPhysicalPages = (ULONG64)&MmNumberOfPhysicalPages,
    .MmPageSize = PAGE_SIZE,
    .MmAvailablePages = (ULONG64)&MmAvailablePages,
    .MmHighestUserAddress = (ULONG64)&MmHighestUserAddress,
    .MmSystemRangeStart = (ULONG64)&MmSystemRangeStart,
    .MmUserProbeAddress = (ULONG64)&MmUserProbeAddress,
    .KdPrintCircularBuffer = (ULONG64)KdPrintDefaultCircularBuffer,
    .KdPrintCircularBufferEnd = (ULONG64)KdPrintDefaultCircularBuffer + PRINT_BUFFER_SIZE,
    .KdPrintWritePointer = (ULONG64)&KdPrintWritePointer,
    .KdPrintRolloverCount = (ULONG64)&KdPrintRolloverCount,
    .NtBuildLab = (ULONG64)NtBuildLabEx,
    .KiProcessorBlock = (ULONG64)KiProcessorBlock,
    .MmUnloadedDrivers = (ULONG64)&MmUnloadedDrivers,
    .MmLastUnloadedDriver = (ULONG64)&MmLastUnloadedDriver,
    .MmPhysicalMemoryBlock = (ULONG64)&MmPhysicalMemoryBlock,
    .OffsetKThreadNextProcessor = FIELD_OFFSET(KTHREAD, NextProcessor),
    .OffsetKThreadTeb = FIELD_OFFSET(KTHREAD, Teb),
    .OffsetKThreadKernelStack = FIELD_OFFSET(KTHREAD, KernelStack),
    .OffsetKThreadInitialStack = FIELD_OFFSET(KTHREAD, InitialStack),
    .OffsetKThreadApcProcess = FIELD_OFFSET(KTHREAD, ApcState.Process),
    .OffsetKThreadState = FIELD_OFFSET(KTHREAD, State),
    .SizeEProcess = sizeof(EPROCESS),
    .OffsetEprocessPeb = FIELD_OFFSET(EPROCESS, Peb),
    .OffsetEprocessParentCID = FIELD_OFFSET(EPROCESS, InheritedFromUniqueProcessId),
    .OffsetEprocessDirectoryTableBase = FIELD_OFFSET(EPROCESS, Pcb.DirectoryTableBase),
    .SizePrcb = sizeof(KPRCB),
    .OffsetPrcbDpcRoutine = FIELD_OFFSET(KPRCB, DpcRoutineActive),
    .OffsetPrcbCurrentThread = FIELD_OFFSET(KPRCB, CurrentThread),
    .OffsetPrcbMhz = FIELD_OFFSET(KPRCB, MHz),
    .OffsetPrcbCpuType = FIELD_OFFSET(KPRCB, CpuType),
    .OffsetPrcbVendorString = FIELD_OFFSET(KPRCB, VendorString),
    .OffsetPrcbProcStateContext = FIELD_OFFSET(KPRCB, ProcessorState.ContextFrame),
    .OffsetPrcbNumber = FIELD_OFFSET(KPRCB, Number),
    .SizeEThread = sizeof(ETHREAD),
    .KdPrintCircularBufferPtr = (ULONG64)&KdPrintCircularBuffer,
    .KdPrintBufferSize = (ULONG64)&KdPrintBufferSize,
    .SizePcr = sizeof(KPCR),
    .OffsetPcrSelfPcr = FIELD_OFFSET(KPCR, Self),
    .OffsetPcrCurrentPrcb = FIELD_OFFSET(KPCR, CurrentPrcb),
    .OffsetPcrContainedPrcb = FIELD_OFFSET(KPCR, Prcb),
    .OffsetPrcbProcStateSpecialReg = FIELD_OFFSET(KPRCB, ProcessorState.SpecialRegisters),
    .GdtR0Code = KGDT64_R0_CODE,
    .GdtR0Data = KGDT64_R0_DATA,
    .GdtR3Code = KGDT64_R3_CODE | 3,
    .GdtR3Data = KGDT64_R3_DATA | 3,
    .GdtTss = KGDT64_SYS_TSS,
    .Gdt64R3CmCode = KGDT64_R3_CMCODE | 3,
    .Gdt64R3CmTeb = KGDT64_R3_CMTEB | 3,
    .OffsetPrcbContext = FIELD_OFFSET(KPRCB, Context),
    .OffsetKThreadStackLimit = FIELD_OFFSET(KTHREAD, StackLimit),
    .OffsetKThreadStackBase = FIELD_OFFSET(KTHREAD, StackBase),
    .OffsetKThreadQueueListEntry = 0x208,
    .OffsetEThreadIrpList = FIELD_OFFSET(ETHREAD, IrpList),
    .OffsetPrcbIdleThread = FIELD_OFFSET(KPRCB, IdleThread),
    .OffsetPrcbNormalDpcState = FIELD_OFFSET(KPRCB, NormalDpcState),
    .OffsetPrcbDpcStack = FIELD_OFFSET(KPRCB, DpcStack),
    .OffsetPrcbIsrStack = FIELD_OFFSET(KPRCB, IsrStack),
    .OffsetKThreadWaitReason = FIELD_OFFSET(KTHREAD, WaitReason),
    .PteBase = PTE_BASE,
};

DBGKD_GET_VERSION64 KdVersionBlock = {
    .MajorVersion = 0xf, // a free build
    .MinorVersion = 19041,
    .ProtocolVersion = 6,
    .Flags = DBGKD_VERS_FLAGS,
    .MachineType = IMAGE_FILE_MACHINE_AMD64,
    .MaxPacketType = PACKET_TYPE_MAX,
    .MaxStateChange = DbgKdMaximumStateChange - DbgKdMinimumStateChange,
    .MaxManipulate = DbgKdMaximumManipulate - DbgKdMinimumManipulate,
    .PsLoadedModuleList = (ULONG64)&PsLoadedModuleList,
};

static CRASH_BLOCK KdCrashBlock = {.Signature = {'K', 'D', 'A', 'P', 'C', 'R', 'S', 'H'}};

VOID KdReportCrash(VOID)
{
    CRASH_BLOCK *block = &KdCrashBlock;

    block->DirectoryTableBase = READ_REGISTER("cr3");
    block->KdDebuggerDataBlock = (ULONG64)&KdDebuggerDataBlock;
    block->PsLoadedModuleList = (ULONG64)&PsLoadedModuleList;
    block->PsActiveProcessHead = (ULONG64)&PsActiveProcessHead;
    block->MmPhysicalMemoryBlock = (ULONG64)MmPhysicalMemoryBlock;
    block->KernBase = KdVersionBlock.KernBase;
    block->BugCheckCode = KiBugCheckData[0];
    for (ULONG index = 0; index < RTL_NUMBER_OF(block->BugCheckParameters); index++) {
        block->BugCheckParameters[index] = KiBugCheckData[index + 1];
    }
    block->ContextRecord = (ULONG64)KeGetCurrentPrcb()->Context;
    block->SystemTime = ExReadTime(&SharedUserData->SystemTime);
    block->SystemUpTime = ExReadTime(&SharedUserData->InterruptTime);
    block->MajorVersion = KdVersionBlock.MajorVersion;
    block->MinorVersion = KdVersionBlock.MinorVersion;
    block->MachineImageType = IMAGE_FILE_MACHINE_AMD64;
    block->NumberProcessors = KeNumberProcessors;
    DbgPrint("minint: crash block at %p\n", MmGetPhysicalAddress(block));
}
