// Start of the debugger, by the boot options; the events that it gets of modules.
#include "boot.h"
#include "ex.h"
#include "kdp.h"
#include "pe.h"
#include "rtl.h"

#define COM1_PORT 0x3f8
#define COM2_PORT 0x2f8

static LIST_ENTRY KdpDebuggerDataListHead;

// How much of a text is Start; 0: it begins with something else.
static ULONG KdpMatch(PCSTR Text, PCSTR Start)
{
    ULONG length = 0;

    for (; Start[length] != 0; length++) {
        if (Text[length] != Start[length]) {
            return 0;
        }
    }
    return length;
}

static ULONG KdpHexadecimal(PCSTR Text)
{
    ULONG value = 0;

    if (Text[0] == '0' && (Text[1] | 0x20) == 'x') {
        Text += 2;
    }
    for (;; Text++) {
        CHAR letter = *Text | 0x20;

        if (*Text >= '0' && *Text <= '9') {
            value = value * 16 + (ULONG)(*Text - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value * 16 + (ULONG)(letter - 'a') + 10;
        } else {
            return value;
        }
    }
}

// Asks for each of the files "a,b,c"
static VOID KdpRequestFiles(PCSTR Names)
{
    CHAR name[64];

    while (*Names > ' ') {
        ULONG length = 0;

        for (; *Names > ' ' && *Names != ','; Names++) {
            if (length < sizeof(name) - 1) {
                name[length++] = *Names;
            }
        }
        name[length] = 0;
        KdpRequestFile(name);
        Names += *Names == ',';
    }
}

static VOID KdpStart(BOOT_BLOCK *BootBlock)
{
    PCSTR port = KeFindLoadOption(BootBlock->LoadOptions, "/DEBUGPORT=");
    BOOLEAN first = port != NULL && KdpMatch(port, "COM1") != 0;
    PCSTR flags = KeFindLoadOption(BootBlock->LoadOptions, "/GLOBALFLAG=");
    PCSTR files = KeFindLoadOption(BootBlock->LoadOptions, "/KDFILES=");

    if (!KdpSerialInitialize(first ? COM1_PORT : COM2_PORT)) {
        DbgPrint("minint: no serial port for the debugger\n");
        return;
    }
    KdPortSilent = first;
    if (flags != NULL) {
        NtGlobalFlag = KdpHexadecimal(flags);
    }
    KdDebuggerEnabled = TRUE;
    KdDebuggerNotPresent = FALSE; // until it doesn't answer
    KiDebugRoutine = KdpTrap;
    DbgLoadImageSymbols("\\SystemRoot\\system32\\ntoskrnl.exe", BootBlock->KernelBase);
    if (KeFindLoadOption(BootBlock->LoadOptions, "/BREAK") != NULL) {
        DbgBreakPointWithStatus(DBG_STATUS_CONTROL_C);
    } else {
        KdCheckForDebugBreak();
    }
    if (files != NULL) {
        KdpRequestFiles(files);
    }
}

VOID KdInitSystem(ULONG Phase, BOOT_BLOCK *BootBlock)
{
    if (Phase == 1) {
        SharedUserData->KdDebuggerEnabled = KdDebuggerEnabled | (KdDebuggerEnabled && !KdDebuggerNotPresent) << 1;
        return;
    }
    InitializeListHead(&KdpDebuggerDataListHead);
    InsertTailList(&KdpDebuggerDataListHead, &KdDebuggerDataBlock.Header.List);
    KdVersionBlock.DebuggerDataList = (ULONG64)&KdpDebuggerDataListHead;
    KdVersionBlock.KernBase = (ULONG64)BootBlock->KernelBase;
    KdDebuggerDataBlock.KernBase = (ULONG64)BootBlock->KernelBase;
    if (KeFindLoadOption(BootBlock->LoadOptions, "/DEBUG") != NULL) {
        KdpStart(BootBlock);
    }
}

static VOID KdpReportImage(PCSTR FileName, PVOID ImageBase, ULONG Service)
{
    IMAGE_OPTIONAL_HEADER64 *header = &RtlImageNtHeader(ImageBase)->OptionalHeader;
    KD_SYMBOLS_INFO info = {ImageBase, (ULONG_PTR)-1, header->CheckSum, header->SizeOfImage};
    STRING name = KdpString((PVOID)FileName, 0, 0);

    while (FileName[name.Length] != 0) {
        name.Length++;
    }
    name.MaximumLength = name.Length + 1;
    DebugService(&name, &info, NULL, 0, Service);
}

VOID DbgLoadImageSymbols(PCSTR FileName, PVOID ImageBase)
{
    KdpReportImage(FileName, ImageBase, BREAKPOINT_LOAD_SYMBOLS);
}

VOID DbgUnLoadImageSymbols(PCSTR FileName, PVOID ImageBase)
{
    KdpReportImage(FileName, ImageBase, BREAKPOINT_UNLOAD_SYMBOLS);
}
