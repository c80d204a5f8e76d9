// Exceptions: contexts to and from trap frames, and their dispatch.
#include "ntddk.h"
#include "kd.h"
#include "ke.h"
#include "rtl.h"

VOID KeContextFromKframes(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame, PCONTEXT ContextRecord)
{
    ContextRecord->SegCs = TrapFrame->SegCs;
    ContextRecord->SegSs = TrapFrame->SegSs;
    ContextRecord->SegDs = KGDT64_R3_DATA | 3;
    ContextRecord->SegEs = KGDT64_R3_DATA | 3;
    ContextRecord->SegFs = KGDT64_R3_CMTEB | 3;
    ContextRecord->SegGs = KGDT64_R3_DATA | 3;
    ContextRecord->EFlags = TrapFrame->EFlags;
    ContextRecord->Rip = TrapFrame->Rip;
    ContextRecord->Rsp = TrapFrame->Rsp;
    ContextRecord->Rax = TrapFrame->Rax;
    ContextRecord->Rcx = TrapFrame->Rcx;
    ContextRecord->Rdx = TrapFrame->Rdx;
    ContextRecord->R8 = TrapFrame->R8;
    ContextRecord->R9 = TrapFrame->R9;
    ContextRecord->R10 = TrapFrame->R10;
    ContextRecord->R11 = TrapFrame->R11;
    ContextRecord->Rbp = TrapFrame->Rbp;
    ContextRecord->Rbx = ExceptionFrame->Rbx;
    ContextRecord->Rdi = ExceptionFrame->Rdi;
    ContextRecord->Rsi = ExceptionFrame->Rsi;
    ContextRecord->R12 = ExceptionFrame->R12;
    ContextRecord->R13 = ExceptionFrame->R13;
    ContextRecord->R14 = ExceptionFrame->R14;
    ContextRecord->R15 = ExceptionFrame->R15;
    ContextRecord->MxCsr = TrapFrame->MxCsr;
    ContextRecord->FltSave.MxCsr = TrapFrame->MxCsr;
    ContextRecord->FltSave.ControlWord = 0x27f;
    __builtin_memcpy(&ContextRecord->Xmm0, &TrapFrame->Xmm0, 6 * sizeof(M128A));
    __builtin_memcpy(&ContextRecord->Xmm6, &ExceptionFrame->Xmm6, 10 * sizeof(M128A));
    ContextRecord->Dr0 = READ_REGISTER("dr0");
    ContextRecord->Dr1 = READ_REGISTER("dr1");
    ContextRecord->Dr2 = READ_REGISTER("dr2");
    ContextRecord->Dr3 = READ_REGISTER("dr3");
    ContextRecord->Dr6 = READ_REGISTER("dr6");
    ContextRecord->Dr7 = READ_REGISTER("dr7");
}

VOID KeContextToKframes(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame, PCONTEXT ContextRecord)
{
    TrapFrame->EFlags = ContextRecord->EFlags;
    TrapFrame->Rip = ContextRecord->Rip;
    TrapFrame->Rsp = ContextRecord->Rsp;
    TrapFrame->Rax = ContextRecord->Rax;
    TrapFrame->Rcx = ContextRecord->Rcx;
    TrapFrame->Rdx = ContextRecord->Rdx;
    TrapFrame->R8 = ContextRecord->R8;
    TrapFrame->R9 = ContextRecord->R9;
    TrapFrame->R10 = ContextRecord->R10;
    TrapFrame->R11 = ContextRecord->R11;
    TrapFrame->Rbp = ContextRecord->Rbp;
    ExceptionFrame->Rbx = ContextRecord->Rbx;
    ExceptionFrame->Rdi = ContextRecord->Rdi;
    ExceptionFrame->Rsi = ContextRecord->Rsi;
    ExceptionFrame->R12 = ContextRecord->R12;
    ExceptionFrame->R13 = ContextRecord->R13;
    ExceptionFrame->R14 = ContextRecord->R14;
    ExceptionFrame->R15 = ContextRecord->R15;
    TrapFrame->MxCsr = ContextRecord->MxCsr;
    __builtin_memcpy(&TrapFrame->Xmm0, &ContextRecord->Xmm0, 6 * sizeof(M128A));
    __builtin_memcpy(&ExceptionFrame->Xmm6, &ContextRecord->Xmm6, 10 * sizeof(M128A));
}

VOID KiDispatchException(PEXCEPTION_RECORD ExceptionRecord, PKEXCEPTION_FRAME ExceptionFrame, PKTRAP_FRAME TrapFrame,
                         KPROCESSOR_MODE PreviousMode, BOOLEAN FirstChance)
{
    CONTEXT context;

    KeGetCurrentPrcb()->KeExceptionDispatchCount += 1;
    __builtin_memset(&context, 0, sizeof(context));
    context.ContextFlags = CONTEXT_AMD64_ALL_SAVED;
    KeContextFromKframes(TrapFrame, ExceptionFrame, &context);
    // The debugger has the first chance and the last. In user mode nothing else handles exceptions here.
    if (FirstChance &&
        (KiDebugRoutine(ExceptionRecord, &context, FALSE) ||
         (PreviousMode == KernelMode && RtlDispatchException(ExceptionRecord, &context)) ||
         KiDebugRoutine(ExceptionRecord, &context, TRUE))) {
        KeContextToKframes(TrapFrame, ExceptionFrame, &context);
        return;
    }
    KeBugCheckEx(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG64)ExceptionRecord->ExceptionCode,
                 (ULONG_PTR)ExceptionRecord->ExceptionAddress, ExceptionRecord->ExceptionInformation[0],
                 ExceptionRecord->ExceptionInformation[1]);
}
