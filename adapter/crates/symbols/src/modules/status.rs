//! What came of looking for a module's files: typed facts for `lm`, `!lmi` and `.reload`.

use crate::pe::DebugEntry;
use crate::{Match, Mismatch, PdbIdentity, SearchLog, SymbolContent};
use memory::VirtualAddress;
use std::fmt;
use std::path::PathBuf;

/// Where something that describes an image was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the target's memory.
    TargetMemory,
    /// In this copy of the image, which matches what the loader says (or was forced).
    Image(PathBuf),
}

/// Which image file belongs to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageStatus {
    /// Nothing has been asked yet that needs it.
    Deferred,
    /// None was found.
    NotFound,
    /// This one.
    Found {
        /// Where it is.
        path: PathBuf,
        /// By what right it is used.
        matched: Match,
        /// Why its bytes can't be shown as they are in memory, if they can't.
        unrelocatable: Option<String>,
    },
}

/// What symbols a module has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymbolStatus {
    /// Nothing has been asked yet that needs them.
    Deferred,
    /// A symbol file.
    Pdb {
        /// Where it is.
        path: PathBuf,
        /// What it is known by.
        identity: PdbIdentity,
        /// How much it knows.
        content: SymbolContent,
        /// How sure it is that it is the right one.
        matched: MatchedBy,
    },
    /// Export names.
    Export(Origin),
    /// Neither.
    None,
}

/// Why a symbol file is taken to belong to a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// GUID and age agree with the image's debug record, which was read there.
    Identity(Origin),
    /// That many symbols lie where the target says that they are; GUID and age couldn't be compared.
    Addresses(usize),
    /// The user insisted (`.reload /i`).
    Nothing(Mismatch),
}

/// What `!lmi` shows.
#[derive(Clone, Debug)]
pub struct ModuleFacts {
    /// The module's name: `nt`.
    pub name: String,
    /// The image's name as the loader has it, path included where it has one.
    pub image_name: String,
    /// First address.
    pub base: VirtualAddress,
    /// Bytes from there.
    pub size: u32,
    /// Where the header was read from which the following come; `None` where there is none.
    pub header: Option<Origin>,
    /// `IMAGE_FILE_MACHINE_*`.
    pub machine: Option<u16>,
    /// `TimeDateStamp`, from the loader where there is no header.
    pub time_date_stamp: Option<u32>,
    /// `CheckSum`, from the loader where there is no header.
    pub check_sum: Option<u32>,
    /// `IMAGE_FILE_*` flags.
    pub characteristics: Option<u16>,
    /// The debug directory, as far as it could be read.
    pub debug_entries: Vec<DebugEntry>,
    /// The PDB that the debug record names.
    pub pdb: Option<PdbIdentity>,
    /// Why the header or the debug record couldn't be read from the target's memory, if it couldn't.
    pub header_error: Option<String>,
    /// The image file.
    pub image: ImageStatus,
    /// The symbols.
    pub symbols: SymbolStatus,
    /// Everything that was tried for both.
    pub log: SearchLog,
}

/// As `lm` words it.
impl fmt::Display for SymbolStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Deferred => "deferred",
            Self::Pdb { content: SymbolContent::Public, .. } => "pdb symbols",
            Self::Pdb { .. } => "private pdb symbols",
            Self::Export(_) => "export symbols",
            Self::None => "no symbols",
        })
    }
}

impl fmt::Display for MatchedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(origin) => write!(f, "matched by GUID and age, read from {origin}"),
            Self::Addresses(count) => write!(f, "matched by {count} addresses in the target, not by GUID"),
            Self::Nothing(mismatch) => write!(f, "mismatched: {mismatch}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TargetMemory => f.write_str("the target's memory"),
            Self::Image(path) => write!(f, "{}", path.display()),
        }
    }
}
