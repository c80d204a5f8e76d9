//! `setExpression`: gives what an expression names a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::de::IgnoredAny;

pub(super) struct SetExpression;

impl Request for SetExpression {
    const COMMAND: &'static str = "setExpression";
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(_: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        Err(RequestError::DumpCannotChange)
    }
}
