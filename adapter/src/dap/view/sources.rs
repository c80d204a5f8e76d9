//! Sources: where the files of symbol files are on this host, and listings of code for frames that have none.

use super::to_dap;
use crate::dap::protocol::Source;
use engine::Session as Engine;
use engine::disassembly::{self, Row};
use memory::VirtualAddress;
use std::collections::HashMap;
use std::path::PathBuf;
use symbols::SourceFile;

/// Instructions of one function that are listed at most.
const MAX_LISTED: usize = 2000;

/// Listings, by the numbers that the client knows them by; good for the whole session.
#[derive(Debug, Default)]
pub struct Sources {
    listings: Vec<Listing>,
    by_function: HashMap<VirtualAddress, usize>,
    found: HashMap<String, Option<PathBuf>>,
}

/// The code of a function as text.
#[derive(Debug)]
struct Listing {
    name: String,
    text: String,
    /// Addresses of the text's lines, in order.
    lines: Vec<VirtualAddress>,
}

impl Sources {
    /// The file on this host: where the symbol file says, or where `map` leads from there. `None` when it isn't here.
    pub fn find(&mut self, file: &SourceFile, map: &[(String, String)]) -> Option<PathBuf> {
        self.found.entry(file.name.clone()).or_insert_with(|| find(&file.name, map)).clone()
    }

    /// The listing of the function that `address` lies in, and the line of `address` in it, from 1.
    pub fn listing(&mut self, engine: &Engine, address: VirtualAddress) -> (Source, i64) {
        let start = function_start(engine, address);
        let known = self.by_function.get(&start).copied();
        let known =
            known.filter(|&index| self.listings.get(index).is_some_and(|listing| listing.lines.contains(&address)));
        let index = known.unwrap_or_else(|| {
            self.listings.push(Listing::of(engine, start, address));
            self.by_function.insert(start, self.listings.len() - 1);
            self.listings.len() - 1
        });
        let listing = self.listings.get(index);
        let line = listing.and_then(|listing| listing.lines.iter().position(|line| *line == address));
        let source = Source {
            name: listing.map(|listing| listing.name.clone()),
            source_reference: i64::try_from(index + 1).ok(),
            origin: Some("disassembly".to_owned()),
            ..Source::default()
        };
        (source, line.and_then(|line| i64::try_from(line + 1).ok()).unwrap_or(1))
    }

    /// The text of the listing with this number.
    pub fn text(&self, reference: i64) -> Option<&str> {
        let index = usize::try_from(reference.checked_sub(1)?).ok()?;
        self.listings.get(index).map(|listing| listing.text.as_str())
    }
}

impl Listing {
    /// From `start` on, as far as the function goes, and at least as far as `address`.
    fn of(engine: &Engine, start: VirtualAddress, address: VirtualAddress) -> Self {
        let end = function_end(engine, start);
        let name = to_dap::symbol_name(engine, start).unwrap_or_else(|| to_dap::address(start));
        let mut listing = Self { name, text: String::new(), lines: Vec::new() };
        let mut at = start;
        while listing.lines.len() < MAX_LISTED && (at <= address || end.is_some_and(|end| at < end)) {
            match disassembly::forwards(engine, at, 1).pop() {
                Some(Row::Instruction(instruction)) => {
                    let bytes: String = instruction.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                    listing.push(at, &format!("{bytes:<20} {}", instruction.text));
                    at = instruction.end();
                }
                Some(Row::Unreadable(error)) => {
                    listing.push(at, &format!("??  {}", error.failure));
                    break;
                }
                None => break,
            }
        }
        // Where the way from the function's start doesn't lead to it, the line that is asked for stands alone.
        if !listing.lines.contains(&address) {
            listing.text.clear();
            listing.lines.clear();
            let text = match disassembly::forwards(engine, address, 1).pop() {
                Some(Row::Instruction(instruction)) => instruction.text,
                Some(Row::Unreadable(error)) => format!("??  {}", error.failure),
                None => "??".to_owned(),
            };
            listing.push(address, &text);
        }
        listing
    }

    fn push(&mut self, address: VirtualAddress, text: &str) {
        self.text.push_str(&format!("{address} {text}\n"));
        self.lines.push(address);
    }
}

/// The start of the function at `address`, as far as symbols know it.
fn function_start(engine: &Engine, address: VirtualAddress) -> VirtualAddress {
    let name = engine.target().modules().name_of(address).filter(|name| name.symbol.is_some());
    address.back(name.map_or(0, |name| name.displacement))
}

/// Behind the function's last byte, where symbols know it.
fn function_end(engine: &Engine, start: VirtualAddress) -> Option<VirtualAddress> {
    let module = engine.target().modules().at(start)?;
    let rva = module.rva(start)?;
    let function = module.symbols()?.function_at(rva)?;
    let range = function.ranges.iter().find(|range| range.contains(&rva))?;
    Some(module.address(range.end))
}

/// The first of the places where a file may be that has it.
fn find(name: &str, map: &[(String, String)]) -> Option<PathBuf> {
    let mapped = map.iter().filter_map(|(there, here)| Some(format!("{here}/{}", below(name, there)?)));
    let candidates = mapped.map(|path| path.replace('\\', "/")).chain([name.to_owned()]);
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
