//! `~`: processors, and commands for each of them.

use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use crate::{line, run as run_command};
use engine::processor::Processor;
use engine::{ContextSource, Session};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["~"],
    usage: "~[number|.|#|*] [s|command]",
    summary: "Lists processors (. current, # crashed); s makes one current; a command is run for one, or with * for each",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &mut *invocation.session;
    let (which, action) = parse(session, invocation.arguments)?;
    match action {
        "" => Ok(list(session, &which)),
        "s" => match *which.as_slice() {
            [number] => select(session, number),
            _ => Err(usage("only one processor can be current")),
        },
        command => for_each(session, &which, command),
    }
}

fn usage(message: impl Into<String>) -> CommandError {
    CommandError::Usage { message: message.into(), usage: COMMAND.usage.to_owned() }
}

/// The processors that are meant, and what to do with them.
fn parse<'t>(session: &Session, text: &'t str) -> Result<(Vec<u32>, &'t str), CommandError> {
    let processors = session.processors();
    let all = || processors.all.iter().map(|processor| processor.number).collect();
    let rest = |prefix: char| text.strip_prefix(prefix).map(str::trim);
    if let Some(action) = rest('*') {
        return Ok((all(), action));
    }
    if let Some(action) = rest('.') {
        return Ok((vec![session.scope().processor], action));
    }
    if let Some(action) = rest('#') {
        let crashed = processors.crashed.ok_or_else(|| usage("it isn't known which processor crashed"))?;
        return Ok((vec![crashed], action));
    }
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let (number, action) = text.split_at_checked(digits).unwrap_or(("", text));
    if number.is_empty() {
        return if action.is_empty() { Ok((all(), "")) } else { Err(usage(format!("which processor is '{action}'?"))) };
    }
    let number = number.parse().map_err(|_| usage(format!("{number} is no processor's number")))?;
    if processors.get(number).is_none() {
        return Err(engine::ScopeError::NoSuchProcessor { number, count: processors.all.len() }.into());
    }
    Ok((vec![number], action.trim()))
}

fn list(session: &Session, which: &[u32]) -> Report {
    let processors = which.iter().filter_map(|number| session.processors().get(*number));
    let records = processors.map(|processor| describe(session, processor)).collect();
    let mut report = Report { records, warnings: Vec::new() };
    if !session.processors().numbers_known {
        report
            .warn("which processor crashed is not known: it is listed as 0, and the others' registers can't be found");
    }
    report
}

/// ``.# 0  Thread ffffe18a`4f0a0040 Cid 0004.0108 Process ffffe18a`4ca7f040 System  nt!KeBugCheckEx``
fn describe(session: &Session, processor: &Processor) -> Record {
    let pointer = Format::address(session.target().architecture().pointer_size());
    let number = processor.number;
    let current = session.scope().processor == number;
    let crashed = session.processors().crashed == Some(number);
    let mark = |is: bool, mark: &'static str| if is { mark } else { " " };
    let mut record = Record::new("processor")
        .text(format!("{}{}", mark(current, "."), mark(crashed, "#")))
        .field("number", number, Format::Right(3))
        .field("current", current, Format::Hidden)
        .field("crashed", crashed, Format::Hidden);
    record = match &processor.thread {
        Ok(thread) => {
            let id = format!("{:04x}.{:04x}", thread.process_id, thread.thread_id);
            let record = record.text("  Thread ").field("thread", thread.thread, pointer).text(" Cid ");
            let record = record.field("clientId", id, Format::Plain);
            match &thread.process {
                Some(process) => record.text(" Process ").field("process", process.process, pointer).text(" ").field(
                    "imageFileName",
                    process.image_file_name.clone(),
                    Format::Plain,
                ),
                None => record,
            }
        }
        Err(error) => match &processor.current_thread {
            Ok(address) => {
                let record = record.text("  Thread ").field("thread", *address, pointer).text(" Cid ");
                record.field("clientId", unknown(&error.to_string()), Format::Plain)
            }
            Err(_) => record.text("  Thread ").field("thread", unknown(&error.to_string()), Format::Plain),
        },
    };
    let place = match processor.context(session.target()) {
        Ok(context) => context.instruction_pointer().map_or_else(|| unknown("not saved"), Value::Address),
        Err(error) => unknown(&error.to_string()),
    };
    let name = match &place {
        Value::Address(address) => {
            let name = session.target().modules().name_of(*address);
            name.map_or_else(|| address.to_string(), |name| name.to_string())
        }
        Value::Unknown(why) => format!("(registers: {why})"),
        _ => String::new(),
    };
    record.text("  ").field("instructionPointer", place, Format::Hidden).field("symbol", name, Format::Plain)
}

fn unknown(why: &str) -> Value {
    Value::Unknown(why.to_owned())
}

fn select(session: &mut Session, number: u32) -> Result<Report, CommandError> {
    session.select_context(ContextSource::Processor(number))?;
    Ok(Report::default())
}

/// Runs a command for each of the processors; what was current before is current again afterwards.
fn for_each(session: &mut Session, which: &[u32], command: &str) -> Result<Report, CommandError> {
    // One inside the other could run a command any number of times.
    if line::find(command).is_some_and(|call| call.name == "~") {
        return Err(usage("~ can't run ~"));
    }
    let before = session.scope();
    let mut report = Report::default();
    let mut failure = None;
    for &number in which {
        if which.len() > 1 {
            report.push(Record::new("processor").field("number", number, Format::Plain).text(":"));
        }
        let selected = session.select_context(ContextSource::Processor(number)).map_err(CommandError::from);
        match selected.and_then(|()| run_command(session, command)) {
            Ok(part) => {
                report.records.extend(part.records);
                report.warnings.extend(part.warnings);
            }
            // Another processor may still be readable.
            Err(error @ (CommandError::Scope(_) | CommandError::Nt(_) | CommandError::Memory(_)))
                if which.len() > 1 =>
            {
                report.push(Record::line(error.to_string()));
            }
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    session.restore_scope(before)?;
    failure.map_or(Ok(report), Err)
}
