// The other processors: how they are started.
#include "ke.h"
#include "mm.h"
#include "ps.h"

#define APIC_SPURIOUS 0xf0
#define APIC_COMMAND_INIT 0x4500
#define APIC_COMMAND_STARTUP 0x4600
#define APIC_PHYSICAL_PAGE 0xfee00

#define FW_CFG_SELECT 0x510 // QEMU's configuration ports
#define FW_CFG_DATA 0x511
#define FW_CFG_NB_CPUS 5

extern UCHAR KiStartCode[], KiStartCodeEnd[];
VOID KiStartProcessor(PKPCR Pcr);

static volatile ULONG *KiApicRegister(ULONG Offset)
{
    return (volatile ULONG *)(MM_HAL_APIC + Offset);
}

VOID KeStallExecutionProcessor(ULONG MicroSeconds)
{
    for (; MicroSeconds != 0; MicroSeconds--) {
        InPort8(0x80); // a bus cycle of about a microsecond
        PauseProcessor();
    }
}

static ULONG KiQueryProcessorCount(VOID)
{
    USHORT count;

    OutPort16(FW_CFG_SELECT, FW_CFG_NB_CPUS);
    count = InPort8(FW_CFG_DATA);
    count |= (USHORT)(InPort8(FW_CFG_DATA) << 8);
    return count < MAXIMUM_PROCESSORS ? count : MAXIMUM_PROCESSORS;
}

static VOID KiStartOneProcessor(ULONG Number)
{
    KPROCESSOR_START *start = (KPROCESSOR_START *)(KI_START_PAGE + KI_START_DATA);
    PKPCR pcr = MmAllocateSystemPages(sizeof(KPCR));
    PETHREAD idle = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(ETHREAD), 'rhTI');
    PCONTEXT context = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(CONTEXT), 'xtnC');
    PUCHAR stack = MmAllocateSystemPages(KERNEL_STACK_SIZE);

    PsInitializeIdleThread(idle, stack + KERNEL_STACK_SIZE, KERNEL_STACK_SIZE);
    KiInitializeProcessor(pcr, Number, MmAllocateSystemPages(sizeof(KI_PROCESSOR_TABLES)), &idle->Tcb, context);
    start->Cr3 = READ_REGISTER("cr3");
    start->Entry = KiStartProcessor;
    start->Stack = stack + KERNEL_STACK_SIZE - 0x50 - 0x30;
    start->Pcr = pcr;

    KiSendApicCommand(Number, APIC_COMMAND_INIT);
    KeStallExecutionProcessor(10000);
    for (ULONG attempt = 0; attempt < 2 && KeNumberProcessors == Number; attempt++) {
        KiSendApicCommand(Number, APIC_COMMAND_STARTUP | KI_START_PAGE >> PAGE_SHIFT);
        for (ULONG wait = 0; wait < 20000 && KeNumberProcessors == Number; wait++) {
            KeStallExecutionProcessor(100);
        }
    }
    if (KeNumberProcessors == Number) {
        DbgPrint("minint: processor %u does not start\n", Number);
        KiProcessorBlock[Number] = NULL;
    }
}

// On a started processor, on its idle thread's stack.
VOID KiInitializeStartedProcessor(PKPCR Pcr)
{
    KiLoadProcessorTables(Pcr);
    *KiApicRegister(APIC_SPURIOUS) = 0x1ff;
    KeNumberProcessors = Pcr->Prcb.Number + 1;
}

VOID KeStartAllProcessors(VOID)
{
    ULONG count = KiQueryProcessorCount();

    MiMapPage(MM_HAL_APIC, APIC_PHYSICAL_PAGE, FALSE);
    *KiApicRegister(APIC_SPURIOUS) = 0x1ff;
    if (count == 1) {
        return;
    }

    // Real-mode code needs a page below 1 MB, mapped at its physical address while paging is turned on.
    MiMapPage(KI_START_PAGE, KI_START_PAGE >> PAGE_SHIFT, TRUE);
    __builtin_memcpy((PVOID)KI_START_PAGE, KiStartCode, KiStartCodeEnd - KiStartCode);
    for (ULONG number = 1; number < count && KeNumberProcessors == number; number++) {
        KiStartOneProcessor(number);
    }
    __builtin_memset((PVOID)KI_START_PAGE, 0, PAGE_SIZE);
    MiUnmapPage(KI_START_PAGE);
}
