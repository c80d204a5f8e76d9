// The sample driver's types: one of each kind that a debugger has to show.
#pragma once

#include "ntddk.h"

#define SAMPLE_POOL_TAG 'lpmS' // "Smpl" in memory
#define SAMPLE_SIGNATURE 0x50414D53 // "SMAP" in memory
#define SAMPLE_SLOTS 3
#define SAMPLE_ENTRIES 3

struct _SAMPLE_DEVICE;
struct _SAMPLE_ENTRY;

typedef enum _SAMPLE_STATE {
    SampleIdle = 0,
    SampleStarting = 1,
    SampleRunning = 2,
    SampleFailed = 0x10,
} SAMPLE_STATE;

typedef enum _SAMPLE_COLOR {
    ColorRed = -1,
    ColorGreen = 5,
} SAMPLE_COLOR;

// Bit fields: 1 + 3 + 4 + 24 bits of one ULONG; signed ones; one that is wider than 32 bits; one that is an enum.
typedef struct _SAMPLE_FLAGS {
    ULONG Ready : 1;
    ULONG Level : 3;
    ULONG Retries : 4;
    ULONG Reserved : 24;
    LONG Delta : 5;
    LONG Trend : 11;
    ULONG64 Serial : 40;
    SAMPLE_STATE Wanted : 6;
} SAMPLE_FLAGS;

typedef struct _SAMPLE_POINT {
    LONG X;
    LONG Y;
} SAMPLE_POINT;
typedef const SAMPLE_POINT *PCSAMPLE_POINT;

typedef union _SAMPLE_VALUE {
    ULONG AsUlong;
    UCHAR AsBytes[4];
    struct {
        USHORT Low;
        USHORT High;
    };
} SAMPLE_VALUE;

typedef struct _SAMPLE_ENTRY {
    ULONG Id;
    SAMPLE_VALUE Value;
    LIST_ENTRY Link; // not the first member: a debugger has to subtract its offset
    CHAR Label[8];
} SAMPLE_ENTRY, *PSAMPLE_ENTRY;

typedef struct _SAMPLE_SLOT {
    ULONG Value;
    ULONG Writes;
} SAMPLE_SLOT, *PSAMPLE_SLOT;

typedef NTSTATUS SAMPLE_OPERATION(struct _SAMPLE_DEVICE *Device, PSAMPLE_ENTRY Entry, PCSAMPLE_POINT Path, ULONG Index,
                                  ULONG64 Cookie, CHAR Letter);

typedef struct _SAMPLE_DEVICE {
    ULONG Signature;
    SAMPLE_STATE State;
    SAMPLE_COLOR Color;
    NTSTATUS LastStatus;
    SAMPLE_FLAGS Flags;
    UNICODE_STRING Name;
    ANSI_STRING Vendor;
    LARGE_INTEGER Created; // a system time
    GUID InterfaceId;
    SAMPLE_POINT Corners[2];
    SHORT Matrix[2][3];
    BOOLEAN Enabled;
    CHAR Grade;
    WCHAR Unit[4]; // filled to its end: no terminating zero
    float Scale;
    double Ratio;
    SAMPLE_VALUE Value;
    LIST_ENTRY Entries; // of SAMPLE_ENTRY.Link
    ULONG EntryCount;
    PSAMPLE_SLOT Slots[SAMPLE_SLOTS];
    SAMPLE_OPERATION *Operation;
    PDRIVER_OBJECT DriverObject;
    struct _SAMPLE_DEVICE *Self;
} SAMPLE_DEVICE, *PSAMPLE_DEVICE;

extern SAMPLE_DEVICE SampleDevice;

SAMPLE_OPERATION SampleStore;
NTSTATUS SampleStart(PSAMPLE_DEVICE Device, PCUNICODE_STRING RegistryPath, ULONG Index);
