// The innermost functions of the crash. SlotStore is inlined even at -O0; SlotWrite only at -O2.
#pragma once

#include "sample.h"

static __forceinline VOID SlotStore(PSAMPLE_SLOT Slot, ULONG Value)
{
    ULONG mixed = Value ^ SAMPLE_SIGNATURE;

    Slot->Value = mixed; // the null write
    Slot->Writes += 1;
}

static __inline ULONG SlotWrite(PSAMPLE_DEVICE Device, ULONG Index, ULONG Value)
{
    PSAMPLE_SLOT slot = Device->Slots[Index];

    SlotStore(slot, Value);
    return slot->Writes;
}
