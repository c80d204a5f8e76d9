//! `r`: registers.

use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use crate::set_registers;
use arch::{Context, Machine, RegisterPart};
use engine::Session;
use engine::disassembly::{self, Row};
use engine::evaluate::{self, Syntax};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["r"],
    usage: "r [register[,register...]] | r register = value[, register = value...]",
    summary: "Displays registers; sets those of a live target, and pseudo-registers $t0 to $t19",
    run,
};

/// Registers by line, as the originals show them.
const AMD64: &[&[&str]] = &[
    &["rax", "rbx", "rcx"],
    &["rdx", "rsi", "rdi"],
    &["rip", "rsp", "rbp"],
    &["r8", "r9", "r10"],
    &["r11", "r12", "r13"],
    &["r14", "r15"],
];
const X86: &[&[&str]] = &[&["eax", "ebx", "ecx", "edx", "esi", "edi"], &["eip", "esp", "ebp"]];
const ARM64: &[&[&str]] = &[
    &["x0", "x1", "x2", "x3"],
    &["x4", "x5", "x6", "x7"],
    &["x8", "x9", "x10", "x11"],
    &["x12", "x13", "x14", "x15"],
    &["x16", "x17", "x18", "x19"],
    &["x20", "x21", "x22", "x23"],
    &["x24", "x25", "x26", "x27"],
    &["x28", "fp", "lr", "sp"],
    &["pc"],
];
const SEGMENTS: &[&str] = &["cs", "ss", "ds", "es", "fs", "gs"];

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let text = invocation.arguments;
    if text.is_empty() {
        return show_all(invocation.session);
    }
    if text.contains('=') {
        return set_registers::run(invocation, COMMAND.usage);
    }
    let context = invocation.session.frame()?.context;
    let names = text.split([',', ' ', '\t']).filter(|name| !name.is_empty());
    let mut record = Record::new("registers");
    for (index, name) in names.enumerate() {
        let bare = name.trim_start_matches('@');
        record = if index == 0 { record } else { record.text(" ") };
        record = match bare.strip_prefix('$') {
            Some(_) => pseudo_register(invocation.session, bare, record)?,
            None => named_register(&context, bare, record)?,
        };
    }
    match record.pieces.as_slice() {
        [] => Err(CommandError::Failed(format!("Bad register error at '{text}'"))),
        _ => Ok(Report::of(record)),
    }
}

fn named_register(context: &Context, name: &str, record: Record) -> Result<Record, CommandError> {
    let part = context.architecture().find_register(name);
    let part = part.ok_or_else(|| CommandError::Failed(format!("Bad register error at '{name}'")))?;
    Ok(record.text(format!("{name}=")).field(name, value(context, part), digits(part)))
}

fn pseudo_register(session: &Session, name: &str, record: Record) -> Result<Record, CommandError> {
    let number = evaluate::evaluate_number_prefix(&format!("@{name}"), Syntax::Masm, &session.expression_scope())?.0;
    Ok(record.text(format!("{name}=")).field(name, number, Format::Hex(16)))
}

/// The current frame's registers, its flags, and the instruction that it stands at.
///
/// # Errors
/// When there is no current frame.
pub fn show_all(session: &Session) -> Result<Report, CommandError> {
    let context = &current_context(session)?;
    let mut report = Report::default();
    let lines = match context.architecture().machine() {
        Machine::Amd64 => AMD64,
        Machine::X86 => X86,
        Machine::Arm64 => ARM64,
    };
    for names in lines {
        report.push(line(context, names));
    }
    if let Some(flags) = flags(context) {
        report.push(flags);
    }
    show_instruction(session, context, &mut report);
    Ok(report)
}

/// Where the current frame stands: symbol and instruction.
///
/// # Errors
/// When there is no current frame.
pub fn place(session: &Session) -> Result<Report, CommandError> {
    let mut report = Report::default();
    show_instruction(session, &current_context(session)?, &mut report);
    Ok(report)
}

/// The registers of the current frame. The innermost one's are known without a walk over the stack.
fn current_context(session: &Session) -> Result<Context, CommandError> {
    let scope = session.scope();
    Ok(if scope.frame == 0 { session.context_of(scope.source)? } else { session.frame()?.context })
}

fn show_instruction(session: &Session, context: &Context, report: &mut Report) {
    let pointer = Format::address(context.architecture().pointer_size());
    let Some(address) = context.instruction_pointer() else {
        report.warn("the instruction pointer is not known");
        return;
    };
    if let Some(name) = session.target().modules().name_of(address) {
        report.push(Record::new("symbol").field("symbol", name.to_string(), Format::Plain).text(":"));
    }
    for row in disassembly::forwards(session, address, 1) {
        report.push(match row {
            Row::Instruction(instruction) => Record::new("instruction")
                .field("address", instruction.address, pointer)
                .text(" ")
                .field("bytes", hex(instruction.bytes()), Format::Left(15))
                .text(" ")
                .field("text", instruction.text.clone(), Format::Plain),
            Row::Unreadable(error) => Record::new("instruction")
                .field("address", address, pointer)
                .text(" ??              ??? (")
                .field("unreadable", error.failure.to_string(), Format::Plain)
                .text(")"),
        });
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn line(context: &Context, names: &[&str]) -> Record {
    let width = if names.iter().any(|name| name.len() == 3) || names.len() == 1 { 3 } else { 2 };
    let mut record = Record::new("registers");
    for (index, name) in names.iter().enumerate() {
        let Some(part) = context.architecture().find_register(name) else { continue };
        let separator = if index == 0 { "" } else { " " };
        record = record.text(format!("{separator}{name:>width$}=")).field(*name, value(context, part), digits(part));
    }
    record
}

fn value(context: &Context, part: RegisterPart) -> Value {
    match context.get_part(part) {
        None => Value::Unknown("not known in this frame".to_owned()),
        Some(bits) => u64::try_from(bits).map_or(Value::Wide(bits), Value::Unsigned),
    }
}

fn digits(part: RegisterPart) -> Format {
    Format::Hex(usize::from(part.bits.div_ceil(4)))
}

/// `iopl=0         nv up ei pl zr na po nc`, then the segments.
fn flags(context: &Context) -> Option<Record> {
    let (register, bits) = context.architecture().flags()?;
    let part = context.architecture().whole_register(register)?;
    let known = context.get_part(part);
    let words = bits.iter().map(|flag| match known {
        Some(value) if value >> flag.bit & 1 != 0 => flag.set,
        Some(_) => flag.clear,
        None => "??",
    });
    let words = words.collect::<Vec<_>>().join(" ");
    let name = context.architecture().register(register)?.name;
    if context.architecture().machine() == Machine::Arm64 {
        let record = Record::new("flags").text(format!("{name}=")).field(name, value(context, part), digits(part));
        return Some(record.text(" ").field("flags", words, Format::Plain));
    }
    let iopl = known.map_or_else(|| "?".to_owned(), |value| (value >> 12 & 3).to_string());
    let mut record =
        Record::new("flags").text(format!("iopl={iopl}         ")).field("flags", words, Format::Plain).text("\n");
    for (index, segment) in SEGMENTS.iter().enumerate() {
        let part = context.architecture().find_register(segment)?;
        let separator = if index == 0 { "" } else { "  " };
        record = record.text(format!("{separator}{segment}=")).field(*segment, value(context, part), Format::Hex(4));
    }
    Some(record.text(format!("             {name}=")).field(name, value(context, part), Format::Hex(8)))
}
