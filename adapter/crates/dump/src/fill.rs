//! The one loop that fills a caller's buffer from a dump file.

use crate::file::{FileBytes, FileRange};
use memory::{ReadError, ReadFailure};

/// Fills `buffer` with the bytes from `address` on, piece by piece: `locate` says where in the file the bytes from an
/// address on lie, and how many of them follow each other there.
pub(crate) fn fill(
    file: &FileBytes,
    address: u64,
    buffer: &mut [u8],
    locate: impl Fn(u64) -> Result<FileRange, ReadFailure>,
) -> Result<(), ReadError> {
    let mut rest = buffer;
    let mut read = 0;
    while !rest.is_empty() {
        let at = address.wrapping_add(read as u64);
        let failed = |failure| ReadError { address: at, read, failure };
        let piece = locate(at).map_err(failed)?;
        let wanted = FileRange { offset: piece.offset, length: piece.length.min(rest.len() as u64) };
        let bytes = file.available(wanted);
        if bytes.is_empty() {
            return Err(failed(ReadFailure::EndOfFile(wanted.offset)));
        }
        let (now, later) = rest.split_at_mut(bytes.len());
        now.copy_from_slice(bytes);
        read += bytes.len();
        rest = later;
    }
    Ok(())
}
