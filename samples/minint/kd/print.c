// DbgPrint: to the serial port, and to the buffer that !dbgprint reads.
#include "ke.h"
#include "kdp.h"

#define COM1 0x3f8
#define COM_LINE_STATUS 5
#define COM_TRANSMIT_EMPTY 0x20
#define LINE_SIZE 256

CHAR KdPrintDefaultCircularBuffer[PRINT_BUFFER_SIZE];
CHAR *KdPrintCircularBuffer = KdPrintDefaultCircularBuffer;
CHAR *KdPrintWritePointer = KdPrintDefaultCircularBuffer;
ULONG KdPrintRolloverCount;
ULONG KdPrintBufferSize = PRINT_BUFFER_SIZE;

BOOLEAN KdPortSilent; // the debugger has this port

VOID KdPortInitialize(VOID)
{
    OutPort8(COM1 + 1, 0); // no interrupts
    OutPort8(COM1 + 3, 0x80); // divisor
    OutPort8(COM1 + 0, 1); // 115200 baud
    OutPort8(COM1 + 1, 0);
    OutPort8(COM1 + 3, 3); // 8 bits, no parity, 1 stop bit
    OutPort8(COM1 + 4, 3); // DTR, RTS
}

static VOID KdPortPut(CHAR Character)
{
    while ((InPort8(COM1 + COM_LINE_STATUS) & COM_TRANSMIT_EMPTY) == 0) {
        PauseProcessor();
    }
    OutPort8(COM1, (UCHAR)Character);
}

VOID KdPortWrite(PCSTR Text)
{
    for (; !KdPortSilent && *Text != 0; Text++) {
        if (*Text == '\n') {
            KdPortPut('\r');
        }
        KdPortPut(*Text);
    }
}

static VOID KdLogDbgPrint(PCSTR Text)
{
    for (; *Text != 0; Text++) {
        *KdPrintWritePointer++ = *Text;
        if (KdPrintWritePointer == KdPrintCircularBuffer + KdPrintBufferSize) {
            KdPrintWritePointer = KdPrintCircularBuffer;
            KdPrintRolloverCount += 1;
        }
    }
}

typedef struct _PRINT_LINE {
    CHAR Text[LINE_SIZE];
    ULONG Length;
} PRINT_LINE;

static VOID PrintCharacter(PRINT_LINE *Line, CHAR Character)
{
    if (Line->Length < LINE_SIZE - 1) {
        Line->Text[Line->Length++] = Character;
    }
}

static VOID PrintNumber(PRINT_LINE *Line, ULONG64 Value, ULONG Radix, ULONG Width)
{
    CHAR digits[20];
    ULONG count = 0;

    do {
        digits[count++] = "0123456789abcdef"[Value % Radix];
        Value /= Radix;
    } while (Value != 0 || count < Width);
    while (count != 0) {
        PrintCharacter(Line, digits[--count]);
    }
}

// %s %wZ %u %x %p, and a width with leading zeros for %x
static VOID FormatLine(PRINT_LINE *Line, PCSTR Format, __builtin_va_list Arguments)
{
    for (; *Format != 0; Format++) {
        ULONG width = 1;

        if (*Format != '%') {
            PrintCharacter(Line, *Format);
            continue;
        }
        Format++;
        if (*Format == '0') {
            width = Format[1] - '0';
            Format += 2;
        }
        switch (*Format) {
        case 's':
            for (PCSTR text = __builtin_va_arg(Arguments, PCSTR); *text != 0; text++) {
                PrintCharacter(Line, *text);
            }
            break;
        case 'w': {
            PCUNICODE_STRING string = __builtin_va_arg(Arguments, PCUNICODE_STRING);

            for (USHORT index = 0; index < string->Length / sizeof(WCHAR); index++) {
                PrintCharacter(Line, (CHAR)string->Buffer[index]);
            }
            Format++; // the Z
            break;
        }
        case 'u':
            PrintNumber(Line, __builtin_va_arg(Arguments, ULONG), 10, 1);
            break;
        case 'x':
            PrintNumber(Line, __builtin_va_arg(Arguments, ULONG), 16, width);
            break;
        case 'p':
            PrintNumber(Line, __builtin_va_arg(Arguments, ULONG64), 16, 16);
            break;
        }
    }
    Line->Text[Line->Length] = 0;
}

ULONG DbgPrint(PCSTR Format, ...)
{
    PRINT_LINE line;
    __builtin_va_list arguments;

    line.Length = 0;
    __builtin_va_start(arguments, Format);
    FormatLine(&line, Format, arguments);
    __builtin_va_end(arguments);
    KdLogDbgPrint(line.Text);
    KdPortWrite(line.Text); // last: when the host has the text, nothing changes any more
    if (KdDebuggerEnabled &&
        DebugService(line.Text, (PVOID)(SIZE_T)line.Length, NULL, 0, BREAKPOINT_PRINT) == (ULONG)STATUS_BREAKPOINT) {
        DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
    }
    return STATUS_SUCCESS;
}

ULONG DbgPrompt(PCSTR Prompt, CHAR *Response, ULONG Length)
{
    SIZE_T promptLength = 0;
    ULONG length;

    while (Prompt[promptLength] != 0) {
        promptLength++;
    }
    length = (ULONG)DebugService((PVOID)Prompt, (PVOID)promptLength, Response, Length, BREAKPOINT_PROMPT);
    if (length < Length) {
        Response[length] = 0;
    }
    return length;
}
