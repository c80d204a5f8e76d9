//! `ib iw id`, `ob ow od`: I/O ports of a live target.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation, live};
use crate::report::{Format, Record, Report};

/// `ib`, `iw`, `id`
pub static INPUT: Command = Command {
    names: &["ib", "iw", "id"],
    usage: "ib|iw|id port",
    summary: "Reads a byte, word or double word from an I/O port, which may change what the device does",
    run: input,
};

/// `ob`, `ow`, `od`
pub static OUTPUT: Command = Command {
    names: &["ob", "ow", "od"],
    usage: "ob|ow|od port value",
    summary: "Writes a byte, word or double word to an I/O port",
    run: output,
};

/// Bytes that a command of this name moves.
fn size(name: &str) -> u32 {
    match name.as_bytes().last() {
        Some(b'b') => 1,
        Some(b'w') => 2,
        _ => 4,
    }
}

/// `00000060:  1c`
fn input(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let size = size(invocation.name);
    let mut arguments = Arguments::new(invocation.arguments, INPUT.usage);
    let port = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a port is missing"))?;
    arguments.finish()?;
    let (live, _) = live(invocation.session)?;
    let value = live.read_port(port, size);
    let value = value.map_err(|error| CommandError::Failed(format!("port {port:#x} can't be read: {error}")))?;
    let record = Record::new("port").field("port", port, Format::Hex(8)).text(":  ");
    Ok(Report::of(record.field("value", u64::from(value), Format::Hex(2 * size as usize))))
}

fn output(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let size = size(invocation.name);
    let mut arguments = Arguments::new(invocation.arguments, OUTPUT.usage);
    let port = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a port is missing"))?;
    let value = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a value is missing"))?;
    if value >> (8 * size) != 0 {
        return Err(arguments.usage(format!("{value:#x} has more than {size} bytes")));
    }
    arguments.finish()?;
    let (live, _) = live(invocation.session)?;
    let written = live.write_port(port, size, value as u32);
    written.map_err(|error| CommandError::Failed(format!("port {port:#x} can't be written: {error}")))?;
    Ok(Report::default())
}
