//! `writeMemory`: changes memory, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

pub(super) struct WriteMemory;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    allow_partial: bool,
    data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    bytes_written: usize,
}

impl Request for WriteMemory {
    const COMMAND: &'static str = "writeMemory";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_write_memory_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        if attached.engine.target().live().is_none() {
            return Err(RequestError::DumpCannotChange);
        }
        let address = to_dap::memory_reference(&arguments.memory_reference, arguments.offset)?;
        let bad_data = |error: base64::DecodeError| RequestError::Arguments {
            command: Self::COMMAND.to_owned(),
            problem: format!("`data`: {error}"),
        };
        let bytes = BASE64_STANDARD.decode(&arguments.data).map_err(bad_data)?;
        let (bytes_written, error) = match attached.engine.write_virtual(address, &bytes) {
            Ok(()) => (bytes.len(), None),
            Err(error) => (error.written, Some(error)),
        };
        if bytes_written > 0 {
            session.memory_changed(address, bytes_written as u64);
        }
        match error {
            Some(error) if !arguments.allow_partial || bytes_written == 0 => {
                Err(RequestError::Change(error.to_string()))
            }
            _ => Ok(Body { bytes_written }),
        }
    }
}
