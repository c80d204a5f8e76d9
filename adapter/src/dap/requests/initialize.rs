//! `initialize`: client and adapter say what they can do.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use serde::Deserialize;

pub(super) struct Initialize;

/// What the client said of itself, as far as it makes a difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Client {
    /// Lines are counted from 1, not from 0.
    pub lines_start_at1: bool,
    /// Columns are counted from 1, not from 0.
    pub columns_start_at1: bool,
    /// `path` or `uri`: how paths are written.
    pub path_format: String,
    /// Takes `type` of variables.
    pub supports_variable_type: bool,
    /// Asks for the elements of long arrays page by page.
    pub supports_variable_paging: bool,
    /// Takes `memoryReference`.
    pub supports_memory_references: bool,
    /// Takes progress events.
    pub supports_progress_reporting: bool,
    /// Takes the `invalidated` event.
    pub supports_invalidated_event: bool,
}

/// The specification's defaults.
impl Default for Client {
    fn default() -> Self {
        Self {
            lines_start_at1: true,
            columns_start_at1: true,
            path_format: "path".to_owned(),
            supports_variable_type: false,
            supports_variable_paging: false,
            supports_memory_references: false,
            supports_progress_reporting: false,
            supports_invalidated_event: false,
        }
    }
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
