//! The architectures that machines can have.

/// A processor architecture and its way of paging.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// x86, two levels of page tables.
    X86,
    /// x86 with PAE, three levels.
    X86Pae,
    /// x64, four levels.
    X64,
    /// x64 with LA57, five levels.
    X64FiveLevel,
    /// ARM64, 4 KB granule, four levels.
    Arm64,
}

impl Arch {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::X86, Self::X86Pae, Self::X64, Self::X64FiveLevel, Self::Arm64];

    /// Whether its dumps start with `PAGEDU64`.
    pub fn is_64_bit(self) -> bool {
        self.pointer_bytes() == 8
    }

    /// Bytes of a pointer.
    pub fn pointer_bytes(self) -> usize {
        match self {
            Self::X86 | Self::X86Pae => 4,
            Self::X64 | Self::X64FiveLevel | Self::Arm64 => 8,
        }
    }

    /// `IMAGE_FILE_MACHINE_*`.
    pub fn image_file_machine(self) -> u16 {
        match self {
            Self::X86 | Self::X86Pae => 0x14c,
            Self::X64 | Self::X64FiveLevel => 0x8664,
            Self::Arm64 => 0xaa64,
        }
    }

    /// An address in the kernel's half of the address space that nothing else uses.
    pub fn kernel_address(self) -> u64 {
        match self {
            Self::X86 | Self::X86Pae => 0x81a0_0000,
            Self::X64 | Self::Arm64 => 0xffff_f804_7ba0_0000,
            Self::X64FiveLevel => 0xff12_f804_7ba0_0000,
        }
    }

    /// An address in the user's half.
    pub fn user_address(self) -> u64 {
        match self {
            Self::X86 | Self::X86Pae => 0x0040_0000,
            Self::X64 | Self::X64FiveLevel | Self::Arm64 => 0x7ff6_1234_0000,
        }
    }

    /// Whether `address` is in the kernel's half.
    pub(super) fn is_kernel(self, address: u64) -> bool {
        match self {
            Self::X86 | Self::X86Pae => address >= 0x8000_0000,
            Self::X64 | Self::X64FiveLevel | Self::Arm64 => address >> 63 == 1,
        }
    }
}
