//! Variables, and what the results of `evaluate` have in common with them.

use serde::{Deserialize, Serialize};

/// A variable, or a part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value in words.
    pub value: String,
    /// Its type, for clients that take it.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// How to show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_hint: Option<PresentationHint>,
    /// What `evaluate` takes for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_name: Option<String>,
    /// Number for `variables`, 0 for what has no parts.
    pub variables_reference: i64,
    /// Parts with names, for clients that ask page by page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_variables: Option<u64>,
    /// Elements, for clients that ask page by page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indexed_variables: Option<u64>,
    /// Memory that it leads to, for clients that take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reference: Option<String>,
    /// Number for `locations`: where the function is that it leads to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_location_reference: Option<i64>,
}

/// The value that something has now, as `setVariable` and `setExpression` answer it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewValue {
    value: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
    variables_reference: i64,
}

impl From<Variable> for NewValue {
    fn from(variable: Variable) -> Self {
        Self { value: variable.value, ty: variable.ty, variables_reference: variable.variables_reference }
    }
}

/// How a client is to show a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PresentationHint {
    /// `baseClass`, `virtual`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// `static`, …
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
