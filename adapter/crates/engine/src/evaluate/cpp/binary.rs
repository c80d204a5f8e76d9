//! Binary operators on values: numbers by their arithmetic, pointers scaled by what they point at.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::value::{Scalar, Value, wrap};
use super::arithmetic::{apply, common, compare};
use super::operand::{INT, INT64, Number, Operand, Pointer};
use super::operators::Binary;
use symbols::Shape;

impl Evaluator<'_> {
    /// `left operator right` for all operators that evaluate both sides.
    pub(super) fn binary(&self, operator: Binary, left: Operand, right: Operand) -> Evaluated<Value> {
        let result = match (left, right) {
            (Operand::Number(left), Operand::Number(right)) => match apply(operator, left, right) {
                // Only the type counts.
                Err(Problem::DivisionByZero) if !self.is_evaluated() => apply(Binary::Add, left, right),
                result => result,
            }
            .map(Number::into_value),
            (Operand::Pointer(left), Operand::Pointer(right)) => self.pointers(operator, &left, &right),
            (Operand::Pointer(pointer), Operand::Number(number)) if !operator.is_comparison() => match operator {
                Binary::Add => self.moved(pointer, number, 1),
                Binary::Subtract => self.moved(pointer, number, -1),
                _ => Err(not_for_pointers(operator)),
            },
            (Operand::Number(number), Operand::Pointer(pointer)) if operator == Binary::Add => {
                self.moved(pointer, number, 1)
            }
            (Operand::Pointer(left), Operand::Number(right)) => self.addresses(operator, left.address, bits(right)),
            (Operand::Number(left), Operand::Pointer(right)) => self.addresses(operator, bits(left), right.address),
        };
        result.map_err(|problem| self.error(problem))
    }

    /// The value that a condition chose, in the type that both have together.
    pub(super) fn chosen(&self, first: Value, second: Value, holds: bool) -> Evaluated<Value> {
        let number = |value: &Value| matches!(value.shape(), Ok(Shape::Base(base)) if base.size != 0);
        let both_numbers = number(&first) && number(&second);
        let types = if both_numbers {
            let unread = |value: &Value| match value.shape() {
                Ok(Shape::Base(base)) => base,
                _ => INT,
            };
            Some(common(unread(&first), unread(&second)))
        } else {
            None
        };
        let chosen = if holds { first } else { second };
        match types {
            Some(ty) => Ok(self.number_of(&chosen)?.cast(ty).into_value()),
            None => Ok(chosen),
        }
    }

    /// `pointer` moved by `number` elements.
    fn moved(&self, pointer: Pointer, number: Number, direction: i128) -> Result<Value, Problem> {
        let Scalar::Integer(count) = number.value else {
            return Err(Problem::Operand(format!("a pointer can't be moved by a {}", number.ty.name())));
        };
        let size = element_size(&pointer)?;
        let address = i128::from(pointer.address).wrapping_add(count.wrapping_mul(size).wrapping_mul(direction));
        let address = super::super::target_address(wrap(address), pointer.size).0;
        Ok(Pointer { address, ..pointer }.into_value())
    }

    fn pointers(&self, operator: Binary, left: &Pointer, right: &Pointer) -> Result<Value, Problem> {
        if operator != Binary::Subtract {
            return self.addresses(operator, left.address, right.address);
        }
        let size = element_size(left)?;
        if element_size(right)? != size {
            return Err(Problem::Operand("the pointers point at types of different size".to_owned()));
        }
        let (ty, bytes) = match left.size {
            4 => (INT, i128::from(left.address.wrapping_sub(right.address) as i32)),
            _ => (INT64, i128::from(left.address.wrapping_sub(right.address) as i64)),
        };
        Ok(Number::integer(ty, bytes.checked_div(size).ok_or(Problem::DivisionByZero)?).into_value())
    }

    fn addresses(&self, operator: Binary, left: u64, right: u64) -> Result<Value, Problem> {
        let size = self.scope.pointer_size();
        let (left, right) = (super::super::target_address(left, size), super::super::target_address(right, size));
        compare(operator, &left, &right).map(Number::into_value).ok_or_else(|| not_for_pointers(operator))
    }
}

fn bits(number: Number) -> u64 {
    number.value.as_u64()
}

fn not_for_pointers(operator: Binary) -> Problem {
    Problem::Operand(format!("{operator:?} is not for pointers; cast them to a number first"))
}

/// Bytes that a pointer moves by when 1 is added.
fn element_size(pointer: &Pointer) -> Result<i128, Problem> {
    let name = pointer.target.name();
    match pointer.target.shape()? {
        Shape::Void => Err(Problem::Operand("void has no size; cast the pointer to unsigned char * first".to_owned())),
        Shape::Function { .. } => {
            Err(Problem::Operand("a function has no size; cast the pointer to unsigned char * first".to_owned()))
        }
        _ => match pointer.target.size()? {
            0 => Err(Problem::Operand(format!("{name} has no size"))),
            size => Ok(size.into()),
        },
    }
}
