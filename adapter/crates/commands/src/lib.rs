//! WinDbg-style commands: arguments to typed reports, and the text of a report.
//!
//! A command is one file: its [`Command`] entry (names, usage, summary), the function that makes a [`report::Report`] of
//! its arguments, and its tests. [`table::COMMANDS`] lists them all.

mod arguments;
mod byte_values;
mod command;
mod complete;
mod date;
mod floating_point;
pub mod line;
pub mod report;
pub mod table;
mod type_words;

mod analyze;
mod breakpoints;
mod bugcheck;
mod contexts;
mod display_locals;
mod display_memory;
mod display_type;
mod echo;
mod effective_machine;
mod enter;
mod error_code;
mod evaluate;
mod examine_symbols;
mod fill;
mod formats;
mod frame;
mod help;
mod io_ports;
mod link_trace;
mod list_modules;
mod log_file;
mod memory_file;
mod model_specific_registers;
mod module_info;
mod nearest_symbol;
mod noisy;
mod paging;
mod process;
mod processors;
mod registers;
mod reload;
mod run_control;
mod search;
mod set_exceptions;
mod set_registers;
mod stack;
mod symbol_paths;
mod target_control;
mod unassemble;
mod version;

pub use command::{Command, CommandError, Invocation};
pub use complete::{Completions, complete};
pub use link_trace::new_link_trace;
pub use registers::{place, show_all as registers};

use engine::Session;
use line::Call;
use report::Report;

/// Runs one command (see [`line::split`] for lines of several): what a console shows for it. Where symbols were looked
/// for comes first, if the user wants to know (`!sym noisy`), and all of it goes to the log file, if one is open.
///
/// # Errors
/// [`CommandError`].
pub fn execute(session: &mut Session, text: &str) -> Result<Report, CommandError> {
    let processor = session.scope().processor;
    let result = run(session, text).map(|report| noisy::tell(session, report));
    log_file::keep(session, processor, text, result)
}

/// Runs one command, for a command that runs others.
///
/// # Errors
/// [`CommandError`].
fn run(session: &mut Session, text: &str) -> Result<Report, CommandError> {
    let unknown = || CommandError::Unknown(text.split_whitespace().next().unwrap_or_default().to_owned());
    let Call { command, name, letters, arguments } = line::find(text).ok_or_else(unknown)?;
    (command.run)(&mut Invocation { session, name, letters, arguments })
}
