//! `setVariable`: gives a variable a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::de::IgnoredAny;

pub(super) struct SetVariable;

impl Request for SetVariable {
    const COMMAND: &'static str = "setVariable";
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(_: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        Err(RequestError::DumpCannotChange)
    }
}
