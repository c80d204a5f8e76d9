//! `.help`: what commands there are.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::line;
use crate::report::{Format, Record, Report};
use crate::table::COMMANDS;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".help"],
    usage: ".help [command]",
    summary: "Lists the commands, or shows what one takes",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let Some(name) = arguments.word() else { return Ok(list()) };
    arguments.finish()?;
    let call = line::find(name).ok_or_else(|| CommandError::Unknown(name.to_owned()))?;
    let mut report = Report::of(describe(call.command));
    report.push(Record::new("usage").text("usage: ").field("usage", call.command.usage, Format::Plain));
    Ok(report)
}

/// All commands, one to a line.
pub(crate) fn list() -> Report {
    Report { records: COMMANDS.iter().map(|command| describe(command)).collect(), warnings: Vec::new() }
}

fn describe(command: &Command) -> Record {
    let names = command.names.join(" ");
    Record::new("command").field("names", names, Format::Left(24)).text(" ").field(
        "summary",
        command.summary,
        Format::Plain,
    )
}
