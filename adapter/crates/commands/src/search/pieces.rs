//! The memory that there is in a range.

use engine::target::Target;
use memory::{PAGE_SIZE, ReadVirtualExt, VirtualAddress};

/// Bytes that are read at once, where all of them can be read.
const CHUNK: u64 = 1 << 16;
/// Most reads of one search: for bytes, or just to find out that there are none.
const MAX_READS: u32 = 1 << 22;

/// A piece of memory.
#[derive(Clone, Copy)]
pub(super) struct Piece<'b> {
    pub(super) address: VirtualAddress,
    pub(super) bytes: &'b [u8],
    /// It follows the piece before it without a gap.
    pub(super) follows: bool,
}

/// The pieces of a range, ascending. What can't be read is left out.
pub(super) struct Pieces<'a> {
    target: &'a Target,
    at: VirtualAddress,
    end: VirtualAddress,
    reads: u32,
    chunk: u64,
    follows: bool,
    bytes: Vec<u8>,
}

impl<'a> Pieces<'a> {
    /// From `start` up to `end`, which isn't part of it.
    pub(super) fn new(target: &'a Target, start: VirtualAddress, end: VirtualAddress) -> Self {
        Self { target, at: start, end, reads: 0, chunk: PAGE_SIZE, follows: false, bytes: Vec::new() }
    }

    /// The next piece; an empty one where there was a gap.
    pub(super) fn next(&mut self) -> Option<Piece<'_>> {
        let left = self.end.distance_from(self.at).filter(|left| *left > 0)?;
        if self.reads >= MAX_READS {
            return None;
        }
        self.reads += 1;
        // Up to the end of a chunk, so that what stands in the way begins a read of its own.
        let aligned = self.chunk - self.at.0 % self.chunk;
        let wanted = usize::try_from(left.min(aligned)).unwrap_or(0);
        let (bytes, error) = self.target.prefix(self.at, wanted);
        self.bytes = bytes;
        let piece = (self.at, std::mem::replace(&mut self.follows, error.is_none()));
        let behind = self.at.0.checked_add(self.bytes.len() as u64).map_or(self.end, VirtualAddress);
        (self.at, self.chunk) = match error {
            None => (behind, CHUNK),
            Some(error) => (self.target.next_memory(behind, error.failure).unwrap_or(self.end), PAGE_SIZE),
        };
        Some(Piece { address: piece.0, bytes: &self.bytes, follows: piece.1 })
    }

    /// Where it gave up before the end.
    pub(super) fn gave_up_at(&self) -> Option<VirtualAddress> {
        (self.reads >= MAX_READS && self.at < self.end).then_some(self.at)
    }
}
