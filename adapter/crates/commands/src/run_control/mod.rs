//! Commands that let a live target run. They start it and return: what it does then is told when it stops.

mod go;
mod source_options;
mod step;

pub use go::{GO, UP};
pub use source_options::COMMAND as SOURCE_OPTIONS;
pub use step::{STEP, STEP_TO};

use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};

/// Takes `= address` and makes it the next instruction.
fn start_at(invocation: &mut Invocation<'_>, arguments: &mut Arguments<'_>) -> Result<(), CommandError> {
    let Some(rest) = arguments.rest().strip_prefix('=') else { return Ok(()) };
    let mut behind = arguments.with_rest(rest);
    let start = behind.address(invocation.session)?;
    let start = start.ok_or_else(|| arguments.usage("an address is missing behind ="))?;
    *arguments = behind;
    Ok(invocation.session.set_instruction_pointer(start)?)
}
