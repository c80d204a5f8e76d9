//! `initialize`: client and adapter say what they can do.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use serde::{Deserialize, Deserializer};

pub(super) struct Initialize;

/// What the client said of itself, as far as it makes a difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Client {
    /// Lines are counted from 1, not from 0.
    #[serde(default = "yes", deserialize_with = "yes_unless_false")]
    pub lines_start_at1: bool,
    /// Columns are counted from 1, not from 0.
    #[serde(default = "yes", deserialize_with = "yes_unless_false")]
    pub columns_start_at1: bool,
    /// `path` or `uri`: how paths are written.
    #[serde(default)]
    path_format: Option<String>,
    /// Takes `type` of variables.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_variable_type: bool,
    /// Asks for the elements of long arrays page by page.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_variable_paging: bool,
    /// Takes `memoryReference`.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_memory_references: bool,
    /// Takes progress events.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_progress_reporting: bool,
    /// Takes the `memory` event.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_memory_event: bool,
    /// Takes the `invalidated` event.
    #[serde(default, deserialize_with = "no_unless_true")]
    pub supports_invalidated_event: bool,
}

impl Client {
    /// Whether it writes paths as URIs.
    pub fn writes_uris(&self) -> bool {
        self.path_format.as_deref() == Some("uri")
    }
}

fn yes() -> bool {
    true
}

/// Some clients write null for what they have nothing to say about.
fn yes_unless_false<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or(true))
}

fn no_unless_true<'de, D: Deserializer<'de>>(json: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or(false))
}

impl Request for Initialize {
    const COMMAND: &'static str = "initialize";
    const NEEDS: Needs = Needs::Nothing;
    type Arguments = Client;
    type Body = Capabilities;

    fn run(session: &mut Session, client: Client) -> Result<Capabilities, RequestError> {
        session.introduce(client)?;
        Ok(super::capabilities())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_does_not_say_is_as_the_specification_has_it() {
        for said in ["{}", r#"{"linesStartAt1": null, "pathFormat": null, "supportsVariableType": null}"#] {
            let client: Client = serde_json::from_str(said).unwrap();
            assert!(client.lines_start_at1 && client.columns_start_at1);
            assert!(!client.writes_uris() && !client.supports_variable_type);
        }
        assert!(serde_json::from_str::<Client>(r#"{"linesStartAt1": 1}"#).is_err());
    }
}
