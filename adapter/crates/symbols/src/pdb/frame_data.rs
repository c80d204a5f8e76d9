//! How x86 functions lay out their frames: what unwinds code that has no unwind data.

use super::parts::Parts;
use super::streams::dbi::DebugStream;
use super::{Stream, SymbolFile, SymbolFileError};
use memory::{Cursor, Truncated};
use std::ops::Range;

/// The layout of a frame, for a range of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameData {
    /// RVAs.
    pub code: Range<u32>,
    /// Bytes of local variables.
    pub locals_size: u32,
    /// Bytes of parameters on the stack.
    pub parameters_size: u32,
    /// Bytes of registers saved on the stack.
    pub saved_registers_size: u32,
    /// Bytes of the prologue.
    pub prologue_size: u32,
    /// How to find the caller's frame.
    pub rule: FrameRule,
}

/// How to find the caller's frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameRule {
    /// A program of the debuggers' stack machine: `$T0 $ebp = $eip $T0 4 + ^ = $ebp $T0 ^ = $esp $T0 8 + =`.
    Program(String),
    /// An old record (`FPO_DATA`): locals, saved registers and parameters lie on the stack in that order, and no frame
    /// pointer is needed.
    FrameOmitted {
        /// `ebp` holds something else (`fUseBP`): it is among the saved registers.
        uses_ebp: bool,
    },
    /// An old record for code with a frame pointer, or with a trap or task frame (`cbFrame`: 3, 1, 2).
    OtherFrame {
        /// `cbFrame`
        kind: u8,
    },
}

/// The frames of an image, by RVA.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<FrameData>);

impl SymbolFile {
    /// The frame layout of the code at an RVA; x86 only. Where ranges nest the innermost counts.
    pub fn frame_data(&self, rva: u32) -> Option<FrameData> {
        let frames = &self.parts.frames().0;
        let before = frames.get(..frames.partition_point(|frame| frame.code.start <= rva))?;
        before.iter().rev().take(NESTING_LIMIT).find(|frame| frame.code.contains(&rva)).cloned()
    }

    /// How many frame layouts there are.
    pub fn frame_data_count(&self) -> usize {
        self.parts.frames().0.len()
    }
}

/// A record for a function is followed by records for places within it: a handful.
const NESTING_LIMIT: usize = 64;

impl Parts {
    /// Reads both kinds of records.
    pub(super) fn read_frames(&self) -> Frames {
        // Such addresses are of the image before blocks were moved.
        if self.sections().are_moved() {
            return Frames::default();
        }
        let old = self.read_frames_of("FPO", DebugStream::Fpo, fpo_data);
        let programs = |bytes: &[u8]| frame_data(bytes, |name| self.names().get(name));
        let new = self.read_frames_of("frame data", DebugStream::FrameData, programs);
        // Where both know the code, the program comes last, and is found first.
        let mut frames: Vec<_> = old.into_iter().chain(new).collect();
        frames.sort_by_key(|frame| (frame.code.start, std::cmp::Reverse(frame.code.end)));
        Frames(frames)
    }

    fn read_frames_of(
        &self,
        role: &'static str,
        stream: DebugStream,
        parse: impl Fn(&[u8]) -> Result<Vec<FrameData>, Truncated>,
    ) -> Vec<FrameData> {
        let Some(number) = self.dbi().debug_stream(stream) else { return Vec::new() };
        let stream = Stream { role, number };
        let truncated = |truncated| SymbolFileError::Truncated { stream, what: "records", truncated };
        let frames = self.container.read(stream).and_then(|bytes| parse(&bytes).map_err(truncated));
        self.problems.good(frames).unwrap_or_default()
    }
}

/// `FRAMEDATA`, 32 bytes: RVA, size, sizes of locals, parameters and the most on the stack, the program's offset in
/// `/names`, sizes of prologue and saved registers (16 bits), flags.
fn frame_data(bytes: &[u8], name: impl Fn(u32) -> Option<String>) -> Result<Vec<FrameData>, Truncated> {
    let mut cursor = Cursor::new(bytes);
    let mut frames = Vec::new();
    while cursor.remaining() > 0 {
        let [start, size, locals_size, parameters_size, _most, program] =
            [cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let [prologue_size, saved_registers_size] = [u32::from(cursor.u16()?), u32::from(cursor.u16()?)];
        let _flags = cursor.u32()?;
        let Some(program) = name(program) else { continue };
        let code = start..start.saturating_add(size);
        let rule = FrameRule::Program(program);
        frames.push(FrameData { code, locals_size, parameters_size, saved_registers_size, prologue_size, rule });
    }
    Ok(frames)
}

/// `FPO_DATA`, 16 bytes: RVA, size, locals (in words of four bytes), parameters (likewise, 16 bits), then in 16 bits:
/// prologue (8 bits), saved registers (3), has a handler, uses `ebp`, unused, kind of frame (2).
fn fpo_data(bytes: &[u8]) -> Result<Vec<FrameData>, Truncated> {
    const WORD: u32 = 4;
    let mut cursor = Cursor::new(bytes);
    let mut frames = Vec::new();
    while cursor.remaining() > 0 {
        let [start, size, locals] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
        let parameters = u32::from(cursor.u16()?);
        let bits = u32::from(cursor.u16()?);
        let rule = match bits >> 14 {
            0 => FrameRule::FrameOmitted { uses_ebp: bits & 1 << 12 != 0 },
            kind => FrameRule::OtherFrame { kind: kind as u8 },
        };
        frames.push(FrameData {
            code: start..start.saturating_add(size),
            locals_size: locals.saturating_mul(WORD),
            parameters_size: parameters * WORD,
            saved_registers_size: (bits >> 8 & 7) * WORD,
            prologue_size: bits & 0xff,
            rule,
        });
    }
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_fpo_record_counts_in_words() {
        let record = [0, 0x10, 0, 0, 0x20, 0, 0, 0, 3, 0, 0, 0, 2, 0, 6, 0b0001_0010];
        let frame = FrameData {
            code: 0x1000..0x1020,
            locals_size: 12,
            parameters_size: 8,
            saved_registers_size: 8,
            prologue_size: 6,
            rule: FrameRule::FrameOmitted { uses_ebp: true },
        };
        assert_eq!(fpo_data(&record), Ok(vec![frame]));
    }
}
