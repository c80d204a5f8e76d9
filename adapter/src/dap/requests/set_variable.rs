//! `setVariable`: gives a variable, a part of one or a register a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, NewValue, ValueFormat};
use crate::dap::session::Session;
use crate::dap::view::assignment;
use serde::Deserialize;

pub(super) struct SetVariable;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    variables_reference: i64,
    name: String,
    value: String,
    #[serde(default)]
    format: ValueFormat,
}

impl Request for SetVariable {
    const COMMAND: &'static str = "setVariable";
    type Arguments = Arguments;
    type Body = NewValue;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_set_variable = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<NewValue, RequestError> {
        let attached = session.attached()?;
        if attached.engine.target().live().is_none() {
            return Err(RequestError::DumpCannotChange);
        }
        let Arguments { variables_reference: number, name, value, format } = arguments;
        let (frame, expression) = attached.expression_of(number, &name)?;
        assignment::assign(attached, frame, &expression, value.trim())?;
        Ok(attached.child(number, &name, format.hex)?.into())
    }
}
