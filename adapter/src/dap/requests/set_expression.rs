//! `setExpression`: gives what an expression names a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, ValueFormat, Variable};
use crate::dap::session::Session;
use crate::dap::view::assignment;
use serde::{Deserialize, Serialize};

pub(super) struct SetExpression;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    expression: String,
    value: String,
    frame_id: Option<i64>,
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

impl Request for SetExpression {
    const COMMAND: &'static str = "setExpression";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_set_expression = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let Arguments { expression, value, frame_id, format } = arguments;
        let frame = frame_id.map(|number| attached.frame(number)).transpose()?.flatten();
        assignment::assign(attached, frame, expression.trim(), value.trim())?;
        let row = assignment::value(attached, frame, expression.trim(), format.hex)?;
        let variable = attached.evaluated(frame_id, format!("set\n{expression}"), row)?;
        Ok(variable.into())
    }
}
