// What goes over a kernel debugger's wire: packets, state changes, requests. Microsoft's names; the layouts are those
// of the 64-bit protocol.
#pragma once

#include "amd64.h"

#define PACKET_LEADER 0x30303030
#define CONTROL_PACKET_LEADER 0x69696969
#define BREAKIN_PACKET_BYTE 0x62
#define PACKET_TRAILING_BYTE 0xaa
#define PACKET_MAX_SIZE 4000 // of a packet's data
#define INITIAL_PACKET_ID 0x80800000
#define SYNC_PACKET_ID 0x00000800

enum {
    PACKET_TYPE_UNUSED,
    PACKET_TYPE_KD_STATE_CHANGE32,
    PACKET_TYPE_KD_STATE_MANIPULATE,
    PACKET_TYPE_KD_DEBUG_IO,
    PACKET_TYPE_KD_ACKNOWLEDGE,
    PACKET_TYPE_KD_RESEND,
    PACKET_TYPE_KD_RESET,
    PACKET_TYPE_KD_STATE_CHANGE64,
    PACKET_TYPE_KD_POLL_BREAKIN,
    PACKET_TYPE_KD_TRACE_IO,
    PACKET_TYPE_KD_CONTROL_REQUEST,
    PACKET_TYPE_KD_FILE_IO,
    PACKET_TYPE_MAX,
};

typedef struct _KD_PACKET {
    ULONG PacketLeader;
    USHORT PacketType;
    USHORT ByteCount;
    ULONG PacketId;
    ULONG CheckSum;
} KD_PACKET;

enum {
    DbgKdMinimumStateChange = 0x3030,
    DbgKdExceptionStateChange = 0x3030,
    DbgKdLoadSymbolsStateChange = 0x3031,
    DbgKdCommandStringStateChange = 0x3032,
    DbgKdMaximumStateChange = 0x3033,
};

typedef struct _EXCEPTION_RECORD64 {
    NTSTATUS ExceptionCode;
    ULONG ExceptionFlags;
    ULONG64 ExceptionRecord;
    ULONG64 ExceptionAddress;
    ULONG NumberParameters;
    ULONG UnusedAlignment;
    ULONG64 ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD64;
_Static_assert(sizeof(EXCEPTION_RECORD64) == sizeof(EXCEPTION_RECORD), "EXCEPTION_RECORD64");

typedef struct _DBGKM_EXCEPTION64 {
    EXCEPTION_RECORD ExceptionRecord;
    ULONG FirstChance;
} DBGKM_EXCEPTION64;

typedef struct _DBGKD_LOAD_SYMBOLS64 {
    ULONG PathNameLength; // with the zero byte
    ULONG64 BaseOfDll;
    ULONG64 ProcessId;
    ULONG CheckSum;
    ULONG SizeOfImage;
    BOOLEAN UnloadSymbols;
} DBGKD_LOAD_SYMBOLS64;

#define DBGKD_MAXSTREAM 16
enum { REPORT_INCLUDES_SEGS = 1, REPORT_STANDARD_CS = 2 };

typedef struct _AMD64_DBGKD_CONTROL_REPORT {
    ULONG64 Dr6;
    ULONG64 Dr7;
    ULONG EFlags;
    USHORT InstructionCount;
    USHORT ReportFlags;
    UCHAR InstructionStream[DBGKD_MAXSTREAM];
    USHORT SegCs;
    USHORT SegDs;
    USHORT SegEs;
    USHORT SegFs;
} AMD64_DBGKD_CONTROL_REPORT;

typedef struct _DBGKD_ANY_WAIT_STATE_CHANGE {
    ULONG NewState;
    USHORT ProcessorLevel;
    USHORT Processor;
    ULONG NumberProcessors;
    ULONG64 Thread;
    ULONG64 ProgramCounter;
    union {
        DBGKM_EXCEPTION64 Exception;
        DBGKD_LOAD_SYMBOLS64 LoadSymbols;
    } u;
    AMD64_DBGKD_CONTROL_REPORT ControlReport;
} DBGKD_ANY_WAIT_STATE_CHANGE, *PDBGKD_ANY_WAIT_STATE_CHANGE;
_Static_assert(FIELD_OFFSET(DBGKD_ANY_WAIT_STATE_CHANGE, u) == 32, "u");
_Static_assert(FIELD_OFFSET(DBGKD_ANY_WAIT_STATE_CHANGE, ControlReport) == 192, "ControlReport");
_Static_assert(sizeof(DBGKD_ANY_WAIT_STATE_CHANGE) == 240, "DBGKD_ANY_WAIT_STATE_CHANGE");

enum {
    DbgKdMinimumManipulate = 0x3130,
    DbgKdReadVirtualMemoryApi = 0x3130,
    DbgKdWriteVirtualMemoryApi,
    DbgKdGetContextApi,
    DbgKdSetContextApi,
    DbgKdWriteBreakPointApi,
    DbgKdRestoreBreakPointApi,
    DbgKdContinueApi,
    DbgKdReadControlSpaceApi,
    DbgKdWriteControlSpaceApi,
    DbgKdReadIoSpaceApi,
    DbgKdWriteIoSpaceApi,
    DbgKdRebootApi,
    DbgKdContinueApi2,
    DbgKdReadPhysicalMemoryApi,
    DbgKdWritePhysicalMemoryApi,
    DbgKdQuerySpecialCallsApi,
    DbgKdSetSpecialCallApi,
    DbgKdClearSpecialCallsApi,
    DbgKdSetInternalBreakPointApi,
    DbgKdGetInternalBreakPointApi,
    DbgKdReadIoSpaceExtendedApi,
    DbgKdWriteIoSpaceExtendedApi,
    DbgKdGetVersionApi,
    DbgKdWriteBreakPointExApi,
    DbgKdRestoreBreakPointExApi,
    DbgKdCauseBugCheckApi,
    DbgKdSwitchProcessor = 0x3150,
    DbgKdPageInApi,
    DbgKdReadMachineSpecificRegister,
    DbgKdWriteMachineSpecificRegister,
    DbgKdSearchMemoryApi = 0x3156,
    DbgKdGetBusDataApi,
    DbgKdSetBusDataApi,
    DbgKdCheckLowMemoryApi,
    DbgKdClearAllInternalBreakpointsApi,
    DbgKdFillMemoryApi,
    DbgKdQueryMemoryApi,
    DbgKdSwitchPartition,
    DbgKdWriteCustomBreakpointApi,
    DbgKdGetContextExApi,
    DbgKdSetContextExApi,
    DbgKdMaximumManipulate,
};

#define DBG_EXCEPTION_HANDLED ((NTSTATUS)0x00010001L)
#define DBG_CONTINUE ((NTSTATUS)0x00010002L)
#define DBG_EXCEPTION_NOT_HANDLED ((NTSTATUS)0x80010001L)

typedef struct _DBGKD_READ_MEMORY64 {
    ULONG64 TargetBaseAddress;
    ULONG TransferCount;
    ULONG ActualBytesRead; // ReadPhysicalMemory and WritePhysicalMemory: on the way in, how to map the page
} DBGKD_READ_MEMORY64;

typedef struct _DBGKD_WRITE_MEMORY64 {
    ULONG64 TargetBaseAddress;
    ULONG TransferCount;
    ULONG ActualBytesWritten;
} DBGKD_WRITE_MEMORY64;

typedef struct _DBGKD_WRITE_BREAKPOINT64 {
    ULONG64 BreakPointAddress;
    ULONG BreakPointHandle;
} DBGKD_WRITE_BREAKPOINT64;

typedef struct _DBGKD_RESTORE_BREAKPOINT {
    ULONG BreakPointHandle;
} DBGKD_RESTORE_BREAKPOINT;

#pragma pack(push, 4)
typedef struct _AMD64_DBGKD_CONTROL_SET {
    ULONG TraceFlag;
    ULONG64 Dr7;
    ULONG64 CurrentSymbolStart;
    ULONG64 CurrentSymbolEnd;
} AMD64_DBGKD_CONTROL_SET;

typedef struct _DBGKD_CONTINUE2 {
    NTSTATUS ContinueStatus;
    AMD64_DBGKD_CONTROL_SET ControlSet;
} DBGKD_CONTINUE2;
#pragma pack(pop)

typedef struct _DBGKD_READ_WRITE_IO64 {
    ULONG64 IoAddress;
    ULONG DataSize;
    ULONG DataValue;
} DBGKD_READ_WRITE_IO64;

typedef struct _DBGKD_READ_WRITE_IO_EXTENDED64 {
    ULONG DataSize;
    ULONG InterfaceType;
    ULONG BusNumber;
    ULONG AddressSpace;
    ULONG64 IoAddress;
    ULONG DataValue;
} DBGKD_READ_WRITE_IO_EXTENDED64;

typedef struct _DBGKD_READ_WRITE_MSR {
    ULONG Msr;
    ULONG DataValueLow;
    ULONG DataValueHigh;
} DBGKD_READ_WRITE_MSR;

typedef struct _DBGKD_SEARCH_MEMORY {
    union {
        ULONG64 SearchAddress;
        ULONG64 FoundAddress;
    };
    ULONG64 SearchLength;
    ULONG PatternLength;
} DBGKD_SEARCH_MEMORY;

enum { DBGKD_FILL_MEMORY_VIRTUAL = 1, DBGKD_FILL_MEMORY_PHYSICAL = 2 };

typedef struct _DBGKD_FILL_MEMORY {
    ULONG64 Address;
    ULONG Length;
    USHORT Flags;
    USHORT PatternLength;
} DBGKD_FILL_MEMORY;

enum { DBGKD_QUERY_MEMORY_PROCESS = 0, DBGKD_QUERY_MEMORY_SESSION = 1, DBGKD_QUERY_MEMORY_KERNEL = 2 };
enum { DBGKD_QUERY_MEMORY_READ = 1, DBGKD_QUERY_MEMORY_WRITE = 2, DBGKD_QUERY_MEMORY_EXECUTE = 4 };

typedef struct _DBGKD_QUERY_MEMORY {
    ULONG64 Address;
    ULONG64 Reserved;
    ULONG AddressSpace;
    ULONG Flags;
} DBGKD_QUERY_MEMORY;

typedef struct _DBGKD_CONTEXT_EX {
    ULONG Offset;
    ULONG ByteCount;
    ULONG BytesCopied;
} DBGKD_CONTEXT_EX;

typedef struct _DBGKD_GET_VERSION64 {
    USHORT MajorVersion;
    USHORT MinorVersion;
    UCHAR ProtocolVersion;
    UCHAR KdSecondaryVersion;
    USHORT Flags;
    USHORT MachineType;
    UCHAR MaxPacketType;
    UCHAR MaxStateChange;
    UCHAR MaxManipulate;
    UCHAR Simulation;
    USHORT Unused[1];
    ULONG64 KernBase;
    ULONG64 PsLoadedModuleList;
    ULONG64 DebuggerDataList;
} DBGKD_GET_VERSION64;

typedef struct _DBGKD_MANIPULATE_STATE64 {
    ULONG ApiNumber;
    USHORT ProcessorLevel;
    USHORT Processor;
    NTSTATUS ReturnStatus;
    union {
        DBGKD_READ_MEMORY64 ReadMemory;
        DBGKD_WRITE_MEMORY64 WriteMemory;
        DBGKD_WRITE_BREAKPOINT64 WriteBreakPoint;
        DBGKD_RESTORE_BREAKPOINT RestoreBreakPoint;
        DBGKD_CONTINUE2 Continue2;
        DBGKD_READ_WRITE_IO64 ReadWriteIo;
        DBGKD_READ_WRITE_IO_EXTENDED64 ReadWriteIoExtended;
        DBGKD_READ_WRITE_MSR ReadWriteMsr;
        DBGKD_SEARCH_MEMORY SearchMemory;
        DBGKD_FILL_MEMORY FillMemory;
        DBGKD_QUERY_MEMORY QueryMemory;
        DBGKD_CONTEXT_EX ContextEx;
        DBGKD_GET_VERSION64 GetVersion64;
    } u;
} DBGKD_MANIPULATE_STATE64, *PDBGKD_MANIPULATE_STATE64;
_Static_assert(FIELD_OFFSET(DBGKD_MANIPULATE_STATE64, u) == 16, "u");
_Static_assert(FIELD_OFFSET(DBGKD_MANIPULATE_STATE64, u.Continue2.ControlSet.Dr7) == 24, "Dr7");
_Static_assert(sizeof(DBGKD_MANIPULATE_STATE64) == 56, "DBGKD_MANIPULATE_STATE64");

enum { DbgKdPrintStringApi = 0x3230, DbgKdGetStringApi = 0x3231 };

typedef struct _DBGKD_DEBUG_IO {
    ULONG ApiNumber;
    USHORT ProcessorLevel;
    USHORT Processor;
    ULONG LengthOfString; // of the print or of the prompt
    ULONG LengthOfStringRead; // of the answer: at most, or in fact
} DBGKD_DEBUG_IO;
_Static_assert(sizeof(DBGKD_DEBUG_IO) == 16, "DBGKD_DEBUG_IO");

enum { DbgKdCreateFileApi = 0x3430, DbgKdReadFileApi, DbgKdWriteFileApi, DbgKdCloseFileApi };

typedef struct _DBGKD_FILE_IO {
    ULONG ApiNumber;
    NTSTATUS Status;
    union {
        struct {
            ULONG DesiredAccess;
            ULONG FileAttributes;
            ULONG ShareAccess;
            ULONG CreateDisposition;
            ULONG CreateOptions;
            ULONG64 Handle;
            ULONG64 Length;
        } CreateFile;
        struct {
            ULONG64 Handle;
            ULONG64 Offset;
            ULONG Length;
        } ReadFile;
        struct {
            ULONG64 Handle;
        } CloseFile;
        ULONG64 Reserved[7];
    } u;
} DBGKD_FILE_IO;
_Static_assert(FIELD_OFFSET(DBGKD_FILE_IO, u.CreateFile.Handle) == 32, "Handle");
_Static_assert(sizeof(DBGKD_FILE_IO) == 64, "DBGKD_FILE_IO");
