//! One direction of a line: bytes arrive in order, later, and perhaps not as they were sent.

use super::random::Random;
use core::time::Duration;
use std::collections::VecDeque;

/// What goes wrong, each once in so many writes; 0 for never.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// The write is lost.
    pub lost: usize,
    /// A byte is lost.
    pub byte_lost: usize,
    /// A byte is changed.
    pub damaged: usize,
    /// The rest is lost.
    pub truncated: usize,
    /// It comes twice.
    pub doubled: usize,
    /// It comes in pieces with gaps.
    pub split: usize,
    /// It comes late.
    pub delayed: usize,
    /// Bytes stand before it that nobody sent.
    pub noise: usize,
}

impl Faults {
    /// All of them, each once in `times`.
    pub fn all(times: usize) -> Self {
        Self {
            lost: times,
            byte_lost: times,
            damaged: times,
            truncated: times,
            doubled: times,
            split: times,
            delayed: times,
            noise: times,
        }
    }
}

/// One direction of a line.
pub struct Line {
    /// What goes wrong.
    pub faults: Faults,
    latency: Duration,
    arriving: VecDeque<(Duration, Vec<u8>)>,
    /// Bytes that were written in all.
    pub written: usize,
}

impl Line {
    /// A line without faults.
    pub fn new(latency: Duration) -> Self {
        Self { faults: Faults::default(), latency, arriving: VecDeque::new(), written: 0 }
    }

    /// Puts bytes onto the line.
    pub fn write(&mut self, now: Duration, mut bytes: Vec<u8>, random: &mut Random) {
        self.written += bytes.len();
        let faults = self.faults;
        let mut happens = |times: usize| times > 0 && random.once_in(times);
        if happens(faults.lost) {
            return;
        }
        let (byte_lost, damaged, truncated) =
            (happens(faults.byte_lost), happens(faults.damaged), happens(faults.truncated));
        let (doubled, split, delayed, noise) =
            (happens(faults.doubled), happens(faults.split), happens(faults.delayed), happens(faults.noise));
        if byte_lost {
            bytes.remove(random.below(bytes.len()));
        }
        if damaged && !bytes.is_empty() {
            let at = random.below(bytes.len());
            let before = bytes.clone();
            bytes[at] ^= if random.once_in(2) { 1 << random.below(8) } else { 1 + random.below(255) as u8 };
            // Control packets have no check sum: an acknowledgement that becomes a RESET is one, for either side.
            if before.starts_with(b"iiii\x04") && bytes.starts_with(b"iiii\x06") {
                bytes = before;
            }
        }
        if truncated {
            bytes.truncate(random.below(bytes.len()));
        }
        if noise {
            let count = 1 + random.below(20);
            let text: Vec<u8> = (0..count).map(|_| random.one_of(b"0i booting 000 i\r\n\0")).collect();
            bytes.splice(0..0, text);
        }
        let late = if delayed { Duration::from_millis(random.below(3000) as u64) } else { Duration::ZERO };
        for _ in 0..if doubled { 2 } else { 1 } {
            let cut = if split { random.below(bytes.len() + 1) } else { bytes.len() };
            let (first, rest) = bytes.split_at(cut);
            let gap = Duration::from_millis(if split { random.below(600) as u64 } else { 0 });
            self.arrive(now + self.latency + late, first);
            self.arrive(now + self.latency + late + gap, rest);
        }
    }

    /// In order: nothing overtakes what was written before.
    fn arrive(&mut self, at: Duration, bytes: &[u8]) {
        if !bytes.is_empty() {
            let at = self.arriving.back().map_or(at, |(last, _)| at.max(*last));
            self.arriving.push_back((at, bytes.to_vec()));
        }
    }

    /// When something arrives next.
    pub fn next(&self) -> Option<Duration> {
        self.arriving.front().map(|(at, _)| *at)
    }

    /// What has arrived.
    pub fn take(&mut self, now: Duration) -> Option<Vec<u8>> {
        let (at, _) = self.arriving.front()?;
        if *at > now {
            return None;
        }
        self.arriving.pop_front().map(|(_, bytes)| bytes)
    }

    /// What is on the way is lost.
    pub fn cut(&mut self) {
        self.arriving.clear();
    }
}
