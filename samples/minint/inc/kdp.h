// The kernel debugger's parts among themselves.
#pragma once

#include "kd.h"
#include "ke.h"
#include "windbgkd.h"

#define KDP_PROCESSOR_LEVEL 6 // in what the debugger gets: the processor's family
#define EFLAGS_TF 0x100

// kdserial.c: the serial port. Times are in microseconds.
BOOLEAN KdpSerialInitialize(USHORT Port);
BOOLEAN KdpSerialReceiveByte(UCHAR *Byte, ULONG TimeOut);
VOID KdpSerialSend(const VOID *Data, ULONG Length);
VOID KdpSerialBeginPacket(VOID);
BOOLEAN KdpIsTimeToLook(VOID); // once a second

// kdcom.c: packets
typedef enum _KDP_STATUS {
    KDP_PACKET_RECEIVED,
    KDP_PACKET_TIMEOUT,
    KDP_PACKET_RESEND, // the other side wants the last packet again, or has broken in
} KDP_STATUS;

// Sends a packet and waits until it is acknowledged. Prints, module events, prompts and file requests are given up
// after some time: then KdDebuggerNotPresent is set. MessageData may be NULL.
VOID KdSendPacket(ULONG PacketType, const STRING *MessageHeader, const STRING *MessageData);
// Waits about a second for a packet of that type. MessageHeader is filled to its MaximumLength; the rest of the packet
// goes to MessageData.
KDP_STATUS KdReceivePacket(ULONG PacketType, STRING *MessageHeader, STRING *MessageData);
extern BOOLEAN KdpControlCPending;

// kdlock.c
BOOLEAN KdEnterDebugger(VOID);
VOID KdExitDebugger(BOOLEAN Enable);

// kdbreak.c: the breakpoints that are written into memory, each under a handle of 1 to 32
ULONG KdpAddBreakpoint(ULONG64 Address); // 0: no place, no memory, or there is one already
BOOLEAN KdpDeleteBreakpoint(ULONG Handle);
BOOLEAN KdpDeleteBreakpointRange(ULONG64 Lower, ULONG64 Upper); // TRUE: there were some

// kdmem.c: the bytes that could be copied
ULONG KdpCopyFromPtr(PVOID Buffer, ULONG64 Address, ULONG Length);
ULONG KdpCopyToPtr(ULONG64 Address, const VOID *Buffer, ULONG Length);

// kdapi.c
extern CHAR KdpMessageBuffer[PACKET_MAX_SIZE];
extern BOOLEAN KdpBugCheckWanted; // by the debugger
KCONTINUE_STATUS KdpReportExceptionStateChange(PEXCEPTION_RECORD ExceptionRecord, BOOLEAN SecondChance);
VOID KdpReportLoadSymbolsStateChange(const STRING *PathName, const KD_SYMBOLS_INFO *SymbolsInfo, BOOLEAN Unload);
PCONTEXT KdpProcessorContext(ULONG Processor);

// A request: changes State to the answer, takes the request's data from AdditionalData and leaves the answer's there.
typedef VOID KDP_API(PDBGKD_MANIPULATE_STATE64 State, STRING *AdditionalData);
KDP_API KdpReadVirtualMemory, KdpWriteVirtualMemory, KdpReadPhysicalMemory, KdpWritePhysicalMemory, KdpSearchMemory,
    KdpFillMemory, KdpQueryMemory; // kdmem.c
KDP_API KdpReadControlSpace, KdpWriteControlSpace, KdpReadIoSpace, KdpWriteIoSpace, KdpReadIoSpaceExtended,
    KdpWriteIoSpaceExtended, KdpReadMachineSpecificRegister, KdpWriteMachineSpecificRegister; // kdcpu.c

// kdio.c: prints, prompts, files
BOOLEAN KdpPrintString(const STRING *Output); // TRUE: the debugger broke in meanwhile
ULONG KdpPromptString(const STRING *Prompt, STRING *Response);
VOID KdpRequestFile(PCSTR Name);

static __inline STRING KdpString(PVOID Buffer, ULONG Length, ULONG MaximumLength)
{
    STRING string = {(USHORT)Length, (USHORT)MaximumLength, Buffer};

    return string;
}

#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001L)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000DL)
#define STATUS_NO_SUCH_DEVICE ((NTSTATUS)0xC000000EL)
#define STATUS_DATATYPE_MISALIGNMENT ((NTSTATUS)0x80000002L)
#define STATUS_BREAKPOINT ((NTSTATUS)0x80000003L)
#define STATUS_SINGLE_STEP ((NTSTATUS)0x80000004L)
#define STATUS_WAKE_SYSTEM_DEBUGGER ((NTSTATUS)0x80000007L)
#define STATUS_NO_MORE_ENTRIES ((NTSTATUS)0x8000001AL)
#define STATUS_ASSERTION_FAILURE ((NTSTATUS)0xC0000420L)
#define STATUS_PORT_DISCONNECTED ((NTSTATUS)0xC0000037L)
