//! Code as instructions: forwards, backwards, and a window around an address.

mod backwards;
mod functions;

pub use functions::{Region, region_at};

use crate::session::Session;
use arch::Instruction;
use memory::{ReadError, ReadVirtual, ReadVirtualExt, VirtualAddress};

/// One row of a listing.
#[derive(Clone, Debug)]
pub enum Row {
    /// An instruction.
    Instruction(Instruction),
    /// Memory that can't be read, from the error's address on.
    Unreadable(ReadError),
}

/// Instructions before an address.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// In the order of their addresses; the last one ends where the address is. May be fewer than asked for.
    pub instructions: Vec<Instruction>,
    /// Whether decoding began at a place that is known to be an instruction's start (a function's, or any on processors
    /// whose instructions all have one size). Else the listing is the likeliest of several.
    pub certain: bool,
}

/// Disassembles `count` instructions from `address` on; ends early with a row that says what can't be read.
pub fn forwards(session: &Session, address: VirtualAddress, count: usize) -> Vec<Row> {
    forwards_in(session, session.target(), address, count)
}

/// The same of code that is read from `memory`.
pub fn forwards_in(session: &Session, memory: &dyn ReadVirtual, address: VirtualAddress, count: usize) -> Vec<Row> {
    let architecture = session.target().architecture();
    let name = |address| name_of(session, address);
    let mut rows = Vec::with_capacity(count.min(4096));
    let mut at = address;
    while rows.len() < count && !session.cancel_flag().is_cancelled() {
        let (bytes, error) = memory.prefix(at, architecture.max_instruction_length());
        match error {
            Some(error) if architecture.decode(at, &bytes).is_none() => {
                rows.push(Row::Unreadable(error));
                return rows;
            }
            _ => {
                let instruction = architecture.disassemble(at, &bytes, &name);
                at = instruction.end();
                rows.push(Row::Instruction(instruction));
            }
        }
    }
    rows
}

/// Disassembles up to `count` instructions that end where `address` is.
pub fn before(session: &Session, address: VirtualAddress, count: usize) -> Before {
    let (starts, certain) = backwards::starts_before(session, address, count);
    let instructions = starts.into_iter().flat_map(|start| forwards(session, start, 1)).filter_map(|row| match row {
        Row::Instruction(instruction) => Some(instruction),
        Row::Unreadable(_) => None,
    });
    Before { instructions: instructions.collect(), certain }
}

/// The symbol at an address: `nt!KeBugCheckEx`, `amdppm!WriteIoMemRawEx+0x70`.
fn name_of(session: &Session, address: VirtualAddress) -> Option<String> {
    let name = session.target().modules().name_of(address)?;
    name.symbol.is_some().then(|| name.to_string())
}
