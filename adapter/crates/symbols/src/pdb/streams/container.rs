//! The file around the streams: `MSF`, or its compressed relative `MSFZ`.
//!
//! Microsoft's readers do the work. They trust what the header and the directory say of sizes, so that is checked
//! against the bytes that are really there, first.

use crate::pdb::{Stream, SymbolFileError};
use memory::{Cursor, Truncated};
use ms_pdb::{ReadAt, msf, msfz};
use std::fs::File;
use std::io;
use std::path::Path;

/// How much larger a compressed file may get. Real ones stay below 20.
const EXPANSION_LIMIT: u64 = 64;

/// The streams of a PDB.
pub(crate) struct Container {
    inner: ms_pdb::Container<Source>,
    /// No stream can be longer, in bytes.
    length_limit: u64,
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Container {{ {} streams }}", self.inner.num_streams())
    }
}

/// Where the file's bytes come from.
enum Source {
    File(ms_pdb::RandomAccessFile),
    Memory(Vec<u8>),
}

impl ReadAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, offset),
            Self::Memory(bytes) => bytes.read_at(buffer, offset),
        }
    }
}

impl Container {
    /// Opens a file and reads its directory.
    pub(crate) fn open(path: &Path) -> Result<Self, SymbolFileError> {
        let failed = |error: io::Error| SymbolFileError::File { path: path.to_owned(), reason: error.to_string() };
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        Self::from_source(Source::File(file.into()), length)
    }

    /// Reads the directory of a file that is in memory.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Result<Self, SymbolFileError> {
        let length = bytes.len() as u64;
        Self::from_source(Source::Memory(bytes), length)
    }

    fn from_source(source: Source, file_length: u64) -> Result<Self, SymbolFileError> {
        let mut start = [0; 0x50];
        let read = source.read_at(&mut start, 0).unwrap_or(0);
        let start = start.get(..read).unwrap_or_default();
        let directory = |offset: u64, error: &dyn std::fmt::Display| SymbolFileError::Directory {
            offset,
            reason: format!("{error:#}"),
        };
        let not_pdb =
            |what| SymbolFileError::NotPdb { what, start: start.iter().take(16).copied().collect::<Vec<u8>>() };
        let (inner, length_limit) = if start.starts_with(b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0") {
            let at = check_msf_header(start, file_length)?;
            let msf = msf::Msf::open_with_file(source).map_err(|error| directory(at, &error))?;
            (ms_pdb::Container::Msf(msf), file_length)
        } else if msfz::is_header_msfz(start) {
            let at = check_msfz_header(start, file_length)?;
            let msfz = msfz::Msfz::from_file(source).map_err(|error| directory(at, &error))?;
            let chunks = msfz.chunks().iter();
            let largest = chunks.clone().map(|chunk| u64::from(chunk.compressed_size.get())).max();
            check("a chunk's size", 0, largest.unwrap_or(0), file_length, "the file is shorter")?;
            let expanded = chunks.map(|chunk| u64::from(chunk.uncompressed_size.get())).sum();
            let limit = file_length.saturating_mul(EXPANSION_LIMIT);
            check("all chunks' size", 0, expanded, limit, "the file's length doesn't support it")?;
            (ms_pdb::Container::Msfz(msfz), file_length.saturating_add(expanded))
        } else if start.starts_with(b"Microsoft C/C++ program database 2.00\r\n\x1aJG\0\0") {
            return Err(not_pdb("the format before Visual C++ 7 isn't read"));
        } else if start.starts_with(b"BSJB") {
            return Err(not_pdb("a portable PDB (.NET)"));
        } else {
            return Err(not_pdb("unknown signature"));
        };
        let container = Self { inner, length_limit };
        let total = (0..container.inner.num_streams()).map(|stream| container.inner.stream_len(stream)).sum();
        check("all streams' size", 0, total, length_limit, "streams can't overlap")?;
        Ok(container)
    }

    /// Length of a stream in bytes; 0 if there is no such stream.
    pub(crate) fn stream_length(&self, number: u32) -> u64 {
        if number < self.inner.num_streams() { self.inner.stream_len(number) } else { 0 }
    }

    /// All bytes of a stream.
    ///
    /// # Errors
    /// There is no such stream, or the file ends before its pages.
    pub(crate) fn read(&self, stream: Stream) -> Result<Box<[u8]>, SymbolFileError> {
        let length = self.stream_length(stream.number);
        self.read_part(stream, 0, usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Up to `length` bytes of a stream from `offset` on: fewer, if it ends before.
    ///
    /// # Errors
    /// There is no such stream, or the file ends before its pages.
    pub(crate) fn read_part(&self, stream: Stream, offset: u64, length: usize) -> Result<Box<[u8]>, SymbolFileError> {
        let failed = |reason: String| SymbolFileError::Stream { stream, reason };
        if !self.inner.is_stream_valid(stream.number) {
            return Err(failed("there is no such stream".to_owned()));
        }
        let available = self.stream_length(stream.number).min(self.length_limit).saturating_sub(offset);
        let length = usize::try_from(available).unwrap_or(usize::MAX).min(length);
        let reader = self.inner.get_stream_reader(stream.number).map_err(|error| failed(format!("{error:#}")))?;
        let mut bytes = vec![0; length].into_boxed_slice();
        if length > 0 {
            reader.read_exact_at(&mut bytes, offset).map_err(|error| failed(error.to_string()))?;
        }
        Ok(bytes)
    }
}

/// The header of an `MSF` file: signature (32 bytes); page size, free page map, page count, directory size, an unused
/// word; then the pages that list the directory's pages. Returns where the first of those is.
fn check_msf_header(start: &[u8], file_length: u64) -> Result<u64, SymbolFileError> {
    let [page_size, _free_page_map, pages, directory_size, _unused, list] = header_words(start, 32)?;
    if !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
        let limit = "it must be a power of two from 512 to 65536".to_owned();
        return Err(SymbolFileError::Container { field: "page size", offset: 32, value: page_size.into(), limit });
    }
    // The last page may be cut off.
    let most_pages = file_length / u64::from(page_size) + 1;
    check("page count", 40, pages.into(), most_pages, "the file ends before")?;
    check("directory size", 44, directory_size.into(), file_length, "the file is shorter")?;
    Ok(u64::from(list) * u64::from(page_size))
}

/// The header of an `MSFZ` file: signature (32 bytes), version, offsets of directory and chunk table (64 bits), number
/// of streams, the directory's compression, its sizes on disk and in memory, number of chunks, chunk table's size.
/// Returns where the directory is.
fn check_msfz_header(start: &[u8], file_length: u64) -> Result<u64, SymbolFileError> {
    let [streams, _compression, on_disk, in_memory, _chunks, chunk_table] = header_words(start, 56)?;
    check("number of streams", 56, streams.into(), msf::MAX_STREAM.into(), "PDBs have fewer")?;
    check("directory size", 64, on_disk.into(), file_length, "the file is shorter")?;
    let most = file_length.saturating_mul(EXPANSION_LIMIT);
    check("expanded directory size", 68, in_memory.into(), most, "the file's length doesn't support it")?;
    check("chunk table size", 76, chunk_table.into(), file_length, "the file is shorter")?;
    let [low, high] = header_words(start, 40)?;
    Ok(u64::from(high) << 32 | u64::from(low))
}

fn header_words<const N: usize>(start: &[u8], offset: usize) -> Result<[u32; N], SymbolFileError> {
    let mut cursor = Cursor::at(start, offset);
    let mut words = [0; N];
    for word in &mut words {
        let cut = |error: Truncated| SymbolFileError::Directory { offset: offset as u64, reason: error.to_string() };
        *word = cursor.u32().map_err(cut)?;
    }
    Ok(words)
}

fn check(field: &'static str, offset: u64, value: u64, most: u64, why: &str) -> Result<(), SymbolFileError> {
    if value <= most {
        return Ok(());
    }
    Err(SymbolFileError::Container { field, offset, value, limit: format!("at most {most:#x}: {why}") })
}
