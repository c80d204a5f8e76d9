//! `rdmsr wrmsr`: model-specific registers of a live target's current processor.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation, live};
use crate::report::{Format, Record, Report};

/// `rdmsr`
pub static READ: Command = Command {
    names: &["rdmsr"],
    usage: "rdmsr number",
    summary: "Reads a model-specific register of the current processor",
    run: read,
};

/// `wrmsr`
pub static WRITE: Command = Command {
    names: &["wrmsr"],
    usage: "wrmsr number value",
    summary: "Writes a model-specific register of the current processor",
    run: write,
};

/// `msr[c0000080] = 00000000`00000d01`
fn read(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, READ.usage);
    let msr = number(&mut arguments, invocation)?;
    arguments.finish()?;
    let (live, processor) = live(invocation.session)?;
    let value = live.read_msr(processor, msr).map_err(|error| failed(msr, "read", &error))?;
    let record = Record::new("msr").text("msr[").field("number", u64::from(msr), Format::Hex(1)).text("] = ");
    Ok(Report::of(record.field("value", value, Format::address(8))))
}

fn write(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, WRITE.usage);
    let msr = number(&mut arguments, invocation)?;
    let value = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a value is missing"))?;
    arguments.finish()?;
    let (live, processor) = live(invocation.session)?;
    live.write_msr(processor, msr, value).map_err(|error| failed(msr, "written", &error))?;
    Ok(Report::default())
}

fn number(arguments: &mut Arguments<'_>, invocation: &Invocation<'_>) -> Result<u32, CommandError> {
    let number = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a number is missing"))?;
    // As a register of 32 bits holds it: c0000080 may come with its sign extended.
    let low = number as u32;
    let same = u64::from(low) == number || low as i32 as u64 == number;
    same.then_some(low).ok_or_else(|| arguments.usage(format!("{number:#x} is no register's number: it has 32 bits")))
}

fn failed(msr: u32, what: &str, error: &engine::live::LinkError) -> CommandError {
    CommandError::Failed(format!("msr[{msr:x}] can't be {what}: {error}"))
}
