//! All commands: help, completion and the list in README come from here.

use crate::command::Command;

/// Every command, in the order of the help.
pub static COMMANDS: &[&Command] = &[
    &crate::stack::COMMAND,
    &crate::registers::COMMAND,
    &crate::contexts::EXCEPTION,
    &crate::contexts::RECORD,
    &crate::contexts::TRAP,
    &crate::contexts::THREAD,
    &crate::bugcheck::COMMAND,
    &crate::analyze::COMMAND,
    &crate::version::TARGET,
    &crate::version::VERSION,
];
