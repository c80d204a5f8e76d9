//! Assignments and `++`/`--`. Whether the target can be written at all is for the scope to say.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::place::Place;
use super::super::value::{Value, integer_type};
use super::operand::{INT, Number};
use super::operators::{Assignment, Binary};
use symbols::{Shape, TypeRef};

impl Evaluator<'_> {
    /// `target operator value`; the result is the target.
    pub(super) fn assign(&self, target: Value, operator: Assignment, value: &Value) -> Evaluated<Value> {
        if matches!(target.place, Place::Constant(_)) {
            let why = "this is a value, not a variable (the r command sets registers)";
            return Err(self.error(Problem::WriteRefused(why.to_owned())));
        }
        let combined = match operator.0 {
            Some(operator) => &self.binary(operator, self.operand(&target)?, self.operand(value)?)?,
            None => value,
        };
        let assigned = self.stored(&target, combined)?;
        if self.is_evaluated() {
            let size = usize::try_from(self.size_of(&target.ty)?).unwrap_or(usize::MAX);
            let bytes = assigned.place.read(size, self.scope).map_err(|problem| self.error(problem))?;
            let written = self.scope.write(&target.place, &bytes);
            written.map_err(|why| self.error(Problem::WriteRefused(why)))?;
        }
        Ok(target)
    }

    /// Adds or subtracts one; the result is the target, or with `postfix` what it was before.
    pub(super) fn step(&self, target: Value, operator: Binary, postfix: bool) -> Evaluated<Value> {
        let before = if postfix { Some(self.cast(&target, self.plain_type(&target)?)?) } else { None };
        let one = Number::integer(INT, 1).into_value();
        let after = self.assign(target, Assignment(Some(operator)), &one)?;
        Ok(before.unwrap_or(after))
    }

    /// The type of `value` as a variable of its own has it: a bit field's is that of its integer.
    fn plain_type(&self, value: &Value) -> Evaluated<TypeRef> {
        Ok(match self.shape_of(value)? {
            Shape::Bitfield { underlying, .. } => underlying,
            _ => value.ty.clone(),
        })
    }

    /// `value` as `target` stores it: cast to its type; for a bit field, the whole integer with those bits replaced.
    fn stored(&self, target: &Value, value: &Value) -> Evaluated<Value> {
        let Shape::Bitfield { underlying, position, length } = self.shape_of(target)? else {
            return self.cast(value, target.ty.clone());
        };
        let integer = integer_type(&underlying).map_err(|problem| self.error(problem))?;
        let unit = Value { ty: TypeRef::Base(integer), place: target.place.clone() };
        let (old, new) = (self.scalar(&unit)?.as_u64(), self.scalar(value)?.as_u64());
        let ones = u64::MAX >> (64 - u32::from(length.clamp(1, 64)));
        let shifted = |bits: u64| bits.checked_shl(position.into()).unwrap_or(0);
        let bits = (old & !shifted(ones)) | shifted(new & ones);
        Ok(Number::integer(integer, bits.into()).into_value())
    }
}
