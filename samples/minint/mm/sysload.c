// Images: the list of loaded modules, and the loading of drivers into it.
#include "boot.h"
#include "kd.h"
#include "ke.h"
#include "mm.h"
#include "pe.h"
#include "rtl.h"

#define STATUS_INVALID_IMAGE_FORMAT ((NTSTATUS)0xC000007BL)
#define STATUS_PROCEDURE_NOT_FOUND ((NTSTATUS)0xC000007AL)
#define LDRP_IMAGE_FLAGS 0x09004000 // entry processed, mapped by the system
#define MODULE_NAME_LENGTH 32
#define MI_UNLOADED_DRIVERS 50 // as in NT
#define MI_LARGEST_DRIVER 0x100000

LIST_ENTRY PsLoadedModuleList; // zeros until there is a module, as in NT
PUNLOADED_DRIVERS MmUnloadedDrivers;
ULONG MmLastUnloadedDriver; // the next one's index
static ULONG64 MiNextImage = MM_DRIVER_IMAGES; // an unloaded driver's address isn't used again

// "a" and "b" and "c" to the UNICODE_STRING "abc", in pool.
static VOID MiMakeName(PUNICODE_STRING Name, PCSTR First, PCSTR Second, PCSTR Third)
{
    PCSTR parts[3] = {First, Second, Third};
    USHORT length = 0;
    SIZE_T size = 0;

    for (ULONG part = 0; part < RTL_NUMBER_OF(parts); part++) {
        for (PCSTR at = parts[part]; *at != 0; at++) {
            size += sizeof(WCHAR);
        }
    }
    Name->Buffer = ExAllocatePoolWithTag(NonPagedPoolNx, size + sizeof(WCHAR), 'dLmM');
    for (ULONG part = 0; part < RTL_NUMBER_OF(parts); part++) {
        for (PCSTR at = parts[part]; *at != 0; at++) {
            Name->Buffer[length++] = (UCHAR)*at;
        }
    }
    Name->Length = (USHORT)size;
    Name->MaximumLength = (USHORT)(size + sizeof(WCHAR));
}

static PKLDR_DATA_TABLE_ENTRY MiEnterImage(PVOID Base, PCSTR Folder, PCSTR Name, PCSTR Extension)
{
    PKLDR_DATA_TABLE_ENTRY entry = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*entry), 'dLmM');
    PIMAGE_NT_HEADERS64 headers = RtlImageNtHeader(Base);

    entry->ExceptionTable =
        RtlImageDirectoryEntryToData(Base, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &entry->ExceptionTableSize);
    entry->DllBase = Base;
    entry->EntryPoint = (PUCHAR)Base + headers->OptionalHeader.AddressOfEntryPoint;
    entry->SizeOfImage = headers->OptionalHeader.SizeOfImage;
    entry->SizeOfImageNotRounded = headers->OptionalHeader.SizeOfImage;
    entry->CheckSum = headers->OptionalHeader.CheckSum;
    entry->TimeDateStamp = headers->FileHeader.TimeDateStamp;
    entry->Flags = LDRP_IMAGE_FLAGS;
    entry->LoadCount = 1;
    MiMakeName(&entry->FullDllName, Folder, Name, Extension);
    MiMakeName(&entry->BaseDllName, "", Name, Extension);
    InsertTailList(&PsLoadedModuleList, &entry->InLoadOrderLinks);
    return entry;
}

VOID MiInitializeLoadedModuleList(PVOID KernelBase)
{
    InitializeListHead(&PsLoadedModuleList);
    // Whatever the file is called, NT's loader calls the kernel ntoskrnl.exe.
    MiEnterImage(KernelBase, "\\SystemRoot\\system32\\", "ntoskrnl", ".exe");
}

// Tells the debugger of an image, with DbgLoadImageSymbols or DbgUnLoadImageSymbols.
static VOID MiReportImage(PKLDR_DATA_TABLE_ENTRY Entry, VOID (*Report)(PCSTR FileName, PVOID ImageBase))
{
    CHAR name[MODULE_NAME_LENGTH * 2 + 1];
    USHORT length = Entry->FullDllName.Length / sizeof(WCHAR);

    if (length > sizeof(name) - 1) {
        length = sizeof(name) - 1;
    }
    for (USHORT index = 0; index < length; index++) {
        name[index] = (CHAR)Entry->FullDllName.Buffer[index];
    }
    name[length] = 0;
    Report(name, Entry->DllBase);
}

static PVOID MiFindExport(PVOID Base, PCSTR Name)
{
    ULONG size;
    IMAGE_EXPORT_DIRECTORY *exports = RtlImageDirectoryEntryToData(Base, IMAGE_DIRECTORY_ENTRY_EXPORT, &size);
    ULONG *names = (ULONG *)((PUCHAR)Base + exports->AddressOfNames);
    USHORT *ordinals = (USHORT *)((PUCHAR)Base + exports->AddressOfNameOrdinals);
    ULONG *functions = (ULONG *)((PUCHAR)Base + exports->AddressOfFunctions);

    for (ULONG index = 0; index < exports->NumberOfNames; index++) {
        if (RtlEqualString8((PCSTR)Base + names[index], Name)) {
            return (PUCHAR)Base + functions[ordinals[index]];
        }
    }
    return NULL;
}

static NTSTATUS MiResolveImports(PUCHAR Base)
{
    ULONG size;
    IMAGE_IMPORT_DESCRIPTOR *import = RtlImageDirectoryEntryToData(Base, IMAGE_DIRECTORY_ENTRY_IMPORT, &size);

    for (; import != NULL && import->Name != 0; import++) {
        ULONG64 *thunk = (ULONG64 *)(Base + import->FirstThunk);

        for (; *thunk != 0; thunk++) {
            PCSTR name = (PCSTR)Base + *thunk + sizeof(USHORT); // behind the hint
            PVOID address = MiFindExport(KiBootBlock.KernelBase, name);

            if (address == NULL) {
                DbgPrint("minint: %s isn't exported\n", name);
                return STATUS_PROCEDURE_NOT_FOUND;
            }
            *thunk = (ULONG64)address;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS MmLoadSystemImage(BOOT_DRIVER *File, PKLDR_DATA_TABLE_ENTRY *Entry)
{
    ULONG64 file = MM_DRIVER_IMAGES + 0x10000000; // mapped while it is read
    PUCHAR base = (PUCHAR)MiNextImage;
    PIMAGE_NT_HEADERS64 headers;
    NTSTATUS status;

    for (ULONG offset = 0; offset < File->Size; offset += PAGE_SIZE) {
        MiMapPage(file + offset, (File->Physical + offset) >> PAGE_SHIFT, FALSE);
    }
    headers = RtlImageNtHeader((PVOID)file);
    if (headers == NULL || headers->OptionalHeader.SizeOfImage > MI_LARGEST_DRIVER) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    for (ULONG offset = 0; offset < headers->OptionalHeader.SizeOfImage; offset += PAGE_SIZE) {
        MiMapPage(MiNextImage + offset, MiGetPage(), TRUE);
    }
    MiNextImage += (headers->OptionalHeader.SizeOfImage + 0xffff) & ~0xffffULL;
    LdrMapImage((PUCHAR)file, base, (ULONG64)base);
    for (ULONG offset = 0; offset < File->Size; offset += PAGE_SIZE) {
        MiUnmapPage(file + offset);
    }

    status = MiResolveImports(base);
    if (NT_SUCCESS(status)) {
        *Entry = MiEnterImage(base, "\\SystemRoot\\System32\\drivers\\", File->Name, ".sys");
        MiReportImage(*Entry, DbgLoadImageSymbols);
    }
    return status;
}

// Remembers the image in the table that debuggers list unloaded drivers from.
static VOID MiRememberUnloadedDriver(PKLDR_DATA_TABLE_ENTRY Entry)
{
    PUNLOADED_DRIVERS driver;

    if (MmUnloadedDrivers == NULL) {
        MmUnloadedDrivers =
            ExAllocatePoolWithTag(NonPagedPoolNx, MI_UNLOADED_DRIVERS * sizeof(UNLOADED_DRIVERS), 'TDmM');
    }
    driver = &MmUnloadedDrivers[MmLastUnloadedDriver % MI_UNLOADED_DRIVERS];
    if (driver->Name.Buffer != NULL) {
        ExFreePoolWithTag(driver->Name.Buffer, 'dLmM');
    }
    driver->Name = Entry->BaseDllName; // it takes the name over
    driver->StartAddress = Entry->DllBase;
    driver->EndAddress = (PUCHAR)Entry->DllBase + Entry->SizeOfImage;
    driver->CurrentTime.QuadPart = (LONGLONG)KeQuerySystemTimePrecise();
    MmLastUnloadedDriver = (MmLastUnloadedDriver + 1) % MI_UNLOADED_DRIVERS;
}

VOID MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY Entry)
{
    PUCHAR base = Entry->DllBase;
    ULONG64 pages[MI_LARGEST_DRIVER / PAGE_SIZE];
    ULONG count = Entry->SizeOfImage >> PAGE_SHIFT;

    MiReportImage(Entry, DbgUnLoadImageSymbols); // with the image still there
    RemoveEntryList(&Entry->InLoadOrderLinks);
    MiRememberUnloadedDriver(Entry);
    ExFreePoolWithTag(Entry->FullDllName.Buffer, 'dLmM');
    ExFreePoolWithTag(Entry, 'dLmM');
    for (ULONG index = 0; index < count; index++) {
        pages[index] = MmGetPhysicalAddress(base + index * PAGE_SIZE) >> PAGE_SHIFT;
        __builtin_memset(base + index * PAGE_SIZE, 0, PAGE_SIZE); // free pages are zeroed ones
        MiUnmapPage((ULONG64)base + index * PAGE_SIZE);
    }
    KiFlushTranslations();
    for (ULONG index = 0; index < count; index++) {
        MiFreePage(pages[index]);
    }
}
