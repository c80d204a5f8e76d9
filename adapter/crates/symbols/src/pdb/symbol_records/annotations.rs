//! Binary annotations: the small program in an inline site's record that says which code it is and which lines it came
//! from (`BA_OP_*`).
//!
//! The operands are changes to a state (code offset, line, file, column); whenever the code offset changes, a range of
//! code begins. For example `0b 08 04 1e` from clang: "8 bytes on, same line: a range begins" (0b), "it is 1e bytes
//! long" (04).

use memory::{Cursor, Truncated};
use std::ops::Range;

/// Code of an inline site that came from one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InlineRange {
    /// Offsets from the start of the function that holds the site.
    pub(crate) code: Range<u32>,
    /// Lines from the first line of the inlined function.
    pub(crate) line: i32,
    /// The file, as an offset in the compiland's file checksums, where it isn't the inlined function's own.
    pub(crate) file: Option<u32>,
    /// Column, where there is one.
    pub(crate) column: Option<u16>,
}

/// Decodes the annotations. The ranges come in the order in which they are written, which needn't be that of the code.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<InlineRange>, Truncated> {
    let mut cursor = Cursor::new(bytes);
    let mut ranges: Vec<InlineRange> = Vec::new();
    let (mut offset, mut line, mut file, mut column) = (0_u32, 0_i32, None, None);
    // Whether the last range waits for the next one to end it.
    let mut open = false;
    while cursor.remaining() > 0 {
        let mut length = None;
        let begins = match compressed(&mut cursor)? {
            // Padding.
            0 => break,
            CODE_OFFSET => {
                offset = compressed(&mut cursor)?;
                true
            }
            // The next offsets count from another piece of the function. Its address isn't known here: to go on would
            // give wrong code.
            CHANGE_CODE_OFFSET_BASE => {
                if compressed(&mut cursor)? != 0 {
                    break;
                }
                false
            }
            CHANGE_CODE_OFFSET => {
                offset = offset.wrapping_add(compressed(&mut cursor)?);
                true
            }
            CHANGE_CODE_LENGTH => {
                let length = compressed(&mut cursor)?;
                if let (true, Some(last)) = (open, ranges.last_mut()) {
                    last.code.end = last.code.start.wrapping_add(length);
                }
                open = false;
                // clang goes on from the end.
                offset = offset.wrapping_add(length);
                false
            }
            CHANGE_FILE => {
                file = Some(compressed(&mut cursor)?);
                false
            }
            CHANGE_LINE_OFFSET => {
                line = line.wrapping_add(signed(compressed(&mut cursor)?));
                false
            }
            CHANGE_COLUMN_START => {
                column = u16::try_from(compressed(&mut cursor)?).ok().filter(|&column| column != 0);
                false
            }
            CHANGE_LINE_END_DELTA | CHANGE_RANGE_KIND | CHANGE_COLUMN_END_DELTA | CHANGE_COLUMN_END => {
                compressed(&mut cursor)?;
                false
            }
            CHANGE_CODE_OFFSET_AND_LINE_OFFSET => {
                let both = compressed(&mut cursor)?;
                line = line.wrapping_add(signed(both >> 4));
                offset = offset.wrapping_add(both & 0xf);
                true
            }
            CHANGE_CODE_LENGTH_AND_CODE_OFFSET => {
                length = Some(compressed(&mut cursor)?);
                offset = offset.wrapping_add(compressed(&mut cursor)?);
                true
            }
            // How many operands others have isn't known.
            _ => break,
        };
        if begins {
            if let (true, Some(last)) = (open, ranges.last_mut()) {
                last.code.end = offset;
            }
            let end = length.map_or(offset, |length| offset.wrapping_add(length));
            ranges.push(InlineRange { code: offset..end, line, file, column });
            open = length.is_none();
        }
    }
    // What wasn't ended, or ends before it starts, says nothing.
    ranges.retain(|range| range.code.start < range.code.end);
    Ok(ranges)
}

const CODE_OFFSET: u32 = 1;
const CHANGE_CODE_OFFSET_BASE: u32 = 2;
const CHANGE_CODE_OFFSET: u32 = 3;
const CHANGE_CODE_LENGTH: u32 = 4;
const CHANGE_FILE: u32 = 5;
const CHANGE_LINE_OFFSET: u32 = 6;
const CHANGE_LINE_END_DELTA: u32 = 7;
const CHANGE_RANGE_KIND: u32 = 8;
const CHANGE_COLUMN_START: u32 = 9;
const CHANGE_COLUMN_END_DELTA: u32 = 10;
const CHANGE_CODE_OFFSET_AND_LINE_OFFSET: u32 = 11;
const CHANGE_CODE_LENGTH_AND_CODE_OFFSET: u32 = 12;
const CHANGE_COLUMN_END: u32 = 13;

/// One, two or four bytes, highest first; the leading bits 0, 10 or 110 say how many.
fn compressed(cursor: &mut Cursor<'_>) -> Result<u32, Truncated> {
    let first = u32::from(cursor.u8()?);
    Ok(match first {
        0..0x80 => first,
        0x80..0xc0 => (first & 0x3f) << 8 | u32::from(cursor.u8()?),
        _ => {
            let [second, third, fourth] = cursor.array()?;
            (first & 0x1f) << 24 | u32::from_be_bytes([0, second, third, fourth])
        }
    })
}

/// The lowest bit is the sign.
fn signed(value: u32) -> i32 {
    let magnitude = (value >> 1) as i32;
    if value & 1 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &[(Range<u32>, i32)]) {
        let ranges: Vec<_> = decode(bytes).unwrap().into_iter().map(|range| (range.code, range.line)).collect();
        assert_eq!(ranges, expected);
    }

    /// clang-cl 19 -O2 on an inlined function in two pieces; the expected values are its `.cv_loc` directives.
    #[test]
    fn clang_s_ranges_go_on_from_the_end_of_a_closed_one() {
        let bytes = [0x0b, 0x48, 0x0b, 0x26, 0x06, 0x08, 0x03, 0x05, 0x04, 0x08, 0x06, 0x07, 0x03, 0x3a];
        let bytes = [&bytes[..], &[0x0b, 0x2d, 0x0b, 0x4f, 0x04, 0x08]].concat();
        let expected =
            [(0x08..0x0e, 2), (0x0e..0x13, 3), (0x13..0x1b, 7), (0x55..0x62, 4), (0x62..0x71, 5), (0x71..0x79, 7)];
        check(&bytes, &expected);
    }

    /// From the CRT in a PDB of MSVC 19.3; `llvm-pdbutil dump --symbols` shows the same offsets.
    #[test]
    fn msvc_s_lengths_leave_the_offset_alone() {
        let bytes = [0x06, 0x08, 0x03, 0x81, 0x23, 0x06, 0x0a, 0x03, 0x06, 0x06, 0x02, 0x0c, 0x0b, 0x04, 0x06, 0x04];
        let bytes = [&bytes[..], &[0x0c, 0x1c, 0x0c, 0x00]].concat();
        check(&bytes, &[(0x123..0x129, 4), (0x129..0x12d, 9), (0x12d..0x138, 10), (0x139..0x155, 12)]);
    }

    #[test]
    fn operands_have_three_widths() {
        let values = |bytes: &[u8]| compressed(&mut Cursor::new(bytes));
        assert_eq!((values(&[0x7f]), values(&[0xbf, 0xff])), (Ok(0x7f), Ok(0x3fff)));
        assert_eq!(values(&[0xc1, 2, 3, 4]), Ok(0x0102_0304));
        assert_eq!((signed(6), signed(7)), (3, -3));
    }
}
