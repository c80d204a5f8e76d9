//! `evaluate`: expressions in watches, hovers and elsewhere, and the lines of the console, which may be commands too.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, PresentationHint, ValueFormat, Variable};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::container::Row;
use engine::evaluate::{self, EvaluateError, Syntax};
use engine::variables::Node;
use engine::{Session as Engine, SessionScope};
use serde::{Deserialize, Serialize};

pub(super) struct Evaluate;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    expression: String,
    frame_id: Option<i64>,
    #[serde(default)]
    context: String,
    #[serde(default)]
    format: ValueFormat,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    result: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    ty: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation_hint: Option<PresentationHint>,
    variables_reference: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_variables: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    indexed_variables: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_location_reference: Option<i64>,
}

impl Request for Evaluate {
    const COMMAND: &'static str = "evaluate";
    const TITLE: &'static str = "Evaluating";
    /// Some commands need no target that stands.
    const NEEDS: Needs = Needs::Client;
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_evaluate_for_hovers = true;
        capabilities.supports_clipboard_context = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        if arguments.context == "hover" {
            session.stay_quiet();
        }
        let is_console = arguments.context == "repl";
        if is_console && session.answer_prompt(&arguments.expression) {
            return Ok(Body::default());
        }
        if !is_console || !is_command(&arguments.expression) {
            session.check(Needs::StoppedTarget)?;
        }
        let attached = session.attached().map_err(|_| RequestError::NotStopped)?;
        if is_console && is_command(&arguments.expression) {
            if let Some(frame) = arguments.frame_id {
                attached.follow(frame)?;
            }
            let result = attached.console(&arguments.expression)?;
            return Ok(Body { result, ..Body::default() });
        }
        let row = value(attached, &arguments)?;
        let key = format!("{}\n{}", arguments.context, arguments.expression);
        let frame = arguments.frame_id;
        Ok(Body::from(attached.evaluated(frame, key, row)?))
    }
}

/// Whether a line of the console is one or several commands, if only mistyped ones, rather than an expression.
fn is_command(line: &str) -> bool {
    let commands = commands::line::split(line);
    commands.first().is_some_and(|first| first.starts_with(['.', '!']) || commands::line::find(first).is_some())
}

/// The value of the expression, in its frame: C++ where it is C++, otherwise MASM. What is wrong is told by the syntax
/// that came farther.
fn value(attached: &mut Attached, arguments: &Arguments) -> Result<Row, RequestError> {
    let frame = arguments.frame_id.map(|number| attached.frame(number)).transpose()?.flatten();
    let expression = arguments.expression.trim();
    let is_hover = arguments.context == "hover";
    if is_hover && is_literal(expression) {
        return Err(RequestError::Evaluate("it is a literal".to_owned()));
    }
    let value = attached.around(frame, arguments.format.hex, |around| {
        let scope = SessionScope::new(around.engine, around.frame.clone());
        let scope = if is_hover { scope.for_reading() } else { scope };
        let cpp = match evaluate::evaluate(expression, Syntax::Cpp, &scope) {
            Ok(value) => return Ok(around.row(&Node::of_expression(expression, value))),
            Err(error) => error,
        };
        // In source code that the pointer passes over, `if` is no flag, and a bare number of hexadecimal digits none.
        if is_hover && !names_register(around.engine, expression) {
            return Err(cpp);
        }
        match evaluate::evaluate(expression, Syntax::Masm, &scope) {
            Ok(value) => Ok(around.number(value.as_u64(&scope).map_err(|_| cpp)?)),
            Err(masm) if masm.at > cpp.at => Err(masm),
            Err(_) => Err(cpp),
        }
    })?;
    value.map_err(|error: EvaluateError| RequestError::Evaluate(error.to_string()))
}

/// Whether it is text or a number that stands in source code.
fn is_literal(expression: &str) -> bool {
    expression.strip_prefix('L').unwrap_or(expression).starts_with(['"', '\''])
        || expression.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether it is a register, as listings name it, and not just a bit of one.
fn names_register(engine: &Engine, expression: &str) -> bool {
    engine.target().architecture().find_register(expression).is_some_and(|part| part.bits > 1)
}

impl From<Variable> for Body {
    fn from(variable: Variable) -> Self {
        Self {
            result: variable.value,
            ty: variable.ty,
            presentation_hint: variable.presentation_hint,
            variables_reference: variable.variables_reference,
            named_variables: variable.named_variables,
            indexed_variables: variable.indexed_variables,
            memory_reference: variable.memory_reference,
            value_location_reference: variable.value_location_reference,
        }
    }
}
