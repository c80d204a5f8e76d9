//! The bytes of a dump file, memory-mapped, and reads of them that name the field when the file ends too early.

use crate::error::Defect;
use memmap2::Mmap;
use std::fmt;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// A part of a dump file, in bytes from the file's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRange {
    /// Where it starts.
    pub offset: u64,
    /// Bytes in it.
    pub length: u64,
}

/// All bytes of a dump file.
pub(crate) enum FileBytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

/// Not the bytes themselves: there can be 64 GiB of them.
impl fmt::Debug for FileBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileBytes({:#x} bytes)", self.size())
    }
}

impl FileBytes {
    /// Maps the file at `path` into memory. Nothing is read yet: pages come in as they are touched.
    pub fn map(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        // Mapping one of these fails, too, but with words that don't say why.
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(Error::new(ErrorKind::IsADirectory, "it is a folder, not a dump file"));
        }
        if !kind.is_file() {
            return Err(Error::new(ErrorKind::Unsupported, "it is a pipe or device; dumps are read from files only"));
        }
        #[expect(unsafe_code, reason = "a map is the only way to open a 64 GiB dump at once in bounded memory")]
        // SAFETY: the map is private to this value and read-only, and no reference to a type with invalid values is
        // made from it: only bytes are. What can't be ruled out is another process that changes or truncates the
        // file meanwhile: changed bytes are merely other outside bytes (every read checks its bounds anew), a
        // truncated file ends this process with SIGBUS. Dumps aren't written while they are examined.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self::Mapped(map))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }

    /// Bytes in the file.
    pub fn size(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// What there is of the file from `offset` on.
    pub fn tail(&self, offset: u64) -> &[u8] {
        usize::try_from(offset).ok().and_then(|start| self.bytes().get(start..)).unwrap_or_default()
    }

    /// The bytes of `range`, or what there is of them.
    pub fn available(&self, range: FileRange) -> &[u8] {
        let tail = self.tail(range.offset);
        usize::try_from(range.length).ok().and_then(|length| tail.get(..length)).unwrap_or(tail)
    }

    /// `length` bytes of the field or structure `what` at `offset`.
    pub fn slice(&self, what: &'static str, offset: u64, length: u64) -> Result<&[u8], Defect> {
        let bytes = self.available(FileRange { offset, length });
        if bytes.len() as u64 == length {
            Ok(bytes)
        } else {
            Err(Defect::PastEnd { what, offset, length, size: self.size() })
        }
    }

    /// The `N` bytes of the field `what` at `offset`.
    pub fn array<const N: usize>(&self, what: &'static str, offset: u64) -> Result<[u8; N], Defect> {
        let mut array = [0; N];
        array.copy_from_slice(self.slice(what, offset, N as u64)?);
        Ok(array)
    }

    /// The 4-byte field `what` at `offset`.
    pub fn u32(&self, what: &'static str, offset: u64) -> Result<u32, Defect> {
        self.array(what, offset).map(u32::from_le_bytes)
    }

    /// The 8-byte field `what` at `offset`.
    pub fn u64(&self, what: &'static str, offset: u64) -> Result<u64, Defect> {
        self.array(what, offset).map(u64::from_le_bytes)
    }

    /// The field `what` of pointer size at `offset`, zero-extended.
    pub fn pointer(&self, what: &'static str, offset: u64, width: PointerWidth) -> Result<u64, Defect> {
        match width {
            PointerWidth::Bits32 => self.u32(what, offset).map(u64::from),
            PointerWidth::Bits64 => self.u64(what, offset),
        }
    }
}

/// Which of the two families of layouts a dump uses: `PAGEDUMP` or `PAGEDU64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerWidth {
    /// `DUMP_HEADER32` and its like.
    Bits32,
    /// `DUMP_HEADER64` and its like.
    Bits64,
}

impl PointerWidth {
    /// Bytes of a pointer.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bits32 => 4,
            Self::Bits64 => 8,
        }
    }
}
