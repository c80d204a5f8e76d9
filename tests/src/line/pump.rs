//! What carries bytes from one end to the other.

use super::address::Stream;
use super::damage::Step;
use super::{Direction, Shared};
use std::time::{Duration, Instant};

/// A line with a rate writes what it takes in this time in one go.
const WRITES_PER_SECOND: u32 = 200;

/// Bits of a byte on the line: with a start and a stop bit.
const BITS_PER_BYTE: u32 = 10;

impl Shared {
    /// Carries bytes until an end or the line hangs up.
    pub(super) fn pump(&self, direction: Direction, from: &Stream, to: &Stream, connection: u64) {
        let mut buffer = [0; 4096];
        // When the line has sent all that it was given.
        let mut free = Instant::now();
        while let Some(bytes) = from.read(&mut buffer).ok().filter(|len| *len != 0).map(|len| &buffer[..len]) {
            for step in self.steps(direction, bytes) {
                let goes_on = match &step {
                    Step::Write(bytes) => self.write(to, bytes, &mut free, connection),
                    Step::Wait(time) => self.wait_until(Instant::now() + *time, connection),
                    Step::Cut => false,
                };
                if goes_on {
                    continue;
                }
                // A client that is gone may have left something that the machine is still to get: then the other
                // direction comes to its end by itself.
                if direction == Direction::ToTarget || step == Step::Cut {
                    self.cut_if(connection);
                }
                return;
            }
        }
        self.cut_if(connection);
    }

    fn steps(&self, direction: Direction, bytes: &[u8]) -> Vec<Step> {
        let mut state = self.lock();
        state.meter.count(direction, bytes);
        let Some(damager) = &mut state.damagers[direction as usize] else {
            return vec![Step::Write(bytes.to_vec())];
        };
        let (steps, faults) = damager.pass(bytes);
        state.faults += faults;
        steps
    }

    /// Writes at the line's rate; says whether that went well.
    fn write(&self, to: &Stream, mut bytes: &[u8], free: &mut Instant, connection: u64) -> bool {
        while !bytes.is_empty() {
            let mut len = bytes.len();
            let baud = self.lock().baud;
            if let Some(baud) = baud {
                len = len.min((baud / BITS_PER_BYTE / WRITES_PER_SECOND).max(1) as usize);
                let time = Duration::from_secs(1) * BITS_PER_BYTE * len as u32 / baud;
                *free = (*free).max(Instant::now()) + time;
                // They have arrived when the last of them has.
                if !self.wait_until(*free, connection) {
                    return false;
                }
            }
            let (now, later) = bytes.split_at(len);
            if to.write_all(now).is_err() {
                return false;
            }
            bytes = later;
        }
        true
    }

    /// Hangs up, if that isn't done: the next connection is not this one's.
    fn cut_if(&self, connection: u64) {
        if self.lock().connection == connection {
            self.cut();
        }
    }
}
