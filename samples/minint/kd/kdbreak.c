// Breakpoints that are written into memory.
#include "kdp.h"

#define KDP_BREAKPOINTS 32
#define KDP_BREAKPOINT_INSTRUCTION 0xcc

static struct {
    BOOLEAN InUse;
    UCHAR Content; // what was there
    ULONG64 Address;
} KdpBreakpointTable[KDP_BREAKPOINTS];

ULONG KdpAddBreakpoint(ULONG64 Address)
{
    const UCHAR instruction = KDP_BREAKPOINT_INSTRUCTION;
    ULONG free = KDP_BREAKPOINTS;
    UCHAR content;

    for (ULONG index = KDP_BREAKPOINTS; index-- != 0;) {
        if (!KdpBreakpointTable[index].InUse) {
            free = index;
        } else if (KdpBreakpointTable[index].Address == Address) {
            return 0;
        }
    }
    if (free == KDP_BREAKPOINTS || KdpCopyFromPtr(&content, Address, 1) != 1 ||
        KdpCopyToPtr(Address, &instruction, 1) != 1) {
        return 0;
    }
    KdpBreakpointTable[free].InUse = TRUE;
    KdpBreakpointTable[free].Content = content;
    KdpBreakpointTable[free].Address = Address;
    return free + 1;
}

BOOLEAN KdpDeleteBreakpoint(ULONG Handle)
{
    if (Handle == 0 || Handle > KDP_BREAKPOINTS || !KdpBreakpointTable[Handle - 1].InUse) {
        return FALSE;
    }
    KdpBreakpointTable[Handle - 1].InUse = FALSE;
    KdpCopyToPtr(KdpBreakpointTable[Handle - 1].Address, &KdpBreakpointTable[Handle - 1].Content, 1);
    return TRUE;
}

BOOLEAN KdpDeleteBreakpointRange(ULONG64 Lower, ULONG64 Upper)
{
    BOOLEAN deleted = FALSE;

    for (ULONG handle = 1; handle <= KDP_BREAKPOINTS; handle++) {
        ULONG64 address = KdpBreakpointTable[handle - 1].Address;

        if (address >= Lower && address <= Upper) {
            deleted |= KdpDeleteBreakpoint(handle);
        }
    }
    return deleted;
}
