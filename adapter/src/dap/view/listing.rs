//! The code of a function as text: what a frame without source shows.

use super::to_dap;
use engine::Session as Engine;
use engine::disassembly::{self, Row};
use memory::VirtualAddress;

/// Instructions that are listed at most.
const MOST: usize = 2000;
/// Instructions that are listed behind the one that is asked for, where it isn't known how far the function goes.
const MOST_BEHIND: usize = 100;

/// A listing.
#[derive(Debug)]
pub struct Listing {
    /// The function.
    pub name: String,
    /// One line for each instruction.
    pub text: String,
    /// The lines' addresses.
    lines: Vec<VirtualAddress>,
}

impl Listing {
    /// The function that begins at `start`, as far as symbols say that it goes, and at least as far as `address`.
    pub fn of(engine: &Engine, start: VirtualAddress, address: VirtualAddress) -> Self {
        let name = to_dap::symbol_name(engine, start).unwrap_or_else(|| to_dap::address(start));
        let empty = || Self { name: name.clone(), text: String::new(), lines: Vec::new() };
        let mut listing = empty();
        listing.list(engine, start, address);
        if listing.line_of(address).is_none() {
            // The way from the function's start doesn't lead there.
            listing = empty();
            listing.list(engine, address, address);
        }
        listing
    }

    /// The line of an instruction, from 1.
    pub fn line_of(&self, address: VirtualAddress) -> Option<i64> {
        let index = self.lines.binary_search(&address).ok()?;
        i64::try_from(index + 1).ok()
    }

    /// The instruction on a line, from 1.
    pub fn address_of(&self, line: i64) -> Option<VirtualAddress> {
        self.lines.get(usize::try_from(line.checked_sub(1)?).ok()?).copied()
    }

    fn list(&mut self, engine: &Engine, start: VirtualAddress, address: VirtualAddress) {
        let end = function_end(engine, start);
        let mut at = start;
        let mut behind = 0;
        while self.lines.len() < MOST && behind <= MOST_BEHIND {
            let within = match end {
                Some(end) => at < end,
                None => function_start(engine, at) == function_start(engine, start),
            };
            if at > address && !within {
                return;
            }
            match disassembly::forwards_in(engine, &engine.target().code(), at, 1).pop() {
                Some(Row::Instruction(instruction)) => {
                    let bytes: String = instruction.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                    self.push(at, &format!("{bytes:<20} {}", instruction.text));
                    at = instruction.end();
                }
                Some(Row::Unreadable(error)) => return self.push(at, &format!("??  {}", error.failure)),
                None => return,
            }
            if at > address && end.is_none() {
                behind += 1;
            }
        }
    }

    fn push(&mut self, address: VirtualAddress, text: &str) {
        self.text.push_str(&format!("{address} {text}\n"));
        self.lines.push(address);
    }
}

/// The start of the function at `address`, as far as symbols know it.
pub fn function_start(engine: &Engine, address: VirtualAddress) -> VirtualAddress {
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
