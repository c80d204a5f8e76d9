//! What can be set for an exception or event.

use super::catalog::{Event, ExceptionKind};
use std::fmt;
use symbols::NamePattern;

/// Whether the target stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakStatus {
    /// Stop before anything else sees it (`sxe`).
    Break,
    /// Tell it; stop if nothing handles it (`sxd`).
    SecondChance,
    /// Tell it, never stop (`sxn`).
    Output,
    /// Neither (`sxi`).
    Ignore,
}

/// Whether the target is told that the debugger has handled an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlingStatus {
    /// `DBG_CONTINUE`: it goes on as if nothing had happened.
    Handled,
    /// `DBG_EXCEPTION_NOT_HANDLED`: its own handlers see it.
    NotHandled,
}

/// What is set for an exception.
#[derive(Clone, Debug, PartialEq)]
pub struct ExceptionFilter {
    /// The exception.
    pub kind: ExceptionKind,
    /// Whether the target stops.
    pub status: BreakStatus,
    /// What the target is told when it goes on.
    pub handling: HandlingStatus,
    /// Console commands for the first chance (`-c`).
    pub first_command: Option<String>,
    /// Console commands for the second chance (`-c2`).
    pub second_command: Option<String>,
}

/// What is set for an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventFilter {
    /// The event.
    pub event: Event,
    /// Whether the target stops.
    pub status: BreakStatus,
    /// What of it the status is for: a pattern for the module's name, its address, or a pattern for the output. All
    /// else is as by default.
    pub argument: Option<String>,
    /// Console commands for when it happens (`-c`).
    pub command: Option<String>,
}

impl ExceptionFilter {
    /// As it is by default.
    pub(super) fn new(kind: ExceptionKind) -> Self {
        let (status, handling) = (kind.status, kind.handling);
        Self { kind, status, handling, first_command: None, second_command: None }
    }
}

impl EventFilter {
    /// As it is by default.
    pub(super) fn new(event: Event) -> Self {
        Self { event, status: event.default_status(), argument: None, command: None }
    }

    /// Whether the status is for a module of that name at that address.
    pub(super) fn covers_module(&self, image_name: &str, base: u64) -> bool {
        let Some(argument) = &self.argument else { return true };
        let digits = argument.trim_start_matches("0x").replace('`', "");
        let is_address = digits.len() >= 8 && u64::from_str_radix(&digits, 16) == Ok(base);
        let file = image_name.rsplit(['\\', '/']).next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let pattern = NamePattern::new(argument);
        is_address || pattern.matches(file) || pattern.matches(stem)
    }

    /// Whether the status is for this output of the target.
    pub(super) fn covers_output(&self, text: &str) -> bool {
        self.argument.as_ref().is_none_or(|argument| NamePattern::new(argument).matches(text.trim_end()))
    }
}

impl fmt::Display for BreakStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Break => "break",
            Self::SecondChance => "second-chance break",
            Self::Output => "output",
            Self::Ignore => "ignore",
        })
    }
}

impl fmt::Display for HandlingStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handled => "handled",
            Self::NotHandled => "not handled",
        })
    }
}
