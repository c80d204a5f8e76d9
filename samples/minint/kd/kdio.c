// Text to the debugger and from it; files from the debugger's machine.
#include "kdp.h"

static DBGKD_DEBUG_IO KdpDebugIo(ULONG ApiNumber, const STRING *Text, ULONG MaximumLength)
{
    DBGKD_DEBUG_IO io = {
        .ApiNumber = ApiNumber,
        .ProcessorLevel = KDP_PROCESSOR_LEVEL,
        .Processor = (USHORT)KeGetCurrentPrcb()->Number,
        .LengthOfString = Text->Length,
        .LengthOfStringRead = MaximumLength,
    };

    return io;
}

// While no debugger seems to be there, it is looked for once a second only.
BOOLEAN KdpPrintString(const STRING *Output)
{
    DBGKD_DEBUG_IO io = KdpDebugIo(DbgKdPrintStringApi, Output, 0);
    STRING header = KdpString(&io, sizeof(io), sizeof(io));
    BOOLEAN breakIn;

    if (!KdDebuggerNotPresent || KdpIsTimeToLook()) {
        KdSendPacket(PACKET_TYPE_KD_DEBUG_IO, &header, Output);
    }
    breakIn = KdpControlCPending;
    KdpControlCPending = FALSE;
    return breakIn;
}

// Returns the length of the answer.
ULONG KdpPromptString(const STRING *Prompt, STRING *Response)
{
    STRING data = KdpString(KdpMessageBuffer, 0, sizeof(KdpMessageBuffer) - sizeof(DBGKD_DEBUG_IO));
    DBGKD_DEBUG_IO io;
    STRING header = KdpString(&io, sizeof(io), sizeof(io));
    KDP_STATUS status = KDP_PACKET_RESEND;

    while (status != KDP_PACKET_RECEIVED) {
        if (status == KDP_PACKET_RESEND) {
            io = KdpDebugIo(DbgKdGetStringApi, Prompt, Response->MaximumLength);
            KdSendPacket(PACKET_TYPE_KD_DEBUG_IO, &header, Prompt);
        }
        if (KdDebuggerNotPresent) {
            return 0;
        }
        status = KdReceivePacket(PACKET_TYPE_KD_DEBUG_IO, &header, &data);
        if (status == KDP_PACKET_RECEIVED && io.ApiNumber != DbgKdGetStringApi) {
            status = KDP_PACKET_TIMEOUT; // something else: wait on
        }
    }
    Response->Length = io.LengthOfStringRead < data.Length ? (USHORT)io.LengthOfStringRead : data.Length;
    if (Response->Length > Response->MaximumLength) {
        Response->Length = Response->MaximumLength;
    }
    __builtin_memcpy(Response->Buffer, data.Buffer, Response->Length);
    return Response->Length;
}

// Sends a request about a file and waits for the answer. FALSE: no debugger.
static BOOLEAN KdpTransferFile(STRING *Header, STRING *Data)
{
    DBGKD_FILE_IO request = *(DBGKD_FILE_IO *)Header->Buffer;
    STRING requested = KdpString(&request, sizeof(request), sizeof(request));
    BOOLEAN enable = KdEnterDebugger();
    KDP_STATUS status = KDP_PACKET_TIMEOUT;

    KdSendPacket(PACKET_TYPE_KD_FILE_IO, &requested, Data);
    while (!KdDebuggerNotPresent && status != KDP_PACKET_RECEIVED) {
        status = KdReceivePacket(PACKET_TYPE_KD_FILE_IO, Header, Data);
        if (status == KDP_PACKET_RECEIVED && ((DBGKD_FILE_IO *)Header->Buffer)->ApiNumber != request.ApiNumber) {
            status = KDP_PACKET_TIMEOUT; // something else: wait on
        }
    }
    KdExitDebugger(enable);
    return !KdDebuggerNotPresent;
}

// Asks the debugger for a file of its own (".kdfiles"), reads all of it, and says what came.
VOID KdpRequestFile(PCSTR Name)
{
    DBGKD_FILE_IO io = {.ApiNumber = DbgKdCreateFileApi};
    STRING header = KdpString(&io, sizeof(io), sizeof(io));
    STRING data = KdpString(KdpMessageBuffer, 0, sizeof(KdpMessageBuffer) - sizeof(io));
    ULONG64 handle, length;
    ULONG sum = 0;

    io.u.CreateFile.DesiredAccess = 0x80100000; // GENERIC_READ | SYNCHRONIZE
    io.u.CreateFile.FileAttributes = 0x80; // FILE_ATTRIBUTE_NORMAL
    io.u.CreateFile.ShareAccess = 1; // FILE_SHARE_READ
    io.u.CreateFile.CreateDisposition = 1; // FILE_OPEN
    do {
        ((WCHAR *)data.Buffer)[data.Length / sizeof(WCHAR)] = (UCHAR)*Name;
        data.Length += sizeof(WCHAR);
    } while (*Name++ != 0);
    if (!KdpTransferFile(&header, &data) || !NT_SUCCESS(io.Status)) {
        DbgPrint("minint: the debugger has no such file: %08x\n", io.Status);
        return;
    }

    handle = io.u.CreateFile.Handle;
    length = io.u.CreateFile.Length;
    for (ULONG64 offset = 0; offset < length && NT_SUCCESS(io.Status); offset += io.u.ReadFile.Length) {
        __builtin_memset(&io, 0, sizeof(io));
        io.ApiNumber = DbgKdReadFileApi;
        io.u.ReadFile.Handle = handle;
        io.u.ReadFile.Offset = offset;
        io.u.ReadFile.Length = data.MaximumLength;
        data.Length = 0;
        if (!KdpTransferFile(&header, &data) || io.u.ReadFile.Length == 0) {
            break;
        }
        for (USHORT index = 0; index < data.Length; index++) {
            sum += (UCHAR)data.Buffer[index];
        }
    }
    __builtin_memset(&io, 0, sizeof(io));
    io.ApiNumber = DbgKdCloseFileApi;
    io.u.CloseFile.Handle = handle;
    data.Length = 0;
    KdpTransferFile(&header, &data);
    DbgPrint("minint: a file of %u bytes from the debugger, their sum is %08x\n", (ULONG)length, sum);
}
