//! What variables and the results of `evaluate` have in common.

use serde::{Deserialize, Serialize};

/// How a client is to show a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PresentationHint {
    /// `data`, `property`, `method`, `class`, `baseClass`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// `readOnly`, `constant`, `static`, `rawString`, …
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub attributes: &'static [&'static str],
}

/// How values are to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ValueFormat {
    /// In hexadecimal.
    #[serde(default)]
    pub hex: bool,
}
