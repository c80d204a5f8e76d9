// The multiboot entry: 32-bit protected mode to 64-bit long mode, with the first gigabyte mapped one to one.
// boot.exe is a PE whose file and memory layouts agree, so that multiboot's "a.out kludge" can load it.

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_FLAGS 0x00010003 // modules on page boundaries, memory size, addresses given below
#define IMAGE_BASE 0x100000 // build.sh links it there

    .intel_syntax noprefix
    .section .text$00, "xr"

multiboot_header:
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
    .long multiboot_header
    .long IMAGE_BASE
    .long 0 // load the whole file
    .long boot_bss_end
    .long start

    .code32
    .globl start
start:
    cld
    mov esp, offset boot_stack_end
    mov edi, ebx // the multiboot information, LoaderMain's argument

    // One page-map entry, one directory-pointer entry, 512 large pages.
    mov eax, offset boot_pdpt
    or eax, 3
    mov dword ptr [boot_pml4], eax
    mov eax, offset boot_pd
    or eax, 3
    mov dword ptr [boot_pdpt], eax
    mov eax, 0x83 // present, writable, large
    mov ecx, offset boot_pd
1:  mov dword ptr [ecx], eax
    add ecx, 8
    add eax, 0x200000
    cmp eax, 0x40000083
    jne 1b

    mov eax, cr4
    or eax, 0x620 // PAE, OSFXSR, OSXMMEXCPT
    mov cr4, eax
    mov eax, offset boot_pml4
    mov cr3, eax
    mov ecx, 0xc0000080 // EFER
    rdmsr
    or eax, 0x900 // LME, NXE
    wrmsr
    mov eax, 0x80050033 // PG, AM, WP, NE, ET, MP, PE: as Windows runs
    mov cr0, eax
    lgdt [boot_gdt_descriptor]
    .byte 0xea // jmp far 0x08:long_mode
    .long long_mode
    .short 0x08

    .code64
long_mode:
    mov eax, 0x10
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov ecx, edi
    sub rsp, 0x20
    call LoaderMain
    ud2

    .p2align 3
boot_gdt:
    .quad 0
    .quad 0x00209b0000000000 // 64-bit code
    .quad 0x00cf93000000ffff // data
boot_gdt_descriptor:
    .short . - boot_gdt - 1
    .long boot_gdt

// Loads the final page tables and a stack-less jump into the kernel: LoaderEnterKernel(cr3, entry, boot block).
    .globl LoaderEnterKernel
LoaderEnterKernel:
    mov cr3, rcx
    mov rcx, r8
    jmp rdx

    .section .bss, "bw"
    .p2align 12
    .globl boot_pdpt
boot_pml4: .space 0x1000
boot_pdpt: .space 0x1000
boot_pd: .space 0x1000
    .space 0x4000
boot_stack_end:
boot_bss_end:
