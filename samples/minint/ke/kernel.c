// Start of the kernel, and what each processor is given: tables, KPCR, idle thread.
#include "ex.h"
#include "kd.h"
#include "mm.h"
#include "ps.h"
#include "rtl.h"

#define PIC1_MASK 0x21
#define PIC2_MASK 0xa1
#define EFER_SYSCALL 1
#define SYSCALL_FLAGS_MASK 0x4700 // a system call clears NT, DF, IF and TF

extern VOID KiDivideErrorFault(VOID), KiDebugTrapOrFault(VOID), KiNmiInterrupt(VOID), KiBreakpointTrap(VOID),
    KiInvalidOpcodeFault(VOID), KiDoubleFaultAbort(VOID), KiGeneralProtectionFault(VOID), KiPageFault(VOID),
    KiRaiseAssertion(VOID), KiDebugServiceTrap(VOID), KiUnexpectedInterrupt(VOID), KiDpcInterrupt(VOID),
    KiClockInterrupt(VOID), KiIpiInterrupt(VOID), KiSystemCall64(VOID);
extern UCHAR KiBootStack[];

__declspec(align(4096)) KPCR KiInitialPCR;
ETHREAD KiInitialThread;
PKPRCB KiProcessorBlock[MAXIMUM_PROCESSORS];
volatile ULONG KeNumberProcessors;
BOOT_BLOCK KiBootBlock;

static KI_PROCESSOR_TABLES KiInitialTables;
static CONTEXT KiInitialContext;

static const struct {
    UCHAR Vector;
    UCHAR IstIndex;
    VOID (*Handler)(VOID);
} KiInterruptInitTable[] = {
    {0, 0, KiDivideErrorFault},   {1, 0, KiDebugTrapOrFault},  {2, 3, KiNmiInterrupt},
    {3, 0, KiBreakpointTrap},     {6, 0, KiInvalidOpcodeFault}, {8, 1, KiDoubleFaultAbort},
    {13, 0, KiGeneralProtectionFault}, {14, 0, KiPageFault},
    {0x2c, 0, KiRaiseAssertion},  {0x2d, 0, KiDebugServiceTrap}, {DPC_VECTOR, 0, KiDpcInterrupt},
    {CLOCK_VECTOR, 0, KiClockInterrupt}, {IPI_VECTOR, 0, KiIpiInterrupt},
};

static VOID KiSetGate(PKIDTENTRY64 Gate, VOID (*Handler)(VOID), UCHAR IstIndex, UCHAR Dpl)
{
    ULONG64 offset = (ULONG64)Handler;

    Gate->OffsetLow = (USHORT)offset;
    Gate->Selector = KGDT64_R0_CODE;
    Gate->IstIndex = IstIndex;
    Gate->Type = 14; // interrupt gate
    Gate->Dpl = Dpl;
    Gate->Present = 1;
    Gate->OffsetMiddle = (USHORT)(offset >> 16);
    Gate->OffsetHigh = (ULONG)(offset >> 32);
}

static VOID KiFillTables(KI_PROCESSOR_TABLES *Tables)
{
    ULONG64 *gdt = (ULONG64 *)Tables->Gdt;
    ULONG64 tss = (ULONG64)&Tables->Tss;

    gdt[KGDT64_R0_CODE / 8] = 0x00209b0000000000;
    gdt[KGDT64_R0_DATA / 8] = 0x00cf93000000ffff;
    gdt[KGDT64_R3_CMCODE / 8] = 0x00cffb000000ffff;
    gdt[KGDT64_R3_DATA / 8] = 0x00cff3000000ffff;
    gdt[KGDT64_R3_CODE / 8] = 0x0020fb0000000000;
    gdt[KGDT64_SYS_TSS / 8] = (sizeof(KTSS64) - 1) | (tss & 0xffffff) << 16 | 0x89ULL << 40 | (tss >> 24 & 0xff) << 56;
    gdt[KGDT64_SYS_TSS / 8 + 1] = tss >> 32;
    gdt[KGDT64_R3_CMTEB / 8] = 0x0040f30000003c00;

    Tables->Tss.Ist[1] = (ULONG64)(Tables->DoubleFaultStack + sizeof(Tables->DoubleFaultStack));
    Tables->Tss.Ist[3] = (ULONG64)(Tables->NmiStack + sizeof(Tables->NmiStack));
    Tables->Tss.IoMapBase = sizeof(KTSS64);

    for (ULONG vector = 0; vector < RTL_NUMBER_OF(Tables->Idt); vector++) {
        KiSetGate(&Tables->Idt[vector], KiUnexpectedInterrupt, 0, 0);
    }
    for (ULONG index = 0; index < RTL_NUMBER_OF(KiInterruptInitTable); index++) {
        UCHAR vector = KiInterruptInitTable[index].Vector;

        KiSetGate(&Tables->Idt[vector], KiInterruptInitTable[index].Handler, KiInterruptInitTable[index].IstIndex,
                  vector == 3 || vector == 0x2c || vector == 0x2d ? 3 : 0);
    }
}

static VOID KiIdentifyProcessor(PKPRCB Prcb)
{
    ULONG eax, ebx, ecx, edx;

    __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(0));
    __builtin_memcpy(Prcb->VendorString, &ebx, 4);
    __builtin_memcpy(Prcb->VendorString + 4, &edx, 4);
    __builtin_memcpy(Prcb->VendorString + 8, &ecx, 4);
    __asm__ volatile("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(1));
    Prcb->CpuType = (CHAR)((eax >> 8 & 15) + ((eax >> 8 & 15) == 15 ? eax >> 20 & 255 : 0));
    Prcb->CpuStepping = eax & 15;
    Prcb->CpuModel = (UCHAR)((eax >> 4 & 15) | (eax >> 12 & 0xf0));
    Prcb->CpuID = 1;
    Prcb->InitialApicId = ebx >> 24;
}

VOID KiInitializeProcessor(PKPCR Pcr, ULONG Number, KI_PROCESSOR_TABLES *Tables, PKTHREAD IdleThread, PCONTEXT Context)
{
    PKPRCB prcb = &Pcr->Prcb;

    KiFillTables(Tables);
    Pcr->GdtBase = Tables->Gdt;
    Pcr->TssBase = &Tables->Tss;
    Pcr->IdtBase = Tables->Idt;
    Pcr->Self = Pcr;
    Pcr->CurrentPrcb = prcb;
    Pcr->Used_Self = Pcr;
    Pcr->MajorVersion = 1;
    Pcr->MinorVersion = 1;

    prcb->MxCsr = 0x1f80;
    prcb->LegacyNumber = (UCHAR)Number;
    prcb->Number = Number;
    prcb->CurrentThread = IdleThread;
    prcb->IdleThread = IdleThread;
    prcb->RspBase = (ULONG64)IdleThread->InitialStack;
    prcb->MajorVersion = 1;
    prcb->MinorVersion = 1;
    prcb->GroupSetMember = 1ULL << Number;
    prcb->GroupIndex = (UCHAR)Number;
    prcb->Context = Context;
    prcb->ContextFlagsInit = CONTEXT_AMD64_ALL_SAVED;
    for (ULONG priority = 0; priority < RTL_NUMBER_OF(prcb->DispatcherReadyListHead); priority++) {
        InitializeListHead(&prcb->DispatcherReadyListHead[priority]);
    }
    KiInitializeTimerTable(prcb);
    IdleThread->NextProcessor = Number;
    KiProcessorBlock[Number] = prcb;
}

VOID KiLoadProcessorTables(PKPCR Pcr)
{
    struct {
        USHORT Pad[3];
        USHORT Limit;
        PVOID Base;
    } gdtr = {{0}, 0x5f, Pcr->GdtBase}, idtr = {{0}, 0xfff, Pcr->IdtBase};

    __asm__ volatile("lgdt %0\n\t"
                     "lidt %1\n\t"
                     "pushq %2\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %3, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movl %4, %%eax\n\t"
                     "movl %%eax, %%ds\n\t"
                     "movl %%eax, %%es\n\t"
                     "movl %5, %%eax\n\t"
                     "movl %%eax, %%fs\n\t"
                     "movl %4, %%eax\n\t"
                     "movl %%eax, %%gs\n\t"
                     "movl %6, %%eax\n\t"
                     "ltr %%ax"
                     :
                     : "m"(gdtr.Limit), "m"(idtr.Limit), "i"(KGDT64_R0_CODE), "i"(KGDT64_R0_DATA),
                       "i"(KGDT64_R3_DATA | 3), "i"(KGDT64_R3_CMTEB | 3), "i"(KGDT64_SYS_TSS)
                     : "rax", "memory");
    WriteMsr(MSR_GS_BASE, (ULONG64)Pcr);
    WriteMsr(MSR_GS_SWAP, 0);
    WriteMsr(MSR_EFER, ReadMsr(MSR_EFER) | EFER_SYSCALL);
    WriteMsr(MSR_STAR, (ULONG64)(KGDT64_R3_CMCODE | 3) << 48 | (ULONG64)KGDT64_R0_CODE << 32);
    WriteMsr(MSR_LSTAR, (ULONG64)KiSystemCall64);
    WriteMsr(MSR_SYSCALL_MASK, SYSCALL_FLAGS_MASK);
    __asm__ volatile("ldmxcsr %0" : : "m"(Pcr->Prcb.MxCsr));
    WRITE_REGISTER("cr8", HIGH_LEVEL);
    KiIdentifyProcessor(&Pcr->Prcb);
    Pcr->Prcb.KernelDirectoryTableBase = READ_REGISTER("cr3");
}

// The first processor, still on the boot loader's page tables; ends as the idle thread.
VOID KiInitializeKernel(BOOT_BLOCK *BootBlock)
{
    KiBootBlock = *BootBlock;
    PsInitializeIdleProcess();
    PsInitializeIdleThread(&KiInitialThread, KiBootStack + KERNEL_STACK_SIZE, KERNEL_STACK_SIZE);
    KiInitializeProcessor(&KiInitialPCR, 0, &KiInitialTables, &KiInitialThread.Tcb, &KiInitialContext);
    KiInitialPCR.KdVersionBlock = &KdVersionBlock;
    KiLoadProcessorTables(&KiInitialPCR);
    KeNumberProcessors = 1;

    OutPort8(PIC1_MASK, 0xff); // the old interrupt controllers stay silent
    OutPort8(PIC2_MASK, 0xff);
    KdPortInitialize();
    KdInitSystem(0, &KiBootBlock);
    MmInitSystem(&KiBootBlock);
    ExInitializeSharedData();
    MiInitializeLoadedModuleList(KiBootBlock.KernelBase);
    KdInitSystem(1, NULL);
    PsInitSystem();
    PsCreateSystemThread(NULL, 0, NULL, NULL, NULL, Phase1Initialization, NULL);
}
