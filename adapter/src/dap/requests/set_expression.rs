//! `setExpression`: gives what an expression names a value, where the target can be changed.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, NewValue, ValueFormat};
use crate::dap::session::Session;
use crate::dap::view::assignment;
use serde::Deserialize;

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

impl Request for SetExpression {
    const COMMAND: &'static str = "setExpression";
    type Arguments = Arguments;
    type Body = NewValue;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_set_expression = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<NewValue, RequestError> {
        let attached = session.attached()?;
        let Arguments { expression, value, frame_id, format } = arguments;
        let frame = frame_id.map(|number| attached.frame(number)).transpose()?.flatten();
        assignment::assign(attached, frame, expression.trim(), value.trim())?;
        let row = assignment::value(attached, frame, expression.trim(), format.hex)?;
        let variable = attached.evaluated(frame_id, format!("set\n{expression}"), row)?;
        Ok(variable.into())
    }
}
