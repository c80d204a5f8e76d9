//! `.kdtrace`: what goes over the link to a live target.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use engine::Session;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".kdtrace"],
    usage: ".kdtrace [on|off|count]",
    summary: "Shows the last packets of the link to the target (32, or count), or each one from now on",
    run,
};

/// Entries that are shown without a count.
const DEFAULT_COUNT: u64 = 0x20;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let session = &mut *invocation.session;
    let live = session.target().live().cloned();
    let live = live.ok_or_else(|| CommandError::Failed("a crash dump has no link".to_owned()))?;
    match arguments.rest() {
        "on" | "off" => {
            let on = arguments.take_rest() == "on";
            let end = live.link().trace(0).last().map_or(0, |(position, _)| position + 1);
            session.settings.link_trace = on.then_some(end);
            Ok(Report::of(Record::line(if on { "Link trace is on" } else { "Link trace is off" })))
        }
        _ => {
            let count = arguments.number(session)?.unwrap_or(DEFAULT_COUNT);
            arguments.finish()?;
            let entries = live.link().trace(0);
            let skipped = entries.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
            Ok(Report { records: entries.iter().skip(skipped).map(record).collect(), warnings: Vec::new() })
        }
    }
}

/// What went over the link since this was asked last, if the user wants to see it (`.kdtrace on`).
pub fn new_link_trace(session: &mut Session) -> Option<Report> {
    let from = session.settings.link_trace?;
    let entries = session.target().live()?.link().trace(from);
    let (last, _) = entries.last()?;
    session.settings.link_trace = Some(last + 1);
    Some(Report { records: entries.iter().map(record).collect(), warnings: Vec::new() })
}

fn record((position, entry): &(u64, impl std::fmt::Display)) -> Record {
    let record = Record::new("traceEntry").field("position", *position, Format::Hidden);
    record.field("text", entry.to_string(), Format::Plain)
}
