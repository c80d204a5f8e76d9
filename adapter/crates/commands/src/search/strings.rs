//! Text of any kind (`-sa`, `-su`).

use super::pieces::Piece;
use memory::VirtualAddress;

/// Longest text that is shown as one.
const MAX_LENGTH: usize = 1024;

/// Looks for runs of printable ASCII characters.
pub(super) struct Strings {
    /// Bytes of a character: 1, or 2 for UTF-16.
    unit: usize,
    /// Characters that a run must have.
    length: usize,
    run: String,
    start: VirtualAddress,
    /// Bytes of a character that the piece before ended within.
    partial: Vec<u8>,
}

impl Strings {
    /// For runs of at least `length` characters of `unit` bytes.
    pub(super) fn new(unit: usize, length: usize) -> Self {
        let (run, partial) = (String::new(), Vec::new());
        Self { unit: unit.max(1), length: length.max(1), run, start: VirtualAddress(0), partial }
    }

    /// The runs that end in the piece.
    pub(super) fn feed(&mut self, piece: Piece<'_>) -> Vec<(VirtualAddress, String)> {
        let mut found = Vec::new();
        if !piece.follows {
            self.partial.clear();
            found.extend(self.finish());
        }
        let start = piece.address.back(self.partial.len() as u64);
        let mut bytes = std::mem::take(&mut self.partial);
        bytes.extend_from_slice(piece.bytes);
        let characters = bytes.chunks_exact(self.unit);
        self.partial = characters.remainder().to_vec();
        for (index, character) in characters.enumerate() {
            match printable(character) {
                Some(character) if self.run.len() < MAX_LENGTH => {
                    if self.run.is_empty() {
                        self.start = start.offset((index * self.unit) as u64);
                    }
                    self.run.push(character);
                }
                _ => found.extend(self.finish()),
            }
        }
        found
    }

    /// Ends the run.
    pub(super) fn finish(&mut self) -> Option<(VirtualAddress, String)> {
        let run = std::mem::take(&mut self.run);
        (run.len() >= self.length).then_some((self.start, run))
    }
}

fn printable(character: &[u8]) -> Option<char> {
    let (first, rest) = character.split_first()?;
    (matches!(first, b' '..=b'~') && rest.iter().all(|byte| *byte == 0)).then(|| char::from(*first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unit: usize, length: usize, pieces: &[&[u8]], expected: &[(u64, &str)]) {
        let mut strings = Strings::new(unit, length);
        let (mut at, mut found) = (0x1000u64, Vec::new());
        for bytes in pieces {
            found.extend(strings.feed(Piece { address: VirtualAddress(at), bytes, follows: at != 0x1000 }));
            at += bytes.len() as u64;
        }
        found.extend(strings.finish());
        let found: Vec<_> = found.iter().map(|(at, text)| (at.0, text.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn runs_have_the_wanted_length_and_may_span_pieces() {
        check(1, 3, &[b"ab\0abc\x01", b"\x80wxyz"], &[(0x1003, "abc"), (0x1008, "wxyz")]);
        check(1, 4, &[b"ab", b"cd\0efg"], &[(0x1000, "abcd")]);
        check(2, 3, &[b"a\0b\0c", b"\0d\0\0\0abcdef"], &[(0x1000, "abcd")]);
    }
}
