//! What can be wrong with a dump file: which field, at which file offset, with the value found and the limit.

use std::fmt;
use std::path::PathBuf;

/// Why a dump couldn't be opened.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The operating system refused the file.
    #[error("can't open {}: {source}", path.display())]
    Io {
        /// The file, as asked for.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The bytes aren't a dump that can be read.
    #[error(transparent)]
    Refused(#[from] Defect),
}

/// Something wrong with the bytes of a dump. Offsets count from the start of the file, in bytes.
///
/// The same words serve twice: as the reason for which a file is refused, and as a remark on a file that opened with
/// a part missing ([`Dump::defects`](crate::Dump::defects)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// The file starts with something else than a dump's signature.
    #[error("not a kernel crash dump: it starts with {found}, not with \"PAGEDUMP\" or \"PAGEDU64\"{}", found.hint())]
    NotADump {
        /// The first bytes; fewer than eight are padded with zeroes.
        found: Signature,
    },
    /// The file ends before the end of something that its headers promise.
    #[error("the file ends at {size:#x}: {what} needs {length:#x} bytes at offset {offset:#x}")]
    PastEnd {
        /// What should lie there: a field's or a structure's name.
        what: &'static str,
        /// Where it starts.
        offset: u64,
        /// Bytes of it.
        length: u64,
        /// Bytes in the file.
        size: u64,
    },
    /// A structure doesn't start (or end) with its signature.
    #[error("{what} at offset {offset:#x} is {found}, not \"{expected}\"")]
    Signature {
        /// The field.
        what: &'static str,
        /// Where it lies.
        offset: u64,
        /// What is there.
        found: Signature,
        /// What should be there.
        expected: &'static str,
    },
    /// `DumpType` isn't one that is known.
    #[error("DumpType at offset {offset:#x} is {found:#x}: no such kind of kernel dump is known")]
    UnknownDumpType {
        /// Where it lies.
        offset: u64,
        /// The value.
        found: u32,
    },
    /// This kind of dump is known for 64-bit machines only.
    #[error("DumpType at offset {offset:#x} is {found:#x}: how a 32-bit machine writes this kind is not known")]
    Unknown32Bit {
        /// Where it lies.
        offset: u64,
        /// The value.
        found: u32,
    },
    /// A field that everything else depends on was never filled in: it still holds the filler `PAGE`.
    #[error("{what} at offset {offset:#x} was never filled in")]
    NeverWritten {
        /// The field.
        what: &'static str,
        /// Where it lies.
        offset: u64,
    },
    /// A value is larger than anything that can be right.
    #[error("{what} at offset {offset:#x} is {found:#x}, more than {limit:#x}")]
    TooLarge {
        /// The field.
        what: &'static str,
        /// Where it lies.
        offset: u64,
        /// The value.
        found: u64,
        /// The largest that could be right.
        limit: u64,
    },
    /// A value is smaller than anything that can be right.
    #[error("{what} at offset {offset:#x} is {found:#x}, less than {limit:#x}")]
    TooSmall {
        /// The field.
        what: &'static str,
        /// Where it lies.
        offset: u64,
        /// The value.
        found: u64,
        /// The smallest that could be right.
        limit: u64,
    },
    /// A value contradicts what other fields say.
    #[error("{what} at offset {offset:#x} is {found:#x}, but the rest of the file makes it {expected:#x}")]
    Contradiction {
        /// The field.
        what: &'static str,
        /// Where it lies.
        offset: u64,
        /// The value.
        found: u64,
        /// What other fields make of it.
        expected: u64,
    },
    /// Two runs of physical memory claim the same page.
    #[error("the run of {count:#x} pages from {first:#x} at offset {offset:#x} overlaps another run")]
    OverlappingRuns {
        /// Where the run's description lies.
        offset: u64,
        /// Its first page frame number.
        first: u64,
        /// Pages in it.
        count: u64,
    },
}

/// Up to eight bytes that say what a structure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    bytes: [u8; 8],
    length: usize,
}

impl Signature {
    /// The first eight of `bytes`, or all if there are fewer.
    pub fn of(bytes: &[u8]) -> Self {
        let length = bytes.len().min(8);
        let mut signature = [0; 8];
        signature.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self { bytes: signature, length }
    }

    /// What a file is that is often mistaken for a kernel dump.
    fn hint(self) -> &'static str {
        match &self.bytes {
            _ if self.length == 0 => " (the file is empty)",
            [b'M', b'D', b'M', b'P', ..] => " (this is a user-mode minidump)",
            [b'M', b'S', b'C', b'F', ..] => " (this is a cabinet: extract the dump from it)",
            [b'P', b'K', 3, 4, ..] => " (this is a zip archive: extract the dump from it)",
            _ => "",
        }
    }
}

/// `"SDMPDUMP"`, unprintable bytes as `\x00`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.bytes.iter().take(self.length).copied().flat_map(std::ascii::escape_default);
        write!(f, "\"{}\"", shown.map(char::from).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_called_by_its_name() {
        let defect = Defect::NotADump { found: Signature::of(b"MDMP\x93\xa7\0\0and more") };
        assert_eq!(
            defect.to_string(),
            r#"not a kernel crash dump: it starts with "MDMP\x93\xa7\x00\x00", not with "PAGEDUMP" or "PAGEDU64" (this is a user-mode minidump)"#
        );
        assert_eq!(Signature::of(b"PA").to_string(), r#""PA""#);
    }
}
