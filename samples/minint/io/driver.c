// Drivers are loaded and unloaded by a worker thread, as in NT those that are started on demand.
#include "boot.h"
#include "ex.h"
#include "ke.h"
#include "mm.h"

#define RELOAD_DELAY 500 // milliseconds between unloading and loading

#define SERVICES L"\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\"

typedef struct _LOAD_PACKET {
    WORK_QUEUE_ITEM WorkQueueItem;
    BOOT_DRIVER *File;
    DRIVER_OBJECT DriverObject;
    DRIVER_EXTENSION DriverExtension;
    UNICODE_STRING RegistryPath;
    PKLDR_DATA_TABLE_ENTRY Image; // NULL: not loaded
    KEVENT Event; // set when it is done
    NTSTATUS FinalStatus;
} LOAD_PACKET, *PLOAD_PACKET;

static PLOAD_PACKET IopPackets[BOOT_MAXIMUM_DRIVERS]; // one for each of the boot loader's drivers, when first asked for

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
    LoadPacket->Image = image;
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

static VOID IopFreePath(PUNICODE_STRING Path)
{
    ExFreePoolWithTag(Path->Buffer, ' oI ');
    Path->Buffer = NULL;
}

static __declspec(noinline) VOID IopUnloadDriver(PLOAD_PACKET LoadPacket)
{
    PDRIVER_OBJECT driver = &LoadPacket->DriverObject;

    driver->DriverUnload(driver);
    MmUnloadSystemImage(LoadPacket->Image);
    IopFreePath(&driver->DriverName);
    IopFreePath(&LoadPacket->RegistryPath);
    IopFreePath(&driver->DriverExtension->ServiceKeyName);
    LoadPacket->Image = NULL;
    __builtin_memset(driver, 0, sizeof(*driver));
}

// A work item: loads a driver that isn't loaded, unloads one that is.
static VOID IopLoadUnloadDriver(PVOID Parameter)
{
    PLOAD_PACKET packet = Parameter;

    if (packet->Image == NULL) {
        packet->FinalStatus = IopLoadDriver(packet);
    } else {
        IopUnloadDriver(packet);
        packet->FinalStatus = STATUS_SUCCESS;
    }
    KeSetEvent(&packet->Event, 0, FALSE);
}

static VOID IopReloadDriver(PVOID Parameter)
{
    PLOAD_PACKET packet = Parameter;
    LARGE_INTEGER interval = {.QuadPart = -10000LL * RELOAD_DELAY};

    IopUnloadDriver(packet);
    KeDelayExecutionThread(KernelMode, FALSE, &interval);
    packet->FinalStatus = IopLoadDriver(packet);
}

static VOID IopQueuePacket(PLOAD_PACKET Packet, WORKER_THREAD_ROUTINE *WorkerRoutine)
{
    KeInitializeEvent(&Packet->Event, NotificationEvent, FALSE);
    Packet->WorkQueueItem.WorkerRoutine = WorkerRoutine;
    Packet->WorkQueueItem.Parameter = Packet;
    ExQueueWorkItem(&Packet->WorkQueueItem);
}

static PLOAD_PACKET IopGetPacket(ULONG Index)
{
    if (IopPackets[Index] == NULL) {
        IopPackets[Index] = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LOAD_PACKET), 'vrDI');
        IopPackets[Index]->File = &KiBootBlock.Drivers[Index];
    }
    return IopPackets[Index];
}

VOID IoQueueDriverLoad(ULONG Index)
{
    if (Index < KiBootBlock.NumberOfDrivers) {
        IopQueuePacket(IopGetPacket(Index), IopLoadUnloadDriver);
    }
}

VOID IoQueueDriverLoads(VOID)
{
    for (ULONG index = 0; index < KiBootBlock.NumberOfDrivers; index++) {
        IoQueueDriverLoad(index);
    }
}

VOID IoQueueDriverReload(PDRIVER_OBJECT DriverObject)
{
    IopQueuePacket(CONTAINING_RECORD(DriverObject, LOAD_PACKET, DriverObject), IopReloadDriver);
}

static BOOLEAN IopNameEndsWith(PCUNICODE_STRING Path, PCSTR Name)
{
    SIZE_T length = 0;
    SIZE_T first;

    while (Name[length] != 0) {
        length++;
    }
    if (length > Path->Length / sizeof(WCHAR)) {
        return FALSE;
    }
    first = Path->Length / sizeof(WCHAR) - length;
    for (SIZE_T index = 0; index < length; index++) {
        if (Path->Buffer[first + index] != (UCHAR)Name[index]) {
            return FALSE;
        }
    }
    return first == 0 || Path->Buffer[first - 1] == '\\';
}

// Has a worker load or unload the driver of that name, and waits for it.
static NTSTATUS IopChangeDriver(PCUNICODE_STRING DriverServiceName, BOOLEAN Load)
{
    for (ULONG index = 0; index < KiBootBlock.NumberOfDrivers; index++) {
        if (IopNameEndsWith(DriverServiceName, KiBootBlock.Drivers[index].Name)) {
            PLOAD_PACKET packet = IopGetPacket(index);

            if ((packet->Image == NULL) != Load) {
                return STATUS_INVALID_PARAMETER;
            }
            IopQueuePacket(packet, IopLoadUnloadDriver);
            KeWaitForSingleObject(&packet->Event, Executive, KernelMode, FALSE, NULL);
            return packet->FinalStatus;
        }
    }
    return STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS ZwLoadDriver(PUNICODE_STRING DriverServiceName)
{
    return IopChangeDriver(DriverServiceName, TRUE);
}

NTSTATUS ZwUnloadDriver(PUNICODE_STRING DriverServiceName)
{
    return IopChangeDriver(DriverServiceName, FALSE);
}
