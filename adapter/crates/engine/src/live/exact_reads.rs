//! Physical memory that was asked for, as it was asked for: it may be a device's, to which each read does something.

use super::cache::MAX_FETCH;
use memory::{PAGE_SIZE, ReadError, ReadFailure};
use std::collections::HashMap;

/// Bytes that are kept: 16 MiB.
const MAX_BYTES: usize = 16 << 20;

/// What was read, by first byte and length.
#[derive(Default)]
pub(super) struct ExactReads {
    known: HashMap<(u64, usize), Vec<u8>>,
    bytes: usize,
}

impl ExactReads {
    /// Forgets everything: the target has run, or was written to.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Fills `buffer` from `address` on: by `fetch`, as of [`Cache::read`](super::cache::Cache::read), which is asked for just
    /// that, and not again for the same.
    pub(super) fn read(
        &mut self,
        address: u64,
        buffer: &mut [u8],
        fetch: &mut dyn FnMut(u64, u32) -> (Vec<u8>, Option<ReadFailure>),
    ) -> Result<(), ReadError> {
        let key = (address, buffer.len());
        if let Some(known) = self.known.get(&key) {
            buffer.copy_from_slice(known);
            return Ok(());
        }
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            let at = address.wrapping_add(read as u64);
            let count = (rest.len() as u64).min(MAX_FETCH).min(PAGE_SIZE - at % PAGE_SIZE);
            let (bytes, failure) = fetch(at, count as u32);
            let there = bytes.len().min(count as usize);
            if let (Some(to), Some(from)) = (rest.get_mut(..there), bytes.get(..there)) {
                to.copy_from_slice(from);
            }
            read += there;
            if (there as u64) < count {
                let failure = failure.unwrap_or(ReadFailure::NoAnswer);
                return Err(ReadError { address: address.wrapping_add(read as u64), read, failure });
            }
        }
        if self.bytes.saturating_add(buffer.len()) > MAX_BYTES {
            self.clear();
        }
        if buffer.len() <= MAX_BYTES {
            self.bytes += buffer.len();
            self.known.insert(key, buffer.to_vec());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_what_is_wanted_is_asked_for_and_once() {
        let (mut reads, mut log) = (ExactReads::default(), Vec::new());
        let mut fetch = |at: u64, count: u32| {
            log.push((at, count));
            let there = 0x3000_u64.saturating_sub(at).min(count.into());
            let failure = ReadFailure::Refused { status: 0xc000_0001 };
            (vec![at as u8; there as usize], (there < count.into()).then_some(failure))
        };
        let mut word = [0; 4];
        for _ in 0..2 {
            reads.read(0x1014, &mut word, &mut fetch).unwrap();
            assert_eq!(word, [0x14; 4]);
        }
        reads.clear();
        reads.read(0x1014, &mut word, &mut fetch).unwrap();
        reads.read(0x1ffe, &mut word, &mut fetch).unwrap();
        let error = reads.read(0x2ffe, &mut word, &mut fetch).unwrap_err();
        assert_eq!((error.address, error.read), (0x3000, 2));
        assert_eq!(log, [(0x1014, 4), (0x1014, 4), (0x1ffe, 2), (0x2000, 2), (0x2ffe, 2), (0x3000, 2)]);
    }
}
