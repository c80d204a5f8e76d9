// What a debugger has the driver do, by writing to LiveMode and LiveArgument.
#include "live.h"

#define LIVE_STATUS ((NTSTATUS)0xE04B4441L) // a code of this driver's own
#define MANUALLY_INITIATED_CRASH 0xE2
#define LIVE_BURST 200

volatile LIVE_MODE LiveMode;
volatile ULONG64 LiveArgument;
volatile ULONG LiveFinallyCount;

static LONG LiveFilter(NTSTATUS Code)
{
    return Code == STATUS_ACCESS_VIOLATION;
}

// The write that faults: a function of its own, as clang guards the calls in a __try block only.
__declspec(noinline) static VOID LiveStore(volatile ULONG *Address, ULONG Value)
{
    *Address = Value;
}

// A first-chance exception that __except handles: FALSE if the address can't be written.
__declspec(noinline) BOOLEAN LiveTryWrite(volatile ULONG *Address, ULONG Value)
{
    BOOLEAN written = FALSE;

    __try {
        LiveStore(Address, Value);
        written = TRUE;
    } __except (LiveFilter((NTSTATUS)__exception_code())) {
        DbgPrint("livedrv: %p can't be written: handled\n", Address);
    }
    return written;
}

// An exception without an address, raised by the kernel, through a __finally block.
__declspec(noinline) static VOID LiveRaise(NTSTATUS Status)
{
    __try {
        ExRaiseStatus(Status);
    } __finally {
        LiveFinallyCount += 1;
    }
}

// The __except block that LiveRaise's exception goes to.
__declspec(noinline) static VOID LiveTryRaise(NTSTATUS Status)
{
    ULONG before = LiveFinallyCount;

    __try {
        LiveRaise(Status);
    } __except (1) {
        DbgPrint("livedrv: status %08x handled, %u __finally\n", __exception_code(), LiveFinallyCount - before);
    }
}

// A question that only a debugger answers.
__declspec(noinline) static VOID LivePrompt(VOID)
{
    CHAR answer[32];
    ULONG length = DbgPrompt("livedrv: which way? ", answer, sizeof(answer) - 1);

    answer[length < sizeof(answer) ? length : 0] = 0;
    DbgPrint("livedrv: answered '%s'\n", answer);
}

// int 2c, as the macros NT_ASSERT and NT_VERIFY of the WDK raise it: continued behind it.
__declspec(noinline) static VOID LiveAssert(VOID)
{
    __asm__ volatile("int $0x2c");
    DbgPrint("livedrv: behind the assertion\n");
}

// int 3 in the driver's own code: a debugger has to step over it.
__declspec(noinline) static VOID LiveHardCodedBreak(VOID)
{
    __debugbreak();
    DbgPrint("livedrv: behind the int 3\n");
}

// More lines than an editor wants to show at once.
__declspec(noinline) static VOID LiveBurst(VOID)
{
    for (ULONG line = 1; line <= LIVE_BURST; line++) {
        DbgPrint("livedrv: line %u of %u\n", line, LIVE_BURST);
    }
}

// A crash if the divisor is 0: an exception that nothing handles.
__declspec(noinline) static ULONG64 LiveDivide(ULONG64 Divisor)
{
    return 1000 / Divisor;
}

// Does what LiveMode says once, and sets it back. A switch over an enum.
__declspec(noinline) VOID LiveObeyMode(VOID)
{
    LIVE_MODE mode = LiveMode;
    ULONG64 argument = LiveArgument;
    UNICODE_STRING name;

    if (mode == LiveModeNone) {
        return;
    }
    LiveMode = LiveModeNone;
    switch (mode) {
    case LiveModePrint:
        DbgPrint("livedrv: argument %u\n", (ULONG)argument);
        break;
    case LiveModeAssert:
        LiveAssert();
        break;
    case LiveModeBreakPoint:
        DbgBreakPoint();
        break;
    case LiveModeAccessViolation:
        LiveTryWrite((volatile ULONG *)(argument != 0 ? argument : 0x10), 1);
        break;
    case LiveModePrompt:
        LivePrompt();
        break;
    case LiveModeBugCheck:
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, argument, 2, 3, 4);
    case LiveModeReload:
        IoQueueDriverReload(LiveDriverObject);
        break;
    case LiveModeBurst:
        LiveBurst();
        break;
    case LiveModeHardCoded:
        LiveHardCodedBreak();
        break;
    case LiveModeRaise:
        LiveTryRaise(LIVE_STATUS);
        break;
    case LiveModeLoad:
        RtlInitUnicodeString(&name, (PCWSTR)L"sampledrv");
        ZwLoadDriver(&name);
        break;
    case LiveModeDivide:
        DbgPrint("livedrv: quotient %u\n", (ULONG)LiveDivide(argument));
        break;
    case LiveModePrintInDpc:
        LivePrintInDpc = TRUE;
        break;
    default:
        DbgPrint("livedrv: mode %u is not known\n", (ULONG)mode);
        break;
    }
}
