// What the boot loader hands to the kernel. No NT structure: NT's LOADER_PARAMETER_BLOCK describes much more.
#pragma once

#include "ntdef.h"

#define BOOT_MAXIMUM_DRIVERS 4

typedef struct _BOOT_DRIVER {
    ULONG64 Physical; // the file, page-aligned
    ULONG Size;
    CHAR Name[32]; // "sampledrv"
} BOOT_DRIVER;

typedef struct _BOOT_BLOCK {
    PVOID KernelBase;
    ULONG64 FirstFreePage; // page frame numbers: from here to MemoryEnd, memory is free and zeroed
    ULONG64 MemoryEnd;
    ULONG NumberOfDrivers;
    BOOT_DRIVER Drivers[BOOT_MAXIMUM_DRIVERS];
    CHAR LoadOptions[160]; // the command line without the loader's name: "/DEBUG /LIVE"
} BOOT_BLOCK;

#define MM_KERNEL_BASE 0xFFFFF80310000000ULL // of a large page

// The text behind an option, as "/LIVE" or "/LIVE=", in the load options; NULL: it isn't there.
PCSTR KeFindLoadOption(PCSTR Options, PCSTR Name);

extern BOOT_BLOCK KiBootBlock; // the kernel's copy
