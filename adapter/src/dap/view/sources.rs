//! Sources: where the files of symbol files are on this host, and listings of code for frames that have none.

use super::listing::{Listing, Position, function_start};
use crate::dap::error::RequestError;
use crate::dap::protocol::Source;
use engine::Session as Engine;
use memory::VirtualAddress;
use std::collections::HashMap;
use std::path::{MAIN_SEPARATOR_STR, PathBuf};

/// Listings, by the numbers that the client knows them by; good for the whole session.
#[derive(Debug, Default)]
pub struct Sources {
    listings: Vec<Listing>,
    by_function: HashMap<VirtualAddress, usize>,
    found: HashMap<String, Option<PathBuf>>,
}

impl Sources {
    /// The file on this host: where the symbol file says, or where `map` leads from there. `None` when it isn't here.
    pub fn find(&mut self, file: &str, map: &[(String, String)]) -> Option<PathBuf> {
        self.found.entry(file.to_owned()).or_insert_with(|| find(file, map)).clone()
    }

    /// The listing of the function that `at` lies in, and the line of `at` in it, from 1.
    pub fn listing(&mut self, engine: &Engine, at: Position) -> (Source, i64) {
        let start = function_start(engine, at.code);
        let is_good = |index: &usize| {
            let shows = |listing: &Listing| listing.line_of(at).is_some() && listing.is_true(engine, Some(at.code));
            self.listings.get(*index).is_some_and(shows)
        };
        let mut known = self.by_function.get(&start).copied().filter(is_good);
        if known.is_none() && start == at.code {
            // It isn't known where the function begins: one that shows the code will do.
            known = self.by_function.values().copied().filter(is_good).max();
        }
        let index = known.unwrap_or(self.listings.len());
        if known.is_none() {
            self.listings.push(Listing::of(engine, start, at));
            // One that was given up is not all of it.
            if !engine.cancel_flag().is_cancelled() {
                self.by_function.insert(start, index);
            }
        }
        let line = self.listings.get(index).and_then(|listing| listing.line_of(at));
        (self.source(index), line.unwrap_or(1))
    }

    /// Where an instruction is in the listing that this list of breakpoints ([`list_name`]) belongs to.
    pub fn place_in(&self, list: &str, address: VirtualAddress) -> Option<(Source, i64)> {
        let reference = list.strip_prefix(LIST)?.parse::<usize>().ok()?;
        let index = reference.checked_sub(1)?;
        let at = Position { program_counter: address, code: address };
        Some((self.source(index), self.listings.get(index)?.line_of(at)?))
    }

    fn source(&self, index: usize) -> Source {
        Source {
            name: self.listings.get(index).map(|listing| listing.name.clone()),
            source_reference: i64::try_from(index + 1).ok(),
            origin: Some("disassembly".to_owned()),
            ..Source::default()
        }
    }

    /// Symbols have changed: listings are made anew. The client can still read those that it knows.
    pub fn forget_functions(&mut self) {
        self.by_function.clear();
    }

    /// The user has changed memory: listings of code that isn't as it was are made anew.
    pub fn forget_changed(&mut self, engine: &Engine) {
        let listings = &self.listings;
        self.by_function.retain(|_, index| listings.get(*index).is_some_and(|listing| listing.is_true(engine, None)));
    }

    /// The listing that a client means.
    ///
    /// # Errors
    /// When it is none of this session's: clients keep the numbers of earlier ones, with the name that they had.
    pub fn listing_of(&self, source: &Source) -> Result<&Listing, RequestError> {
        let reference = source.source_reference.unwrap_or_default();
        let index = reference.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let listing = index.and_then(|index| self.listings.get(index));
        let names = [&source.name, &source.path];
        let mut said = names.into_iter().flatten().peekable();
        let is_meant = |listing: &&Listing| said.peek().is_none() || said.any(|name| *name == listing.name);
        listing.filter(is_meant).ok_or(RequestError::NoSuchSource(reference))
    }
}

const LIST: &str = "listing ";

/// What the list of a listing's breakpoints is called.
pub fn list_name(reference: i64) -> String {
    format!("{LIST}{reference}")
}

/// The first of the places where a file may be that has it.
fn find(name: &str, map: &[(String, String)]) -> Option<PathBuf> {
    let mapped = map.iter().filter_map(|(there, here)| Some(format!("{here}/{}", below(name, there)?)));
    // A server that a symbol file names is not asked: it may take long, and would learn who the user is.
    let is_remote = name.starts_with(['\\', '/']) && name.get(1..).is_some_and(|rest| rest.starts_with(['\\', '/']));
    let own = (!is_remote).then(|| name.to_owned());
    let candidates = mapped.map(|path| path.replace(['\\', '/'], MAIN_SEPARATOR_STR)).chain(own);
    candidates.map(PathBuf::from).find(|path| path.is_absolute() && path.is_file())
}

/// What of the path `name` lies below `folder`; either kind of separator, in any case.
fn below<'n>(name: &'n str, folder: &str) -> Option<&'n str> {
    let folder = folder.trim_end_matches(['\\', '/']);
    let start = name.get(..folder.len())?;
    let rest = name.get(folder.len()..)?.strip_prefix(['\\', '/'])?;
    let same = |(a, b): (u8, u8)| a.eq_ignore_ascii_case(&b) || (is_separator(a) && is_separator(b));
    start.bytes().zip(folder.bytes()).all(same).then_some(rest)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'\\' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_recognised_with_either_separator_and_in_any_case() {
        assert_eq!(below(r"D:\build\src\a.c", r"d:\BUILD"), Some(r"src\a.c"));
        assert_eq!(below(r"D:\build\src\a.c", "D:/build/src/"), Some("a.c"));
        assert_eq!(below(r"D:\builds\a.c", r"D:\build"), None);
        assert_eq!(below("/x", "/x/y/z"), None);
    }
}
