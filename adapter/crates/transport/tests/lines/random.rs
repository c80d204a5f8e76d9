//! Random numbers and mutations that are the same in each run.

/// SplitMix64: the same numbers for the same seed, everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound.max(1) as u64) as usize
    }

    /// `bytes` with a few places changed, removed, doubled or filled with pieces that mean something.
    pub fn mutate(&mut self, bytes: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(8)).min(bytes.len());
            match self.below(5) {
                0 => drop(bytes.drain(at..end)),
                1 => bytes.extend_from_within(at..),
                2 => bytes.truncate(at),
                3 => drop(bytes.splice(at..end, pieces[self.below(pieces.len())].iter().copied())),
                _ => drop(bytes.splice(at..end, [self.below(256) as u8])),
            }
            bytes.truncate(1 << 16);
        }
        bytes
    }
}
