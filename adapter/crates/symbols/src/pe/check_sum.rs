//! The check sum in an image's header (MS-documented `CheckSumMappedFile`): the 16-bit words of the file added up with
//! their carries, without the field itself, plus the file's length.

use super::headers::{E_LFANEW, FILE_HEADER_END};
use memory::Cursor;

/// Where `CheckSum` lies in the optional header, of either kind.
const CHECK_SUM: usize = 64;

/// The check sum that a file of these bytes should have; `None` when it has no optional header.
pub(super) fn check_sum(file: &[u8]) -> Option<u32> {
    let nt_headers = Cursor::at(file, E_LFANEW as usize).u32().ok()?;
    let field = usize::try_from(nt_headers).ok()?.checked_add(FILE_HEADER_END as usize + CHECK_SUM)?;
    let (before, rest) = file.split_at_checked(field)?;
    let (_, behind) = rest.split_at_checked(4)?;
    let sum = fold(add(before) + add(behind));
    Some(sum.wrapping_add(u32::try_from(file.len()).ok()?))
}

/// Sum of the 16-bit words.
fn add(bytes: &[u8]) -> u64 {
    bytes.chunks(2).map(|word| word.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte))).sum()
}

/// The sum with its carries added in, in 16 bits.
fn fold(mut sum: u64) -> u32 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    u32::try_from(sum).unwrap_or(u32::MAX)
}
