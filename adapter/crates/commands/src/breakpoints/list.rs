//! `bl`: listing breakpoints.
//!
//! MS-documented "bl (Breakpoint List)", in kernel mode: number, `e` or `d`, `u` if unresolved, address, source line,
//! access and size of data breakpoints, passes left and in all, name, commands. Below stands what the original doesn't
//! have, or doesn't show: why there is no address, conditions, log messages.

use super::{LIST, select};
use crate::arguments::Arguments;
use crate::command::CommandError;
use crate::report::{Format, Record, Report, Value};
use arch::debug_registers::Access;
use engine::Session;
use engine::breakpoints::{Breakpoint, HitCondition, Location, Spec};

pub(super) fn run(session: &Session, text: &str) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(text, LIST.usage);
    let mut lines = true;
    while let Some(option) = arguments.option() {
        match option {
            "L" => lines = false,
            other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
        }
    }
    let all = arguments.rest().is_empty();
    let ids = select::ids(session, arguments)?;
    let mut report = Report::default();
    for breakpoint in session.breakpoints.iter().filter(|known| all || ids.contains(&known.id)) {
        list(session, breakpoint, lines, &mut report);
    }
    Ok(report)
}

fn list(session: &Session, breakpoint: &Breakpoint, lines: bool, report: &mut Report) {
    match breakpoint.locations.as_slice() {
        [] => report.push(row(session, breakpoint, None, lines)),
        several => several.iter().for_each(|at| report.push(row(session, breakpoint, Some(at), lines))),
    }
    let options = &breakpoint.options;
    let binding = options.binding;
    let pointer = Format::address(session.target().architecture().pointer_size());
    let mut detail = |label: &str, name: &'static str, value: Option<Value>, format: Format| {
        if let Some(value) = value {
            report.push(Record::new("detail").text(format!("     {label}")).field(name, value, format));
        }
    };
    let why = breakpoint.unresolved.as_ref().map(ToString::to_string);
    detail("Unresolved: ", "unresolved", why.map(Value::Text), Format::Plain);
    detail("Match thread data ", "thread", binding.thread.map(Value::Address), pointer);
    detail("Match process data ", "process", binding.process.map(Value::Address), pointer);
    detail("Match processor ", "processor", binding.processor.map(Value::from), Format::Plain);
    let condition = options.condition.as_ref().map(|condition| condition.expression.clone());
    detail("Condition: ", "condition", condition.map(Value::Text), Format::Plain);
    let hits = options.hit_condition.filter(|condition| !matches!(condition, HitCondition::AtLeast(_)));
    let hits = hits.map(|condition| format!("{condition}, {} so far", breakpoint.hits));
    detail("Hit condition: ", "hitCondition", hits.map(Value::Text), Format::Plain);
    let message = options.log_message.as_ref().map(ToString::to_string);
    detail("Log message: ", "logMessage", message.map(Value::Text), Format::Plain);
}

fn row(session: &Session, breakpoint: &Breakpoint, at: Option<&Location>, lines: bool) -> Record {
    let pointer_size = session.target().architecture().pointer_size();
    let state = if breakpoint.enabled { "e" } else { "d" };
    let record = Record::new("breakpoint").field("id", breakpoint.id, Format::Right(2)).text(" ").field(
        "state",
        state,
        Format::Plain,
    );
    let record = match at {
        Some(at) => record.text(" ").field("address", at.address, Format::address(pointer_size)),
        None => {
            let width = if pointer_size == 4 { 8 } else { 17 };
            record.field("resolved", false, Format::Hidden).text(format!("u{:width$}", ""))
        }
    };
    let record = match at.and_then(|at| at.line.as_ref()).filter(|_| lines) {
        Some(line) => record
            .text("  [")
            .field("file", line.file.clone(), Format::Plain)
            .text(" @ ")
            .field("line", line.line, Format::Plain)
            .text("]"),
        None => record,
    };
    let record = match breakpoint.spec {
        Spec::Data { size, access, .. } => {
            let letter = match access {
                Access::Execute => "e",
                Access::Write => "w",
                Access::Io => "i",
                Access::ReadWrite => "r",
            };
            let record = record.text(" ").field("access", letter, Format::Plain).text(" ");
            record.field("size", u32::from(size), Format::Plain).text(" ")
        }
        _ => record.text("     "),
    };
    let passes = match breakpoint.options.hit_condition {
        Some(HitCondition::AtLeast(passes)) => passes,
        _ => 1,
    };
    let left = passes.saturating_sub(breakpoint.hits).max(1);
    let record = record.field("passesLeft", left, Format::Hex(4)).text(" (").field("passes", passes, Format::Hex(4));
    let record = record.text(") ").field("name", name(session, breakpoint, at), Format::Plain);
    match &breakpoint.options.commands {
        Some(commands) => record.text(" \"").field("commands", commands.clone(), Format::Plain).text("\""),
        None => record,
    }
}

/// The name of the location; without one, what was asked for, in parentheses.
fn name(session: &Session, breakpoint: &Breakpoint, at: Option<&Location>) -> String {
    match (at, &breakpoint.spec) {
        (Some(_), Spec::Data { access: Access::Io, .. }) => String::new(),
        (Some(at), _) => session.target().modules().name_of(at.address).map_or(String::new(), |name| name.to_string()),
        (None, Spec::Address(address)) => format!("({address})"),
        (None, Spec::Expression(expression) | Spec::Data { at: expression, .. }) => format!("({})", expression.text),
        (None, Spec::Pattern(pattern)) => format!("({pattern})"),
        (None, Spec::SourceLine(line)) => {
            let module = line.module.as_ref().map(|module| format!("{module}!")).unwrap_or_default();
            format!("(`{module}{}:{}`)", line.file, line.line)
        }
    }
}
