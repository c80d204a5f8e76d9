//! What a command is, and what can go wrong with one.

use crate::report::Report;
use analysis::nt::structure::NtError;
use engine::live::Live;
use engine::run_control::RunError;
use engine::{ScopeError, Session, WriteError};
use memory::ReadError;
use std::sync::Arc;

/// A command of the console.
pub struct Command {
    /// Its names; the first is the one that help lists. Variants (`db`, `dd`, `dq`) share one command.
    pub names: &'static [&'static str],
    /// Arguments, as the help shows them: `[L<count>] [address]`.
    pub usage: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Runs it.
    pub run: fn(&mut Invocation<'_>) -> Result<Report, CommandError>,
}

/// One call of a command.
pub struct Invocation<'a> {
    /// The session that it looks at.
    pub session: &'a mut Session,
    /// The name that it was called by.
    pub name: &'static str,
    /// More option letters right behind the name: `n` of `kvn`, whose name is `kv`; `3` of `bp3`.
    pub letters: &'a str,
    /// What follows the name, without blanks around it.
    pub arguments: &'a str,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// No command has this name.
    #[error("no command is called '{0}'; .help lists them")]
    Unknown(String),
    /// The arguments aren't what the command takes.
    #[error("{message}\nusage: {usage}")]
    Usage {
        /// What is wrong with them.
        message: String,
        /// What it takes.
        usage: String,
    },
    /// An expression can't be evaluated.
    #[error("{0}")]
    Expression(#[from] engine::evaluate::EvaluateError),
    /// Memory can't be read.
    #[error("Memory access error at {0}")]
    Memory(#[from] ReadError),
    /// Memory can't be written.
    #[error("Memory access error at {0}")]
    Write(#[from] WriteError),
    /// Something of the kernel can't be had.
    #[error(transparent)]
    Nt(#[from] NtError),
    /// What is asked for can't be made current.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The target isn't let go, or not stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A register isn't set.
    #[error(transparent)]
    SetRegister(#[from] engine::SetRegisterError),
    /// Anything else, in words.
    #[error("{0}")]
    Failed(String),
    /// The user gave up.
    #[error("cancelled")]
    Cancelled,
}

/// The halted live target that a command asks, and its current processor.
///
/// # Errors
/// A dump, or a target that isn't halted.
pub(crate) fn live(session: &Session) -> Result<(Arc<Live>, u16), CommandError> {
    let live = session.halted()?;
    let number = session.scope().processor;
    let processor = u16::try_from(number).map_err(|_| ScopeError::NoSuchProcessor { number, count: 0 })?;
    Ok((live, processor))
}
