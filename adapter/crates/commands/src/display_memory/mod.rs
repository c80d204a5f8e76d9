//! `d da db dc dd dD df dp dq du dw dW`, `dps dds dqs`, `dpp dpa dpu ...`, `!db ...`: memory.
//!
//! | file | what |
//! | --- | --- |
//! | `layout.rs` | what a unit is, and how many of them a line has, by command |
//! | `source.rs` | reading units, each of which may be unreadable |
//! | `row.rs` | a line of units |
//! | `text.rs` | `da`, `du` |
//! | `physical.rs` | `!db` and its relatives: physical memory |
//! | `words.rs` | words with symbols, and with what they point at |

mod layout;
mod physical;
mod row;
mod source;
mod text;
mod words;

pub(crate) use layout::Layout;
pub use physical::PHYSICAL;
pub(crate) use row::row;
pub(crate) use source::Source;

use crate::arguments::{Arguments, Range};
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::Session;
use engine::evaluate::target_address;
use memory::VirtualAddress;
use text::Unit;

/// `db` and its relatives.
pub static VALUES: Command = Command {
    names: &["db", "da", "dc", "dd", "dD", "df", "dp", "dq", "du", "dw", "dW"],
    usage: "d{a|b|c|d|D|f|p|q|u|w|W} [/c<columns>] [/p] [address] [L<count>|end address]",
    summary: "Displays memory: a text, b bytes, c d double words, D doubles, f floats, p pointers, q quad words, u Unicode text, w W words",
    run: |invocation| {
        let request = Request::parse(invocation, VALUES.usage)?;
        let session = &mut *invocation.session;
        let layout = Layout::of(invocation.name, pointer_size(session));
        match invocation.name {
            "da" => text::display(session, &request, &layout, Unit::Byte),
            "du" => text::display(session, &request, &layout, Unit::Utf16),
            _ => lines(session, &request, &layout, |_, source, address, count, format| {
                row(source, &layout, address, count, format)
            }),
        }
    },
};

/// `dps` and its relatives.
pub static SYMBOLS: Command = Command {
    names: &["dps", "dds", "dqs"],
    usage: "d{d|p|q}s [/p] [address [L<count>|end address]]",
    summary: "Displays words and the symbols that they are addresses of",
    run: |invocation| words::display(invocation, SYMBOLS.usage, words::with_symbol),
};

/// `dpp` and its relatives.
pub static REFERENCED: Command = Command {
    names: &["dpp", "dpa", "dpu", "ddp", "dda", "ddu", "dqp", "dqa", "dqu"],
    usage: "d{d|p|q}{a|p|u} [/p] [address [L<count>|end address]]",
    summary: "Displays pointers and what they point at: a text, p pointers, u Unicode text",
    run: |invocation| match invocation.name.as_bytes().last() {
        Some(b'a') => words::display(invocation, REFERENCED.usage, words::with_text),
        Some(b'u') => words::display(invocation, REFERENCED.usage, words::with_unicode_text),
        _ => words::display(invocation, REFERENCED.usage, words::with_pointee),
    },
};

/// `d`
pub static AGAIN: Command = Command {
    names: &["d"],
    usage: "d [arguments]",
    summary: "Repeats the last command that began with d",
    run: |invocation| {
        let name = invocation.session.recall.display.unwrap_or("db");
        crate::run(invocation.session, &format!("{name} {}", invocation.arguments))
    },
};

/// Most lines of one command: more is no use to a reader, and has to be held until all of it is there.
const MAX_LINES: u64 = 1 << 16;

/// What a command is asked for.
struct Request {
    /// Units in a line, if that was given.
    columns: Option<u64>,
    physical: bool,
    /// None where it goes on from where the last command ended.
    range: Option<Range>,
    start: VirtualAddress,
}

impl Request {
    /// Reads the arguments. Ranges count units; without a count they have as many as the original's.
    fn parse(invocation: &mut Invocation<'_>, usage: &'static str) -> Result<Self, CommandError> {
        let (name, session) = (invocation.name, &mut *invocation.session);
        let layout = Layout::of(name, pointer_size(session));
        let mut arguments = Arguments::new(invocation.arguments, usage);
        let takes_columns = usage.contains("/c");
        let (mut columns, mut physical) = (None, false);
        while arguments.rest().starts_with('/') {
            match arguments.option() {
                Some("p" | "p[c]" | "p[uc]" | "p[wc]") => physical = true,
                Some(option) if takes_columns => {
                    let given = option.strip_prefix('c').and_then(|count| count.parse().ok());
                    let given = given.filter(|count| (1..=Layout::MAX_COLUMNS).contains(count));
                    columns = Some(given.ok_or_else(|| arguments.usage(format!("'/{option}' is no option")))?);
                }
                _ => return Err(arguments.usage("unknown option")),
            }
        }
        let unit = layout.unit() as u64;
        let range = match begins_with_count(arguments.rest()) {
            true => Some(arguments.range_at(session, next(session)?, unit)?),
            false => arguments.range(session, unit, layout.default_count())?,
        };
        arguments.finish()?;
        session.recall.display = Some(name);
        let start = match range {
            Some(range) => range.start,
            None => next(session)?,
        };
        Ok(Self { columns, physical, range, start })
    }

    fn count(&self, layout: &Layout) -> u64 {
        self.range.map_or(layout.default_count(), |range| range.count)
    }
}

/// Where a command without an address goes on.
fn next(session: &Session) -> Result<VirtualAddress, CommandError> {
    session.recall.memory.map_or_else(|| Ok(session.frame()?.instruction_pointer), Ok)
}

/// Whether arguments begin with `L20` and no address. Where letters follow the `L`, they are a symbol's.
fn begins_with_count(rest: &str) -> bool {
    let behind = rest.strip_prefix(['L', 'l']);
    behind.is_some_and(|behind| behind.starts_with(|next: char| next.is_ascii_digit() || " ?-(".contains(next)))
}

fn pointer_size(session: &Session) -> usize {
    session.target().architecture().pointer_size()
}

/// An address behind another one: on 32-bit targets it starts again at zero.
fn wrapped(session: &Session, address: VirtualAddress) -> VirtualAddress {
    target_address(address.0, pointer_size(session) as u8)
}

/// The lines of a request, each made by `line` of its address and number of units. The next command goes on behind them.
fn lines(
    session: &mut Session,
    request: &Request,
    layout: &Layout,
    line: impl Fn(&Session, &Source<'_>, VirtualAddress, u64, Format) -> Record,
) -> Result<Report, CommandError> {
    let source = Source::of(session, request.physical)?;
    let format = Format::address(pointer_size(session));
    let columns = request.columns.unwrap_or(layout.columns());
    let mut report = Report::default();
    let mut address = request.start;
    let mut left = request.count(layout);
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
        let count = left.min(columns);
        report.push(line(session, &source, address, count, format));
        address = wrapped(session, address.offset(count.wrapping_mul(layout.unit() as u64)));
        left -= count;
    }
    session.recall.memory = Some(address);
    Ok(report)
}
