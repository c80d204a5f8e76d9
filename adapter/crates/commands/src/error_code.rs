//! `!error`: what an error code is called.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use analysis::nt::names;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["!error"],
    usage: "!error code [1]",
    summary: "Names an error code; 1 says that it is an NTSTATUS, whatever it looks like",
    run,
};

/// Smallest code that is taken for an NTSTATUS: its severity isn't that of success. Win32 codes are smaller.
const SMALLEST_STATUS: u32 = 0x4000_0000;
/// An HRESULT that holds a Win32 code in its low half (`HRESULT_FROM_WIN32`).
const FACILITY_WIN32: u32 = 0x8007_0000;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let code = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("an error code is missing"))?;
    let is_status = match arguments.number(invocation.session)? {
        None | Some(0) => false,
        Some(1) => true,
        Some(other) => return Err(arguments.usage(format!("{other:#x} is no kind of error code"))),
    };
    arguments.finish()?;
    // Negative ones come sign-extended.
    let low = code as u32;
    let fits = [u64::from(low), i64::from(low as i32) as u64].contains(&code);
    if !fits {
        return Err(CommandError::Failed(format!("{code:#x} has more than 32 bits: it is no error code")));
    }
    let code = low;
    let (status, win32) = (names::ntstatus(code), names::win32_error(code));
    let (kind, name) = if is_status || (code >= SMALLEST_STATUS && status.is_some()) {
        ("NTSTATUS", status)
    } else if code & 0xffff_0000 == FACILITY_WIN32 {
        ("HRESULT of Win32", names::win32_error(code & 0xffff))
    } else if code < SMALLEST_STATUS || win32.is_some() {
        ("Win32", win32)
    } else {
        ("NTSTATUS", None)
    };
    let record = Record::new("error").text("Error code: (").field("kind", kind, Format::Plain).text(") ");
    let record = record.field("code", code, Format::Prefixed).text(format!(" ({code}) - "));
    Ok(Report::of(match name {
        Some(name) => record.field("name", name, Format::Plain),
        None => record.field("name", Value::Unknown("it has no name".to_owned()), Format::Hidden).text("unknown"),
    }))
}
