//! Writes dumps of machines that never were: memory, page tables, processors, modules and a crash, laid out by a test
//! and written in every format that Windows and its debugger write.
//!
//! Nothing of the reader is used here. The structures are written field by field in the order of their published
//! declarations, so that the offsets follow from the sizes: where the reader's tables of offsets are wrong, tests fail.
//!
//! ```
//! use tests::dump_writer::{Arch, Format, Machine};
//! let mut machine = Machine::new(Arch::X64);
//! machine.map(0xffff_f800_0000_0ff8, b"across two pages");
//! machine.crash.code = 0x7e;
//! let file: Vec<u8> = machine.write(Format::BitmapKernel);
//! assert!(file.starts_with(b"PAGEDU64"));
//! ```

mod arch;
mod bitmap;
mod complete;
pub mod contexts;
mod description;
pub mod example;
mod header;
mod machine;
mod page_tables;
mod rdmp;
mod struct_writer;
mod triage;

pub use arch::Arch;
pub use description::{Crash, Driver, Exception, Header, SmallDump, UnloadedDriver};
pub use machine::Machine;
pub use page_tables::Gone;

/// A kind of dump: `DumpType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 1: all physical memory.
    Complete = 1,
    /// 2: the kernel's pages, with the bitmap header of Windows 2000 to 7.
    KernelSummary = 2,
    /// 4: a small dump.
    Small = 4,
    /// 5: all pages, with a bitmap.
    BitmapFull = 5,
    /// 6: the kernel's pages, with a bitmap.
    BitmapKernel = 6,
    /// 7: as 6, by another name.
    Automatic = 7,
    /// 8: the kernel's pages, as ranges.
    RangeKernel = 8,
    /// 9: kernel and user pages, as ranges.
    RangeKernelAndUser = 9,
    /// 10: all pages, as ranges.
    RangeComplete = 10,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Complete,
        Self::KernelSummary,
        Self::Small,
        Self::BitmapFull,
        Self::BitmapKernel,
        Self::Automatic,
        Self::RangeKernel,
        Self::RangeKernelAndUser,
        Self::RangeComplete,
    ];

    /// Whether such machines are known to write it: ranges are known of 64-bit ones only.
    pub fn is_known_for(self, arch: Arch) -> bool {
        arch.is_64_bit() || !matches!(self, Self::RangeKernel | Self::RangeKernelAndUser | Self::RangeComplete)
    }

    /// Whether pages that only user-mode addresses map are left out.
    pub fn leaves_out_user_pages(self) -> bool {
        matches!(self, Self::KernelSummary | Self::BitmapKernel | Self::Automatic | Self::RangeKernel)
    }

    /// Whether it holds physical memory.
    pub fn has_physical_memory(self) -> bool {
        self != Self::Small
    }
}

impl Machine {
    /// The machine's dump in `format`: a whole file.
    ///
    /// # Panics
    /// When such a machine isn't known to write that format ([`Format::is_known_for`]).
    pub fn write(&self, format: Format) -> Vec<u8> {
        assert!(format.is_known_for(self.arch), "no {:?} dump of an {:?} machine is known", format, self.arch);
        match format {
            Format::Complete => complete::write(self),
            Format::KernelSummary => bitmap::write_summary(self, format),
            Format::Small => triage::write(self),
            Format::BitmapFull => bitmap::write_bitmap(self, format, "FDMPDUMP"),
            Format::BitmapKernel | Format::Automatic => bitmap::write_bitmap(self, format, "SDMPDUMP"),
            Format::RangeKernel | Format::RangeKernelAndUser | Format::RangeComplete => rdmp::write(self, format),
        }
    }
}
