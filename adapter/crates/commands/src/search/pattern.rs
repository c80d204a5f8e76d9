//! Finding a pattern in pieces of memory, also across them.

use super::pieces::Piece;
use memory::VirtualAddress;

/// Looks for bytes at addresses that are multiples of the unit.
pub(super) struct Matcher<'p> {
    pattern: &'p [u8],
    unit: u64,
    /// The end of the piece before, as long as a match may begin there.
    tail: Vec<u8>,
}

impl<'p> Matcher<'p> {
    /// For `pattern`, made of units of `unit` bytes.
    pub(super) fn new(pattern: &'p [u8], unit: usize) -> Self {
        Self { pattern, unit: unit.max(1) as u64, tail: Vec::new() }
    }

    /// The addresses at which it stands in the piece, or begins in the ones before it. Matches may overlap.
    pub(super) fn feed(&mut self, piece: Piece<'_>) -> Vec<VirtualAddress> {
        if !piece.follows {
            self.tail.clear();
        }
        let start = piece.address.back(self.tail.len() as u64);
        self.tail.extend_from_slice(piece.bytes);
        let length = self.pattern.len();
        let (first, rest) = match self.pattern.split_first() {
            Some((first, _)) if self.tail.len() >= length => (*first, length),
            _ => return Vec::new(),
        };
        let candidates = self.tail.windows(rest).enumerate().filter(|(_, window)| window.first() == Some(&first));
        let matching = candidates.filter(|(_, window)| *window == self.pattern);
        let addresses = matching.map(|(index, _)| start.offset(index as u64));
        let hits = addresses.filter(|address| address.0 % self.unit == 0).collect();
        let keep = self.tail.len() - (length - 1);
        self.tail.drain(..keep);
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a matcher finds `pattern` in pieces that follow each other, unless a `|` stands between them.
    #[track_caller]
    fn check(pattern: &[u8], unit: usize, pieces: &[&str], expected: &[u64]) {
        let mut matcher = Matcher::new(pattern, unit);
        let (mut at, mut hits, mut follows) = (0x1000u64, Vec::new(), false);
        for piece in pieces {
            if *piece == "|" {
                (at, follows) = (at + 0x1000, false);
                continue;
            }
            hits.extend(matcher.feed(Piece { address: VirtualAddress(at), bytes: piece.as_bytes(), follows }));
            (at, follows) = (at + piece.len() as u64, true);
        }
        assert_eq!(hits.iter().map(|hit| hit.0).collect::<Vec<_>>(), expected);
    }

    /// The documentation's example: QQQ is found three times in QQQQQ.
    #[test]
    fn overlapping_matches_are_all_found() {
        check(b"QQQ", 1, &["QQQQQ"], &[0x1000, 0x1001, 0x1002]);
        check(b"QQQ", 1, &["Q", "Q", "", "QQ", "Q"], &[0x1000, 0x1001, 0x1002]);
    }

    #[test]
    fn a_gap_ends_a_match() {
        check(b"QQQ", 1, &["xQQ", "|", "Q"], &[]);
    }

    #[test]
    fn units_are_found_at_their_own_addresses_only() {
        check(b"abcd", 4, &["abcdxabcdabcd", "abcd"], &[0x1000]);
        check(b"abcd", 4, &["abcd", "abcd"], &[0x1000, 0x1004]);
    }
}
