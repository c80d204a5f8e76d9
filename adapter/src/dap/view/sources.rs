//! Sources: where the files of symbol files are on this host, and listings of code for frames that have none.

use super::listing::{Listing, function_start};
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

    /// The listing of the function that `address` lies in, and the line of `address` in it, from 1.
    pub fn listing(&mut self, engine: &Engine, address: VirtualAddress) -> (Source, i64) {
        let start = function_start(engine, address);
        let listing_at = |index: usize| self.listings.get(index).filter(|listing| listing.line_of(address).is_some());
        let known = self.by_function.get(&start).copied().filter(|&index| listing_at(index).is_some());
        let index = known.unwrap_or(self.listings.len());
        if known.is_none() {
            self.listings.push(Listing::of(engine, start, address));
            self.by_function.insert(start, index);
        }
        let listing = self.listings.get(index);
        let source = Source {
            name: listing.map(|listing| listing.name.clone()),
            source_reference: i64::try_from(index + 1).ok(),
            origin: Some("disassembly".to_owned()),
            ..Source::default()
        };
        (source, listing.and_then(|listing| listing.line_of(address)).unwrap_or(1))
    }

    /// Symbols have changed: listings are made anew. The client can still read those that it knows.
    pub fn forget_functions(&mut self) {
        self.by_function.clear();
    }

    /// The address of a line, from 1, of the listing with this number.
    pub fn address_of(&self, reference: i64, line: i64) -> Option<VirtualAddress> {
        let index = usize::try_from(reference.checked_sub(1)?).ok()?;
        self.listings.get(index)?.address_of(line)
    }

    /// The text of the listing with this number.
    pub fn text(&self, reference: i64) -> Option<&str> {
        let index = usize::try_from(reference.checked_sub(1)?).ok()?;
        self.listings.get(index).map(|listing| listing.text.as_str())
    }
}

/// The first of the places where a file may be that has it.
fn find(name: &str, map: &[(String, String)]) -> Option<PathBuf> {
    let mapped = map.iter().filter_map(|(there, here)| Some(format!("{here}/{}", below(name, there)?)));
    let candidates = mapped.map(|path| path.replace(['\\', '/'], MAIN_SEPARATOR_STR)).chain([name.to_owned()]);
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
