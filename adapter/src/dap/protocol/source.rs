//! `Source`: where text comes from, be it a file or the adapter.

use serde::{Deserialize, Serialize};

/// A source, by the path of a file that the client can read or by a number for the `source` request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Short name, for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Path on the host; a URI if the client asked for `pathFormat` `uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Number for the `source` request: the content is the adapter's, also where there is a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_reference: Option<i64>,
    /// `deemphasize` keeps the client from focusing a frame for this source.
    #[serde(skip_serializing_if = "Option::is_none", skip_deserializing)]
    pub presentation_hint: Option<&'static str>,
    /// Where the content comes from, for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl Source {
    /// Its number, if its content is the adapter's.
    pub fn reference(&self) -> Option<i64> {
        self.source_reference.filter(|&reference| reference > 0)
    }
}
