//! Casts. The debuggers perform every cast, whichever of C++'s casts is written.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::target_address;
use super::super::value::{Value, integer_type};
use super::operand::{Operand, Pointer};
use symbols::{BaseKind, BaseType, Shape, TypeRef};

impl Evaluator<'_> {
    /// `value` as a `ty`.
    pub(super) fn cast(&self, value: &Value, ty: TypeRef) -> Evaluated<Value> {
        let refused = |what: &str| {
            let from = value.ty.name();
            Err(self.error(Problem::Operand(format!("{from} can't be cast to {}{what}", ty.name()))))
        };
        match ty.shape().map_err(|error| self.error(error.into()))? {
            Shape::Void => Ok(Value::constant(TypeRef::Base(BaseType::VOID), 0, 0)),
            Shape::Base(base) if is_number(base) => Ok(Value { ty, ..self.number_as(value, base)? }),
            Shape::Enum(shape) => {
                let base = integer_type(&shape.underlying).map_err(|problem| self.error(problem))?;
                Ok(Value { ty, ..self.number_as(value, base)? })
            }
            Shape::Pointer { target, reference: true, .. } => Ok(Value { ty: target, place: value.place.clone() }),
            Shape::Pointer { size, .. } => {
                let address = match self.operand(value)? {
                    Operand::Pointer(Pointer { address, .. }) => address,
                    Operand::Number(number) => number.value.as_u64(),
                };
                Ok(Value::constant(ty, target_address(address, size).0.into(), size.into()))
            }
            Shape::Record(record) => match self.shape_of(value)? {
                Shape::Record(other) if other.name == record.name => Ok(Value { ty, place: value.place.clone() }),
                _ => refused("; cast a pointer to it: *(type *)address"),
            },
            Shape::Base(_) | Shape::Array { .. } | Shape::Function { .. } | Shape::Bitfield { .. } => refused(""),
        }
    }

    fn number_as(&self, value: &Value, base: BaseType) -> Evaluated<Value> {
        Ok(self.number_of(value)?.cast(base).into_value())
    }
}

/// Whether numbers can be cast to the type.
fn is_number(base: BaseType) -> bool {
    match base.kind {
        BaseKind::None | BaseKind::Void | BaseKind::Complex | BaseKind::Other => false,
        BaseKind::Float => matches!(base.size, 4 | 8),
        _ => matches!(base.size, 1..=8),
    }
}
