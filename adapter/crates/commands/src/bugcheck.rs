//! `.bugcheck`: code and parameters of the bug check.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use analysis::nt::bugcheck::{BugCheck, ParameterKind};
use engine::Session;
use engine::crash::Crash;
use memory::VirtualAddress;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".bugcheck"],
    usage: ".bugcheck",
    summary: "Displays the bug check's code and parameters",
    run: |invocation| {
        Arguments::new(invocation.arguments, COMMAND.usage).finish()?;
        run(invocation)
    },
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let crash = crash(invocation.session)?;
    let pointer = Format::address(invocation.session.target().architecture().pointer_size());
    let BugCheck { code, parameters } = crash.bug_check;
    let mut report =
        Report::of(Record::new("bugCheck").text("Bugcheck code ").field("code", code, Format::Hex(8)).field(
            "name",
            crash.bug_check.name().unwrap_or_default(),
            Format::Hidden,
        ));
    let mut record = Record::new("parameters").text("Arguments");
    for (index, parameter) in (1..).zip(parameters) {
        record = record.text(" ").field(format!("parameter{index}"), VirtualAddress(parameter), pointer);
    }
    report.push(record);
    Ok(report)
}

/// The bug check that the system is in.
///
/// # Errors
/// When it is in none.
pub(crate) fn crash(session: &Session) -> Result<&Crash, CommandError> {
    let why = || match session.target().live() {
        Some(_) => "the target is in no bug check",
        None => "the dump's header holds no bug check",
    };
    session.crash().ok_or_else(|| CommandError::Failed(why().to_owned()))
}

/// Name, meaning and explained parameters, in the shape of `!analyze -v`.
pub(crate) fn explain(session: &Session, bug_check: &BugCheck) -> Vec<Record> {
    let name = bug_check.name().unwrap_or("UNKNOWN_BUG_CHECK");
    let digits = 2 * session.target().architecture().pointer_size();
    let mut records = vec![
        Record::new("bugCheck")
            .field("name", name, Format::Plain)
            .text(" (")
            .field("code", bug_check.code, Format::Hex(1))
            .text(")"),
    ];
    let description = bug_check.description();
    if let Some(description) = description {
        records.push(Record::new("meaning").field("text", description.summary, Format::Plain));
    }
    records.push(Record::line("Arguments:"));
    for (index, value) in bug_check.parameters.into_iter().enumerate() {
        let (words, kind) = match description.and_then(|description| description.parameters.get(index)) {
            Some(&(words, kind)) => (words, kind),
            None => ("", ParameterKind::Number),
        };
        let mut record = Record::new("parameter")
            .text(format!("Arg{}: ", index + 1))
            .field("value", VirtualAddress(value), Format::Hex(digits))
            .field("index", index + 1, Format::Hidden);
        if !words.is_empty() {
            record = record.text(", ").field("meaning", words, Format::Plain);
        }
        if let Some(meaning) = parameter_meaning(session, kind, value) {
            record = record.text(" (").field("valueMeaning", meaning, Format::Plain).text(")");
        }
        records.push(record);
    }
    records
}

/// What a parameter's value stands for, where that can be said.
pub(crate) fn parameter_meaning(session: &Session, kind: ParameterKind, value: u64) -> Option<String> {
    match kind {
        ParameterKind::Code => {
            let name = session.target().modules().name_of(VirtualAddress(value))?;
            Some(name.to_string())
        }
        _ => kind.meaning(value).map(str::to_owned),
    }
}
