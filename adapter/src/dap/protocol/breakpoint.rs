//! `Breakpoint`, as the five `set…Breakpoints` requests answer it.

use serde::Serialize;

/// A breakpoint that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakpoint {
    /// Number for `breakpoint` events.
    pub id: i64,
    /// Whether it is set.
    pub verified: bool,
    /// Why it isn't.
    pub message: &'static str,
    /// `failed`: it never will be.
    pub reason: &'static str,
}

/// Body of all five answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakpoints {
    /// One for each that was asked for, in that order.
    pub breakpoints: Vec<Breakpoint>,
}
