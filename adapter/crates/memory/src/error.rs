//! Why memory couldn't be read: which address, at which level, how far the read got.

use crate::{PhysicalAddress, VirtualAddress};
use std::fmt;

/// A read that failed, at the first byte that couldn't be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Address (virtual or physical, as asked) of the first byte that couldn't be read.
    pub address: u64,
    /// Bytes that were read before it: the start of the caller's buffer holds them.
    pub read: usize,
    /// What stood in the way.
    pub failure: ReadFailure,
}

impl std::error::Error for ReadError {}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", VirtualAddress(self.address), self.failure)
    }
}

/// What stands in the way of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadFailure {
    /// A small dump holds no data block with this virtual address.
    #[error("not in the dump")]
    VirtualNotInDump,
    /// The page that backs the address was not written to the dump.
    #[error("physical page {0} is not in the dump")]
    PhysicalNotInDump(PhysicalAddress),
    /// A page table entry that isn't valid and doesn't say where the page is.
    #[error("{level} {entry:016x} at physical {at} is not valid")]
    NotPresent {
        /// Level of the entry.
        level: PageTableLevel,
        /// The entry itself.
        entry: u64,
        /// Where the entry lies.
        at: PhysicalAddress,
    },
    /// The page table itself couldn't be read.
    #[error("{level} at physical {at} can't be read: it is not in the dump")]
    PageTableUnreadable {
        /// Level of the entry that was needed.
        level: PageTableLevel,
        /// Where the entry lies.
        at: PhysicalAddress,
    },
    /// The page is in a paging file.
    #[error("paged out: {level} {entry:016x}, paging file {file}, offset {offset:#x}")]
    PagedOut {
        /// Level of the entry.
        level: PageTableLevel,
        /// The entry itself.
        entry: u64,
        /// Number of the paging file.
        file: u8,
        /// Page offset within it.
        offset: u64,
    },
    /// The page was never touched: it would be filled with zeroes on first use.
    #[error("demand zero: the page was never touched ({level} {entry:016x})")]
    DemandZero {
        /// Level of the entry.
        level: PageTableLevel,
        /// The entry itself.
        entry: u64,
    },
    /// Described by a prototype page table entry that isn't followed.
    #[error("described by a prototype {level} {entry:016x}")]
    Prototype {
        /// Level of the entry.
        level: PageTableLevel,
        /// The entry itself.
        entry: u64,
    },
    /// The architecture can't form this address.
    #[error("not a canonical address")]
    NotCanonical,
    /// The file ends before the bytes that its headers promise.
    #[error("the file ends before offset {0:#x}")]
    EndOfFile(u64),
    /// An image's section or header doesn't cover the address.
    #[error("outside the image's file")]
    OutsideImage,
    /// The reader has no memory of this kind.
    #[error("this target has no such memory")]
    NoSuchMemory,
    /// A live target says that it can't read there.
    #[error("the target can't read it ({status:#010x})")]
    Refused {
        /// `NTSTATUS` that it answered.
        status: u32,
    },
    /// A live target runs: only a halted one can be asked.
    #[error("the target is running")]
    Running,
    /// A live target doesn't answer, or not what it was asked.
    #[error("the target does not answer")]
    NoAnswer,
    /// There is no live target at the other end of the line yet, or not any more.
    #[error("not connected to a target")]
    NotConnected,
    /// The user gave up.
    #[error("cancelled")]
    Cancelled,
}

/// Level of a page table entry, by NT's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageTableLevel {
    /// Level 5 (x64 with LA57).
    Pml5e,
    /// Page map level 4 entry (`PXE`).
    Pxe,
    /// Page directory pointer entry (`PPE`).
    Ppe,
    /// Page directory entry (`PDE`).
    Pde,
    /// Page table entry (`PTE`).
    Pte,
}

impl fmt::Display for PageTableLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pml5e => "PML5E",
            Self::Pxe => "PXE",
            Self::Ppe => "PPE",
            Self::Pde => "PDE",
            Self::Pte => "PTE",
        })
    }
}
