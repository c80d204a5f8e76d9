// Driver loading: a work item for each driver, as in NT for those that are started on demand.
#include "boot.h"
#include "ex.h"
#include "mm.h"

#define SERVICES L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"

typedef struct _LOAD_PACKET {
    WORK_QUEUE_ITEM WorkQueueItem;
    BOOT_DRIVER *File;
    DRIVER_OBJECT DriverObject;
    DRIVER_EXTENSION DriverExtension;
    UNICODE_STRING RegistryPath;
    NTSTATUS FinalStatus;
} LOAD_PACKET, *PLOAD_PACKET;

static VOID IopMakePath(PUNICODE_STRING Path, PCWSTR Folder, PCSTR Name)
{
    UNICODE_STRING folder;
    USHORT length, size;

    RtlInitUnicodeString(&folder, Folder);
    for (size = folder.Length; Name[(size - folder.Length) / sizeof(WCHAR)] != 0; size += sizeof(WCHAR)) {
    }
    Path->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, size + sizeof(WCHAR), ' oI ');
    __builtin_memcpy(Path->Buffer, folder.Buffer, folder.Length);
    for (length = folder.Length; length < size; length += sizeof(WCHAR)) {
        Path->Buffer[length / sizeof(WCHAR)] = (UCHAR)*Name++;
    }
    Path->Length = size;
    Path->MaximumLength = size + sizeof(WCHAR);
}

static __declspec(noinline) NTSTATUS PnpCallDriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = DriverObject->DriverInit(DriverObject, RegistryPath);

    DbgPrint("minint: %wZ: DriverEntry returned %08x\n", &DriverObject->DriverName, status);
    return status;
}

static __declspec(noinline) NTSTATUS IopLoadDriver(PLOAD_PACKET LoadPacket)
{
    PDRIVER_OBJECT driver = &LoadPacket->DriverObject;
    PKLDR_DATA_TABLE_ENTRY image;
    NTSTATUS status = MmLoadSystemImage(LoadPacket->File, &image);

    if (!NT_SUCCESS(status)) {
        DbgPrint("minint: %s can't be loaded: %08x\n", LoadPacket->File->Name, status);
        return status;
    }
    driver->Type = IO_TYPE_DRIVER;
    driver->Size = sizeof(*driver);
    driver->DriverStart = image->DllBase;
    driver->DriverSize = image->SizeOfImage;
    driver->DriverSection = image;
    driver->DriverExtension = &LoadPacket->DriverExtension;
    driver->DriverExtension->DriverObject = driver;
    driver->DriverInit = (DRIVER_INITIALIZE *)image->EntryPoint;
    IopMakePath(&driver->DriverName, (PCWSTR)L"\\Driver\\", LoadPacket->File->Name);
    IopMakePath(&LoadPacket->RegistryPath, (PCWSTR)SERVICES, LoadPacket->File->Name);
    IopMakePath(&driver->DriverExtension->ServiceKeyName, (PCWSTR)L"", LoadPacket->File->Name);
    return PnpCallDriverEntry(driver, &LoadPacket->RegistryPath);
}

static VOID IopLoadUnloadDriver(PVOID Parameter)
{
    PLOAD_PACKET packet = Parameter;

    packet->FinalStatus = IopLoadDriver(packet);
}

VOID IoQueueDriverLoads(VOID)
{
    for (ULONG index = 0; index < KiBootBlock.NumberOfDrivers; index++) {
        PLOAD_PACKET packet = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*packet), 'vrDI');

        packet->File = &KiBootBlock.Drivers[index];
        packet->WorkQueueItem.WorkerRoutine = IopLoadUnloadDriver;
        packet->WorkQueueItem.Parameter = packet;
        ExQueueWorkItem(&packet->WorkQueueItem);
    }
}
