//! Compressed symbol files (`MSFZ`).

use crate::listing;
use crate::sample::{open, path};
use ms_pdb::msf::Msf;
use ms_pdb::msfz::MsfzWriter;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use symbols::{SymbolFile, SymbolFileError};

/// A sample's PDB in the compressed form, written by Microsoft's own writer.
pub fn compressed(build: &str) -> Vec<u8> {
    let plain = Msf::open(&path("driver").join(build).join("sampledrv.pdb")).unwrap();
    let mut writer = MsfzWriter::new(Cursor::new(Vec::new())).unwrap();
    writer.reserve_num_streams(plain.num_streams() as usize);
    for stream in 0..plain.num_streams() {
        if plain.is_stream_valid(stream) {
            let bytes = plain.read_stream_to_vec(stream).unwrap();
            writer.stream_writer(stream).unwrap().write_all(&bytes).unwrap();
        }
    }
    writer.finish().unwrap().1.into_inner()
}

#[test]
fn a_compressed_file_says_the_same_as_the_plain_one() {
    let file = SymbolFile::from_bytes(compressed("O2"), Path::new("sampledrv.pdb")).unwrap();
    let plain = open("O2");
    assert_eq!(file.identity(), plain.identity());
    assert_eq!(listing::list(&file, usize::MAX), listing::list(&plain, usize::MAX));
    assert_eq!(file.problems(), []);
}

#[test]
fn what_is_no_pdb_says_so() {
    let open = |bytes: &[u8]| SymbolFile::from_bytes(bytes.to_vec(), Path::new("x.pdb")).unwrap_err();
    assert!(matches!(open(b"MZ\x90\0"), SymbolFileError::NotPdb { what: "unknown signature", .. }));
    assert!(matches!(open(b""), SymbolFileError::NotPdb { .. }));
    assert!(matches!(open(b"BSJB\x01\0"), SymbolFileError::NotPdb { what: "a portable PDB (.NET)", .. }));
    let mut cut = fs::read(path("driver/O0/sampledrv.pdb")).unwrap();
    cut.truncate(0x1000);
    let error = open(&cut).to_string();
    assert!(error.contains("page count at file offset 0x28"), "{error}");
}
