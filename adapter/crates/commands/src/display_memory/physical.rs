//! `!db !dc !dd !dp !dq !du !dw`: physical memory.

use super::row::with_units;
use super::text::{Unit, run_of_text, shown};
use super::{Layout, MAX_LINES, Source, pointer_size};
use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use memory::{PhysicalAddress, VirtualAddress};

/// The command's entry.
pub static PHYSICAL: Command = Command {
    names: &["!db", "!dc", "!dd", "!dp", "!dq", "!du", "!dw"],
    usage: "!d{b|c|d|p|q|u|w} [[c]|[uc]|[wc]] [-m] [physical address] [L<count>]",
    summary: "Displays physical memory: b bytes, c d double words, p pointers, q quad words, u Unicode text, w words",
    run,
};

/// Characters of `!du` where no count is given.
const DEFAULT_CHARACTERS: u64 = 16;
/// Most characters that are looked at.
const MAX_CHARACTERS: u64 = 1 << 16;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let name = invocation.name.trim_start_matches('!');
    let layout = Layout::of(name, pointer_size(session));
    let mut arguments = Arguments::new(invocation.arguments, PHYSICAL.usage);
    // A dump's bytes are the same however they were cached, and come in any size.
    arguments.caching()?;
    while let Some(option) = arguments.option() {
        if option != "m" {
            return Err(arguments.usage(format!("unknown option '{option}'")));
        }
    }
    let given = if arguments.rest().starts_with(['L', 'l']) { None } else { arguments.physical(session)? };
    let start = PhysicalAddress(given.or(session.recall.physical.map(|next| next.0)).unwrap_or_default());
    let default = if name == "du" { DEFAULT_CHARACTERS } else { layout.default_count() };
    let count = match arguments.rest().strip_prefix(['L', 'l']) {
        Some(count) => {
            arguments = arguments.with_rest(count);
            arguments.number(session)?.ok_or_else(|| arguments.usage("a count is missing behind L"))?
        }
        None => default,
    };
    arguments.finish()?;
    let (report, next) = match name {
        "du" => text(&Source::of(session, true)?, start, count.min(MAX_CHARACTERS)),
        _ => lines(session, &layout, start, count)?,
    };
    session.recall.physical = Some(next);
    Ok(report)
}

/// The lines, and where the next command goes on.
fn lines(
    session: &Session,
    layout: &Layout,
    start: PhysicalAddress,
    count: u64,
) -> Result<(Report, PhysicalAddress), CommandError> {
    let source = Source::of(session, true)?;
    let mut report = Report::default();
    let (mut left, mut address) = (count, start);
    while left > 0 {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        if report.records.len() as u64 >= MAX_LINES {
            report.warn(format!(
                "only the first {MAX_LINES} lines are shown: without an address, the next command goes on"
            ));
            break;
        }
        let units = left.min(layout.columns());
        report.push(with_units(line(address), &source, layout, (VirtualAddress(address.0), units), 1));
        address = address.offset(units * layout.unit() as u64);
        left -= units;
    }
    Ok((report, address))
}

/// ``# 4b243b8 89000000`06877963 ``: the address without leading zeroes, blanks instead up to eight digits.
fn line(address: PhysicalAddress) -> Record {
    let record = Record::new("physicalMemory").field("address", address.0, Format::Hidden);
    record.text(format!("#{:>8x} ", address.0))
}

/// The text up to its terminating zero, and where the next command goes on.
fn text(source: &Source<'_>, start: PhysicalAddress, count: u64) -> (Report, PhysicalAddress) {
    let run = run_of_text(source, VirtualAddress(start.0), count, Unit::Utf16);
    let behind = run.units.len() as u64 + u64::from(run.terminated);
    let quoted =
        |record: Record| record.text("\"").field("text", shown(&run.units, Unit::Utf16), Format::Plain).text("\"");
    let record = match &run.error {
        None => quoted(line(start)),
        Some(error) => {
            let begun = if run.units.is_empty() { line(start) } else { quoted(line(start)).text(" ") };
            begun.field("rest", Value::Unknown(error.failure.to_string()), Format::Plain)
        }
    };
    (Report::of(record), start.offset(behind * Unit::Utf16.size() as u64))
}
