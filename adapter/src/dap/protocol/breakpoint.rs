//! `Breakpoint`, as the five `set…Breakpoints` requests answer it.

use super::Source;
use serde::Serialize;

/// A breakpoint that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Breakpoint {
    /// Number for `breakpoint` events; none if it never will be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Whether it is set.
    pub verified: bool,
    /// Why it isn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `pending`: it may be some day; `failed`: it never will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// Where it really is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,
    /// The column there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<i64>,
    /// The instruction's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instruction_reference: Option<String>,
}

/// Body of all five answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breakpoints {
    /// One for each that was asked for, in that order.
    pub breakpoints: Vec<Breakpoint>,
}

impl Breakpoint {
    /// One that never will be set.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), reason: Some("failed"), ..Self::default() }
    }
}
