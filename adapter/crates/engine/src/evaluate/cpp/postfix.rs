//! What stands behind an operand: `.member`, `->member`, `[index]`, `++`, `--`.

use super::super::Syntax;
use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::value::{Scalar, Value};
use super::super::word;
use super::operand::Operand;
use super::operators::Binary;
use symbols::Shape;

impl Evaluator<'_> {
    /// An operand and everything behind it.
    pub(super) fn cpp_postfix(&mut self) -> Evaluated<Value> {
        let value = self.cpp_primary()?;
        self.cpp_behind(value)
    }

    /// `value` with everything behind it applied.
    pub(super) fn cpp_behind(&mut self, mut value: Value) -> Evaluated<Value> {
        loop {
            self.cursor.peek();
            let rest = self.cursor.rest();
            value = if rest.starts_with("->*") || rest.starts_with(".*") {
                let what = "pointers to members aren't supported";
                return Err(self.cursor.error_here(Problem::Syntax(what)));
            } else if self.cursor.take("->") {
                let target = match self.shape_of(&value)? {
                    Shape::Record(record) => {
                        return Err(self.error(Problem::Operand(format!("{} is no pointer; use .", record.name))));
                    }
                    _ => self.dereference(&value)?,
                };
                self.cpp_member(&target)?
            } else if self.cursor.take(".") {
                self.cpp_member(&value)?
            } else if self.cursor.take("[") {
                let index = self.cpp()?;
                let element = self.element(&value, &index)?;
                self.cursor.expect("]", "]")?;
                self.referred(element)?
            } else if self.cursor.take("++") {
                self.step(value, Binary::Add, true)?
            } else if self.cursor.take("--") {
                self.step(value, Binary::Subtract, true)?
            } else if rest.starts_with('(') {
                return Err(self.cursor.error_here(Problem::Syntax("functions can't be called")));
            } else {
                return Ok(value);
            };
        }
    }

    /// The member whose name comes next.
    pub(super) fn cpp_member(&mut self, record: &Value) -> Evaluated<Value> {
        self.cursor.next_token();
        let name = self.cursor.take_bytes(word::length(self.cursor.rest(), Syntax::Cpp));
        if name.is_empty() {
            return Err(self.cursor.error_here(Problem::Expected("a member's name")));
        }
        self.member(record, name)
    }

    fn element(&self, value: &Value, index: &Value) -> Evaluated<Value> {
        let index = match self.operand(index)? {
            Operand::Number(number) => number.value,
            Operand::Pointer(_) => return Err(self.error(Problem::Operand("an index is a number".to_owned()))),
        };
        let Scalar::Integer(count) = index else {
            return Err(self.error(Problem::Operand("an index is an integer".to_owned())));
        };
        let element = match self.shape_of(value)? {
            Shape::Array { element, .. } => value.element(&element, count),
            Shape::Pointer { .. } => {
                let first = self.dereference(value)?;
                first.element(&first.ty, count)
            }
            _ => Err(Problem::NoArray),
        };
        element.map_err(|problem| self.error(problem))
    }
}
