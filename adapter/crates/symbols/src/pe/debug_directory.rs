//! The debug directory (MS-documented `IMAGE_DEBUG_DIRECTORY`), and the identity of the PDB in its CodeView record.
//!
//! An image has several entries: CodeView (where the PDB is named), POGO, ILTCG, REPRO, extended DLL characteristics.
//! Only the first kind says anything about symbols.

use super::read_image::bytes;
use super::{Directory, PeError, PeHeaders, ReadImage};
use crate::{Guid, PdbIdentity};
use memory::{Cursor, Truncated};

/// `IMAGE_DEBUG_TYPE_CODEVIEW`.
pub const IMAGE_DEBUG_TYPE_CODEVIEW: u32 = 2;

/// `IMAGE_DEBUG_TYPE_REPRO`: the linker made the time stamp from the image's content.
pub const IMAGE_DEBUG_TYPE_REPRO: u32 = 16;

/// Bytes of an `IMAGE_DEBUG_DIRECTORY`.
const ENTRY: u32 = 28;
/// Real images have up to six.
const MOST_ENTRIES: u32 = 64;
/// Signature, GUID and age, and as long a path as Windows allows, in UTF-8.
const LONGEST_RECORD: u32 = 24 + 3 * 0x8000;

/// `IMAGE_DEBUG_DIRECTORY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugEntry {
    /// `TimeDateStamp`.
    pub time_date_stamp: u32,
    /// `Type`: an `IMAGE_DEBUG_TYPE_*` value.
    pub kind: u32,
    /// `SizeOfData` in bytes.
    pub size: u32,
    /// `AddressOfRawData`: RVA of the data; zero when the data isn't mapped.
    pub rva: u32,
    /// `PointerToRawData`: offset of the data in the file.
    pub file_offset: u32,
}

impl DebugEntry {
    /// The debuggers' word for the kind, if it has one.
    pub fn kind_name(&self) -> Option<&'static str> {
        Some(match self.kind {
            1 => "COFF",
            2 => "CODEVIEW",
            3 => "FPO",
            4 => "MISC",
            5 => "EXCEPTION",
            6 => "FIXUP",
            7 => "OMAP_TO_SRC",
            8 => "OMAP_FROM_SRC",
            9 => "BORLAND",
            11 => "CLSID",
            12 => "VC_FEATURE",
            13 => "POGO",
            14 => "ILTCG",
            15 => "MPX",
            16 => "REPRO",
            20 => "EX_DLLCHARACTERISTICS",
            _ => return None,
        })
    }
}

/// The entries of the debug directory; none when there is no directory.
///
/// # Errors
/// [`PeError`]: the directory can't be read, or claims more entries than any image has.
pub fn debug_directory(image: &dyn ReadImage, headers: &PeHeaders) -> Result<Vec<DebugEntry>, PeError> {
    let Some(directory) = headers.directory(Directory::Debug) else { return Ok(Vec::new()) };
    let what = "debug directory";
    let count = directory.size / ENTRY;
    if count > MOST_ENTRIES {
        return Err(PeError::TooMany { what, rva: directory.rva, count, limit: MOST_ENTRIES });
    }
    let table = bytes(image, directory.rva, count * ENTRY, what)?;
    Ok(table.chunks_exact(ENTRY as usize).filter_map(|entry| decode_entry(entry).ok()).collect())
}

/// The PDB that the image was linked with, from its first CodeView record that names one; `None` when the image has no
/// CodeView record.
///
/// # Errors
/// [`PeError`]: the directory or the record can't be read, or the record is of a kind without GUID (`NB10`).
pub fn pdb_identity(image: &dyn ReadImage, headers: &PeHeaders) -> Result<Option<PdbIdentity>, PeError> {
    first_pdb(&debug_directory(image, headers)?, |entry| bytes(image, entry.rva, entry.size, "CodeView record"))
}

/// As [`pdb_identity`], with `read` fetching an entry's data.
pub(super) fn first_pdb(
    entries: &[DebugEntry],
    read: impl Fn(&DebugEntry) -> Result<Vec<u8>, PeError>,
) -> Result<Option<PdbIdentity>, PeError> {
    let mut failure = None;
    for entry in entries.iter().filter(|entry| entry.kind == IMAGE_DEBUG_TYPE_CODEVIEW && entry.size != 0) {
        let entry = DebugEntry { size: entry.size.min(LONGEST_RECORD), ..*entry };
        match read(&entry).and_then(|record| decode_codeview(&record, entry.rva)) {
            Ok(identity) => return Ok(Some(identity)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(None), Err)
}

/// Fails only on fewer than 28 bytes.
fn decode_entry(entry: &[u8]) -> Result<DebugEntry, Truncated> {
    let mut fields = Cursor::at(entry, 4);
    let time_date_stamp = fields.u32()?;
    // MajorVersion and MinorVersion.
    fields.skip(4)?;
    let kind = fields.u32()?;
    let size = fields.u32()?;
    let rva = fields.u32()?;
    let file_offset = fields.u32()?;
    Ok(DebugEntry { time_date_stamp, kind, size, rva, file_offset })
}

/// `RSDS`: signature, GUID, age, zero-terminated name of the PDB in UTF-8.
fn decode_codeview(record: &[u8], rva: u32) -> Result<PdbIdentity, PeError> {
    let mut fields = Cursor::new(record);
    let short = |_| PeError::ShortCodeView { rva, size: record.len() };
    let signature = fields.array::<4>().map_err(short)?;
    match &signature {
        b"RSDS" => {}
        [b'N', b'B', ..] => {
            return Err(PeError::OldCodeView { rva, kind: String::from_utf8_lossy(&signature).into_owned() });
        }
        _ => return Err(PeError::UnknownCodeView { rva, found: u32::from_le_bytes(signature) }),
    }
    let guid = Guid::from_bytes(fields.array().map_err(short)?);
    let age = fields.u32().map_err(short)?;
    let name = fields.take(fields.remaining()).map_err(short)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(PdbIdentity { name: String::from_utf8_lossy(name).into_owned(), guid, age })
}
