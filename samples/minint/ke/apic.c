// The local APIC: the end of interrupts, requests to this and to other processors, the clock.
#include "ke.h"
#include "mm.h"

#define APIC_END_OF_INTERRUPT 0xb0
#define APIC_COMMAND_LOW 0x300
#define APIC_COMMAND_HIGH 0x310
#define APIC_TIMER_VECTOR 0x320
#define APIC_TIMER_INITIAL_COUNT 0x380
#define APIC_TIMER_DIVIDE 0x3e0

#define APIC_DELIVERY_PENDING 0x1000
#define APIC_COMMAND_FIXED 0x4000
#define APIC_COMMAND_SELF 0x44000
#define APIC_TIMER_PERIODIC 0x20000
#define APIC_TIMER_DIVIDE_BY_1 0xb
#define APIC_TIMER_TICKS 100 // in one of 100 ns: QEMU's runs at 1 GHz

static volatile ULONG *HalpApicRegister(ULONG Offset)
{
    return (volatile ULONG *)(MM_HAL_APIC + Offset);
}

VOID KiSendApicCommand(ULONG ApicId, ULONG Command)
{
    ULONG64 flags;

    __asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(flags) : : "memory"); // it takes two registers
    *HalpApicRegister(APIC_COMMAND_HIGH) = ApicId << 24;
    *HalpApicRegister(APIC_COMMAND_LOW) = Command;
    while ((*HalpApicRegister(APIC_COMMAND_LOW) & APIC_DELIVERY_PENDING) != 0) {
        PauseProcessor();
    }
    __asm__ volatile("pushq %0\n\tpopfq" : : "r"(flags) : "memory", "cc");
}

VOID HalEndOfInterrupt(VOID)
{
    *HalpApicRegister(APIC_END_OF_INTERRUPT) = 0;
}

VOID HalRequestSoftwareInterrupt(VOID)
{
    KiSendApicCommand(0, APIC_COMMAND_SELF | DPC_VECTOR);
}

VOID HalRequestIpi(ULONG Number)
{
    KiSendApicCommand(KiProcessorBlock[Number]->InitialApicId, APIC_COMMAND_FIXED | IPI_VECTOR);
}

VOID HalStartClock(VOID)
{
    *HalpApicRegister(APIC_TIMER_DIVIDE) = APIC_TIMER_DIVIDE_BY_1;
    *HalpApicRegister(APIC_TIMER_VECTOR) = APIC_TIMER_PERIODIC | CLOCK_VECTOR;
    *HalpApicRegister(APIC_TIMER_INITIAL_COUNT) = KeTimeIncrement * APIC_TIMER_TICKS - 1;
}
