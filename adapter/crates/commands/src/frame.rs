//! `.frame .f+ .f-`: which frame of the stack variables and registers are those of.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use crate::{registers, stack};

/// `.frame`
pub static COMMAND: Command = Command {
    names: &[".frame"],
    usage: ".frame [/r] [/c] [number]",
    summary: "Displays the current frame, or makes another one current; /r displays its registers",
    run: |invocation| {
        let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
        let mut registers = false;
        while let Some(option) = arguments.option() {
            match option {
                // Registers are always those of the current frame here, which is what /c asks for.
                "r" | "c" => registers = true,
                other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
            }
        }
        let number = arguments.number(invocation.session)?;
        arguments.finish()?;
        if let Some(number) = number {
            select(invocation, usize::try_from(number).unwrap_or(usize::MAX))?;
        }
        show(invocation, registers)
    },
};

/// `.f+`
pub static CALLER: Command = Command {
    names: &[".f+"],
    usage: ".f+",
    summary: "Makes the caller of the current frame current",
    run: |invocation| step(invocation, usize::checked_add),
};

/// `.f-`
pub static CALLEE: Command = Command {
    names: &[".f-"],
    usage: ".f-",
    summary: "Makes the callee of the current frame current",
    run: |invocation| step(invocation, usize::checked_sub),
};

fn step(invocation: &mut Invocation<'_>, step: fn(usize, usize) -> Option<usize>) -> Result<Report, CommandError> {
    Arguments::new(invocation.arguments, "").finish()?;
    let innermost = || CommandError::Failed("the current frame is the innermost one".to_owned());
    let index = step(invocation.session.scope().frame, 1).ok_or_else(innermost)?;
    select(invocation, index)?;
    show(invocation, false)
}

fn select(invocation: &mut Invocation<'_>, index: usize) -> Result<(), CommandError> {
    invocation.session.recall.code = None;
    Ok(invocation.session.select_frame(index)?)
}

fn show(invocation: &Invocation<'_>, registers: bool) -> Result<Report, CommandError> {
    let mut report = stack::show_frame(invocation.session)?;
    if registers {
        let shown = registers::show_all(invocation.session)?;
        report.records.extend(shown.records);
        report.warnings.extend(shown.warnings);
    }
    Ok(report)
}
