// The serial port (16550) of the debugger's connection, polled, and the time that passes meanwhile.
#include "kdp.h"

enum {
    COM_DATA = 0,
    COM_INTERRUPTS = 1,
    COM_FIFO = 2,
    COM_LINE_CONTROL = 3,
    COM_MODEM_CONTROL = 4,
    COM_LINE_STATUS = 5,
    COM_SCRATCH = 7,
};
#define COM_DATA_READY 0x01
#define COM_TRANSMIT_EMPTY 0x20
#define COM_FIFO_SIZE 16
#define TRANSMIT_TIMEOUT 1000000 // microseconds for 16 bytes: nobody takes them

#define PIT_CHANNEL2 0x42
#define PIT_COMMAND 0x43
#define PIT_GATE 0x61
#define PIT_FREQUENCY 1193182
#define CALIBRATION_TIME 1000 // microseconds: short, as the host may have other things to do
#define CALIBRATIONS 40

static USHORT KdpPort;
static BOOLEAN KdpPortBlocked;
static ULONG KdpTicksPerMicrosecond = 1000;

static ULONG64 KdpTicks(VOID)
{
    ULONG low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return low | (ULONG64)high << 32;
}

// The ticks of the processor's clock while the timer counts down once, or more.
static ULONG64 KdpMeasure(VOID)
{
    const USHORT count = (USHORT)(PIT_FREQUENCY / 1000 * CALIBRATION_TIME / 1000);
    ULONG64 start;

    OutPort8(PIT_GATE, (InPort8(PIT_GATE) & ~2) | 1); // no sound; the gate is open
    OutPort8(PIT_COMMAND, 0xb0); // channel 2, both bytes, mode 0: its output rises at zero
    OutPort8(PIT_CHANNEL2, (UCHAR)count);
    OutPort8(PIT_CHANNEL2, count >> 8);
    start = KdpTicks();
    for (ULONG wait = 0; wait < 10000000 && (InPort8(PIT_GATE) & 0x20) == 0; wait++) {
    }
    return KdpTicks() - start;
}

static VOID KdpCalibrate(VOID)
{
    ULONG64 least = KdpMeasure();

    for (ULONG times = 1; times < CALIBRATIONS; times++) {
        ULONG64 ticks = KdpMeasure();

        if (ticks < least) {
            least = ticks;
        }
    }
    KdpTicksPerMicrosecond = (ULONG)(least / CALIBRATION_TIME);
    if (KdpTicksPerMicrosecond == 0) {
        KdpTicksPerMicrosecond = 1;
    }
}

BOOLEAN KdpSerialInitialize(USHORT Port)
{
    OutPort8(Port + COM_SCRATCH, 0x5a);
    if (InPort8(Port + COM_SCRATCH) != 0x5a) {
        return FALSE; // there is none
    }
    KdpPort = Port;
    OutPort8(Port + COM_INTERRUPTS, 0);
    OutPort8(Port + COM_LINE_CONTROL, 0x80); // divisor
    OutPort8(Port + COM_DATA, 1); // 115200 baud
    OutPort8(Port + COM_INTERRUPTS, 0);
    OutPort8(Port + COM_LINE_CONTROL, 3); // 8 bits, no parity, 1 stop bit
    OutPort8(Port + COM_FIFO, 0xc1);
    OutPort8(Port + COM_MODEM_CONTROL, 3); // DTR, RTS
    KdpCalibrate();
    return TRUE;
}

BOOLEAN KdpSerialReceiveByte(UCHAR *Byte, ULONG TimeOut)
{
    ULONG64 start = KdpTicks(), ticks = (ULONG64)TimeOut * KdpTicksPerMicrosecond;

    while ((InPort8(KdpPort + COM_LINE_STATUS) & COM_DATA_READY) == 0) {
        if (KdpTicks() - start >= ticks) {
            return FALSE;
        }
        PauseProcessor();
    }
    *Byte = InPort8(KdpPort + COM_DATA);
    return TRUE;
}

static BOOLEAN KdpSerialWaitForSpace(VOID)
{
    ULONG64 start = KdpTicks(), ticks = (ULONG64)TRANSMIT_TIMEOUT * KdpTicksPerMicrosecond;

    while ((InPort8(KdpPort + COM_LINE_STATUS) & COM_TRANSMIT_EMPTY) == 0) {
        if (KdpTicks() - start >= ticks) {
            return FALSE;
        }
        PauseProcessor();
    }
    return TRUE;
}

// A port that doesn't take a packet's bytes is waited for once.
VOID KdpSerialBeginPacket(VOID)
{
    KdpPortBlocked = FALSE;
}

VOID KdpSerialSend(const VOID *Data, ULONG Length)
{
    const UCHAR *at = Data, *end = at + Length;

    while (at < end && !KdpPortBlocked) {
        if (!KdpSerialWaitForSpace()) {
            KdpPortBlocked = TRUE;
            return;
        }
        for (ULONG space = COM_FIFO_SIZE; space != 0 && at < end; space--) {
            OutPort8(KdpPort + COM_DATA, *at++);
        }
    }
}

BOOLEAN KdpIsTimeToLook(VOID)
{
    static ULONG64 last;
    ULONG64 now = KdpTicks();

    if (now - last < 1000000ULL * KdpTicksPerMicrosecond) {
        return FALSE;
    }
    last = now;
    return TRUE;
}
