// The live driver's types, and the functions that its source files share.
#pragma once

#include "ntddk.h"

#define LIVE_WORKERS 2 // at most: one for each processor
#define LIVE_BUFFER 16 // bytes of a request
#define LIVE_DEPTH 5 // of LiveFactorial
#define LIVE_COUNTED_ROUNDS 8 // LiveCounter is written once in as many
#define LIVE_ROUND_MILLISECONDS 10

typedef enum _LIVE_KIND {
    LiveRead = 0,
    LiveWrite = 1,
    LiveControl = 2,
    LiveCleanup = 3,
    LiveKinds = 4,
} LIVE_KIND;

// What a debugger writes to LiveMode, and worker 0 does in its next round.
typedef enum _LIVE_MODE {
    LiveModeNone = 0,
    LiveModePrint = 1, // DbgPrint of LiveArgument
    LiveModeAssert = 2, // int 2c
    LiveModeBreakPoint = 3, // DbgBreakPoint, in the kernel
    LiveModeAccessViolation = 4, // a write to LiveArgument (or 0x10), handled by __except
    LiveModePrompt = 5, // DbgPrompt, and DbgPrint of the answer
    LiveModeBugCheck = 6, // KeBugCheckEx(0xE2, LiveArgument, 2, 3, 4)
    LiveModeReload = 7, // this driver is unloaded, and loaded again at another address
    LiveModeBurst = 8, // 200 DbgPrints
    LiveModeHardCoded = 9, // int 3 in this driver
    LiveModeRaise = 10, // ExRaiseStatus, handled by __except, with a __finally on the way
    LiveModeLoad = 11, // the sample driver is loaded, which crashes
    LiveModeDivide = 12, // a division by LiveArgument, not handled if that is 0: a crash
    LiveModePrintInDpc = 13, // DbgPrint in LiveTimerDpc
} LIVE_MODE;

typedef struct _LIVE_FLAGS {
    ULONG Urgent : 1;
    ULONG Level : 3;
    LIVE_KIND Expected : 4;
    LONG Delta : 8;
    ULONG Sequence : 16;
} LIVE_FLAGS;

typedef union _LIVE_VALUE {
    ULONG64 AsUlong64;
    double AsDouble;
    UCHAR AsBytes[8];
    struct {
        ULONG Low;
        LONG High;
    };
} LIVE_VALUE;

typedef struct _LIVE_REQUEST {
    LIVE_KIND Kind;
    LIVE_FLAGS Flags;
    ULONG Length; // bytes used of Buffer
    UCHAR Buffer[LIVE_BUFFER];
    LIVE_VALUE Value;
    const CHAR *Name;
    struct _LIVE_REQUEST *Previous; // that of the round before
    LIST_ENTRY Link; // in LIVE_WORKER.Recent
} LIVE_REQUEST, *PLIVE_REQUEST;

typedef struct _LIVE_WORKER {
    ULONG Number; // of its processor
    ULONG Round;
    ULONG Results[LiveKinds]; // of the last round of each kind
    LIST_ENTRY Recent; // of LIVE_REQUEST.Link
    LIVE_REQUEST Requests[2];
    HANDLE ThreadId;
} LIVE_WORKER, *PLIVE_WORKER;

// Written in each round of worker 0.
typedef struct _LIVE_STATISTICS {
    ULONG Rounds;
    ULONG Bytes;
    LIVE_KIND LastKind;
    UCHAR LastByte;
    ULONG64 Sum;
} LIVE_STATISTICS;

extern volatile LIVE_MODE LiveMode;
extern volatile ULONG64 LiveArgument;
extern volatile ULONG LiveCounter;
extern volatile ULONG LiveTicks;
extern volatile BOOLEAN LiveStopping;
extern volatile BOOLEAN LivePrintInDpc;
extern LIVE_STATISTICS LiveStatistics;
extern LIVE_WORKER LiveWorkers[LIVE_WORKERS];
extern PDRIVER_OBJECT LiveDriverObject;

KSTART_ROUTINE LiveWorkLoop;
KDEFERRED_ROUTINE LiveTimerDpc;
VOID LiveObeyMode(VOID);
BOOLEAN LiveTryWrite(volatile ULONG *Address, ULONG Value);
