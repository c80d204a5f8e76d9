//! `setVariable`: gives a variable, a part of one or a register a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, ValueFormat, Variable};
use crate::dap::session::Session;
use crate::dap::view::assignment;
use serde::{Deserialize, Serialize};

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

/// The value that it has now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    value: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
    variables_reference: i64,
}

impl From<Variable> for Body {
    fn from(variable: Variable) -> Self {
        Self { value: variable.value, ty: variable.ty, variables_reference: variable.variables_reference }
    }
}

impl Request for SetVariable {
    const COMMAND: &'static str = "setVariable";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_set_variable = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
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
