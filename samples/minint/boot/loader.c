// The boot loader: maps ntkrnlmp.exe, the first multiboot module, at its virtual address in a large page, makes the
// first page tables, and jumps to KiSystemStartup. The other modules are drivers: their files stay where they are.
#include "boot.h"
#include "pe.h"

#define LARGE_PAGE 0x200000ULL
#define PAGE_SIZE 0x1000ULL
#define PTE_PRESENT_WRITE 0x63ULL // with accessed and dirty
#define PTE_LARGE 0x80ULL
#define MULTIBOOT_COMMAND_LINE 4 // MULTIBOOT_INFO.Flags
#define SELF_MAP_INDEX 0x1ed // of PTE_BASE fffff680`00000000

typedef struct _MULTIBOOT_INFO {
    ULONG Flags;
    ULONG MemoryLower;
    ULONG MemoryUpper; // KiB above 1 MiB
    ULONG BootDevice;
    ULONG CommandLine;
    ULONG ModulesCount;
    ULONG ModulesAddress;
} MULTIBOOT_INFO;

typedef struct _MULTIBOOT_MODULE {
    ULONG Start;
    ULONG End;
    ULONG CommandLine;
    ULONG Reserved;
} MULTIBOOT_MODULE;

extern UCHAR boot_pdpt[];
__declspec(noreturn) VOID LoaderEnterKernel(ULONG64 Cr3, ULONG64 Entry, BOOT_BLOCK *BootBlock);

static BOOT_BLOCK BootBlock;

static ULONG64 *Page(VOID)
{
    return (ULONG64 *)(BootBlock.FirstFreePage++ * PAGE_SIZE);
}

static __declspec(noreturn) VOID Fail(PCSTR Text)
{
    for (; *Text != 0; Text++) {
        __asm__ volatile("outb %0, %1" : : "a"(*Text), "Nd"((USHORT)0x3f8));
    }
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

// "path/sampledrv.sys" to "sampledrv"
static VOID BaseName(CHAR *Name, SIZE_T Size, PCSTR Path)
{
    SIZE_T length = 0;

    for (PCSTR at = Path; *at != 0; at++) {
        if (*at == '/') {
            Path = at + 1;
        }
    }
    while (length < Size - 1 && Path[length] != 0 && Path[length] != '.' && Path[length] != ' ') {
        Name[length] = Path[length];
        length++;
    }
    Name[length] = 0;
}

// The words behind the first one.
static VOID CopyOptions(CHAR *Options, SIZE_T Size, PCSTR CommandLine)
{
    SIZE_T length = 0;

    while (*CommandLine > ' ') {
        CommandLine++;
    }
    while (*CommandLine == ' ') {
        CommandLine++;
    }
    for (; length < Size - 1 && CommandLine[length] != 0; length++) {
        Options[length] = CommandLine[length];
    }
    Options[length] = 0;
}

__declspec(noreturn) VOID LoaderMain(MULTIBOOT_INFO *Information)
{
    MULTIBOOT_MODULE *modules = (MULTIBOOT_MODULE *)(ULONG64)Information->ModulesAddress;
    ULONG64 kernel, memoryEnd;
    PIMAGE_NT_HEADERS64 headers;
    ULONG64 *pml4, *pdpt, *pd;

    if (Information->ModulesCount < 1 || Information->ModulesCount > 1 + BOOT_MAXIMUM_DRIVERS) {
        Fail("boot: needs the modules ntkrnlmp.exe and up to four drivers\r\n");
    }
    headers = RtlImageNtHeader((PVOID)(ULONG64)modules[0].Start);
    if (headers == NULL || headers->OptionalHeader.SizeOfImage > LARGE_PAGE) {
        Fail("boot: the first module is no kernel image\r\n");
    }

    kernel = (modules[Information->ModulesCount - 1].End + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    memoryEnd = 0x100000 + Information->MemoryUpper * 1024ULL;
    __builtin_memset((PVOID)kernel, 0, memoryEnd - kernel); // after a reset, the old memory is still there
    __builtin_memset(&BootBlock, 0, sizeof(BootBlock));
    LdrMapImage((PUCHAR)(ULONG64)modules[0].Start, (PUCHAR)kernel, MM_KERNEL_BASE);

    if ((Information->Flags & MULTIBOOT_COMMAND_LINE) != 0) {
        CopyOptions(BootBlock.LoadOptions, sizeof(BootBlock.LoadOptions), (PCSTR)(ULONG64)Information->CommandLine);
    }
    BootBlock.KernelBase = (PVOID)MM_KERNEL_BASE;
    BootBlock.FirstFreePage = (kernel + LARGE_PAGE) / PAGE_SIZE;
    BootBlock.MemoryEnd = memoryEnd / PAGE_SIZE;
    for (ULONG index = 1; index < Information->ModulesCount; index++) {
        BOOT_DRIVER *driver = &BootBlock.Drivers[BootBlock.NumberOfDrivers++];

        driver->Physical = modules[index].Start;
        driver->Size = modules[index].End - modules[index].Start;
        BaseName(driver->Name, sizeof(driver->Name), (PCSTR)(ULONG64)modules[index].CommandLine);
    }

    pml4 = Page();
    pdpt = Page();
    pd = Page();
    pml4[0] = (ULONG64)boot_pdpt | PTE_PRESENT_WRITE; // until the kernel has copied the boot block
    pml4[SELF_MAP_INDEX] = (ULONG64)pml4 | PTE_PRESENT_WRITE;
    pml4[MM_KERNEL_BASE >> 39 & 511] = (ULONG64)pdpt | PTE_PRESENT_WRITE;
    pdpt[MM_KERNEL_BASE >> 30 & 511] = (ULONG64)pd | PTE_PRESENT_WRITE;
    pd[MM_KERNEL_BASE >> 21 & 511] = kernel | PTE_PRESENT_WRITE | PTE_LARGE;
    LoaderEnterKernel((ULONG64)pml4, MM_KERNEL_BASE + headers->OptionalHeader.AddressOfEntryPoint, &BootBlock);
}
