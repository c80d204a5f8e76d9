// LiveChecksum: inlined into its callers, even at -O0, with locals and a loop of its own.
#pragma once

#include "live.h"

// Inlined in LiveChecksum: an inlined function in an inlined function.
static __forceinline ULONG LiveRotate(ULONG Value, ULONG Bits)
{
    ULONG high = Value << Bits;
    ULONG low = Value >> (32 - Bits);

    return high | low;
}

// To step into and out of, by line; `sum` and `byte` are the inlined function's own.
static __forceinline ULONG LiveChecksum(const UCHAR *Bytes, ULONG Length)
{
    ULONG sum = 0x4B444150;

    for (ULONG index = 0; index < Length; index++) {
        UCHAR byte = Bytes[index];

        sum = LiveRotate(sum, 5);
        sum += byte;
    }
    return sum;
}
