//! Compressed members of stores: `name.pd_`, `name.sy_` and so on, each a cabinet with one file.
//!
//! They are unpacked into memory and nothing is written anywhere: images are small, and a symbol file that a store keeps
//! compressed is unpacked by whatever copies it to a nearer store.

use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// `MSCF`, with which every cabinet starts.
const SIGNATURE: [u8; 4] = *b"MSCF";
/// Bytes of the largest member that is unpacked.
const LARGEST: u64 = 1 << 30;

/// The name of the compressed member: the last character of the extension is `_` (`ntfs.sys` -> `ntfs.sy_`).
pub(super) fn packed_name(name: &str) -> String {
    let mut packed = name.to_owned();
    packed.pop();
    packed.push('_');
    packed
}

/// The bytes of the first file in the cabinet at `path`.
///
/// # Errors
/// In words: not a cabinet, damaged, or larger than is unpacked.
pub(super) fn unpack(path: &Path) -> Result<Vec<u8>, String> {
    // The cabinet reader and its decompressors index without checks in places: bytes that make one of them panic are
    // damaged bytes, and nothing of its state outlives the call.
    catch_unwind(AssertUnwindSafe(|| unpack_first(path)))
        .unwrap_or_else(|_| Err("the cabinet is damaged".to_owned()))
        .map_err(|reason| format!("can't be unpacked: {reason}"))
}

fn unpack_first(path: &Path) -> Result<Vec<u8>, String> {
    let text = |error: std::io::Error| error.to_string();
    let mut start = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).map_err(text)?;
    if start != SIGNATURE {
        return Err(format!("not a cabinet (MSCF) but {start:02x?}"));
    }
    let mut cabinet = cab::Cabinet::new(BufReader::new(File::open(path).map_err(text)?)).map_err(text)?;
    let first = cabinet.folder_entries().flat_map(|folder| folder.file_entries()).next();
    let first = first.map(|file| (file.name().to_owned(), u64::from(file.uncompressed_size())));
    let (name, size) = first.ok_or("the cabinet is empty")?;
    if size > LARGEST {
        return Err(format!("{name} has {size} bytes; no more than {LARGEST} are unpacked"));
    }
    let mut bytes = Vec::new();
    let read = cabinet.read_file(&name).map_err(text)?.take(size).read_to_end(&mut bytes).map_err(text)?;
    if read as u64 != size {
        return Err(format!("{name} ends after {read} of {size} bytes"));
    }
    Ok(bytes)
}
