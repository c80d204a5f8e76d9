//! The arguments of a command, taken one after the other.

use crate::command::CommandError;
use engine::Session;
use engine::evaluate::{self, Syntax};
use memory::VirtualAddress;

/// Largest number of objects that a range may have, as in the originals: more needs `L?`.
const MAX_RANGE_BYTES: u64 = 256 << 20;

/// A range of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First byte.
    pub start: VirtualAddress,
    /// Number of objects.
    pub count: u64,
}

/// What is left of a command's arguments.
pub struct Arguments<'t> {
    rest: &'t str,
    usage: &'static str,
}

impl<'t> Arguments<'t> {
    /// All of `text`; `usage` is what messages show.
    pub fn new(text: &'t str, usage: &'static str) -> Self {
        Self { rest: text.trim(), usage }
    }

    /// What is left.
    pub fn rest(&self) -> &'t str {
        self.rest
    }

    /// Takes everything that is left.
    pub fn take_rest(&mut self) -> &'t str {
        std::mem::take(&mut self.rest)
    }

    /// The same with `rest` left, for what isn't made of words and expressions.
    pub fn with_rest(&self, rest: &'t str) -> Self {
        Self { rest: rest.trim(), usage: self.usage }
    }

    /// The next word, up to a blank.
    pub fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest;
        let (word, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        self.rest = after.trim_start();
        (!word.is_empty()).then_some(word)
    }

    /// The next word, if it is an option: `-` or `/` and something behind it.
    pub fn option(&mut self) -> Option<&'t str> {
        if !self.rest.starts_with(['-', '/']) || self.rest.len() < 2 {
            return None;
        }
        self.word().and_then(|word| word.get(1..))
    }

    /// Takes the kind of caching that physical memory has: `[c]` cached, `[uc]` uncached, `[wc]` write-combined.
    ///
    /// # Errors
    /// Something else in brackets.
    pub fn caching(&mut self) -> Result<Option<&'t str>, CommandError> {
        let Some(inside) = self.rest.strip_prefix('[') else { return Ok(None) };
        let (kind, rest) = inside.split_once(']').ok_or_else(|| self.usage("a ] is missing"))?;
        if !["c", "uc", "wc"].contains(&kind) {
            return Err(self.usage(format!("[{kind}] is no kind of caching")));
        }
        self.rest = rest.trim_start();
        Ok(Some(kind))
    }

    /// Takes a file's name: a word, or what stands in quotation marks.
    ///
    /// # Errors
    /// There is none.
    pub fn file_name(&mut self) -> Result<&'t str, CommandError> {
        let name = match self.rest.strip_prefix('"') {
            Some(quoted) => {
                let (name, rest) = quoted.split_once('"').ok_or_else(|| self.usage("a \" is missing"))?;
                self.rest = rest.trim_start();
                Some(name)
            }
            None => self.word(),
        };
        name.filter(|name| !name.is_empty()).ok_or_else(|| self.usage("a file's name is missing"))
    }

    /// A range that has to be there, with its end: as [`Self::range`] reads it.
    ///
    /// # Errors
    /// As [`Self::range`], and when the range or its end is missing.
    pub fn whole_range(&mut self, session: &Session, size: u64) -> Result<Range, CommandError> {
        let range = self.range(session, size, 0)?.filter(|range| range.count > 0);
        range.ok_or_else(|| self.usage("a range is missing: an address, and its end or L<count>"))
    }

    /// Ends the arguments.
    ///
    /// # Errors
    /// When something is left.
    pub fn finish(self) -> Result<(), CommandError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.usage(format!("extra characters: '{}'", self.rest))) }
    }

    /// An error about these arguments.
    pub fn usage(&self, message: impl Into<String>) -> CommandError {
        CommandError::Usage { message: message.into(), usage: self.usage.to_owned() }
    }

    /// The next expression as a number; `None` when nothing is left.
    ///
    /// # Errors
    /// An expression that can't be evaluated.
    pub fn number(&mut self, session: &Session) -> Result<Option<u64>, CommandError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let scope = session.expression_scope();
        let (number, after) = evaluate::evaluate_number_prefix(self.rest, Syntax::Masm, &scope)?;
        self.rest = after.trim_start();
        Ok(Some(number))
    }

    /// The next expression as an address; `None` when nothing is left.
    ///
    /// # Errors
    /// An expression that can't be evaluated.
    pub fn address(&mut self, session: &Session) -> Result<Option<VirtualAddress>, CommandError> {
        let size = session.target().architecture().pointer_size();
        Ok(self.number(session)?.map(|number| evaluate::target_address(number, size as u8)))
    }

    /// The next expression as a physical address, or the number of a page; `None` when nothing is left.
    ///
    /// # Errors
    /// An expression that can't be evaluated.
    pub fn physical(&mut self, session: &Session) -> Result<Option<u64>, CommandError> {
        let narrow = session.target().architecture().pointer_size() == 4;
        // Expressions of 32-bit targets extend the sign, which physical addresses don't have.
        let unextended =
            |number: u64| if narrow && number as i32 as u64 == number { number & 0xffff_ffff } else { number };
        Ok(self.number(session)?.map(unextended))
    }

    /// An address range: `start`, `start end` (the end is part of it), `start Lcount`, `start L-count`, `start L?count`.
    /// `size` is that of one object in bytes, `default` the number of objects where no end is given.
    ///
    /// # Errors
    /// An expression that can't be evaluated, or a range that is too large.
    pub fn range(&mut self, session: &Session, size: u64, default: u64) -> Result<Option<Range>, CommandError> {
        let Some(start) = self.address(session)? else { return Ok(None) };
        if self.rest.starts_with(['L', 'l']) && !self.rest.starts_with("ln") {
            return self.range_at(session, start, size).map(Some);
        }
        let Some(end) = self.address(session)? else { return Ok(Some(Range { start, count: default })) };
        let bytes = end.distance_from(start).ok_or_else(|| self.usage("the range ends before it starts"))?;
        self.bounded(Range { start, count: bytes / size.max(1) + 1 }, size, false).map(Some)
    }

    /// The rest of an address range, which begins with `L`; `start` and `size` as in [`Self::range`].
    ///
    /// # Errors
    /// As [`Self::range`].
    pub fn range_at(&mut self, session: &Session, start: VirtualAddress, size: u64) -> Result<Range, CommandError> {
        let count = self.rest.strip_prefix(['L', 'l']).ok_or_else(|| self.usage("L<count> is missing"))?;
        let (unlimited, count) = count.strip_prefix('?').map_or((false, count), |count| (true, count));
        let (backwards, count) = count.strip_prefix('-').map_or((false, count), |count| (true, count));
        self.rest = count.trim_start();
        let count = self.number(session)?.ok_or_else(|| self.usage("a count is missing behind L"))?;
        let start = if backwards { start.back(count.wrapping_mul(size)) } else { start };
        self.bounded(Range { start, count }, size, unlimited)
    }

    fn bounded(&self, range: Range, size: u64, unlimited: bool) -> Result<Range, CommandError> {
        let too_large = range.count.checked_mul(size).is_none_or(|bytes| bytes > MAX_RANGE_BYTES);
        if too_large && !unlimited {
            let Range { start, count } = range;
            return Err(self.usage(format!("range error: {count:#x} objects at {start} are too many (L? allows them)")));
        }
        Ok(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::target::OpenOptions;
    use std::path::Path;

    fn sample() -> Session {
        let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples/crash/sample.dmp");
        Session::open(&dump, &OpenOptions::default()).unwrap()
    }

    /// Checks a range of objects of 8 bytes, 16 of them by default: its start and count.
    #[track_caller]
    fn check(session: &Session, text: &str, expected: Option<(u64, u64)>) {
        let mut arguments = Arguments::new(text, "usage");
        let range = arguments.range(session, 8, 16).unwrap();
        assert_eq!(range.map(|range| (range.start.0, range.count)), expected, "{text}");
        assert_eq!(arguments.rest(), "", "{text}");
    }

    #[track_caller]
    fn refuse(session: &Session, text: &str, why: &str) {
        let error = Arguments::new(text, "usage").range(session, 8, 16).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }

    #[test]
    fn ranges_are_written_in_every_way_of_the_originals() {
        let session = &sample();
        check(session, "", None);
        check(session, "1000", Some((0x1000, 16)));
        check(session, "1000 L2", Some((0x1000, 2)));
        check(session, "1000 l2", Some((0x1000, 2)));
        check(session, "1000 L 2", Some((0x1000, 2)));
        check(session, "1000 L-2", Some((0xff0, 2)));
        check(session, "1000 L?10000000", Some((0x1000, 0x1000_0000)));
        check(session, "1000 1000", Some((0x1000, 1)));
        check(session, "1000 1008", Some((0x1000, 2)));
    }

    #[test]
    fn a_range_that_makes_no_sense_is_refused() {
        let session = &sample();
        refuse(session, "1000 ff8", "the range ends before it starts");
        refuse(session, "1000 L", "a count is missing behind L");
        refuse(session, "1000 L2000001", "L? allows them");
        refuse(session, "1000 L-ffffffffffffffff", "L? allows them");
        refuse(session, "0 ffffffffffffffff", "L? allows them");
    }
}
