//! `k kb kc kf kL kn kp kP kv`, and these letters together (`kvn`): stacks.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use crate::type_words::type_words;
use engine::stack::{Certainty, FoundBy, Frame, FrameDescription, Stack, StackEnd};
use engine::variables::{Style, View};
use engine::{Session, SessionScope};
use memory::{ReadVirtualExt, VirtualAddress};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["k", "kb", "kc", "kf", "kL", "kn", "kp", "kP", "kv"],
    usage: "k[b][c][f][L][n][p|P][v] [count]",
    summary: "Displays the stack: b first arguments, c names only, f frame sizes, L without lines, p parameters, v trap frames",
    run,
};

/// Frames that are shown when no count is given.
const DEFAULT_FRAMES: u64 = 0x100;
/// Words that `kb` shows: the home of the register parameters (MS-documented "x64 calling convention").
const HOME_WORDS: u64 = 4;

/// What the letters behind the `k` ask for.
#[derive(Clone, Copy, Default)]
struct Columns {
    /// `c`: nothing but names.
    clean: bool,
    /// `b`, `v`
    home_words: bool,
    /// `f`
    sizes: bool,
    /// `L`
    without_lines: bool,
    /// `v`
    traps: bool,
    /// `p`, `P`
    parameters: Parameters,
}

/// How parameters are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Parameters {
    #[default]
    Hidden,
    /// `p`
    OnTheLine,
    /// `P`
    OnLinesOfTheirOwn,
}

impl Columns {
    fn of(name: &str, letters: &str) -> Self {
        let has = |letter| name.contains(letter) || letters.contains(letter);
        Self {
            clean: has('c'),
            home_words: has('b') || has('v'),
            sizes: has('f'),
            without_lines: has('L'),
            traps: has('v'),
            parameters: match (has('P'), has('p')) {
                (true, _) => Parameters::OnLinesOfTheirOwn,
                (false, true) => Parameters::OnTheLine,
                (false, false) => Parameters::Hidden,
            },
        }
    }

    /// `kb` has the arguments in place of the stack pointer; `kv` has both.
    fn stack_pointers(self) -> bool {
        !self.home_words || self.traps
    }
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let count = arguments.number(invocation.session)?.unwrap_or(DEFAULT_FRAMES);
    arguments.finish()?;
    show_frames(invocation.session, Columns::of(invocation.name, invocation.letters), count)
}

/// The current stack as `k` shows it.
pub(crate) fn show(session: &Session) -> Result<Report, CommandError> {
    show_frames(session, Columns::default(), DEFAULT_FRAMES)
}

/// The current frame as `.frame` shows it: a row of `kn` without its heading.
pub(crate) fn show_frame(session: &Session) -> Result<Report, CommandError> {
    let stack = session.stack()?;
    let index = session.scope().frame;
    session.frame()?;
    let rows = Rows { session, stack: &stack, columns: Columns::default() };
    Ok(Report { records: rows.frame(index).into_iter().collect(), warnings: Vec::new() })
}

fn show_frames(session: &Session, columns: Columns, count: u64) -> Result<Report, CommandError> {
    let stack = session.stack()?;
    let rows = Rows { session, stack: &stack, columns };
    let mut report = Report::of(heading(columns, session.target().architecture().pointer_size()));
    let shown = usize::try_from(count).unwrap_or(usize::MAX).min(stack.frames.len());
    let first_guess = stack.frames.iter().position(|frame| frame.certainty == Certainty::Guessed);
    for index in 0..shown {
        if first_guess == Some(index) {
            report.push(Record::new("note").text("WARNING: ").field(
                "text",
                "Stack unwind information not available. Following frames may be wrong.",
                Format::Plain,
            ));
        }
        report.records.extend(rows.frame(index));
    }
    if shown == stack.frames.len() && stack.end != StackEnd::Complete {
        let end = stack.end.to_string();
        report.push(Record::new("end").text("Stack ends here: ").field("reason", end, Format::Plain));
    }
    Ok(report)
}

fn heading(columns: Columns, pointer_size: usize) -> Record {
    let width = if pointer_size == 4 { 8 } else { 17 };
    let mut heading = " # ".to_owned();
    if columns.sizes && !columns.clean {
        heading.push_str("  Memory  ");
    }
    if columns.stack_pointers() && !columns.clean {
        heading.push_str(&format!("{:<width$} ", "Child-SP"));
    }
    if !columns.clean {
        heading.push_str(&format!("{:<width$} ", "RetAddr"));
    }
    if columns.home_words && !columns.clean {
        heading.push_str(&format!(": {:<words$} : ", "Args to Child", words = (width + 1) * 4 - 1));
    }
    heading.push_str("Call Site");
    Record::new("heading").text(heading)
}

/// The rows of a stack.
struct Rows<'a> {
    session: &'a Session,
    stack: &'a Stack,
    columns: Columns,
}

impl Rows<'_> {
    fn pointer_format(&self) -> Format {
        Format::address(self.session.target().architecture().pointer_size())
    }

    fn frame(&self, index: usize) -> Option<Record> {
        let frame = self.stack.frames.get(index)?;
        let description = FrameDescription::of(frame, self.session.target().modules());
        let mut record = Record::new("frame").field("index", index, Format::Hex(2)).text(" ");
        if !self.columns.clean {
            record = self.addresses(record, index, frame);
        }
        let name = match (&description.module, &description.function) {
            (Some(module), Some(function)) if self.columns.clean => format!("{module}!{function}"),
            _ => description.call_site(),
        };
        record = record.field("instructionPointer", frame.instruction_pointer, Format::Hidden).field(
            "module",
            description.module.map_or(Value::Unknown("no module".into()), Value::Text),
            Format::Hidden,
        );
        record = match self.parameters(frame) {
            // `module!function(parameters)+displacement`
            Some(parameters) => {
                let start = name.len() - name.rsplit_once('+').map_or(0, |(_, displacement)| displacement.len() + 1);
                let (function, displacement) = name.split_at_checked(start).unwrap_or((&name, ""));
                let record = record.field("callSite", name.clone(), Format::Hidden).text(function);
                record.text("(").field("parameters", parameters, Format::Plain).text(format!("){displacement}"))
            }
            None => record.field("callSite", name, Format::Plain),
        };
        record = record
            .field("inlined", frame.inline.is_some(), Format::Hidden)
            .field("guessed", frame.certainty == Certainty::Guessed, Format::Hidden)
            .field("foundBy", found_by(frame.found_by), Format::Hidden);
        let lines = !self.columns.without_lines && !self.columns.clean;
        if let Some(line) = description.line.as_ref().filter(|_| lines) {
            let record_with_file = record.text(" [").field("file", line.file.name.clone(), Format::Plain);
            record = record_with_file.text(" @ ").field("line", line.line, Format::Plain).text("]");
        }
        if let Some(trap) = frame.trap_frame {
            let shown = if self.columns.traps { self.pointer_format() } else { Format::Hidden };
            let (before, behind) = if self.columns.traps { (" (TrapFrame @ ", ")") } else { ("", "") };
            record = record.text(before).field("trapFrame", trap, shown).text(behind);
        }
        Some(if frame.certainty == Certainty::Guessed { record.text(" (guessed)") } else { record })
    }

    /// Sizes, stack pointers, return addresses and home words, as far as they are asked for.
    fn addresses(&self, mut record: Record, index: usize, frame: &Frame) -> Record {
        let pointer = self.pointer_format();
        let dashes = pointer.render(&Value::Address(VirtualAddress(0))).replace('0', "-");
        let inlined = frame.inline.is_some();
        let hidden_or_shown = if self.columns.stack_pointers() { pointer } else { Format::Hidden };
        if self.columns.sizes {
            let size = self.memory_below(index).map(|size| format!("{size:x}"));
            record = record.field("memory", size.unwrap_or_default(), Format::Right(9)).text(" ");
        }
        if inlined {
            let width = dashes.len();
            let label =
                if self.columns.stack_pointers() { format!("{:<width$} ", "(Inline Function)") } else { String::new() };
            record = record.text(label).field("childSp", frame.stack_pointer, Format::Hidden);
            record = record.text(if self.columns.stack_pointers() { &dashes } else { "(Inline Function)" });
        } else {
            record = record.field("childSp", frame.stack_pointer, hidden_or_shown);
            record = record.text(if self.columns.stack_pointers() { " " } else { "" });
            let return_address = match frame.return_address {
                Some(address) => Value::Address(address),
                // A zero is what told that the outermost frame was reached.
                None if self.stack.end == StackEnd::Complete => Value::Address(VirtualAddress(0)),
                None => Value::Unknown("the caller is not known".to_owned()),
            };
            record = record.field("returnAddress", return_address, pointer);
        }
        if self.columns.home_words {
            record = record.text(" : ");
            record = if inlined { record.text([&*dashes; 4].join(" ")) } else { self.home_words(record, index) };
            record = record.text(" :");
        }
        record.text(" ")
    }

    /// Bytes of stack between this frame and the one that it called; inlined functions have none of their own.
    fn memory_below(&self, index: usize) -> Option<u64> {
        let frame = self.stack.frames.get(index)?;
        let callee = self.stack.frames.get(..index)?.iter().rfind(|frame| frame.inline.is_none())?;
        if frame.inline.is_some() { None } else { frame.stack_pointer.distance_from(callee.stack_pointer) }
    }

    /// The words behind the frame's return address, where its function may (not must) have stored its first parameters:
    /// they are the lowest of its caller's stack.
    fn home_words(&self, mut record: Record, index: usize) -> Record {
        let target = self.session.target();
        let size = target.architecture().pointer_size();
        let caller = self.stack.frames.iter().skip(index + 1).find(|frame| frame.inline.is_none());
        for word in 0..HOME_WORDS {
            let value = match caller {
                None => Value::Unknown("the caller is not known".to_owned()),
                Some(caller) => match target.pointer(caller.stack_pointer.offset(word * size as u64), size) {
                    Ok(value) => Value::Address(VirtualAddress(value)),
                    Err(error) => Value::Unknown(error.failure.to_string()),
                },
            };
            record = record.text(if word == 0 { "" } else { " " });
            record = record.field(format!("argument{}", word + 1), value, self.pointer_format());
        }
        record
    }

    /// `struct _IRP * Irp = 0xffff...`, separated as the column wants it; `None` where none are asked for, and for
    /// functions of which only the name is known.
    fn parameters(&self, frame: &Frame) -> Option<String> {
        let separator = match self.columns.parameters {
            Parameters::Hidden => return None,
            Parameters::OnTheLine => ", ",
            Parameters::OnLinesOfTheirOwn => ",\n\t\t\t",
        };
        let module = self.session.target().modules().at(frame.code_address())?;
        module.symbols()?.function_at(module.rva(frame.code_address())?)?;
        let scope = SessionScope::new(self.session, Some(frame.clone()));
        let view = View::new(&scope, self.session.target().modules());
        let variables = self.session.frame_variables(frame);
        let words = variables.iter().filter(|variable| variable.is_parameter()).map(|parameter| {
            let ty = parameter.variable.ty.as_ref().map(type_words).unwrap_or_default();
            format!("{ty} {} = {}", parameter.variable.name, view.summary(&parameter.node(), Style::Dv))
        });
        let words = words.collect::<Vec<_>>().join(separator);
        let own_lines = self.columns.parameters == Parameters::OnLinesOfTheirOwn && !words.is_empty();
        Some(if own_lines { format!("\n\t\t\t{words}") } else { words })
    }
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
