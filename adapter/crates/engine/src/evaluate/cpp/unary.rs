//! Prefix operators, `sizeof`, and casts in C's notation.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::value::{Scalar, Value};
use super::arithmetic::promoted;
use super::operand::{Number, Operand, UNSIGNED_INT, UNSIGNED_INT64, boolean};
use super::operators::Binary;
use symbols::Shape;

impl Evaluator<'_> {
    /// An operand with the operators before and behind it.
    pub(super) fn cpp_unary(&mut self) -> Evaluated<Value> {
        self.nested(|inner| {
            for (spelling, operator) in [("++", Binary::Add), ("--", Binary::Subtract)] {
                if inner.cursor.take(spelling) {
                    let target = inner.cpp_unary()?;
                    return inner.step(target, operator, false);
                }
            }
            for sign in ["+", "-", "~", "!", "*", "&"] {
                if inner.cursor.take(sign) {
                    let operand = inner.cpp_unary()?;
                    return inner.signed(sign, operand);
                }
            }
            if inner.cursor.take_word("sizeof") {
                return inner.cpp_sizeof();
            }
            if let Some(ty) = inner.cpp_type_in_parentheses(true)? {
                let value = inner.cpp_unary()?;
                return inner.cast(&value, ty);
            }
            inner.cpp_postfix()
        })
    }

    fn signed(&self, sign: &str, operand: Value) -> Evaluated<Value> {
        match sign {
            "*" => self.dereference(&operand).and_then(|target| self.referred(target)),
            "&" => self.address_of(&operand),
            "!" => Ok(boolean(!self.truth(&operand)?)),
            _ => {
                let Operand::Number(number) = self.operand(&operand)? else {
                    return Err(self.error(Problem::Operand(format!("{sign} is not for pointers"))));
                };
                let number = number.cast(promoted(number.ty));
                let value = match (sign, number.value) {
                    ("-", Scalar::Integer(value)) => Scalar::Integer(value.wrapping_neg()),
                    ("-", Scalar::Float(value)) => Scalar::Float(-value),
                    ("~", Scalar::Integer(value)) => Scalar::Integer(!value),
                    ("~", Scalar::Float(_)) => {
                        return Err(self.error(Problem::Operand(format!("~ is not for {}", number.ty.name()))));
                    }
                    (_, same) => same,
                };
                Ok(Number { value, ..number }.cast(number.ty).into_value())
            }
        }
    }

    /// What stands behind `sizeof`: a type in parentheses, or an operand that isn't evaluated.
    fn cpp_sizeof(&mut self) -> Evaluated<Value> {
        let ty = match self.cpp_type_in_parentheses(false)? {
            Some(ty) => ty,
            None => self.only_if(false, Self::cpp_unary)?.ty,
        };
        let size = self.size_of(&ty)?;
        match ty.shape().map_err(|error| self.error(error.into()))? {
            Shape::Record(_) | Shape::Array { .. } => Ok(self.size_value(size)),
            _ if size == 0 => Err(self.error(Problem::Operand(format!("{} has no size", ty.name())))),
            _ => Ok(self.size_value(size)),
        }
    }

    /// A `size_t`.
    pub(super) fn size_value(&self, size: u64) -> Value {
        let ty = if self.scope.pointer_size() == 4 { UNSIGNED_INT } else { UNSIGNED_INT64 };
        Number::integer(ty, size.into()).into_value()
    }
}
