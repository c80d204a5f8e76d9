//! Giving variables, memory and registers other values.

use super::attached::{Attached, FrameReference};
use super::container::Row;
use crate::dap::error::RequestError;
use engine::SessionScope;
use engine::evaluate::{self, EvaluateError, Syntax};
use engine::variables::Node;

/// Gives what `expression` names the value of the expression `value`, both as the frame sees them.
///
/// # Errors
/// A dump can't be changed; otherwise what stands in the way.
pub fn assign(
    attached: &mut Attached,
    frame: Option<FrameReference>,
    expression: &str,
    value: &str,
) -> Result<(), RequestError> {
    if attached.engine.target().live().is_none() {
        return Err(RequestError::DumpCannotChange);
    }
    let wrong = |error: EvaluateError| RequestError::Evaluate(error.to_string());
    if let Some(register) = expression.strip_prefix('@').filter(|name| !name.starts_with('$')) {
        let number = attached.around(frame, false, |around| number(around.engine, around.frame.clone(), value))?;
        let number = number.map_err(wrong)?;
        set_register(attached, frame, register, number)?;
    } else {
        let assignment = format!("{expression} = ({value})");
        let assigned = attached.around(frame, false, |around| {
            let scope = SessionScope::new(around.engine, around.frame.clone());
            evaluate::evaluate(&assignment, Syntax::Cpp, &scope).map(|_| ())
        })?;
        assigned.map_err(wrong)?;
    }
    // What was written may be what stacks and processors were found by.
    attached.engine.forget_conclusions();
    Ok(())
}

/// What an expression is now.
///
/// # Errors
/// What stands in the way.
pub fn value(
    attached: &mut Attached,
    frame: Option<FrameReference>,
    expression: &str,
    hex: bool,
) -> Result<Row, RequestError> {
    let row = attached.around(frame, hex, |around| {
        let scope = SessionScope::new(around.engine, around.frame.clone());
        let value = evaluate::evaluate(expression, Syntax::Cpp, &scope)?;
        Ok(around.row(&Node::of_expression(expression, value)))
    })?;
    row.map_err(|error: EvaluateError| RequestError::Evaluate(error.to_string()))
}

/// A value for a register: C++ where it is C++, otherwise MASM.
fn number(engine: &engine::Session, frame: Option<engine::stack::Frame>, value: &str) -> Result<u64, EvaluateError> {
    let scope = SessionScope::new(engine, frame);
    let as_number = |value: evaluate::Value, text: &str| {
        value.as_u64(&scope).map_err(|problem| EvaluateError { expression: text.to_owned(), at: 0, problem })
    };
    match evaluate::evaluate(value, Syntax::Cpp, &scope) {
        Ok(found) => as_number(found, value),
        Err(cpp) => match evaluate::evaluate(value, Syntax::Masm, &scope) {
            Ok(found) => as_number(found, value),
            Err(_) => Err(cpp),
        },
    }
}

/// Sets a register of the frame's processor.
fn set_register(
    attached: &mut Attached,
    frame: Option<FrameReference>,
    register: &str,
    value: u64,
) -> Result<(), RequestError> {
    let before = attached.engine.scope();
    if let Some(FrameReference { source, index }) = frame {
        let selected = attached.engine.select_context(source).and_then(|()| attached.engine.select_frame(index));
        selected.map_err(RequestError::Scope)?;
    }
    let result = attached.engine.set_register(register, value.into());
    let restored = attached.engine.restore_scope(before);
    result.map_err(|error| RequestError::Change(error.to_string()))?;
    restored.map_err(RequestError::Scope)
}
