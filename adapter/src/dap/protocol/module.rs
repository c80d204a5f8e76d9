//! `Module`: a loaded module as the modules view shows it.

use serde::Serialize;

/// A loaded module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// Number of the module, the same for the whole session.
    pub id: i64,
    /// The image's file name.
    pub name: String,
    /// The image, where the module's code and headers come from on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is known of its symbols, as `lm` says it.
    pub symbol_status: String,
    /// The symbol file on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_file_path: Option<String>,
    /// The image's `TimeDateStamp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_time_stamp: Option<String>,
    /// First and last address.
    pub address_range: String,
    /// `SizeOfImage` in bytes, hexadecimal.
    pub size: String,
    /// The short name that commands use: `nt`, `amdppm`.
    pub module_name: String,
}

/// Reason of a `module` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleChange {
    /// More is known of it: its symbols were loaded.
    Changed,
}
