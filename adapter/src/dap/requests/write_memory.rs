//! `writeMemory`: changes memory, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::de::IgnoredAny;

pub(super) struct WriteMemory;

impl Request for WriteMemory {
    const COMMAND: &'static str = "writeMemory";
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(_: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        Err(RequestError::DumpCannotChange)
    }
}
