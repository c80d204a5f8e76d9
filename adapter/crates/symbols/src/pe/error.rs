//! What is wrong with an image, and where.

use memory::{ReadError, ReadFailure};

/// An image, or a part of one, that can't be used. Offsets are RVAs; in the header of a file they are file offsets too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeError {
    /// Bytes of the image that aren't there.
    #[error("{what} at RVA {rva:#x} can't be read: {error}")]
    Unreadable {
        /// What was to be read.
        what: &'static str,
        /// Where it starts.
        rva: u32,
        /// Why it couldn't be.
        error: ReadError,
    },
    /// The file itself can't be opened, read or unpacked.
    #[error("the file can't be read: {0}")]
    File(String),
    /// No `MZ` (`IMAGE_DOS_SIGNATURE`) at the start.
    #[error("no MZ signature at offset 0: found {found:#06x}")]
    NotMz {
        /// What stands there.
        found: u16,
    },
    /// No `PE\0\0` (`IMAGE_NT_SIGNATURE`) where the DOS header points.
    #[error("no PE signature at offset {rva:#x}: found {found:#010x}")]
    NotPe {
        /// `e_lfanew`.
        rva: u32,
        /// What stands there.
        found: u32,
    },
    /// The optional header is neither PE32 nor PE32+.
    #[error("optional header at offset {rva:#x} has magic {magic:#x}: neither PE32 (0x10b) nor PE32+ (0x20b)")]
    UnknownMagic {
        /// Where the optional header starts.
        rva: u32,
        /// Its `Magic`.
        magic: u16,
    },
    /// `SizeOfOptionalHeader` leaves no room for the fields that its magic promises.
    #[error("optional header at offset {rva:#x} is {size} bytes long, but needs {needed}")]
    OptionalHeaderTooShort {
        /// Where the optional header starts.
        rva: u32,
        /// Bytes that the file header gives it.
        size: u16,
        /// Bytes that it needs.
        needed: usize,
    },
    /// A table that says it has more entries than any real one.
    #[error("{what} at RVA {rva:#x} claims {count} entries; no more than {limit} are believed")]
    TooMany {
        /// Which table.
        what: &'static str,
        /// Where it lies.
        rva: u32,
        /// What it claims.
        count: u32,
        /// The most that are read.
        limit: u32,
    },
    /// A range that doesn't fit into 32 bits.
    #[error("{what} at RVA {rva:#x}, {size:#x} bytes long, runs past the end of the address space")]
    OutOfRange {
        /// What lies there.
        what: &'static str,
        /// Where it starts.
        rva: u32,
        /// Its size in bytes.
        size: u32,
    },
    /// A string without an end.
    #[error("{what} at RVA {rva:#x} has no end within {limit} bytes")]
    StringTooLong {
        /// What the string is.
        what: &'static str,
        /// Where it starts.
        rva: u32,
        /// The most bytes that are read.
        limit: u32,
    },
    /// A CodeView record that names its PDB by time and age, not by GUID: `NB10`, as linkers before Visual C++ 7 wrote.
    #[error(
        "CodeView record at RVA {rva:#x} is of the old kind {kind:?}: symbol files without a GUID are not supported"
    )]
    OldCodeView {
        /// Where the record lies.
        rva: u32,
        /// Its signature.
        kind: String,
    },
    /// A CodeView record that is neither `RSDS` nor of an old kind.
    #[error("CodeView record at RVA {rva:#x} starts with {found:#010x}, which isn't RSDS")]
    UnknownCodeView {
        /// Where the record lies.
        rva: u32,
        /// Its signature.
        found: u32,
    },
    /// A CodeView record that ends before its GUID and age.
    #[error("CodeView record at RVA {rva:#x} is only {size} bytes long")]
    ShortCodeView {
        /// Where the record lies.
        rva: u32,
        /// Its size in bytes.
        size: usize,
    },
    /// A base relocation block whose size is impossible.
    #[error("base relocation block at RVA {rva:#x} has size {size:#x}, with {left:#x} bytes left")]
    RelocationBlock {
        /// Where the block starts.
        rva: u32,
        /// Its `SizeOfBlock`.
        size: u32,
        /// Bytes left in the directory.
        left: u32,
    },
    /// A base relocation of a type that isn't used on x86, x64 or ARM64.
    #[error("base relocation at RVA {rva:#x} has type {kind}, which is not supported")]
    RelocationType {
        /// The address that it relocates.
        rva: u32,
        /// Its `IMAGE_REL_BASED_*` type.
        kind: u8,
    },
    /// `IMAGE_FILE_RELOCS_STRIPPED`, and yet not loaded where it was linked to.
    #[error("the image is linked to {image_base:#x} and has no base relocations: it can't be at {base:#x}")]
    RelocationsStripped {
        /// `ImageBase`.
        image_base: u64,
        /// Where it is said to be loaded.
        base: u64,
    },
}

const STATUS_UNSUCCESSFUL: u32 = 0xc000_0001;
const STATUS_INVALID_IMAGE_FORMAT: u32 = 0xc000_007b;
const STATUS_INVALID_IMAGE_NOT_MZ: u32 = 0xc000_012f;
const STATUS_INVALID_ADDRESS: u32 = 0xc000_0141;
const STATUS_NO_PAGEFILE: u32 = 0xc000_0147;

impl PeError {
    /// The NTSTATUS that says the same: `Unable to read image header for NAME at ADDRESS - NTSTATUS 0x…`.
    pub fn ntstatus(&self) -> u32 {
        match self {
            Self::NotMz { .. } => STATUS_INVALID_IMAGE_NOT_MZ,
            Self::File(_) => STATUS_UNSUCCESSFUL,
            Self::Unreadable { error, .. } => match error.failure {
                ReadFailure::VirtualNotInDump | ReadFailure::PhysicalNotInDump(_) | ReadFailure::PagedOut { .. } => {
                    STATUS_NO_PAGEFILE
                }
                ReadFailure::NotPresent { .. } | ReadFailure::NotCanonical | ReadFailure::DemandZero { .. } => {
                    STATUS_INVALID_ADDRESS
                }
                _ => STATUS_UNSUCCESSFUL,
            },
            _ => STATUS_INVALID_IMAGE_FORMAT,
        }
    }
}
