//! `!analyze`: the bug check explained, the exception behind it, and the stack that led there.

use crate::arguments::Arguments;
use crate::bugcheck;
use crate::command::{Command, CommandError};
use crate::report::{Format, Record, Report};
use crate::{registers, stack};
use engine::crash::{Crash, CrashException, ExceptionSource};
use engine::stack::{Certainty, FrameDescription};
use engine::{ContextSource, Session};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["!analyze"],
    usage: "!analyze [-v]",
    summary: "Explains the bug check and shows the stack that led to it",
    run: |invocation| {
        let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
        while let Some(option) = arguments.option() {
            if option != "v" {
                return Err(arguments.usage(format!("unknown option '-{option}'")));
            }
        }
        arguments.finish()?;
        analyze(invocation.session)
    },
};

/// Explains the crash. What is current in the session stays.
///
/// # Errors
/// When the dump's header holds no bug check.
fn analyze(session: &mut Session) -> Result<Report, CommandError> {
    let crash = bugcheck::crash(session)?;
    let mut report = Report::default();
    report.records.extend(bugcheck::explain(session, &crash.bug_check));
    let source = most_telling_context(session, crash);
    if let Some(exception) = &crash.exception {
        report.records.push(Record::line(""));
        report.records.extend(describe_exception(session, exception));
    }
    let before = session.scope();
    if let Err(error) = session.select_context(source) {
        // Code and parameters are worth showing all the same.
        report.warn(error.to_string());
        return Ok(report);
    }
    let shown = registers::show_all(session).and_then(|registers| Ok((registers, stack::show(session)?)));
    let culprit = culprit(session);
    let restored = session.restore_scope(before);
    let (registers, stack) = shown?;
    restored?;
    for (title, part) in [("CONTEXT:", registers), ("STACK_TEXT:", stack)] {
        report.records.extend([Record::line(""), Record::line(title)]);
        report.records.extend(part.records);
        report.warnings.extend(part.warnings);
    }
    if let Some(culprit) = culprit {
        report.records.push(Record::line(""));
        report.records.extend(culprit);
    }
    Ok(report)
}

/// The exception's registers where they can be read, else those of the crashed processor.
fn most_telling_context(session: &Session, crash: &Crash) -> ContextSource {
    match &crash.exception {
        Some(exception) if exception.context.is_ok() => ContextSource::Exception,
        _ => ContextSource::Processor(session.processors().crashed.unwrap_or(session.scope().processor)),
    }
}

fn describe_exception(session: &Session, exception: &CrashException) -> Vec<Record> {
    let pointer = Format::address(session.target().architecture().pointer_size());
    let mut records = Vec::new();
    match &exception.record {
        Some(Ok(record)) => {
            let name = session.target().modules().name_of(record.address);
            records.push(
                Record::new("exception")
                    .text("EXCEPTION_RECORD: ")
                    .field("code", record.code, Format::Hex(8))
                    .text(" ")
                    .field("name", record.name().unwrap_or_default(), Format::Plain)
                    .text(" at ")
                    .field("address", record.address, pointer)
                    .text(" ")
                    .field("symbol", name.map(|name| name.to_string()).unwrap_or_default(), Format::Plain),
            );
            if let Some((attempt, address)) = record.attempted_access() {
                records.push(
                    Record::new("access")
                        .text("Attempt to ")
                        .field("attempt", attempt, Format::Plain)
                        .text(" address ")
                        .field("address", address, pointer),
                );
            }
        }
        Some(Err(error)) => records.push(Record::line(format!("EXCEPTION_RECORD: {error}"))),
        None => {}
    }
    let (how, address) = match exception.saved {
        ExceptionSource::Context(address) => (".cxr", Some(address)),
        ExceptionSource::TrapFrame(address) => (".trap", Some(address)),
        ExceptionSource::Header => (".ecxr", None),
    };
    let mut record = Record::new("saved").text("Registers: ").field("command", how, Format::Plain);
    if let Some(address) = address {
        record = record.text(" ").field("address", address, pointer);
    }
    if let Err(error) = &exception.context {
        record = record.text(": ").field("unreadable", error.to_string(), Format::Plain);
    }
    records.push(record);
    records
}

/// The innermost frame outside the kernel itself: where to look first. Not a verdict.
fn culprit(session: &Session) -> Option<Vec<Record>> {
    let stack = session.stack().ok()?;
    let kernel = session.target().kernel_base();
    let modules = session.target().modules();
    let outside_kernel = |address| modules.at(address).is_some_and(|module| Some(module.base()) != kernel);
    let frame = stack.frames.iter().find(|frame| outside_kernel(frame.instruction_pointer))?;
    let description = FrameDescription::of(frame, modules);
    let module = modules.at(frame.instruction_pointer)?;
    let guessed = frame.certainty == Certainty::Guessed;
    let symbol_name = Record::new("symbolName")
        .text("SYMBOL_NAME:  ")
        .field("symbolName", description.call_site(), Format::Plain)
        .field("guessed", guessed, Format::Hidden)
        .text(if guessed { " (guessed)" } else { "" });
    let mut records = vec![
        symbol_name,
        Record::new("moduleName").text("MODULE_NAME:  ").field("moduleName", module.name(), Format::Plain),
        Record::new("imageName").text("IMAGE_NAME:   ").field(
            "imageName",
            module.entry().image_name.clone(),
            Format::Plain,
        ),
    ];
    if let Some(line) = description.line {
        let text = format!("{} @ {}", line.file.name, line.line);
        records
            .insert(0, Record::new("faultingLine").text("FAULTING_SOURCE_LINE: ").field("line", text, Format::Plain));
    }
    Some(records)
}
