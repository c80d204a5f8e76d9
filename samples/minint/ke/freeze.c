// Stopping the other processors, for the debugger or for good: by an interrupt that can't be masked.
#include "kd.h"
#include "ke.h"

#define APIC_COMMAND_NMI 0x4400
#define FREEZE_TIMEOUT 100000 // times 100 microseconds: the host may have other things to do

// Those who want to be the owner, in their order: the next ticket, and the one whose turn it is.
static volatile ULONG KiFreezeTicket, KiFreezeTurn;
static PKPRCB KiFreezeOwner;
static ULONG KiFreezeNesting; // of the owner: the debugger in a bug check
static volatile KCONTINUE_STATUS KiFreezeContinueStatus; // what the owner goes on with

// Returns whether interrupts were enabled. Each processor's context and control registers are in its KPRCB then.
BOOLEAN KeFreezeExecution(VOID)
{
    BOOLEAN enable = KeDisableInterrupts();
    PKPRCB self = KeGetCurrentPrcb();
    ULONG ticket;

    if (KiFreezeOwner == self) {
        KiFreezeNesting += 1;
        return enable;
    }
    ticket = __atomic_fetch_add(&KiFreezeTicket, 1, __ATOMIC_SEQ_CST);
    while (KiFreezeTurn != ticket) {
        PauseProcessor(); // and be frozen here
    }
    KiFreezeOwner = self;
    self->IpiFrozen = FREEZE_OWNER | FREEZE_ACTIVE;
    self->DebuggerSavedIRQL = KeGetCurrentIrql();
    WRITE_REGISTER("cr8", HIGH_LEVEL);
    for (ULONG number = 0; number < KeNumberProcessors; number++) {
        PKPRCB prcb = KiProcessorBlock[number];

        if (prcb != self) {
            prcb->IpiFrozen = TARGET_FREEZE;
            KiSendApicCommand(prcb->InitialApicId, APIC_COMMAND_NMI);
            for (ULONG wait = 0; wait < FREEZE_TIMEOUT && prcb->IpiFrozen == TARGET_FREEZE; wait++) {
                KeStallExecutionProcessor(100);
            }
        }
    }
    return enable;
}

VOID KeThawExecution(BOOLEAN Enable)
{
    PKPRCB self = KeGetCurrentPrcb();

    if (KiFreezeNesting != 0) {
        KiFreezeNesting -= 1;
    } else {
        for (ULONG number = 0; number < KeNumberProcessors; number++) {
            PKPRCB prcb = KiProcessorBlock[number];

            if (prcb == self) {
                continue;
            }
            if ((prcb->IpiFrozen & TARGET_MASK) == TARGET_FROZEN) {
                prcb->IpiFrozen = TARGET_THAW;
            } else {
                prcb->IpiFrozen = RUNNING; // it never came
            }
            while (prcb->IpiFrozen == TARGET_THAW) {
                PauseProcessor();
            }
        }
        self->IpiFrozen = RUNNING;
        KiFreezeOwner = NULL;
        WRITE_REGISTER("cr8", self->DebuggerSavedIRQL);
        __atomic_fetch_add(&KiFreezeTurn, 1, __ATOMIC_SEQ_CST);
    }
    if (Enable) {
        EnableInterrupts();
    }
}

// For a bug check: they never run again.
VOID KiFreezeOtherProcessors(VOID)
{
    KeFreezeExecution();
}

// Lets another processor talk to the debugger. What this one does then: report again, or, if it was only frozen
// itself, stay so.
KCONTINUE_STATUS KeSwitchFrozenProcessor(ULONG Number)
{
    PKPRCB self = KeGetCurrentPrcb();
    PKPRCB target = Number < KeNumberProcessors ? KiProcessorBlock[Number] : self;

    if (target == self || (target->IpiFrozen & TARGET_MASK) == TARGET_FREEZE) {
        return ContinueProcessorReselected;
    }
    KiFreezeContinueStatus = ContinueProcessorReselected;
    self->IpiFrozen &= ~FREEZE_ACTIVE;
    target->IpiFrozen |= FREEZE_ACTIVE;
    if (self != KiFreezeOwner) {
        return ContinueNextProcessor;
    }
    while ((self->IpiFrozen & FREEZE_ACTIVE) == 0) {
        PauseProcessor();
    }
    return KiFreezeContinueStatus;
}

static VOID KiFreezeTargetExecution(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame)
{
    PKPRCB prcb = KeGetCurrentPrcb();
    PKPROCESSOR_STATE state = &prcb->ProcessorState;

    state->ContextFrame.ContextFlags = prcb->ContextFlagsInit;
    KeContextFromKframes(TrapFrame, ExceptionFrame, &state->ContextFrame);
    *prcb->Context = state->ContextFrame;
    KiSaveProcessorControlState(state);
    WRITE_REGISTER("dr7", 0); // no data breakpoints while frozen
    prcb->DebuggerSavedIRQL = KeGetCurrentIrql();
    prcb->IpiFrozen = TARGET_FROZEN;
    while (prcb->IpiFrozen != TARGET_THAW) {
        if ((prcb->IpiFrozen & FREEZE_ACTIVE) != 0) {
            KCONTINUE_STATUS status = KdpSwitchProcessor();

            if (status != ContinueNextProcessor) { // go on: the owner lets all go
                KiFreezeContinueStatus = status;
                prcb->IpiFrozen &= ~FREEZE_ACTIVE;
                KiFreezeOwner->IpiFrozen |= FREEZE_ACTIVE;
            }
        }
        PauseProcessor();
    }
    KeContextToKframes(TrapFrame, ExceptionFrame, &state->ContextFrame);
    KiRestoreProcessorControlState(state);
    prcb->IpiFrozen = RUNNING;
}

VOID KiProcessNMI(PKTRAP_FRAME TrapFrame, PKEXCEPTION_FRAME ExceptionFrame)
{
    PKPRCB prcb = KeGetCurrentPrcb();

    prcb->NmiActive += 1;
    if (prcb->IpiFrozen == TARGET_FREEZE) {
        KiFreezeTargetExecution(TrapFrame, ExceptionFrame);
    }
    prcb->NmiActive -= 1;
}
