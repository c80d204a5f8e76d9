// Packets: framing, packet ids, acknowledgements, and giving up. As in NT's kdcom.dll, everything is polled and the
// machine stands still meanwhile.
#include "kdp.h"

// In microseconds
#define RECEIVE_TIMEOUT 1000000 // for a packet, or for the acknowledgement of one that isn't given up
#define BYTE_TIMEOUT 250000 // inside a packet
#define EVENT_TIMEOUT 500000 // for the acknowledgement of a print and the like
#define EVENT_RETRIES 4
#define ABSENT_TIMEOUT 50000 // the same, while no debugger seems to be there

BOOLEAN KdDebuggerNotPresent = TRUE;
BOOLEAN KdpControlCPending;
static ULONG KdpNextPacketIdToSend = INITIAL_PACKET_ID | SYNC_PACKET_ID;
static ULONG KdpPacketIdExpected = INITIAL_PACKET_ID;

static ULONG KdpComputeChecksum(const STRING *Data)
{
    ULONG sum = 0;

    for (USHORT index = 0; Data != NULL && index < Data->Length; index++) {
        sum += (UCHAR)Data->Buffer[index];
    }
    return sum;
}

static VOID KdpSendControlPacket(USHORT PacketType, ULONG PacketId)
{
    KD_PACKET packet = {CONTROL_PACKET_LEADER, PacketType, 0, PacketId, 0};

    KdpSerialBeginPacket();
    KdpSerialSend(&packet, sizeof(packet));
}

static BOOLEAN KdpReceiveBytes(PVOID Buffer, ULONG Length)
{
    UCHAR *at = Buffer;

    for (; Length != 0; Length--, at++) {
        if (!KdpSerialReceiveByte(at, BYTE_TIMEOUT)) {
            return FALSE;
        }
    }
    return TRUE;
}

// Waits for four equal leader bytes. A break-in byte in front of them, even one in damaged data, breaks in.
static KDP_STATUS KdpReceivePacketLeader(ULONG *Leader, ULONG TimeOut)
{
    UCHAR byte, last = 0;
    ULONG count = 0;

    while (count < 4) {
        if (!KdpSerialReceiveByte(&byte, count == 0 ? TimeOut : BYTE_TIMEOUT)) {
            return KDP_PACKET_TIMEOUT;
        }
        if (byte == BREAKIN_PACKET_BYTE) {
            KdpControlCPending = TRUE;
            return KDP_PACKET_RESEND;
        }
        if (byte != (UCHAR)PACKET_LEADER && byte != (UCHAR)CONTROL_PACKET_LEADER) {
            count = 0;
        } else {
            count = byte == last ? count + 1 : 1;
        }
        last = byte;
    }
    *Leader = last == (UCHAR)PACKET_LEADER ? PACKET_LEADER : CONTROL_PACKET_LEADER;
    return KDP_PACKET_RECEIVED;
}

static VOID KdpSkipData(ULONG ByteCount)
{
    UCHAR byte;

    for (ULONG index = 0; index <= ByteCount && KdpReceiveBytes(&byte, 1); index++) { // with the trailing byte
    }
}

// The part of a data packet behind its header. FALSE: damaged.
static BOOLEAN KdpReceiveData(const KD_PACKET *Packet, STRING *MessageHeader, STRING *MessageData)
{
    UCHAR trailing;

    if (Packet->ByteCount < MessageHeader->MaximumLength ||
        Packet->ByteCount - MessageHeader->MaximumLength > (MessageData != NULL ? MessageData->MaximumLength : 0)) {
        return FALSE;
    }
    MessageHeader->Length = MessageHeader->MaximumLength;
    if (!KdpReceiveBytes(MessageHeader->Buffer, MessageHeader->Length)) {
        return FALSE;
    }
    if (MessageData != NULL) {
        MessageData->Length = Packet->ByteCount - MessageHeader->Length;
        if (!KdpReceiveBytes(MessageData->Buffer, MessageData->Length)) {
            return FALSE;
        }
    }
    return KdpReceiveBytes(&trailing, 1) && trailing == PACKET_TRAILING_BYTE &&
           KdpComputeChecksum(MessageHeader) + KdpComputeChecksum(MessageData) == Packet->CheckSum;
}

static KDP_STATUS KdpReceivePacket(ULONG PacketType, STRING *MessageHeader, STRING *MessageData, ULONG TimeOut)
{
    for (;;) {
        KD_PACKET packet;
        KDP_STATUS status = KdpReceivePacketLeader(&packet.PacketLeader, TimeOut);

        if (status != KDP_PACKET_RECEIVED) {
            return status;
        }
        if (!KdpReceiveBytes(&packet.PacketType, sizeof(packet) - sizeof(packet.PacketLeader))) {
            KdpSendControlPacket(PACKET_TYPE_KD_RESEND, 0);
            continue;
        }

        if (packet.PacketLeader == CONTROL_PACKET_LEADER) {
            switch (packet.PacketType) {
            case PACKET_TYPE_KD_ACKNOWLEDGE:
                if (PacketType == PACKET_TYPE_KD_ACKNOWLEDGE &&
                    packet.PacketId == (KdpNextPacketIdToSend & ~SYNC_PACKET_ID)) {
                    KdpNextPacketIdToSend = packet.PacketId ^ 1;
                    return KDP_PACKET_RECEIVED;
                }
                break;
            case PACKET_TYPE_KD_RESET:
                KdpNextPacketIdToSend = INITIAL_PACKET_ID;
                KdpPacketIdExpected = INITIAL_PACKET_ID;
                KdpSendControlPacket(PACKET_TYPE_KD_RESET, 0);
                return KDP_PACKET_RESEND;
            case PACKET_TYPE_KD_RESEND:
                return KDP_PACKET_RESEND;
            }
            continue;
        }

        packet.PacketId &= ~SYNC_PACKET_ID;
        if (PacketType == PACKET_TYPE_KD_ACKNOWLEDGE) {
            KdpSkipData(packet.ByteCount);
            if (packet.PacketId == KdpPacketIdExpected) {
                // The other side goes on: the acknowledgement was lost. It has to say this again when we listen.
                KdpSendControlPacket(PACKET_TYPE_KD_RESEND, 0);
                KdpNextPacketIdToSend = (KdpNextPacketIdToSend & ~SYNC_PACKET_ID) ^ 1;
                return KDP_PACKET_RECEIVED;
            }
            KdpSendControlPacket(PACKET_TYPE_KD_ACKNOWLEDGE, packet.PacketId);
        } else if (!KdpReceiveData(&packet, MessageHeader, MessageData)) {
            KdpSendControlPacket(PACKET_TYPE_KD_RESEND, 0);
        } else {
            KdpSendControlPacket(PACKET_TYPE_KD_ACKNOWLEDGE, packet.PacketId);
            if (packet.PacketType == PacketType && packet.PacketId == KdpPacketIdExpected) {
                KdpPacketIdExpected ^= 1;
                return KDP_PACKET_RECEIVED;
            }
        }
    }
}

KDP_STATUS KdReceivePacket(ULONG PacketType, STRING *MessageHeader, STRING *MessageData)
{
    return KdpReceivePacket(PacketType, MessageHeader, MessageData, RECEIVE_TIMEOUT);
}

// Whether a packet is worth waiting for a debugger for ever.
static BOOLEAN KdpMayGiveUp(ULONG PacketType, const STRING *MessageHeader)
{
    return PacketType != PACKET_TYPE_KD_STATE_MANIPULATE &&
           (PacketType != PACKET_TYPE_KD_STATE_CHANGE64 ||
            *(ULONG *)MessageHeader->Buffer == DbgKdLoadSymbolsStateChange);
}

VOID KdSendPacket(ULONG PacketType, const STRING *MessageHeader, const STRING *MessageData)
{
    BOOLEAN event = KdpMayGiveUp(PacketType, MessageHeader);
    ULONG timeOut = !event ? RECEIVE_TIMEOUT : KdDebuggerNotPresent ? ABSENT_TIMEOUT : EVENT_TIMEOUT;
    ULONG retries = KdDebuggerNotPresent ? 1 : EVENT_RETRIES;
    KD_PACKET packet = {
        .PacketLeader = PACKET_LEADER,
        .PacketType = (USHORT)PacketType,
        .ByteCount = MessageHeader->Length + (MessageData != NULL ? MessageData->Length : 0),
        .CheckSum = KdpComputeChecksum(MessageHeader) + KdpComputeChecksum(MessageData),
    };
    UCHAR trailing = PACKET_TRAILING_BYTE;
    KDP_STATUS status;

    do {
        packet.PacketId = KdpNextPacketIdToSend;
        KdpSerialBeginPacket();
        KdpSerialSend(&packet, sizeof(packet));
        KdpSerialSend(MessageHeader->Buffer, MessageHeader->Length);
        if (MessageData != NULL) {
            KdpSerialSend(MessageData->Buffer, MessageData->Length);
        }
        KdpSerialSend(&trailing, sizeof(trailing));

        status = KdpReceivePacket(PACKET_TYPE_KD_ACKNOWLEDGE, NULL, NULL, timeOut);
        if (status == KDP_PACKET_TIMEOUT && event && --retries == 0) {
            KdDebuggerNotPresent = TRUE;
            KdpNextPacketIdToSend = INITIAL_PACKET_ID | SYNC_PACKET_ID;
            KdpPacketIdExpected = INITIAL_PACKET_ID;
            return;
        }
    } while (status != KDP_PACKET_RECEIVED);
    KdDebuggerNotPresent = FALSE;
}
