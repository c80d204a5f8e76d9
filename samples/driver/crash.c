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
    PSAMPLE_ENTRY entry = NULL;
    ULONG total = 0;
    NTSTATUS status;

    StartCount += 1;
    for (PLIST_ENTRY link = Device->Entries.Flink; link != &Device->Entries; link = link->Flink) {
        PSAMPLE_ENTRY current = CONTAINING_RECORD(link, SAMPLE_ENTRY, Link);

        total += current->Value.AsUlong;
        if (current->Id == 200) {
            entry = current;
        }
    }
    if (entry == NULL) {
        return STATUS_DEVICE_NOT_READY;
    }

    DbgPrint("sampledrv: %wZ: start %u, total %x\n", RegistryPath, StartCount, total);
    status = Device->Operation(Device, entry, path, Index, 0x1122334455667788, 'K');
    Device->Corners[1] = path[2];
    Device->Value.AsUlong = total;
    Device->LastStatus = status;
    return status;
}
