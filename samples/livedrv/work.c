// What the workers do in each round. A round depends on its number alone: the same work each time.
#include "checksum.h"

volatile ULONG LiveCounter;
LIVE_STATISTICS LiveStatistics;

static const CHAR *const LiveNames[LiveKinds] = {"read", "write", "control", "cleanup"};

// Recursion: LIVE_DEPTH frames of one function, to step over and out of.
__declspec(noinline) static ULONG64 LiveFactorial(ULONG Number)
{
    ULONG64 result;

    if (Number <= 1) {
        return 1;
    }
    result = LiveFactorial(Number - 1);
    result *= Number;
    return result;
}

// A data breakpoint's target: LiveCounter is written here only, once in LIVE_COUNTED_ROUNDS rounds.
__declspec(noinline) static VOID LiveCountRound(ULONG Round)
{
    if (Round % LIVE_COUNTED_ROUNDS == 0) {
        LiveCounter += 1;
    }
}

// A small callee with one statement, called three times in one line.
__declspec(noinline) static ULONG LiveTwice(ULONG Value)
{
    return Value * 2;
}

// Parameters in registers and on the stack.
__declspec(noinline) static ULONG LiveCombine(ULONG First, ULONG Second, ULONG Third, ULONG Fourth, ULONG Fifth,
                                              PLIVE_REQUEST Request)
{
    ULONG combined = First ^ Second << 4;

    combined += Third - Fourth;
    combined |= Fifth & Request->Length;
    return combined;
}

// A call that takes several lines, with calls among its arguments: to step into each.
__declspec(noinline) static ULONG LiveMultiLine(PLIVE_REQUEST Request, ULONG Round)
{
    ULONG result = LiveCombine(LiveTwice(Round), LiveTwice(Request->Length),
                               LiveTwice(
                                   Request->Flags.Level),
                               Round % 3,
                               (ULONG)LiveFactorial(
                                   3),
                               Request);

    return result + LiveTwice(1) + LiveTwice(2) + LiveTwice(3);
}

// Locals of many types, with the same values in each round but for `round`.
__declspec(noinline) static ULONG LiveLocals(PLIVE_REQUEST Request, ULONG Round)
{
    volatile ULONG round = Round;
    volatile CHAR letter = 'L';
    volatile SHORT negative = -300;
    volatile LONG64 large = -0x123456789ALL;
    volatile double ratio = 0.75;
    volatile float half = 0.5f;
    volatile BOOLEAN flag = TRUE;
    volatile LIVE_KIND kind = LiveControl;
    volatile LIVE_FLAGS flags = {.Urgent = 1, .Level = 5, .Expected = LiveCleanup, .Delta = -7, .Sequence = 0x1234};
    CHAR text[] = "live text";
    static const WCHAR Wide[] = {'w', 'i', 'd', 'e', 0};
    const WCHAR *wide = Wide;
    ULONG numbers[4] = {10, 20, 30, 40};
    LIVE_VALUE value = {.AsDouble = 1.0};
    UNICODE_STRING string;
    PLIVE_REQUEST nothing = NULL;
    ULONG sum = 0;

    RtlInitUnicodeString(&string, wide);
    for (ULONG index = 0; index < RTL_NUMBER_OF(numbers); index++) {
        sum += numbers[index];
    }
    text[0] = (CHAR)(letter + (nothing != NULL)); // all locals are here
    sum += round + string.Length + value.AsBytes[7] + (UCHAR)text[0] + (ULONG)negative + (ULONG)large + flags.Sequence;
    return sum + (ULONG)(ratio * 4 + half * 2) + flag + (ULONG)kind + Request->Length;
}

// Conditions and a loop: which lines run depends on the request.
__declspec(noinline) static ULONG LiveHandleRequest(PLIVE_REQUEST Request, ULONG Round)
{
    ULONG result = 0;
    ULONG checksum;

    for (ULONG index = 0; index < Request->Length; index++) {
        if (Request->Buffer[index] % 2 == 0) {
            result += Request->Buffer[index];
        } else {
            result ^= index;
        }
    }
    checksum = LiveChecksum(Request->Buffer, Request->Length);
    if (Request->Flags.Urgent) {
        checksum = ~checksum;
    }
    result ^= checksum;
    result += LiveLocals(Request, Round);
    return result;
}

// A switch with a case for each kind; LiveHandleRequest is called from one of them.
__declspec(noinline) static ULONG LiveDispatch(PLIVE_WORKER Worker, PLIVE_REQUEST Request)
{
    ULONG result;

    switch (Request->Kind) {
    case LiveRead:
        result = LiveHandleRequest(Request, Worker->Round);
        break;
    case LiveWrite:
        result = (ULONG)LiveFactorial(LIVE_DEPTH);
        break;
    case LiveControl:
        result = LiveMultiLine(Request, Worker->Round);
        break;
    case LiveCleanup:
        result = LiveTryWrite((volatile ULONG *)&Request->Value, Worker->Round);
        break;
    default:
        result = 0;
        break;
    }
    Worker->Results[Request->Kind] = result;
    return result;
}

// Fills a request by the number of the round: a structure that is written regularly.
__declspec(noinline) static PLIVE_REQUEST LiveMakeRequest(PLIVE_WORKER Worker)
{
    PLIVE_REQUEST request = &Worker->Requests[Worker->Round % 2];
    ULONG round = Worker->Round;

    request->Kind = (LIVE_KIND)(round % LiveKinds);
    request->Name = LiveNames[request->Kind];
    request->Length = round % LIVE_BUFFER + 1;
    for (ULONG index = 0; index < request->Length; index++) {
        request->Buffer[index] = (UCHAR)(round + index * 3);
    }
    request->Flags.Urgent = round % 8 == 0;
    request->Flags.Level = round % 6;
    request->Flags.Expected = request->Kind;
    request->Flags.Delta = (LONG)(round % 100) - 50;
    request->Flags.Sequence = round;
    request->Value.AsUlong64 = round * 0x100000001ULL;
    request->Previous = &Worker->Requests[(round + 1) % 2];
    return request;
}

// Writes each member of LiveStatistics: data breakpoints on members of a structure.
__declspec(noinline) static VOID LiveRecord(PLIVE_REQUEST Request, ULONG Result)
{
    LiveStatistics.Rounds += 1;
    LiveStatistics.Bytes += Request->Length;
    LiveStatistics.LastKind = Request->Kind;
    LiveStatistics.LastByte = Request->Buffer[Request->Length - 1];
    LiveStatistics.Sum += Result;
}

// One round: the frames below LiveWorkLoop. Both processors' workers run it: breakpoints bound to one thread.
__declspec(noinline) static VOID LiveRound(PLIVE_WORKER Worker)
{
    PLIVE_REQUEST request = LiveMakeRequest(Worker);
    ULONG result = LiveDispatch(Worker, request);

    if (Worker->Number == 0) {
        LiveCountRound(Worker->Round);
        LiveRecord(request, result);
        LiveObeyMode();
    }
    Worker->Round += 1;
}

// A worker's thread: runs rounds until the driver is unloaded.
VOID LiveWorkLoop(PVOID StartContext)
{
    PLIVE_WORKER worker = StartContext;
    LARGE_INTEGER interval;

    KeSetSystemAffinityThread(1ULL << worker->Number);
    interval.QuadPart = -10000LL * LIVE_ROUND_MILLISECONDS;
    while (!LiveStopping) {
        LiveRound(worker);
        KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
}
