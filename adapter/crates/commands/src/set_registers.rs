//! `r register = value`: sets registers of a live target, and pseudo-registers.

use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};
use crate::report::Report;

/// `rax=1, rbx=2`, with or without commas; values are expressions.
pub(crate) fn run(invocation: &mut Invocation<'_>, usage: &'static str) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, usage);
    while !arguments.rest().is_empty() {
        let (name, rest) = arguments.rest().split_once('=').ok_or_else(|| arguments.usage("a = is missing"))?;
        let name = name.trim().trim_start_matches('@');
        arguments = arguments.with_rest(rest);
        let value = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("a value is missing"))?;
        set(invocation, name, value)?;
        arguments = arguments.with_rest(arguments.rest().trim_start_matches(','));
    }
    Ok(Report::default())
}

fn set(invocation: &mut Invocation<'_>, name: &str, value: u64) -> Result<(), CommandError> {
    let Some(pseudo) = name.strip_prefix('$') else {
        return Ok(invocation.session.set_register(name, value.into())?);
    };
    let index = pseudo.strip_prefix(['t', 'T']).filter(|index| index.bytes().all(|digit| digit.is_ascii_digit()));
    let index = index.and_then(|index| index.parse::<usize>().ok());
    let slot = index.and_then(|index| invocation.session.settings.user_pseudo_registers.get_mut(index));
    let slot = slot.ok_or_else(|| CommandError::Failed(format!("{name} can't be set: only $t0 to $t19 can")))?;
    *slot = value;
    Ok(())
}
