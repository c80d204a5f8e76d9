//! WinDbg-style commands: arguments to typed reports, and the text of a report.
//!
//! A command is one file: its [`Command`] entry (names, usage, summary), the function that makes a [`report::Report`] of
//! its arguments, and its tests. [`table::COMMANDS`] lists them all.

mod arguments;
mod command;
mod complete;
pub mod line;
pub mod report;
pub mod table;

mod analyze;
mod bugcheck;
mod contexts;
mod registers;
mod stack;
mod version;

pub use complete::{Completions, complete};
pub use command::{Command, CommandError, Invocation};

use engine::Session;
use report::Report;

/// Runs one command (see [`line::split`] for lines of several).
///
/// # Errors
/// [`CommandError`].
pub fn execute(session: &mut Session, text: &str) -> Result<Report, CommandError> {
    let unknown = || CommandError::Unknown(text.split_whitespace().next().unwrap_or_default().to_owned());
    let (command, name, arguments) = line::find(text).ok_or_else(unknown)?;
    (command.run)(&mut Invocation { session, name, arguments })
}
