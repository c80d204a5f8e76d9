//! `k kb kc kd kL kn kp kv`: stacks.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use engine::stack::{Certainty, FoundBy, Frame, FrameDescription, Stack, StackEnd};
use memory::{ReadVirtualExt, VirtualAddress};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["k", "kb", "kc", "kf", "kL", "kn", "kp", "kP", "kv"],
    usage: "k[b|c|f|L|n|p|P|v] [count]",
    summary: "Displays the stack: b first arguments, c names only, f frame sizes, L without lines, n numbers, p parameters, v trap frames",
    run,
};

/// Frames that are shown when no count is given.
const DEFAULT_FRAMES: u64 = 0x100;
/// Words behind the return address that `kb` shows: the home of the register parameters.
const HOME_WORDS: u64 = 3;

/// What one of the names asks for.
#[derive(Clone, Copy)]
struct Columns {
    numbers: bool,
    addresses: bool,
    arguments: bool,
    sizes: bool,
    lines: bool,
    traps: bool,
}

impl Columns {
    fn of(name: &str) -> Self {
        let has = |letter| name.contains(letter);
        Self {
            numbers: true,
            addresses: !has('c'),
            arguments: has('b') || has('v'),
            sizes: has('f'),
            lines: !has('L') && !has('c'),
            traps: has('v'),
        }
    }
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let count = arguments.number(invocation.session)?.unwrap_or(DEFAULT_FRAMES);
    arguments.finish()?;
    show_frames(invocation.session, Columns::of(invocation.name), count)
}

/// The current stack as `k` shows it.
pub(crate) fn show(session: &Session) -> Result<Report, CommandError> {
    show_frames(session, Columns::of("k"), DEFAULT_FRAMES)
}

fn show_frames(session: &Session, columns: Columns, count: u64) -> Result<Report, CommandError> {
    let stack = session.stack()?;
    let pointer_size = session.target().architecture().pointer_size();
    let mut report = Report::default();
    report.push(heading(columns, pointer_size));
    let shown = usize::try_from(count).unwrap_or(usize::MAX);
    let mut below: Option<&Frame> = None;
    let mut guess_told = false;
    for (index, frame) in stack.frames.iter().enumerate().take(shown) {
        if frame.certainty == Certainty::Guessed && !guess_told {
            guess_told = true;
            report.push(Record::new("note").text("WARNING: ").field(
                "text",
                "Stack unwind information not available. Following frames may be wrong.",
                Format::Plain,
            ));
        }
        report.push(frame_record(session, columns, index, frame, below));
        if frame.inline.is_none() {
            below = Some(frame);
        }
    }
    if let Some(end) = unusual_end(&stack, shown) {
        report.push(Record::new("end").text("Stack ends here: ").field("reason", end, Format::Plain));
    }
    Ok(report)
}

fn unusual_end(stack: &Stack, shown: usize) -> Option<String> {
    let all = shown >= stack.frames.len();
    (all && stack.end != StackEnd::Complete).then(|| stack.end.to_string())
}

fn heading(columns: Columns, pointer_size: usize) -> Record {
    let width = if pointer_size == 4 { 8 } else { 17 };
    let mut heading = String::new();
    if columns.numbers {
        heading.push_str(" # ");
    }
    if columns.sizes {
        heading.push_str("  Memory ");
    }
    if columns.addresses {
        heading.push_str(&format!("{:<width$} {:<width$} ", "Child-SP", "RetAddr"));
    }
    if columns.arguments {
        heading.push_str(&format!(": {:<arguments$} : ", "Args to Child", arguments = (width + 1) * 4 - 1));
    }
    heading.push_str("Call Site");
    Record::new("heading").text(heading)
}

fn frame_record(session: &Session, columns: Columns, index: usize, frame: &Frame, below: Option<&Frame>) -> Record {
    let target = session.target();
    let address = Format::address(target.architecture().pointer_size());
    let description = FrameDescription::of(frame, target.modules());
    let mut record = Record::new("frame").field("index", index, Format::Hex(2)).text(" ");
    let inlined = frame.inline.is_some();
    if columns.sizes {
        let size = below.filter(|_| !inlined).and_then(|below| frame.stack_pointer.distance_from(below.stack_pointer));
        record = match size {
            Some(size) => record.text(" ").field("memory", format!("{size:x}"), Format::Right(7)).text(" "),
            None => record.text("         "),
        };
    }
    if columns.addresses {
        record = if inlined {
            let blank = address.render(&Value::Address(VirtualAddress(0)));
            let dashes = "-".repeat(blank.len());
            record.text(format!("{:<1$} {dashes} ", "(Inline Function)", blank.len()))
        } else {
            let returns = frame.return_address.unwrap_or_default();
            record
                .field("childSp", frame.stack_pointer, address)
                .text(" ")
                .field("returnAddress", returns, address)
                .text(" ")
        };
    }
    if columns.arguments && !inlined {
        record = home_words(session, frame, address, record.text(": ")).text(": ");
    }
    let returns_at = frame.instruction_pointer;
    record = record
        .field("instructionPointer", returns_at, Format::Hidden)
        .field(
            "module",
            description.module.clone().map_or(Value::Unknown("no module".into()), Value::Text),
            Format::Hidden,
        )
        .field("callSite", description.call_site(), Format::Plain)
        .field("inlined", inlined, Format::Hidden)
        .field("guessed", frame.certainty == Certainty::Guessed, Format::Hidden)
        .field("foundBy", found_by(frame.found_by), Format::Hidden);
    if let Some(line) = description.line.as_ref().filter(|_| columns.lines) {
        record = record
            .text(" [")
            .field("file", line.file.name.clone(), Format::Plain)
            .text(" @ ")
            .field("line", line.line, Format::Plain)
            .text("]");
    }
    if let Some(trap) = frame.trap_frame {
        let (before, after) = if columns.traps { (" (TrapFrame @ ", ")") } else { ("", "") };
        let shown = if columns.traps { address } else { Format::Hidden };
        record = record.text(before).field("trapFrame", trap, shown).text(after);
    }
    if frame.certainty == Certainty::Guessed {
        record = record.text(" (guessed)");
    }
    record
}

/// The words in the frame's home area, where the callee may (not must) have stored its first parameters.
fn home_words(session: &Session, frame: &Frame, address: Format, mut record: Record) -> Record {
    let target = session.target();
    let size = target.architecture().pointer_size();
    let base = frame.stack_pointer;
    for word in 0..=HOME_WORDS {
        let at = base.offset(word * size as u64);
        let value = match target.pointer(at, size) {
            Ok(value) => Value::Address(VirtualAddress(value)),
            Err(error) => Value::Unknown(error.failure.to_string()),
        };
        record = record.field(format!("argument{}", word + 1), value, address).text(" ");
    }
    record
}

fn found_by(found_by: FoundBy) -> &'static str {
    match found_by {
        FoundBy::Context => "context",
        FoundBy::UnwindData => "unwindData",
        FoundBy::Leaf => "leaf",
        FoundBy::FunctionEntry => "functionEntry",
        FoundBy::TrapFrame => "trapFrame",
        FoundBy::Scan => "scan",
    }
}
