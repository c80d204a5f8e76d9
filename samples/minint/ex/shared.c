// KUSER_SHARED_DATA, and the machine's real-time clock, which is read once.
#include "ex.h"
#include "ke.h"
#include "mm.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define NT_BUILD_NUMBER 19041

KUSER_SHARED_DATA *SharedUserData = (KUSER_SHARED_DATA *)MM_USER_SHARED_DATA;
const ULONG NtBuildNumber = 0xF0000000 | NT_BUILD_NUMBER;
const CHAR NtBuildLab[] = "19041.1.amd64fre.minint";
const CHAR NtBuildLabEx[] = "19041.1.amd64fre.minint";

// One of the clock's binary-coded decimal registers.
static ULONG HalpReadCmos(UCHAR Register)
{
    UCHAR value;

    OutPort8(CMOS_INDEX, Register);
    value = InPort8(CMOS_DATA);
    return (value >> 4) * 10 + (value & 15);
}

// The time since 1601 in 100 ns, by the proleptic Gregorian calendar.
static ULONG64 HalQueryRealTimeClock(VOID)
{
    static const USHORT daysBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    ULONG year = 2000 + HalpReadCmos(9), month = HalpReadCmos(8), day = HalpReadCmos(7);
    ULONG years = year - 1601;
    ULONG64 days = years * 365ULL + years / 4 - years / 100 + years / 400 + daysBefore[month - 1] + day - 1;

    days += month > 2 && year % 4 == 0; // right from 2000 to 2099
    return (((days * 24 + HalpReadCmos(4)) * 60 + HalpReadCmos(2)) * 60 + HalpReadCmos(0)) * 10000000;
}

VOID ExSetTime(volatile KSYSTEM_TIME *Time, ULONG64 Value)
{
    Time->High2Time = (LONG)(Value >> 32);
    Time->LowPart = (ULONG)Value;
    Time->High1Time = (LONG)(Value >> 32);
}

ULONG64 ExReadTime(volatile KSYSTEM_TIME *Time)
{
    LONG high;
    ULONG low;

    do {
        high = Time->High1Time;
        low = Time->LowPart;
    } while (high != Time->High2Time);
    return (ULONG64)(ULONG)high << 32 | low;
}

VOID ExInitializeSharedData(VOID)
{
    static const WCHAR root[] = {'C', ':', '\\', 'W', 'i', 'n', 'd', 'o', 'w', 's'};

    MiMapPage(MM_USER_SHARED_DATA, MiGetPage(), FALSE);
    SharedUserData->TickCountMultiplier = 0x0FA00000;
    ExSetTime(&SharedUserData->SystemTime, HalQueryRealTimeClock());
    __builtin_memcpy(SharedUserData->NtSystemRoot, root, sizeof(root));
    SharedUserData->NtBuildNumber = NT_BUILD_NUMBER;
    SharedUserData->NtProductType = 1; // a workstation
    SharedUserData->ProductTypeIsValid = TRUE;
    SharedUserData->NativeProcessorArchitecture = 9; // AMD64
    SharedUserData->NtMajorVersion = 10;
    SharedUserData->ActiveProcessorCount = 1;
    SharedUserData->ActiveGroupCount = 1;
    SharedUserData->NumberOfPhysicalPages = (ULONG)MmPhysicalMemoryBlock->NumberOfPages;
}
