// Memory: pages, page tables through their self-map, pool, images.
#pragma once

#include "ntddk.h"

struct _BOOT_BLOCK;
struct _BOOT_DRIVER;

#define PAGE_SIZE 0x1000
#define PAGE_SHIFT 12

// Where things lie in the virtual address space. Windows 10 picks these at random at each boot; here they are fixed.
#define PTE_BASE 0xFFFFF68000000000ULL
#define MM_USER_SHARED_DATA 0xFFFFF78000000000ULL
#define MM_SYSTEM_PTES 0xFFFFB10000000000ULL // kernel stacks, the other processors' KPCRs
#define MM_NONPAGED_POOL 0xFFFFA98000000000ULL
#define MM_NONPAGED_POOL_PAGES 64
#define MM_DRIVER_IMAGES 0xFFFFF80320000000ULL
#define MM_HAL_APIC 0xFFFFFFFFFFFE0000ULL
#define MM_DEBUG_PAGE 0xFFFFFFFFFFFDF000ULL // a physical page that the debugger looks at; else zeros
#define MM_SYSTEM_RANGE_START 0xFFFF800000000000ULL
#define MM_HIGHEST_USER_ADDRESS 0x00007FFFFFFEFFFFULL

typedef struct _MMPTE_HARDWARE {
    ULONGLONG Valid : 1;
    ULONGLONG Dirty1 : 1; // the processor's write bit
    ULONGLONG Owner : 1;
    ULONGLONG WriteThrough : 1;
    ULONGLONG CacheDisable : 1;
    ULONGLONG Accessed : 1;
    ULONGLONG Dirty : 1;
    ULONGLONG LargePage : 1;
    ULONGLONG Global : 1;
    ULONGLONG CopyOnWrite : 1;
    ULONGLONG Unused : 1;
    ULONGLONG Write : 1; // may be written, by the memory manager's book
    ULONGLONG PageFrameNumber : 36;
    ULONGLONG ReservedForHardware : 4;
    ULONGLONG ReservedForSoftware : 4;
    ULONGLONG WsleAge : 4;
    ULONGLONG WsleProtection : 3;
    ULONGLONG NoExecute : 1;
} MMPTE_HARDWARE, *PMMPTE_HARDWARE;

typedef struct _POOL_HEADER {
    union {
        struct {
            USHORT PreviousSize : 8; // in 16 bytes
            USHORT PoolIndex : 8;
            USHORT BlockSize : 8; // in 16 bytes, with this header
            USHORT PoolType : 8;
        };
        ULONG Ulong1;
    };
    ULONG PoolTag;
    union {
        PVOID ProcessBilled;
        struct {
            USHORT AllocatorBackTraceIndex;
            USHORT PoolTagHash;
        };
    };
} POOL_HEADER, *PPOOL_HEADER;

typedef struct _PHYSICAL_MEMORY_RUN {
    ULONG64 BasePage;
    ULONG64 PageCount;
} PHYSICAL_MEMORY_RUN;

typedef struct _PHYSICAL_MEMORY_DESCRIPTOR {
    ULONG NumberOfRuns;
    ULONG64 NumberOfPages;
    PHYSICAL_MEMORY_RUN Run[1];
} PHYSICAL_MEMORY_DESCRIPTOR;

typedef struct _KLDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    PVOID ExceptionTable;
    ULONG ExceptionTableSize; // bytes
    PVOID GpValue;
    PVOID NonPagedDebugInfo;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT LoadCount;
    USHORT u1;
    PVOID SectionPointer;
    ULONG CheckSum;
    ULONG CoverageSectionSize;
    PVOID CoverageSection;
    PVOID LoadedImports;
    PVOID Spare;
    ULONG SizeOfImageNotRounded;
    ULONG TimeDateStamp;
} KLDR_DATA_TABLE_ENTRY, *PKLDR_DATA_TABLE_ENTRY;

// The part of it that is the user-mode loader's as well: debuggers read the kernel's list as either.
typedef struct _LDR_DATA_TABLE_ENTRY {
    LIST_ENTRY InLoadOrderLinks;
    LIST_ENTRY InMemoryOrderLinks;
    LIST_ENTRY InInitializationOrderLinks;
    PVOID DllBase;
    PVOID EntryPoint;
    ULONG SizeOfImage;
    UNICODE_STRING FullDllName;
    UNICODE_STRING BaseDllName;
    ULONG Flags;
    USHORT ObsoleteLoadCount;
    USHORT TlsIndex;
    LIST_ENTRY HashLinks;
    ULONG TimeDateStamp;
    UCHAR Reserved84[0x120 - 0x84];
} LDR_DATA_TABLE_ENTRY;

// As documented in ntddk.h of the WDK's debugger extensions; NT's symbols don't have it.
typedef struct _UNLOADED_DRIVERS {
    UNICODE_STRING Name;
    PVOID StartAddress;
    PVOID EndAddress;
    LARGE_INTEGER CurrentTime;
} UNLOADED_DRIVERS, *PUNLOADED_DRIVERS;

_Static_assert(sizeof(UNLOADED_DRIVERS) == 0x28, "_UNLOADED_DRIVERS");
_Static_assert(sizeof(POOL_HEADER) == 0x10, "_POOL_HEADER");
_Static_assert(sizeof(KLDR_DATA_TABLE_ENTRY) == 0xa0, "_KLDR_DATA_TABLE_ENTRY");
_Static_assert(sizeof(LDR_DATA_TABLE_ENTRY) == 0x120, "_LDR_DATA_TABLE_ENTRY");
_Static_assert(FIELD_OFFSET(LDR_DATA_TABLE_ENTRY, DllBase) == FIELD_OFFSET(KLDR_DATA_TABLE_ENTRY, DllBase), "DllBase");

extern LIST_ENTRY PsLoadedModuleList;
extern PUNLOADED_DRIVERS MmUnloadedDrivers; // NULL until there is one
extern ULONG MmLastUnloadedDriver;
extern PHYSICAL_MEMORY_DESCRIPTOR *MmPhysicalMemoryBlock;
extern ULONG64 MmHighestPhysicalPage;

// A zeroed page's frame number. Bug checks when there is none.
ULONG64 MiGetPage(VOID);
VOID MiFreePage(ULONG64 PageFrameNumber); // which is zeroed again
// Maps one page, writable, of the user's if its address is; makes the page tables that it takes.
VOID MiMapPage(ULONG64 VirtualAddress, ULONG64 PageFrameNumber, BOOLEAN Executable);
VOID MiUnmapPage(ULONG64 VirtualAddress);
// The entry that maps an address, at a level: 0 for its page, 1 for the page table, 2, 3.
PMMPTE_HARDWARE MiGetEntry(ULONG64 VirtualAddress, ULONG Level);
BOOLEAN MmIsAddressValid(PVOID VirtualAddress);
VOID MmInitSystem(struct _BOOT_BLOCK *BootBlock);
// Zeroed pages between two that aren't mapped.
PVOID MmAllocateSystemPages(ULONG Bytes);
// Page tables with the kernel's half of the current ones, as they are now; the physical address for cr3.
ULONG64 MmCreateAddressSpace(VOID);
ULONG64 MmGetPhysicalAddress(PVOID BaseAddress);
NTSTATUS MmAccessFault(ULONG64 FaultCode, PVOID VirtualAddress, UCHAR PreviousMode, PVOID TrapInformation);

// Copies between Buffer and memory that may not be there; the bytes up to where it isn't. Interrupts are disabled.
ULONG MmDbgCopyMemory(ULONG64 UntrustedAddress, PVOID Buffer, ULONG Size, ULONG Flags);
#define MMDBG_COPY_WRITE 1 // from Buffer
#define MMDBG_COPY_PHYSICAL 2
#define MMDBG_COPY_DEVICE 4 // physical addresses that are no memory, too

// Enters the kernel's own image into the list of loaded modules.
VOID MiInitializeLoadedModuleList(PVOID KernelBase);
// Maps a driver's file, binds its imports to the kernel's exports, enters it into the list of loaded modules.
NTSTATUS MmLoadSystemImage(struct _BOOT_DRIVER *File, PKLDR_DATA_TABLE_ENTRY *Entry);
// Takes a driver that nothing runs in any more out of the list and out of memory.
VOID MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY Entry);
