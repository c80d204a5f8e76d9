//! C++ expressions: the grammar, from the comma operator down to binary operators.

mod arithmetic;
mod assign;
mod binary;
mod builtin_types;
mod convert;
mod literal;
mod macros;
mod name;
mod operand;
mod operators;
mod postfix;
mod primary;
mod type_name;
mod unary;

use super::cursor::Evaluated;
use super::error::Problem;
use super::evaluator::Evaluator;
use super::value::Value;
use operators::{Assignment, Binary};
use symbols::Shape;

impl Evaluator<'_> {
    /// One C++ expression, and the `// comment` behind it. A function is a pointer to it.
    pub(super) fn cpp(&mut self) -> Evaluated<Value> {
        let mut value = self.cpp_assignment()?;
        while self.cursor.take(",") {
            value = self.cpp_assignment()?;
        }
        if self.cursor.take("//") {
            self.cursor.take_bytes(self.cursor.rest().len());
        }
        match self.shape_of(&value)? {
            Shape::Function { .. } => self.address_of(&value),
            _ => Ok(value),
        }
    }

    /// An expression that a comma ends: what stands between the commas of an argument list.
    pub(super) fn cpp_assignment(&mut self) -> Evaluated<Value> {
        self.nested(|inner| {
            let target = inner.cpp_conditional()?;
            let Some(operator) = Assignment::next(&mut inner.cursor) else { return Ok(target) };
            let value = inner.beside(&target, Self::cpp_assignment)?;
            inner.assign(target, operator, &value)
        })
    }

    /// `condition ? value : value`; only the chosen value is evaluated.
    fn cpp_conditional(&mut self) -> Evaluated<Value> {
        let condition = self.cpp_binary(0)?;
        if self.cursor.peek() != Some('?') {
            return Ok(condition);
        }
        let holds = self.truth(&condition)?;
        self.cursor.take("?");
        let first = self.only_if(holds, Self::cpp)?;
        self.cursor.expect(":", ":")?;
        let second = self.only_if(!holds, |inner| inner.nested(Self::cpp_conditional))?;
        self.chosen(first, second, holds)
    }

    /// Operands connected by operators that bind at least as tightly as `precedence`, from left to right.
    fn cpp_binary(&mut self, precedence: u8) -> Evaluated<Value> {
        let mut left = self.cpp_unary()?;
        while let Some((spelling, operator)) = Binary::next(&mut self.cursor, precedence) {
            let tighter = operator.precedence() + 1;
            left = match operator {
                Binary::LogicalAnd | Binary::LogicalOr => {
                    let known = self.truth(&left)?;
                    self.cursor.take(spelling);
                    let decided = known == (operator == Binary::LogicalOr);
                    let right = self.only_if(!decided, |inner| {
                        let right = inner.cpp_binary(tighter)?;
                        inner.truth(&right)
                    })?;
                    operand::boolean(if decided { known } else { right })
                }
                _ => {
                    let first = self.operand(&left)?;
                    self.cursor.take(spelling);
                    let right = self.beside(&left, |inner| inner.cpp_binary(tighter))?;
                    self.binary(operator, first, self.operand(&right)?)?
                }
            };
        }
        Ok(left)
    }

    /// Whether `value` is anything but zero.
    pub(super) fn truth(&self, value: &Value) -> Evaluated<bool> {
        Ok(match self.operand(value)? {
            operand::Operand::Number(number) => number.is_true(),
            operand::Operand::Pointer(pointer) => pointer.address != 0,
        })
    }

    pub(super) fn shape_of(&self, value: &Value) -> Evaluated<Shape> {
        value.shape().map_err(|problem| self.error(problem))
    }

    pub(super) fn size_of(&self, ty: &symbols::TypeRef) -> Evaluated<u64> {
        ty.size().map_err(|error| self.error(Problem::from(error)))
    }
}
