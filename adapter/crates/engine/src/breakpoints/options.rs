//! When a hit counts, and what is done then.

use super::hit_condition::HitCondition;
use super::log_message::LogMessage;
use crate::evaluate::{self, EvaluateError, Scalar, Scope, Syntax};
use memory::VirtualAddress;

/// What a breakpoint asks of a hit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Whom it is for.
    pub binding: Binding,
    /// Only hits for which this isn't zero count.
    pub condition: Option<Condition>,
    /// Of those only these.
    pub hit_condition: Option<HitCondition>,
    /// Says this instead of stopping.
    pub log_message: Option<LogMessage>,
    /// Console commands that are run when it stops (`bp … "commands"`), without the quotes.
    pub commands: Option<String>,
    /// Is removed when it stops or logs for the first time (`/1`).
    pub one_shot: bool,
}

/// Whom a breakpoint is for: hits by others don't count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// `_EPROCESS` (`/p`).
    pub process: Option<VirtualAddress>,
    /// `_ETHREAD` (`/t`).
    pub thread: Option<VirtualAddress>,
    /// The processor's number.
    pub processor: Option<u32>,
}

/// A condition, as `?` or `??` would evaluate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The expression.
    pub expression: String,
    /// Its syntax.
    pub syntax: Syntax,
}

impl Condition {
    /// Reads a condition: C++, or MASM behind a `?`.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let (syntax, expression) = match (text.strip_prefix("??"), text.strip_prefix('?')) {
            (Some(cpp), _) => (Syntax::Cpp, cpp),
            (None, Some(masm)) => (Syntax::Masm, masm),
            (None, None) => (Syntax::Cpp, text),
        };
        Self { expression: expression.trim().to_owned(), syntax }
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// An expression that has no value, or one that is no number.
    pub fn holds(&self, scope: &dyn Scope) -> Result<bool, EvaluateError> {
        let value = evaluate::evaluate(&self.expression, self.syntax, scope)?;
        match value.scalar(scope) {
            Ok(Scalar::Integer(number)) => Ok(number != 0),
            Ok(Scalar::Float(number)) => Ok(number != 0.0),
            Err(problem) => Err(EvaluateError { expression: self.expression.clone(), at: 0, problem }),
        }
    }
}
