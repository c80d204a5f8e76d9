// The path to the crash: DriverEntry calls SampleStart, which calls SampleStore through a function pointer, which
// writes through the null pointer in Device->Slots[1].
#include "slot.h"

static ULONG StartCount;

__declspec(noinline) NTSTATUS SampleStore(PSAMPLE_DEVICE Device, PSAMPLE_ENTRY Entry, PCSAMPLE_POINT Path, ULONG Index,
                                          ULONG64 Cookie, CHAR Letter)
{
    static ULONG StoreCount;
    ULONG value = Entry->Value.AsUlong + (ULONG)(Path[1].X * Path[1].Y);
    double scaled = Device->Ratio * Path[0].X;
    ULONG writes;

    StoreCount += 1;
    Device->State = SampleRunning;
    writes = SlotWrite(Device, Index, value);

    Entry->Value.AsUlong = value + writes;
    Device->Ratio = scaled;
    Device->Created.QuadPart = (LONGLONG)(Cookie + StoreCount);
    Device->Grade = Letter;
    return STATUS_SUCCESS;
}

__declspec(noinline) NTSTATUS SampleStart(PSAMPLE_DEVICE Device, PCUNICODE_STRING RegistryPath, ULONG Index)
{
    // Aligned more strictly than the stack: this function needs a frame pointer (UWOP_SET_FPREG).
    __declspec(align(64)) SAMPLE_POINT path[3] = {{10, 20}, {30, -40}, {-50, 60}};
    PSAMPLE_ENTRY entry = CONTAINING_RECORD(Device->Entries.Flink, SAMPLE_ENTRY, Link);
    ULONG total = entry->Value.AsUlong;
    NTSTATUS status;

    StartCount += 1;
    while (entry->Id != 200) {
        entry = CONTAINING_RECORD(entry->Link.Flink, SAMPLE_ENTRY, Link);
        total += entry->Value.AsUlong;
    }

    DbgPrint("sampledrv: %wZ: start %u, total %x\n", RegistryPath, StartCount, total);
    status = Device->Operation(Device, entry, path, Index, 0x1122334455667788, 'K');
    Device->Corners[1] = path[2];
    Device->Value.AsUlong = total;
    Device->LastStatus = status;
    return status;
}
