//! `p t` and what belongs to them: steps.

use super::start_at;
use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::report::Report;
use engine::run_control::{Granularity, StepKind, Until};

/// `p`, `t`, and `pr`, `tr`
pub static STEP: Command = Command {
    names: &["p", "t", "pr", "tr"],
    usage: "p|t[r] [= start] [count]",
    summary: "Steps over calls (p) or into them (t), by source line with l+t; r shows registers at stops, or no longer",
    run: step,
};

/// `pa`, `pc` and so on
pub static STEP_TO: Command = Command {
    names: &["pa", "ta", "pc", "tc", "pt", "tt", "pct", "tct", "ph", "th"],
    usage: "pa|ta [= start] address; pc|tc|pt|tt|pct|tct|ph|th [= start] [count]",
    summary: "Steps to an address (a), the next call (c), return (t), either (ct) or branch (h), over calls (p) or into them (t)",
    run: step_to,
};

fn kind(name: &str) -> StepKind {
    if name.starts_with('p') { StepKind::Over } else { StepKind::Into }
}

fn step(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let (name, session) = (invocation.name, &mut *invocation.session);
    session.halted()?;
    if name.ends_with('r') {
        session.settings.show_registers ^= true;
    }
    let by_line = session.settings.step_by_line;
    let granularity = if by_line { Granularity::Line } else { Granularity::Instruction };
    let mut arguments = Arguments::new(invocation.arguments, STEP.usage);
    start_at(invocation, &mut arguments)?;
    let count = count(invocation, arguments)?;
    invocation.session.step_until(kind(name), granularity, Until::Step, count)?;
    Ok(Report::default())
}

fn step_to(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let name = invocation.name;
    invocation.session.halted()?;
    let mut arguments = Arguments::new(invocation.arguments, STEP_TO.usage);
    start_at(invocation, &mut arguments)?;
    let until = match name.get(1..).unwrap_or_default() {
        "a" => {
            let address = arguments.address(invocation.session)?;
            Until::Address(address.ok_or_else(|| arguments.usage("an address is missing"))?)
        }
        "c" => Until::Call,
        "t" => Until::Return,
        "ct" => Until::CallOrReturn,
        _ => Until::Branch,
    };
    let count = count(invocation, arguments)?;
    invocation.session.step_until(kind(name), Granularity::Instruction, until, count)?;
    Ok(Report::default())
}

/// How many times, which ends the arguments.
fn count(invocation: &Invocation<'_>, mut arguments: Arguments<'_>) -> Result<u64, CommandError> {
    if arguments.rest().starts_with('"') {
        return Err(arguments.usage("commands behind a step aren't taken: write them behind a semicolon"));
    }
    let count = arguments.number(invocation.session)?.unwrap_or(1);
    if count == 0 {
        return Err(arguments.usage("no step isn't a step"));
    }
    arguments.finish()?;
    Ok(count)
}
