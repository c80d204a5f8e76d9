//! `g gc gh gn gu`: lets the target run.

use super::start_at;
use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use engine::run_control::{Granularity, Handling, StepKind};

/// `g`, `gc` (that is how a conditional breakpoint's command ends), `gh`, `gn`
pub static GO: Command = Command {
    names: &["g", "gc", "gh", "gn", "gN"],
    usage: "g|gc|gh|gn [= start] [break address]",
    summary: "Lets the target run, to an address if one is given; gh: its exception is handled, gn: it is not",
    run: go,
};

/// `gu`
pub static UP: Command = Command {
    names: &["gu"],
    usage: "gu",
    summary: "Lets the target run until the current function returns",
    run: |invocation| {
        Arguments::new(invocation.arguments, UP.usage).finish()?;
        invocation.session.step(StepKind::Out, Granularity::Instruction)?;
        Ok(Report::default())
    },
};

fn go(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let handling = match invocation.name {
        "gh" => Handling::Handled,
        "gn" | "gN" => Handling::NotHandled,
        _ => Handling::ByFilter,
    };
    invocation.session.halted()?;
    let mut arguments = Arguments::new(invocation.arguments, GO.usage);
    start_at(invocation, &mut arguments)?;
    let to = arguments.address(invocation.session)?;
    if !arguments.rest().is_empty() {
        return Err(arguments.usage("one break address is taken; bp sets more"));
    }
    invocation.session.go(handling, to)?;
    Ok(Report::default())
}
