//! Values as operators see them: numbers with a base type, and pointers. Enums and bit fields are their integers,
//! arrays and functions pointers to what they begin with.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::value::{Scalar, Value, extend, integer_type, wrap};
use symbols::{BaseKind, BaseType, Shape, TypeRef};

/// A value as operators see it.
pub(super) enum Operand {
    Number(Number),
    Pointer(Pointer),
}

/// A number and its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) ty: BaseType,
    pub(super) value: Scalar,
}

/// A pointer's value.
pub(super) struct Pointer {
    /// Zero-extended.
    pub(super) address: u64,
    /// What it points at.
    pub(super) target: TypeRef,
    /// Bytes of the pointer itself.
    pub(super) size: u8,
}

pub(super) const INT: BaseType = BaseType { kind: BaseKind::Int, size: 4 };
pub(super) const UNSIGNED_INT: BaseType = BaseType { kind: BaseKind::UnsignedInt, size: 4 };
pub(super) const INT64: BaseType = BaseType { kind: BaseKind::Int, size: 8 };
pub(super) const UNSIGNED_INT64: BaseType = BaseType { kind: BaseKind::UnsignedInt, size: 8 };
pub(super) const BOOL: BaseType = BaseType { kind: BaseKind::Bool, size: 1 };

/// `bool`'s `true` or `false`.
pub(super) fn boolean(value: bool) -> Value {
    Number::integer(BOOL, value.into()).into_value()
}

impl Number {
    /// `value` as it comes out of an integer type: wrapped to its size and sign.
    pub(super) fn integer(ty: BaseType, value: i128) -> Self {
        let value = match ty.kind {
            BaseKind::Bool => (value != 0).into(),
            _ => extend(wrap(value), u32::from(ty.size) * 8, ty.is_signed()),
        };
        Self { ty, value: Scalar::Integer(value) }
    }

    /// Whether it is anything but zero.
    pub(super) fn is_true(self) -> bool {
        match self.value {
            Scalar::Integer(value) => value != 0,
            Scalar::Float(value) => value != 0.0,
        }
    }

    /// Cast to another base type, as C casts.
    pub(super) fn cast(self, ty: BaseType) -> Self {
        match (ty.kind, self.value) {
            (BaseKind::Bool, _) => Self::integer(ty, self.is_true().into()),
            (BaseKind::Float, Scalar::Integer(value)) => Self { ty, value: Scalar::Float(rounded(value as f64, ty)) },
            (BaseKind::Float, Scalar::Float(value)) => Self { ty, value: Scalar::Float(rounded(value, ty)) },
            (_, Scalar::Integer(value)) => Self::integer(ty, value),
            (_, Scalar::Float(value)) => Self::integer(ty, value as i128),
        }
    }

    /// Its bits as memory holds them, from the lowest on.
    pub(super) fn bits(self) -> i128 {
        match self.value {
            Scalar::Integer(value) => value,
            Scalar::Float(value) if self.ty.size == 4 => (value as f32).to_bits().into(),
            Scalar::Float(value) => value.to_bits().into(),
        }
    }

    /// A value that lies nowhere.
    pub(super) fn into_value(self) -> Value {
        Value::constant(TypeRef::Base(self.ty), self.bits(), self.ty.size.into())
    }
}

/// `value` in the precision of a floating-point type.
fn rounded(value: f64, ty: BaseType) -> f64 {
    if ty.size == 4 { f64::from(value as f32) } else { value }
}

impl Pointer {
    /// A value that lies nowhere.
    pub(super) fn into_value(self) -> Value {
        Value::constant(self.target.pointer(self.size), self.address.into(), self.size.into())
    }
}

impl Evaluator<'_> {
    /// `value` as operators see it; records and `void` are nothing to them.
    pub(super) fn operand(&self, value: &Value) -> Evaluated<Operand> {
        let shape = self.shape_of(value)?;
        let size = self.scope.pointer_size();
        Ok(match shape {
            Shape::Pointer { reference: true, .. } => return self.operand(&self.dereference(value)?),
            Shape::Pointer { target, size, .. } => {
                Operand::Pointer(Pointer { address: self.scalar(value)?.as_u64(), target, size })
            }
            Shape::Array { element, .. } => {
                Operand::Pointer(Pointer { address: self.scalar(value)?.as_u64(), target: element, size })
            }
            Shape::Function { .. } => {
                Operand::Pointer(Pointer { address: self.scalar(value)?.as_u64(), target: value.ty.clone(), size })
            }
            Shape::Base(ty) => Operand::Number(Number { ty, value: self.scalar(value)? }),
            Shape::Enum(shape) => self.integer(value, &shape.underlying)?,
            Shape::Bitfield { underlying, length, .. } => match self.integer(value, &underlying)? {
                // What fits an int is an int.
                Operand::Number(number) if number.ty.size == 4 && length < 32 => Operand::Number(number.cast(INT)),
                operand => operand,
            },
            Shape::Void | Shape::Record(_) => {
                return Err(self.error(Problem::Operand(format!("{} is no number", value.ty.name()))));
            }
        })
    }

    /// `value` as a number, pointers too.
    pub(super) fn number_of(&self, value: &Value) -> Evaluated<Number> {
        Ok(match self.operand(value)? {
            Operand::Number(number) => number,
            Operand::Pointer(pointer) => Number::integer(UNSIGNED_INT64, pointer.address.into()),
        })
    }

    fn integer(&self, value: &Value, underlying: &TypeRef) -> Evaluated<Operand> {
        let ty = integer_type(underlying).map_err(|problem| self.error(problem))?;
        Ok(Operand::Number(Number { ty, value: self.scalar(value)? }))
    }

    /// What `value` points at, which isn't read yet. In memory that isn't to be evaluated, something of that type.
    pub(super) fn dereference(&self, value: &Value) -> Evaluated<Value> {
        let target = match self.shape_of(value)? {
            Shape::Pointer { target, .. } if !self.is_evaluated() => {
                match target.shape().map_err(|error| self.error(error.into()))? {
                    Shape::Void => value.dereference(self.scope),
                    _ => Ok(Value::at(target, memory::VirtualAddress(0))),
                }
            }
            _ => value.dereference(self.scope),
        };
        target.map_err(|problem| self.error(problem))
    }

    /// `value`, or what it refers to if it is a reference.
    pub(super) fn referred(&self, value: Value) -> Evaluated<Value> {
        match self.shape_of(&value)? {
            Shape::Pointer { reference: true, .. } => self.dereference(&value),
            _ => Ok(value),
        }
    }

    /// A pointer to `value`.
    pub(super) fn address_of(&self, value: &Value) -> Evaluated<Value> {
        let name = value.ty.name();
        if matches!(self.shape_of(value)?, Shape::Bitfield { .. }) {
            return Err(self.error(Problem::Operand("a bit field has no address".to_owned())));
        }
        let Some(address) = value.place.address() else {
            return Err(self.error(Problem::Operand(format!("this {name} has no address"))));
        };
        let target = match &value.ty {
            TypeRef::Base(base) if base.kind == BaseKind::None => TypeRef::Base(BaseType::VOID),
            ty => ty.clone(),
        };
        Ok(Pointer { address: address.0, target, size: self.scope.pointer_size() }.into_value())
    }
}
