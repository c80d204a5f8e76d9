//! `f fp`: filling memory with a pattern; `m`: moving memory.

use crate::arguments::{Arguments, Range};
use crate::byte_values;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::{Session, WriteError};
use memory::{PhysicalAddress, ReadVirtualExt, VirtualAddress};

/// `f`, `fp`
pub static FILL: Command = Command {
    names: &["f", "fp"],
    usage: "f range pattern | fp [[c]|[uc]|[wc]] range pattern",
    summary: "Fills memory (fp: physical memory) with bytes, again and again to the end of the range",
    run: fill,
};

/// `m`
pub static MOVE: Command = Command {
    names: &["m"],
    usage: "m range address",
    summary: "Copies memory to another address; the two may overlap",
    run: copy,
};

/// Bytes that are written at once.
const CHUNK: u64 = 1 << 16;
/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 512;

fn fill(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let physical = invocation.name == "fp";
    let mut arguments = Arguments::new(invocation.arguments, FILL.usage);
    if physical {
        arguments.caching()?;
    }
    let range = arguments.whole_range(session, 1)?;
    let pattern = byte_values::numbers(&mut arguments, session, 1, MAX_PATTERN)?;
    for piece in pieces(range) {
        let bytes = repeated(&pattern, piece.start.0.wrapping_sub(range.start.0), piece.count);
        let write = |session: &mut Session| match physical {
            true => session.write_physical(PhysicalAddress(piece.start.0), &bytes),
            false => session.write_virtual(piece.start, &bytes),
        };
        let written = stopped(session).and_then(|()| write(session).map_err(CommandError::from));
        let before = piece.start.0.wrapping_sub(range.start.0);
        written.map_err(|error| incomplete(error, before, "filled"))?;
    }
    let record = Record::new("filled").text("Filled ").field("bytes", range.count, Format::Prefixed);
    Ok(Report::of(record.text(" bytes")))
}

fn copy(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, MOVE.usage);
    let range = arguments.whole_range(session, 1)?;
    let to = arguments.address(session)?.ok_or_else(|| arguments.usage("the address to copy to is missing"))?;
    arguments.finish()?;
    let mut moved = 0;
    for piece in in_order(range, to) {
        let target = to.offset(piece.start.0.wrapping_sub(range.start.0));
        let result = stopped(session).and_then(|()| {
            let bytes = session.target().bytes(piece.start, piece.count as usize)?;
            session.write_virtual(target, &bytes).map_err(CommandError::from)
        });
        result.map_err(|error| incomplete(error, moved, "copied"))?;
        moved += piece.count;
    }
    Ok(Report::default())
}

fn stopped(session: &Session) -> Result<(), CommandError> {
    if session.cancel_flag().is_cancelled() { Err(CommandError::Cancelled) } else { Ok(()) }
}

/// The error with what was done before it, if that was anything.
fn incomplete(error: CommandError, before: u64, done: &str) -> CommandError {
    let within = match &error {
        CommandError::Write(WriteError { written, .. }) => *written as u64,
        _ => 0,
    };
    match before + within {
        0 => error,
        bytes => CommandError::Failed(format!("{error}; {bytes:#x} bytes were {done} before")),
    }
}

/// A range in pieces of at most [`CHUNK`] bytes, ascending.
fn pieces(range: Range) -> impl DoubleEndedIterator<Item = Range> {
    let piece = move |index: u64| {
        let offset = index * CHUNK;
        Range { start: range.start.offset(offset), count: CHUNK.min(range.count - offset) }
    };
    (0..range.count.div_ceil(CHUNK)).map(piece)
}

/// The pieces in the order in which none is overwritten before it was copied.
fn in_order(range: Range, to: VirtualAddress) -> Box<dyn Iterator<Item = Range>> {
    match to > range.start {
        true => Box::new(pieces(range).rev()),
        false => Box::new(pieces(range)),
    }
}

/// `count` bytes of the pattern, which is repeated from the range's first byte on; `offset` is that of the first one.
fn repeated(pattern: &[u8], offset: u64, count: u64) -> Vec<u8> {
    let skip = offset % (pattern.len() as u64).max(1);
    pattern.iter().copied().cycle().skip(skip as usize).take(count as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, count: u64) -> Range {
        Range { start: VirtualAddress(start), count }
    }

    #[test]
    fn a_pattern_goes_on_across_pieces() {
        let mut bytes = Vec::new();
        for piece in pieces(range(0x1000, CHUNK + 5)) {
            assert_eq!(piece.start.0 - 0x1000, bytes.len() as u64);
            bytes.extend(repeated(b"abc", piece.start.0 - 0x1000, piece.count));
        }
        let expected: Vec<u8> = b"abc".iter().copied().cycle().take(CHUNK as usize + 5).collect();
        assert_eq!(bytes, expected);
    }

    /// Plays the pieces on memory of its own: what comes out is what a copy through a buffer gives.
    #[test]
    fn overlapping_memory_is_copied_whole() {
        let memory: Vec<u8> = (0..4 * CHUNK).map(|at| (at / 251) as u8 ^ at as u8).collect();
        for to in [100, CHUNK + 7, CHUNK / 2] {
            let from = range(CHUNK, 2 * CHUNK + 9);
            let mut moved = memory.clone();
            for piece in in_order(from, VirtualAddress(to)) {
                let (start, count) = (piece.start.0 as usize, piece.count as usize);
                let at = (to + piece.start.0 - from.start.0) as usize;
                moved.copy_within(start..start + count, at);
            }
            let mut expected = memory.clone();
            let whole = &memory[CHUNK as usize..(CHUNK + from.count) as usize];
            expected[to as usize..to as usize + whole.len()].copy_from_slice(whole);
            assert!(moved == expected, "to {to:#x}");
        }
    }
}
