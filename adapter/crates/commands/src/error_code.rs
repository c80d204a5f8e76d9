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
    let status = is_status || (code >= SMALLEST_STATUS && code & 0xffff_0000 != FACILITY_WIN32);
    let (kind, name) = match status {
        true => {
            ("NTSTATUS", names::ntstatus(code).map_or_else(|| unknown("no such NTSTATUS is documented"), Value::from))
        }
        false => ("Win32", unknown("Win32 errors have no names here yet; !error code 1 reads it as an NTSTATUS")),
    };
    let record = Record::new("error").text("Error code: (").field("kind", kind, Format::Plain).text(") ");
    let record = record.field("code", code, Format::Prefixed).text(format!(" ({code}) - "));
    Ok(Report::of(match name {
        Value::Unknown(why) => record.field("name", Value::Unknown(why.clone()), Format::Hidden).text(why),
        name => record.field("name", name, Format::Plain),
    }))
}

fn unknown(why: &str) -> Value {
    Value::Unknown(why.to_owned())
}
