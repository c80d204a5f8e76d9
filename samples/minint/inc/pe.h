// PE images, from Microsoft's "PE Format" page. The boot loader and the kernel both load images with this.
#pragma once

#include "ntdef.h"

#define IMAGE_DOS_SIGNATURE 0x5A4D
#define IMAGE_NT_SIGNATURE 0x00004550
#define IMAGE_FILE_MACHINE_AMD64 0x8664

typedef struct _IMAGE_DOS_HEADER {
    USHORT e_magic;
    USHORT Reserved[29];
    LONG e_lfanew;
} IMAGE_DOS_HEADER;

typedef struct _IMAGE_FILE_HEADER {
    USHORT Machine;
    USHORT NumberOfSections;
    ULONG TimeDateStamp;
    ULONG PointerToSymbolTable;
    ULONG NumberOfSymbols;
    USHORT SizeOfOptionalHeader;
    USHORT Characteristics;
} IMAGE_FILE_HEADER;

typedef struct _IMAGE_DATA_DIRECTORY {
    ULONG VirtualAddress;
    ULONG Size;
} IMAGE_DATA_DIRECTORY;

enum {
    IMAGE_DIRECTORY_ENTRY_EXPORT = 0,
    IMAGE_DIRECTORY_ENTRY_IMPORT = 1,
    IMAGE_DIRECTORY_ENTRY_EXCEPTION = 3,
    IMAGE_DIRECTORY_ENTRY_BASERELOC = 5,
};

typedef struct _IMAGE_OPTIONAL_HEADER64 {
    USHORT Magic;
    UCHAR MajorLinkerVersion;
    UCHAR MinorLinkerVersion;
    ULONG SizeOfCode;
    ULONG SizeOfInitializedData;
    ULONG SizeOfUninitializedData;
    ULONG AddressOfEntryPoint;
    ULONG BaseOfCode;
    ULONGLONG ImageBase;
    ULONG SectionAlignment;
    ULONG FileAlignment;
    USHORT MajorOperatingSystemVersion;
    USHORT MinorOperatingSystemVersion;
    USHORT MajorImageVersion;
    USHORT MinorImageVersion;
    USHORT MajorSubsystemVersion;
    USHORT MinorSubsystemVersion;
    ULONG Win32VersionValue;
    ULONG SizeOfImage;
    ULONG SizeOfHeaders;
    ULONG CheckSum;
    USHORT Subsystem;
    USHORT DllCharacteristics;
    ULONGLONG SizeOfStackReserve;
    ULONGLONG SizeOfStackCommit;
    ULONGLONG SizeOfHeapReserve;
    ULONGLONG SizeOfHeapCommit;
    ULONG LoaderFlags;
    ULONG NumberOfRvaAndSizes;
    IMAGE_DATA_DIRECTORY DataDirectory[16];
} IMAGE_OPTIONAL_HEADER64;

typedef struct _IMAGE_NT_HEADERS64 {
    ULONG Signature;
    IMAGE_FILE_HEADER FileHeader;
    IMAGE_OPTIONAL_HEADER64 OptionalHeader;
} IMAGE_NT_HEADERS64, *PIMAGE_NT_HEADERS64;

typedef struct _IMAGE_SECTION_HEADER {
    UCHAR Name[8];
    union {
        ULONG PhysicalAddress;
        ULONG VirtualSize;
    } Misc;
    ULONG VirtualAddress;
    ULONG SizeOfRawData;
    ULONG PointerToRawData;
    ULONG PointerToRelocations;
    ULONG PointerToLinenumbers;
    USHORT NumberOfRelocations;
    USHORT NumberOfLinenumbers;
    ULONG Characteristics;
} IMAGE_SECTION_HEADER;

typedef struct _IMAGE_EXPORT_DIRECTORY {
    ULONG Characteristics;
    ULONG TimeDateStamp;
    USHORT MajorVersion;
    USHORT MinorVersion;
    ULONG Name;
    ULONG Base;
    ULONG NumberOfFunctions;
    ULONG NumberOfNames;
    ULONG AddressOfFunctions;
    ULONG AddressOfNames;
    ULONG AddressOfNameOrdinals;
} IMAGE_EXPORT_DIRECTORY;

typedef struct _IMAGE_IMPORT_DESCRIPTOR {
    ULONG OriginalFirstThunk;
    ULONG TimeDateStamp;
    ULONG ForwarderChain;
    ULONG Name;
    ULONG FirstThunk;
} IMAGE_IMPORT_DESCRIPTOR;

typedef struct _IMAGE_BASE_RELOCATION {
    ULONG VirtualAddress;
    ULONG SizeOfBlock;
} IMAGE_BASE_RELOCATION;

enum { IMAGE_REL_BASED_ABSOLUTE = 0, IMAGE_REL_BASED_DIR64 = 10 };

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;

// The headers of an image, as a file or as mapped; NULL if it isn't one for this processor.
static __inline PIMAGE_NT_HEADERS64 RtlImageNtHeader(PVOID Base)
{
    IMAGE_DOS_HEADER *dos = Base;
    PIMAGE_NT_HEADERS64 headers = (PIMAGE_NT_HEADERS64)((PUCHAR)Base + dos->e_lfanew);

    if (dos->e_magic != IMAGE_DOS_SIGNATURE || headers->Signature != IMAGE_NT_SIGNATURE ||
        headers->FileHeader.Machine != IMAGE_FILE_MACHINE_AMD64) {
        return NULL;
    }
    return headers;
}

// A data directory of a mapped image, and its size in bytes; NULL if it is empty.
static __inline PVOID RtlImageDirectoryEntryToData(PVOID Base, ULONG Directory, PULONG Size)
{
    IMAGE_DATA_DIRECTORY *entry = &RtlImageNtHeader(Base)->OptionalHeader.DataDirectory[Directory];

    *Size = entry->Size;
    return entry->Size != 0 ? (PUCHAR)Base + entry->VirtualAddress : NULL;
}

// Copies the file's headers and sections to Image, which is zeroed and of SizeOfImage bytes, and relocates them to
// run at Base (Image itself, but for the boot loader, which runs before that address is mapped).
static __inline VOID LdrMapImage(PUCHAR File, PUCHAR Image, ULONG64 Base)
{
    PIMAGE_NT_HEADERS64 headers = RtlImageNtHeader(File);
    IMAGE_SECTION_HEADER *section =
        (IMAGE_SECTION_HEADER *)((PUCHAR)&headers->OptionalHeader + headers->FileHeader.SizeOfOptionalHeader);
    ULONG64 delta = Base - headers->OptionalHeader.ImageBase;
    PUCHAR block, end;
    ULONG size;

    __builtin_memcpy(Image, File, headers->OptionalHeader.SizeOfHeaders);
    for (USHORT index = 0; index < headers->FileHeader.NumberOfSections; index++, section++) {
        ULONG length = section->SizeOfRawData;

        if (length > section->Misc.VirtualSize) {
            length = section->Misc.VirtualSize;
        }
        __builtin_memcpy(Image + section->VirtualAddress, File + section->PointerToRawData, length);
    }

    block = RtlImageDirectoryEntryToData(Image, IMAGE_DIRECTORY_ENTRY_BASERELOC, &size);
    for (end = block + size; block < end; block += ((IMAGE_BASE_RELOCATION *)block)->SizeOfBlock) {
        IMAGE_BASE_RELOCATION *header = (IMAGE_BASE_RELOCATION *)block;
        USHORT *entry = (USHORT *)(header + 1);

        for (; (PUCHAR)entry < block + header->SizeOfBlock; entry++) {
            if (*entry >> 12 == IMAGE_REL_BASED_DIR64) {
                *(ULONG64 *)(Image + header->VirtualAddress + (*entry & 0xfff)) += delta;
            }
        }
    }
    RtlImageNtHeader(Image)->OptionalHeader.ImageBase = Base;
}
