// Unwinding by .pdata and .xdata. Not as complete as NT's: version 1 only, and a function's epilog isn't recognised,
// so that an exception there unwinds wrong.
#include "mm.h"
#include "rtl.h"

enum {
    UWOP_PUSH_NONVOL = 0,
    UWOP_ALLOC_LARGE = 1,
    UWOP_ALLOC_SMALL = 2,
    UWOP_SET_FPREG = 3,
    UWOP_SAVE_NONVOL = 4,
    UWOP_SAVE_NONVOL_FAR = 5,
    UWOP_SAVE_XMM128 = 8,
    UWOP_SAVE_XMM128_FAR = 9,
    UWOP_PUSH_MACHFRAME = 10,
};

typedef union _UNWIND_CODE {
    struct {
        UCHAR CodeOffset;
        UCHAR UnwindOp : 4;
        UCHAR OpInfo : 4;
    };
    USHORT FrameOffset;
} UNWIND_CODE, *PUNWIND_CODE;

typedef struct _UNWIND_INFO {
    UCHAR Version : 3;
    UCHAR Flags : 5;
    UCHAR SizeOfProlog;
    UCHAR CountOfCodes;
    UCHAR FrameRegister : 4;
    UCHAR FrameOffset : 4;
    UNWIND_CODE UnwindCode[1];
} UNWIND_INFO, *PUNWIND_INFO;

// The language handler's address or the chained function's entry follows the codes, of which there is an even number.
static PVOID RtlpAfterCodes(PUNWIND_INFO Info)
{
    return &Info->UnwindCode[(Info->CountOfCodes + 1) & ~1];
}

PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 ControlPc, ULONG64 *ImageBase)
{
    for (PLIST_ENTRY link = PsLoadedModuleList.Flink; link != NULL && link != &PsLoadedModuleList;
         link = link->Flink) {
        PKLDR_DATA_TABLE_ENTRY entry = CONTAINING_RECORD(link, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        ULONG64 rva = ControlPc - (ULONG64)entry->DllBase;
        PRUNTIME_FUNCTION table = entry->ExceptionTable;

        if (rva < entry->SizeOfImage) {
            *ImageBase = (ULONG64)entry->DllBase;
            for (ULONG index = 0; index < entry->ExceptionTableSize / sizeof(RUNTIME_FUNCTION); index++) {
                if (rva >= table[index].BeginAddress && rva < table[index].EndAddress) {
                    return &table[index];
                }
            }
        }
    }
    return NULL;
}

static ULONG64 *RtlpRegister(PCONTEXT ContextRecord, ULONG Number)
{
    return &ContextRecord->Rax + Number; // CONTEXT has them in the processor's order
}

// Undoes the codes of one unwind info that have been executed at the offset in its prolog. TRUE: a machine frame, and
// the context is already the interrupted code's.
static BOOLEAN RtlpUnwindCodes(PUNWIND_INFO Info, ULONG PrologOffset, ULONG64 Frame, PCONTEXT ContextRecord)
{
    BOOLEAN machineFrame = FALSE;

    for (ULONG index = 0; index < Info->CountOfCodes;) {
        PUNWIND_CODE code = &Info->UnwindCode[index];
        ULONG slots = 1;
        ULONG64 size = 0;

        switch (code->UnwindOp) {
        case UWOP_ALLOC_LARGE:
            slots = code->OpInfo == 0 ? 2 : 3;
            size = code->OpInfo == 0 ? code[1].FrameOffset * 8ULL : *(__unaligned ULONG *)&code[1];
            break;
        case UWOP_SAVE_NONVOL:
        case UWOP_SAVE_XMM128:
            slots = 2;
            size = code[1].FrameOffset * (code->UnwindOp == UWOP_SAVE_NONVOL ? 8ULL : 16ULL);
            break;
        case UWOP_SAVE_NONVOL_FAR:
        case UWOP_SAVE_XMM128_FAR:
            slots = 3;
            size = *(__unaligned ULONG *)&code[1];
            break;
        }
        index += slots;
        if (code->CodeOffset > PrologOffset) {
            continue;
        }

        switch (code->UnwindOp) {
        case UWOP_PUSH_NONVOL:
            *RtlpRegister(ContextRecord, code->OpInfo) = *(ULONG64 *)ContextRecord->Rsp;
            ContextRecord->Rsp += 8;
            break;
        case UWOP_ALLOC_LARGE:
            ContextRecord->Rsp += size;
            break;
        case UWOP_ALLOC_SMALL:
            ContextRecord->Rsp += code->OpInfo * 8 + 8;
            break;
        case UWOP_SET_FPREG:
            ContextRecord->Rsp = *RtlpRegister(ContextRecord, Info->FrameRegister) - Info->FrameOffset * 16;
            break;
        case UWOP_SAVE_NONVOL:
        case UWOP_SAVE_NONVOL_FAR:
            *RtlpRegister(ContextRecord, code->OpInfo) = *(ULONG64 *)(Frame + size);
            break;
        case UWOP_SAVE_XMM128:
        case UWOP_SAVE_XMM128_FAR:
            (&ContextRecord->Xmm0)[code->OpInfo] = *(M128A *)(Frame + size);
            break;
        case UWOP_PUSH_MACHFRAME: {
            ULONG64 *frame = (ULONG64 *)ContextRecord->Rsp + code->OpInfo;

            ContextRecord->Rip = frame[0];
            ContextRecord->Rsp = frame[3];
            machineFrame = TRUE;
            break;
        }
        }
    }
    return machineFrame;
}

EXCEPTION_ROUTINE *RtlVirtualUnwind(ULONG HandlerType, ULONG64 ImageBase, ULONG64 ControlPc,
                                    PRUNTIME_FUNCTION FunctionEntry, PCONTEXT ContextRecord, PVOID *HandlerData,
                                    ULONG64 *EstablisherFrame, PVOID ContextPointers)
{
    PUNWIND_INFO info = (PUNWIND_INFO)(ImageBase + FunctionEntry->UnwindData);
    ULONG prologOffset = (ULONG)(ControlPc - ImageBase - FunctionEntry->BeginAddress);
    EXCEPTION_ROUTINE *handler = NULL;
    BOOLEAN machineFrame;

    (void)ContextPointers; // not told
    // What saved registers are relative to: the frame register once it is set, else rsp.
    *EstablisherFrame = ContextRecord->Rsp;
    if (info->FrameRegister != 0 &&
        (prologOffset >= info->SizeOfProlog || (info->Flags & UNW_FLAG_CHAININFO) != 0)) {
        *EstablisherFrame = *RtlpRegister(ContextRecord, info->FrameRegister) - info->FrameOffset * 16;
    }

    if (prologOffset >= info->SizeOfProlog && (info->Flags & HandlerType) != 0) {
        ULONG *after = RtlpAfterCodes(info);

        handler = (EXCEPTION_ROUTINE *)(ImageBase + after[0]);
        *HandlerData = &after[1];
    }

    machineFrame = RtlpUnwindCodes(info, prologOffset, *EstablisherFrame, ContextRecord);
    while ((info->Flags & UNW_FLAG_CHAININFO) != 0) {
        PRUNTIME_FUNCTION chained = RtlpAfterCodes(info);

        info = (PUNWIND_INFO)(ImageBase + chained->UnwindData);
        machineFrame |= RtlpUnwindCodes(info, MAXULONG, *EstablisherFrame, ContextRecord);
    }
    if (!machineFrame) {
        ContextRecord->Rip = *(ULONG64 *)ContextRecord->Rsp;
        ContextRecord->Rsp += 8;
    }
    return handler;
}
