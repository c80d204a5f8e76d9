// The sample driver's entry point: fills one device with recognisable values and starts it, which crashes.
#include "sample.h"

int _fltused = 0; // the linker's mark for code that uses floating point

const GUID SampleInterfaceId = {0x4B444150, 0x0001, 0x4002, {0x80, 0x03, 'k', 'd', 'a', 'p', 0x04, 0x05}};

SAMPLE_DEVICE SampleDevice;
PSAMPLE_DEVICE SampleDevices[2] = {&SampleDevice, NULL};
static SAMPLE_SLOT FirstSlot = {0x1111, 1};
static SAMPLE_SLOT LastSlot = {0x3333, 3};
static const CHAR *const Labels[SAMPLE_ENTRIES] = {"alpha", "beta", "gamma"};
static CHAR Vendor[] = "kdap project";

static VOID SampleUnload(PDRIVER_OBJECT DriverObject)
{
    while (SampleDevice.Entries.Flink != &SampleDevice.Entries) {
        PLIST_ENTRY link = SampleDevice.Entries.Flink;

        SampleDevice.Entries.Flink = link->Flink;
        link->Flink->Blink = &SampleDevice.Entries;
        ExFreePoolWithTag(CONTAINING_RECORD(link, SAMPLE_ENTRY, Link), SAMPLE_POOL_TAG);
    }
    DbgPrint("sampledrv: %wZ unloaded\n", &DriverObject->DriverName);
}

static NTSTATUS SampleAddEntries(PSAMPLE_DEVICE Device)
{
    InitializeListHead(&Device->Entries);
    for (ULONG index = 0; index < SAMPLE_ENTRIES; index++) {
        PSAMPLE_ENTRY entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*entry), SAMPLE_POOL_TAG);
        const CHAR *label = Labels[index];

        if (entry == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        entry->Id = 100 * (index + 1);
        entry->Value.AsUlong = 0x01010101 * (index + 1);
        for (ULONG at = 0; at < sizeof(entry->Label); at++) {
            entry->Label[at] = *label;
            label += *label != 0;
        }
        InsertTailList(&Device->Entries, &entry->Link);
        Device->EntryCount += 1;
    }
    return STATUS_SUCCESS;
}

static VOID SampleInitialize(PSAMPLE_DEVICE Device, PDRIVER_OBJECT DriverObject)
{
    static const SHORT matrix[2][3] = {{1, 2, 3}, {-4, -5, -6}};

    Device->Signature = SAMPLE_SIGNATURE;
    Device->State = SampleStarting;
    Device->Color = ColorRed;
    Device->LastStatus = STATUS_DEVICE_NOT_READY;
    Device->Flags.Ready = 1;
    Device->Flags.Level = 5;
    Device->Flags.Retries = 9;
    Device->Flags.Reserved = 0xABCDEF;
    Device->Flags.Delta = -3;
    Device->Flags.Trend = 1000;
    Device->Flags.Serial = 0x123456789A;
    Device->Flags.Wanted = SampleFailed;
    RtlInitUnicodeString(&Device->Name, (PCWSTR)L"\\Device\\Sample0");
    Device->Vendor.Buffer = Vendor;
    Device->Vendor.Length = sizeof(Vendor) - 1;
    Device->Vendor.MaximumLength = sizeof(Vendor);
    Device->Created.QuadPart = 0x01D7000000000000 + 42;
    Device->InterfaceId = SampleInterfaceId;
    Device->Corners[0] = (SAMPLE_POINT){-100, 200};
    Device->Corners[1] = (SAMPLE_POINT){300, -400};
    for (ULONG row = 0; row < 2; row++) {
        for (ULONG column = 0; column < 3; column++) {
            Device->Matrix[row][column] = matrix[row][column];
        }
    }
    Device->Enabled = TRUE;
    Device->Grade = 'B';
    Device->Unit[0] = 'm';
    Device->Unit[1] = '/';
    Device->Unit[2] = 's';
    Device->Unit[3] = 0x00B2; // a superscript two
    Device->Scale = 0.5f;
    Device->Ratio = 2.25;
    Device->Value.AsUlong = 0xCAFEBABE;
    Device->Slots[0] = &FirstSlot;
    Device->Slots[1] = NULL; // SampleStart is told to write here
    Device->Slots[2] = &LastSlot;
    Device->Operation = SampleStore;
    Device->DriverObject = DriverObject;
    Device->Self = Device;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PSAMPLE_DEVICE device = SampleDevices[0];
    NTSTATUS status;

    DriverObject->DriverUnload = SampleUnload;
    SampleInitialize(device, DriverObject);
    status = SampleAddEntries(device);
    if (NT_SUCCESS(status)) {
        status = SampleStart(device, RegistryPath, 1);
    }
    device->LastStatus = status;
    return status;
}
