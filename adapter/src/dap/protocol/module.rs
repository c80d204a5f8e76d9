//! `Module`: a loaded module as the modules view shows it.

use serde::Serialize;

/// A loaded module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// Its base address: what tells it from the others.
    pub id: String,
    /// Its name in the debugger: `nt`.
    pub name: String,
    /// The image on the host that its code comes from, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What symbols it has, as `lm` words it.
    pub symbol_status: String,
    /// The symbol file on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol_file_path: Option<String>,
    /// First and last address.
    pub address_range: String,
    /// The image's name as the loader has it. Ours.
    pub image_name: String,
    /// `TimeDateStamp`, hexadecimal: often no time, but a hash. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_date_stamp: Option<String>,
    /// `CheckSum`, hexadecimal. Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_sum: Option<String>,
}

/// Reason of a `module` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleChange {
    /// It was loaded.
    New,
    /// It was unloaded.
    Removed,
    /// More is known of it: its symbols were looked for.
    Changed,
}
