//! What the two syntaxes share: the cursor, the scope, the limits, and the way from one syntax into the other.

use super::cursor::{Cursor, Evaluated};
use super::error::{EvaluateError, Problem};
use super::place::Place;
use super::scope::Scope;
use super::value::{Scalar, Value};
use super::{MAXIMUM_DEPTH, Syntax};
use symbols::{BaseKind, Shape, TypeRef};

/// Parses and evaluates one expression. The grammars are in `masm` and `cpp`.
pub(super) struct Evaluator<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) scope: &'a dyn Scope,
    /// False where C++ parses and types an operand, but doesn't evaluate it.
    evaluated: bool,
    depth: usize,
    /// The enum on the left of the operator whose right side is being parsed: its enumerators are known there.
    enum_beside: Option<TypeRef>,
}

impl<'a> Evaluator<'a> {
    /// At the start of `text`.
    pub(super) fn new(text: &'a str, scope: &'a dyn Scope) -> Evaluated<Self> {
        Ok(Self { cursor: Cursor::new(text)?, scope, evaluated: true, depth: 0, enum_beside: None })
    }

    /// One whole expression, whose value has been read if it is a scalar.
    pub(super) fn complete(&mut self, syntax: Syntax) -> Evaluated<Value> {
        match syntax {
            Syntax::Masm => self.masm().map(Value::number),
            Syntax::Cpp => {
                let value = self.cpp()?;
                self.check_readable(&value)?;
                Ok(value)
            }
        }
    }

    /// One whole expression as a number.
    pub(super) fn number(&mut self, syntax: Syntax) -> Evaluated<u64> {
        match syntax {
            Syntax::Masm => self.masm(),
            Syntax::Cpp => {
                let value = self.cpp()?;
                Ok(self.scalar(&value)?.as_u64())
            }
        }
    }

    /// `@@c++(...)`, `@@masm(...)`, or `@@(...)` for the syntax that isn't `current`; None if none of them comes next.
    pub(super) fn switched(&mut self, current: Syntax) -> Evaluated<Option<Value>> {
        let other = match current {
            Syntax::Masm => Syntax::Cpp,
            Syntax::Cpp => Syntax::Masm,
        };
        let switches = [("@@c++(", Syntax::Cpp), ("@@masm(", Syntax::Masm), ("@@(", other)];
        let Some((_, syntax)) = switches.into_iter().find(|(switch, _)| self.cursor.take(switch)) else {
            return Ok(None);
        };
        let value = self.nested(|inner| match syntax {
            Syntax::Masm => inner.masm().map(Value::number),
            Syntax::Cpp => inner.cpp(),
        })?;
        self.cursor.expect(")", ")")?;
        Ok(Some(value))
    }

    /// Runs `parse` one level deeper, or fails where the nesting gets too deep for the stack.
    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        if self.depth >= MAXIMUM_DEPTH {
            return Err(self.cursor.error_here(Problem::TooDeep));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Runs `parse` so that the operand is evaluated only if `evaluated`.
    pub(super) fn only_if<T>(
        &mut self,
        evaluated: bool,
        parse: impl FnOnce(&mut Self) -> Evaluated<T>,
    ) -> Evaluated<T> {
        let before = self.evaluated;
        self.evaluated = before && evaluated;
        let parsed = parse(self);
        self.evaluated = before;
        parsed
    }

    /// Runs `parse` for the operand beside `left`: where that is an enum, its enumerators need no qualification.
    pub(super) fn beside<T>(&mut self, left: &Value, parse: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        let beside = match left.shape() {
            Ok(Shape::Enum(_)) => Some(left.ty.clone()),
            Ok(Shape::Bitfield { underlying, .. }) => Some(underlying),
            _ => None,
        };
        let before = std::mem::replace(&mut self.enum_beside, beside);
        let parsed = parse(self);
        self.enum_beside = before;
        parsed
    }

    /// The enum whose enumerators are known here.
    pub(super) fn enum_beside(&self) -> Option<TypeRef> {
        self.enum_beside.clone()
    }

    /// Whether what is parsed here is evaluated, too.
    pub(super) fn is_evaluated(&self) -> bool {
        self.evaluated
    }

    /// `problem` at the token that was taken last.
    pub(super) fn error(&self, problem: Problem) -> EvaluateError {
        self.cursor.error_at_token(problem)
    }

    /// The number of `value`; some number of the right kind where nothing is evaluated and it would have to be read.
    pub(super) fn scalar(&self, value: &Value) -> Evaluated<Scalar> {
        if self.evaluated || matches!(value.place, Place::Constant(_)) {
            return value.scalar(self.scope).map_err(|problem| self.error(problem));
        }
        match value.shape().map_err(|problem| self.error(problem))? {
            Shape::Base(base) if base.kind == BaseKind::Float => Ok(Scalar::Float(1.0)),
            Shape::Void | Shape::Record(_) => value.scalar(self.scope).map_err(|problem| self.error(problem)),
            _ => Ok(Scalar::Integer(1)),
        }
    }

    /// Fails where `value` is something that fits a register and can't be read.
    fn check_readable(&self, value: &Value) -> Evaluated<()> {
        let checked = match value.shape().map_err(|problem| self.error(problem))? {
            Shape::Void | Shape::Record(_) | Shape::Array { .. } | Shape::Function { .. } => Ok(()),
            Shape::Base(base) if base.kind != BaseKind::None => {
                value.place.read(base.size.into(), self.scope).map(|_| ())
            }
            _ => value.scalar(self.scope).map(|_| ()),
        };
        checked.map_err(|problem| self.error(problem))
    }
}
