// The bug check, after KeBugCheckEx has saved its context.
#include "kd.h"
#include "ke.h"

ULONG_PTR KiBugCheckData[5];
volatile ULONG KiBugCheckActive;
LIST_ENTRY KeBugCheckCallbackListHead = {&KeBugCheckCallbackListHead, &KeBugCheckCallbackListHead};

VOID KiSaveProcessorControlState(PKPROCESSOR_STATE ProcessorState)
{
    KSPECIAL_REGISTERS *special = &ProcessorState->SpecialRegisters;

    special->Cr0 = READ_REGISTER("cr0");
    special->Cr2 = READ_REGISTER("cr2");
    special->Cr3 = READ_REGISTER("cr3");
    special->Cr4 = READ_REGISTER("cr4");
    special->Cr8 = READ_REGISTER("cr8");
    special->KernelDr0 = READ_REGISTER("dr0");
    special->KernelDr1 = READ_REGISTER("dr1");
    special->KernelDr2 = READ_REGISTER("dr2");
    special->KernelDr3 = READ_REGISTER("dr3");
    special->KernelDr6 = READ_REGISTER("dr6");
    special->KernelDr7 = READ_REGISTER("dr7");
    __asm__ volatile("sgdt %0" : "=m"(special->Gdtr.Limit));
    __asm__ volatile("sidt %0" : "=m"(special->Idtr.Limit));
    __asm__ volatile("str %0" : "=m"(special->Tr));
    __asm__ volatile("sldt %0" : "=m"(special->Ldtr));
    __asm__ volatile("stmxcsr %0" : "=m"(special->MxCsr));
    special->MsrGsBase = ReadMsr(MSR_GS_BASE);
    special->MsrGsSwap = ReadMsr(MSR_GS_SWAP);
    special->MsrFsBase = ReadMsr(MSR_FS_BASE);
    special->MsrStar = ReadMsr(MSR_STAR);
    special->MsrLStar = ReadMsr(MSR_LSTAR);
    special->MsrCStar = ReadMsr(MSR_CSTAR);
    special->MsrSyscallMask = ReadMsr(MSR_SYSCALL_MASK);
}

// What the debugger may have changed of it.
VOID KiRestoreProcessorControlState(PKPROCESSOR_STATE ProcessorState)
{
    KSPECIAL_REGISTERS *special = &ProcessorState->SpecialRegisters;

    WRITE_REGISTER("cr0", special->Cr0);
    WRITE_REGISTER("cr2", special->Cr2);
    WRITE_REGISTER("cr3", special->Cr3);
    WRITE_REGISTER("cr4", special->Cr4);
    WRITE_REGISTER("dr0", special->KernelDr0);
    WRITE_REGISTER("dr1", special->KernelDr1);
    WRITE_REGISTER("dr2", special->KernelDr2);
    WRITE_REGISTER("dr3", special->KernelDr3);
    WRITE_REGISTER("dr6", special->KernelDr6);
    WRITE_REGISTER("dr7", special->KernelDr7);
}

__declspec(noreturn) VOID KeBugCheck2(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                                      ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    if (__atomic_exchange_n(&KiBugCheckActive, 1, __ATOMIC_SEQ_CST) == 0) {
        KiBugCheckData[0] = BugCheckCode;
        KiBugCheckData[1] = BugCheckParameter1;
        KiBugCheckData[2] = BugCheckParameter2;
        KiBugCheckData[3] = BugCheckParameter3;
        KiBugCheckData[4] = BugCheckParameter4;
        KdEnteredDebugger = FALSE; // if that was what failed
        if (!KdDebuggerEnabled) {
            KiFreezeOtherProcessors();
        }
        DbgPrint("\n*** Fatal System Error: 0x%08x\n    (0x%p,0x%p,0x%p,0x%p)\n\n", BugCheckCode, BugCheckParameter1,
                 BugCheckParameter2, BugCheckParameter3, BugCheckParameter4);
        if (KdDebuggerEnabled && !KdDebuggerNotPresent) {
            DbgBreakPointWithStatus(DBG_STATUS_BUGCHECK_FIRST);
            KiFreezeOtherProcessors();
        }
        KdReportCrash();
        while (KdDebuggerEnabled && !KdDebuggerNotPresent) {
            DbgBreakPointWithStatus(DBG_STATUS_BUGCHECK_SECOND);
        }
    }
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}
