//! Memory that was read since the target stopped, line by line.
//!
//! A line is small, since the wire is slow: at 115200 baud a page takes a third of a second. Reads that go on where the
//! last one ended fetch more and more ahead, as a walk over a stack does.

use memory::{PAGE_SIZE, ReadError, ReadFailure};
use std::collections::HashMap;

/// Bytes of a line.
pub(super) const LINE: u64 = 64;
/// Bytes that one answer carries at most, in whole lines: 4,000 less the header of 56.
pub(super) const MAX_FETCH: u64 = (4000 - 56) / LINE * LINE;
/// Lines that are fetched ahead at most.
const MAX_AHEAD: u64 = 8;
/// Pages that are kept: 64 MiB.
const MAX_PAGES: usize = 16_384;

/// Lines by address. The addresses are virtual or physical, as the fetched ones are.
#[derive(Default)]
pub(super) struct Cache {
    pages: HashMap<u64, Page>,
    /// Where the last fetch ended, and how many lines it was to have.
    ahead: (u64, u64),
}

struct Page {
    bytes: Box<[u8; PAGE_SIZE as usize]>,
    /// A bit for each line that is there.
    valid: u64,
    /// The lines that the target can't read, and why.
    refused: u64,
    why: ReadFailure,
}

impl Page {
    fn new() -> Self {
        Self { bytes: Box::new([0; PAGE_SIZE as usize]), valid: 0, refused: 0, why: ReadFailure::NoAnswer }
    }
}

impl Cache {
    /// Forgets everything: the target has run.
    pub(super) fn clear(&mut self) {
        self.pages.clear();
        self.ahead = (0, 0);
    }

    /// Fills `buffer` from `address` on. What isn't there is fetched: `fetch` gets an address and a count, and gives as many
    /// bytes as can be read, with the reason if these are fewer.
    pub(super) fn read(
        &mut self,
        address: u64,
        buffer: &mut [u8],
        fetch: &mut dyn FnMut(u64, u32) -> (Vec<u8>, Option<ReadFailure>),
    ) -> Result<(), ReadError> {
        let mut read = 0;
        while read < buffer.len() {
            let at = address.wrapping_add(read as u64);
            let in_line = (LINE - at % LINE).min((buffer.len() - read) as u64) as usize;
            let fail = |failure| ReadError { address: at, read, failure };
            let place = self.line(at);
            let (page, bit, offset) = place;
            let line = match self.pages.get(&page) {
                Some(known) if known.valid & bit != 0 => known,
                Some(known) if known.refused & bit != 0 => return Err(fail(known.why)),
                _ => {
                    self.fetch(at, (buffer.len() - read) as u64, fetch).map_err(fail)?;
                    continue;
                }
            };
            let from = line.bytes.get(offset..offset + in_line).unwrap_or_default();
            if let Some(to) = buffer.get_mut(read..read + from.len()) {
                to.copy_from_slice(from);
            }
            read += in_line;
        }
        Ok(())
    }

    /// What is known of `length` bytes from `address` on; `None` where not all of it is.
    pub(super) fn known(&self, address: u64, length: usize) -> Option<Vec<u8>> {
        let byte = |index: usize| {
            let (page, bit, offset) = self.line(address.wrapping_add(index as u64));
            self.pages.get(&page).filter(|known| known.valid & bit != 0)?.bytes.get(offset).copied()
        };
        (0..length).map(byte).collect()
    }

    /// Puts bytes that are known in, where whole lines are known already: what was just written.
    pub(super) fn overwrite(&mut self, address: u64, bytes: &[u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            let (page, bit, offset) = self.line(address.wrapping_add(index as u64));
            if let Some(known) = self.pages.get_mut(&page).filter(|known| known.valid & bit != 0) {
                if let Some(place) = known.bytes.get_mut(offset) {
                    *place = *byte;
                }
            }
        }
    }

    /// The page, the line's bit in it, and the byte's offset.
    fn line(&self, address: u64) -> (u64, u64, usize) {
        let offset = address % PAGE_SIZE;
        (address - offset, 1 << (offset / LINE), offset as usize)
    }

    /// Fetches the line at `at` and those behind it that are wanted or likely to be, at most to the end of the page.
    fn fetch(
        &mut self,
        at: u64,
        wanted: u64,
        fetch: &mut dyn FnMut(u64, u32) -> (Vec<u8>, Option<ReadFailure>),
    ) -> Result<(), ReadFailure> {
        let start = at - at % LINE;
        let (page, ..) = self.line(at);
        let (expected, lines) = self.ahead;
        let lines = if start == expected { (lines * 2).clamp(1, MAX_AHEAD) } else { 1 };
        let needed = (at % LINE + wanted).div_ceil(LINE) * LINE;
        let length = needed.max(lines * LINE).min(MAX_FETCH).min(page.wrapping_add(PAGE_SIZE).wrapping_sub(start));
        // Lines that are there already end the stretch.
        let known = self.pages.get(&page).map_or(0, |known| known.valid | known.refused);
        let fresh = (0..length / LINE).take_while(|line| known & (1 << ((start - page) / LINE + line)) == 0);
        let length = fresh.count() as u64 * LINE;
        self.ahead = (start.wrapping_add(length), length / LINE);
        let (bytes, failure) = fetch(start, u32::try_from(length).unwrap_or(0));
        if self.pages.len() >= MAX_PAGES {
            self.pages.clear();
        }
        let page_start = page;
        let page = self.pages.entry(page).or_insert_with(Page::new);
        let offset = (start - page_start) as usize;
        let whole = bytes.len() / LINE as usize;
        if let (Some(to), Some(from)) =
            (page.bytes.get_mut(offset..offset + whole * LINE as usize), bytes.get(..whole * LINE as usize))
        {
            to.copy_from_slice(from);
        }
        for line in 0..whole {
            page.valid |= 1 << (offset / LINE as usize + line);
        }
        match failure {
            Some(failure @ ReadFailure::Refused { .. }) => {
                page.refused |= 1 << (offset / LINE as usize + whole).min(63);
                page.why = failure;
                Ok(())
            }
            Some(failure) if whole == 0 => Err(failure),
            None if whole == 0 => Err(ReadFailure::NoAnswer),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory in which each byte is the low byte of its line's number, up to `end`; the fetches are noted.
    fn read(
        cache: &mut Cache,
        end: u64,
        address: u64,
        count: usize,
        log: &mut Vec<(u64, u32)>,
    ) -> Result<Vec<u8>, ReadError> {
        let mut buffer = vec![0; count];
        let mut fetch = |at: u64, length: u32| {
            log.push((at, length));
            let there = end.saturating_sub(at).min(length.into());
            let bytes = (at..at + there).map(|at| (at / LINE) as u8).collect();
            (bytes, (there < length.into()).then_some(ReadFailure::Refused { status: 0xc000_0001 }))
        };
        cache.read(address, &mut buffer, &mut fetch).map(|()| buffer)
    }

    #[test]
    fn a_line_is_fetched_once() {
        let (mut cache, mut log) = (Cache::default(), Vec::new());
        assert_eq!(read(&mut cache, u64::MAX, 0x1048, 4, &mut log).unwrap(), [0x41; 4]);
        assert_eq!(read(&mut cache, u64::MAX, 0x1070, 16, &mut log).unwrap(), [0x41; 16]);
        assert_eq!(log, [(0x1040, 64)]);
    }

    #[test]
    fn reads_in_a_row_fetch_more_and_more_ahead() {
        let (mut cache, mut log) = (Cache::default(), Vec::new());
        for address in (0x1000..0x1400).step_by(8) {
            read(&mut cache, u64::MAX, address, 8, &mut log).unwrap();
        }
        assert_eq!(log, [(0x1000, 64), (0x1040, 128), (0x10c0, 256), (0x11c0, 512), (0x13c0, 512)]);
    }

    #[test]
    fn a_long_read_goes_from_page_to_page_in_answers_that_fit() {
        let (mut cache, mut log) = (Cache::default(), Vec::new());
        assert_eq!(read(&mut cache, u64::MAX, 0x1ff0, 0x1020, &mut log).unwrap().len(), 0x1020);
        assert_eq!(log, [(0x1fc0, 64), (0x2000, 3904), (0x2f40, 192), (0x3000, 384)]);
    }

    #[test]
    fn what_cannot_be_read_is_not_asked_again() {
        let (mut cache, mut log) = (Cache::default(), Vec::new());
        let error = read(&mut cache, 0x2000, 0x1ff8, 16, &mut log).unwrap_err();
        assert_eq!((error.address, error.read), (0x2000, 8));
        assert!(read(&mut cache, 0x2000, 0x2008, 1, &mut log).is_err());
        assert_eq!(log, [(0x1fc0, 64), (0x2000, 128)]);
    }

    #[test]
    fn the_last_page_of_the_address_space_can_be_read() {
        let (mut cache, mut log) = (Cache::default(), Vec::new());
        assert!(read(&mut cache, u64::MAX, u64::MAX - 0x7f, 16, &mut log).is_ok());
    }
}
