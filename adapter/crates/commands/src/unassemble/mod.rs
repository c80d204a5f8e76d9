//! `u ub uf`: code as instructions.

mod function;
mod listing;

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use engine::Session;
use engine::disassembly::{self, Row};
use listing::Listing;
use memory::VirtualAddress;

/// `u`, `ub`
pub static COMMAND: Command = Command {
    names: &["u", "ub"],
    usage: "u|ub [address [L<count> | end]]",
    summary: "Disassembles instructions from an address on (ub: up to it), or goes on where the last listing ended",
    run,
};

/// `uf`
pub static FUNCTION: Command = Command {
    names: &["uf"],
    usage: "uf [/c] [/i] [address]",
    summary: "Disassembles the whole function at an address; /c lists what it calls, /i counts its instructions",
    run: function::run,
};

/// Instructions that are shown when no range is given.
const DEFAULT_COUNT: usize = 8;
/// Most instructions of one listing.
const MAX_COUNT: usize = 0x1_0000;

/// How far to disassemble.
enum Extent {
    /// So many instructions.
    Count(usize),
    /// Up to the instruction that this address lies in.
    End(VirtualAddress),
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let backwards = invocation.name == "ub";
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let start = start(invocation.session, &mut arguments)?;
    let extent = extent(invocation.session, &mut arguments)?;
    arguments.finish()?;
    match (backwards, extent) {
        (false, extent) => forwards(invocation.session, start, extent),
        (true, Extent::Count(count)) => Ok(before(invocation.session, start, count)),
        (true, Extent::End(_)) => {
            Err(CommandError::Usage { message: "ub takes a count, no end".to_owned(), usage: COMMAND.usage.to_owned() })
        }
    }
}

/// The address that is given, else where the last listing ended, else where the current frame executes.
fn start(session: &Session, arguments: &mut Arguments<'_>) -> Result<VirtualAddress, CommandError> {
    match (arguments.address(session)?, session.recall.code) {
        (Some(address), _) | (None, Some(address)) => Ok(address),
        (None, None) => Ok(session.frame()?.instruction_pointer),
    }
}

fn extent(session: &Session, arguments: &mut Arguments<'_>) -> Result<Extent, CommandError> {
    let Some(count) = arguments.rest().strip_prefix(['L', 'l']) else {
        let end = arguments.address(session)?;
        return Ok(end.map_or(Extent::Count(DEFAULT_COUNT), Extent::End));
    };
    let mut count = Arguments::new(count, COMMAND.usage);
    let number = count.number(session)?.ok_or_else(|| arguments.usage("a count is missing behind L"))?;
    arguments.take_rest();
    count.finish()?;
    let number = usize::try_from(number).ok().filter(|count| *count <= MAX_COUNT);
    number.map(Extent::Count).ok_or_else(|| arguments.usage(format!("at most {MAX_COUNT:#x} instructions are listed")))
}

fn forwards(session: &mut Session, start: VirtualAddress, extent: Extent) -> Result<Report, CommandError> {
    let (count, end) = match extent {
        Extent::Count(count) => (count, None),
        Extent::End(end) => (MAX_COUNT, Some(end)),
    };
    let mut listing = Listing::new(session, false);
    let mut at = start;
    for _ in 0..count {
        if end.is_some_and(|end| at > end || at < start) {
            break;
        }
        match disassembly::forwards(session, at, 1).pop() {
            Some(Row::Instruction(instruction)) => {
                at = instruction.end();
                listing.instruction(&instruction);
            }
            Some(Row::Unreadable(error)) => {
                listing.unreadable(at, &error);
                break;
            }
            None => return Err(CommandError::Cancelled),
        }
    }
    let mut report = listing.into_report();
    if end.is_some_and(|end| at <= end) && report.records.len() >= MAX_COUNT {
        report.warn(format!("only {MAX_COUNT:#x} instructions are shown"));
    }
    session.recall.code = Some(at);
    Ok(report)
}

fn before(session: &mut Session, address: VirtualAddress, count: usize) -> Report {
    let before = disassembly::before(session, address, count);
    let mut listing = Listing::new(session, false);
    before.instructions.iter().for_each(|instruction| listing.instruction(instruction));
    let mut report = listing.into_report();
    if before.instructions.is_empty() {
        report.warn(format!("no instructions are found that end at {address}"));
    } else if !before.certain {
        report.warn("where the first instruction begins is a guess: no function's start is known before it");
    }
    session.recall.code = before.instructions.first().map(|first| first.address).or(Some(address));
    report
}
