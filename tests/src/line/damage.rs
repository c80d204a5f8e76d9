//! What happens to bytes on a bad line: by chance, but the same for the same seed and bytes, however they are sent.

use super::Direction;
use crate::random::Random;
use std::time::Duration;

/// What can happen at a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It doesn't arrive.
    Drop,
    /// It arrives as another one.
    Change,
    /// It arrives twice.
    Duplicate,
    /// One that nobody sent arrives before it.
    Insert,
    /// It starts a new chunk: what was sent in one go comes in two.
    Split,
    /// It comes so much later, and all that follows it.
    Stall(Duration),
    /// The line is cut before it. What was sent along with it is lost.
    Cut,
}

impl Fault {
    /// The faults that make wrong bytes of right ones.
    pub const WRONG_BYTES: [Self; 4] = [Self::Drop, Self::Change, Self::Duplicate, Self::Insert];
}

/// How bad a line is.
#[derive(Clone, Debug)]
pub struct Damage {
    seed: u64,
    faults: Vec<(Fault, u32)>,
}

impl Damage {
    /// No fault yet.
    pub fn new(seed: u64) -> Self {
        Self { seed, faults: Vec::new() }
    }

    /// And this fault, on average at one byte in so many.
    pub fn with(mut self, fault: Fault, one_in: u32) -> Self {
        assert_ne!(one_in, 0, "at one byte in none");
        self.faults.push((fault, one_in));
        self
    }

    /// And wrong bytes, on average one byte in so many in all.
    pub fn with_wrong_bytes(self, one_in: u32) -> Self {
        let each = one_in * Fault::WRONG_BYTES.len() as u32;
        Fault::WRONG_BYTES.into_iter().fold(self, |damage, fault| damage.with(fault, each))
    }
}

/// The damage of one direction.
pub(super) struct Damager {
    random: Random,
    faults: Vec<(Fault, u32)>,
}

/// What has to be done with bytes on their way, one after the other.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Write these in one go.
    Write(Vec<u8>),
    /// Wait.
    Wait(Duration),
    /// Hang up.
    Cut,
}

/// How long a chunk's second part comes after its first: so long that they are read one by one.
const BETWEEN_CHUNKS: Duration = Duration::from_millis(1);

impl Damager {
    pub(super) fn new(damage: &Damage, direction: Direction) -> Self {
        let seed = damage.seed.wrapping_mul(2).wrapping_add(direction as u64);
        Self { random: Random::new(seed), faults: damage.faults.clone() }
    }

    /// What becomes of bytes, and how many faults that are. After a cut, there is nothing.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> (Vec<Step>, u64) {
        let mut steps = Vec::new();
        let mut chunk = Vec::new();
        let mut count = 0;
        for &byte in bytes {
            let mut arriving = vec![byte];
            for &(fault, one_in) in &self.faults {
                if self.random.below(one_in as usize) != 0 {
                    continue;
                }
                count += 1;
                match fault {
                    Fault::Drop => drop(arriving.pop()),
                    Fault::Change => {
                        // Never by 0, which would be no change.
                        let change = 1 + self.random.below(0xff) as u8;
                        arriving.iter_mut().for_each(|byte| *byte ^= change);
                    }
                    Fault::Duplicate => arriving.extend_from_within(..),
                    Fault::Insert => arriving.insert(0, self.random.number() as u8),
                    Fault::Split | Fault::Stall(_) => {
                        write(&mut steps, &mut chunk);
                        steps.push(Step::Wait(if let Fault::Stall(time) = fault { time } else { BETWEEN_CHUNKS }));
                    }
                    Fault::Cut => {
                        write(&mut steps, &mut chunk);
                        steps.push(Step::Cut);
                        return (steps, count);
                    }
                }
            }
            chunk.append(&mut arriving);
        }
        write(&mut steps, &mut chunk);
        (steps, count)
    }
}

fn write(steps: &mut Vec<Step>, chunk: &mut Vec<u8>) {
    if !chunk.is_empty() {
        steps.push(Step::Write(std::mem::take(chunk)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SENT: [u8; 100_000] = [0x5a; 100_000];

    fn pass(damage: &Damage, chunk: usize) -> (Vec<u8>, u64) {
        let mut damager = Damager::new(damage, Direction::ToHost);
        let (mut arrived, mut faults) = (Vec::new(), 0);
        for bytes in SENT.chunks(chunk) {
            let (steps, count) = damager.pass(bytes);
            faults += count;
            for step in steps {
                match step {
                    Step::Write(bytes) => arrived.extend(bytes),
                    other => panic!("{other:?}"),
                }
            }
        }
        (arrived, faults)
    }

    #[test]
    fn each_fault_comes_as_often_as_said_and_does_what_it_says() {
        for fault in Fault::WRONG_BYTES {
            let (arrived, faults) = pass(&Damage::new(1).with(fault, 1000), SENT.len());
            // 100 are expected: 60 and 140 are four standard deviations away.
            assert!((60..140).contains(&faults), "{fault:?}: {faults}");
            let wrong = arrived.iter().filter(|byte| **byte != 0x5a).count() as u64;
            let (len, faults) = (arrived.len() as u64, faults);
            match fault {
                Fault::Drop => assert_eq!((len, wrong), (100_000 - faults, 0)),
                Fault::Change => assert_eq!((len, wrong), (100_000, faults)),
                Fault::Duplicate => assert_eq!((len, wrong), (100_000 + faults, 0)),
                // One in 256 is the same by chance.
                _ => assert!(len == 100_000 + faults && wrong <= faults && wrong > faults - 10),
            }
        }
    }

    #[test]
    fn wrong_bytes_are_one_in_so_many_in_all() {
        let (_, faults) = pass(&Damage::new(2).with_wrong_bytes(1000), SENT.len());
        assert!((60..140).contains(&faults), "{faults}");
    }

    #[test]
    fn a_seed_says_all_and_chunks_do_not_matter() {
        let damage = |seed| Damage::new(seed).with_wrong_bytes(100);
        let once = pass(&damage(7), SENT.len());
        assert_eq!(once, pass(&damage(7), 17));
        assert_ne!(once, pass(&damage(8), SENT.len()));
    }

    #[test]
    fn the_directions_have_faults_of_their_own() {
        let damage = Damage::new(3).with(Fault::Change, 10);
        let [one, other] = [Direction::ToHost, Direction::ToTarget]
            .map(|direction| Damager::new(&damage, direction).pass(&SENT[..1000]));
        assert_ne!(one, other);
    }

    #[test]
    fn chunks_are_split_and_stall() {
        let time = Duration::from_millis(70);
        for (fault, wait) in [(Fault::Split, BETWEEN_CHUNKS), (Fault::Stall(time), time)] {
            let (steps, faults) = Damager::new(&Damage::new(4).with(fault, 1), Direction::ToHost).pass(b"abc");
            let byte = |byte| Step::Write(vec![byte]);
            let wait = || Step::Wait(wait);
            assert_eq!(steps, [wait(), byte(b'a'), wait(), byte(b'b'), wait(), byte(b'c')]);
            assert_eq!(faults, 3);
        }
    }

    #[test]
    fn nothing_comes_after_a_cut() {
        let (steps, faults) = Damager::new(&Damage::new(5).with(Fault::Cut, 50), Direction::ToHost).pass(&SENT[..1000]);
        assert_eq!(faults, 1);
        assert!(matches!(&steps[..], [Step::Write(bytes), Step::Cut] if bytes.len() < 1000), "{steps:?}");
    }
}
