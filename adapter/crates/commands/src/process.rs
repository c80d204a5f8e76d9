//! `.process`: whose address space user-mode addresses are seen in.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".process"],
    usage: ".process [/p] [_EPROCESS address]",
    summary: "Displays the implicit process, or makes another one implicit: memory is then seen through its page tables",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    while let Some(option) = arguments.option() {
        match option {
            // Page tables are always switched, and user symbols aren't kept apart.
            "p" | "P" | "r" => {}
            other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
        }
    }
    let session = &mut *invocation.session;
    let asked = arguments.address(session)?;
    arguments.finish()?;
    let failed = |error: engine::ProcessError| CommandError::Failed(error.to_string());
    if let Some(process) = asked {
        // Zero asks for the process that was current at first, as in the originals.
        session.set_implicit_process(Some(process).filter(|process| process.0 != 0)).map_err(failed)?;
    }
    let process = session.implicit_process().map_err(failed)?;
    let pointer = Format::address(session.target().architecture().pointer_size());
    Ok(Report::of(Record::new("process").text("Implicit process is now ").field("process", process, pointer)))
}
