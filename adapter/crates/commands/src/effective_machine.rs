//! `.effmach`: which processor architecture registers, code and stacks are read as.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use arch::Machine;

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".effmach"],
    usage: ".effmach [. | # | x86 | amd64 | arm64]",
    summary: "Displays the effective machine",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let machine = invocation.session.target().architecture().machine();
    let asked = match arguments.word().map(str::to_ascii_lowercase).as_deref() {
        // The target's and the current context's: both are the only one.
        None | Some("." | "#") => machine,
        Some("x86") => Machine::X86,
        Some("amd64" | "x64") => Machine::Amd64,
        Some("arm64") => Machine::Arm64,
        Some(other) => return Err(arguments.usage(format!("no machine is called '{other}'"))),
    };
    arguments.finish()?;
    if asked != machine {
        let why =
            format!("the effective machine can't be switched to {asked}: code of this dump's kernel is {machine}");
        return Err(CommandError::Failed(why));
    }
    let name = match machine {
        Machine::X86 => "x86 compatible (x86)",
        Machine::Amd64 => "x64 (AMD64)",
        Machine::Arm64 => "ARM 64-bit (AArch64)",
    };
    let record = Record::new("effectiveMachine").field("machine", machine.to_string(), Format::Hidden);
    Ok(Report::of(record.text("Effective machine: ").field("name", name, Format::Plain)))
}
