//! Typed values: what an expression is worth, and where that lies.

use super::error::Problem;
use super::place::Place;
use super::scope::Scope;
use memory::VirtualAddress;
use symbols::{BaseKind, BaseType, MemberKind, Shape, TypeRef};

/// A typed value. Nothing of it is read until it is asked for, so that one unreadable member doesn't hide the others.
///
/// A bit field is a value whose type is [`Shape::Bitfield`] and whose place is that of the whole integer.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its type.
    pub ty: TypeRef,
    /// Where it lies.
    pub place: Place,
}

/// A value that fits a register.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// An integer, character, boolean, enum value, bit field or address, with its sign.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
}

impl Value {
    /// An `unsigned __int64`, the type of every MASM value.
    pub fn number(value: u64) -> Self {
        Self::constant(TypeRef::Base(BaseType { kind: BaseKind::UnsignedInt, size: 8 }), value.into(), 8)
    }

    /// The low `size` bytes (16 at most) of `value`, as a value of this type that lies nowhere.
    pub fn constant(ty: TypeRef, value: i128, size: u64) -> Self {
        let bytes = value.to_le_bytes().into_iter().take(usize::try_from(size).unwrap_or(16)).collect();
        Self { ty, place: Place::Constant(bytes) }
    }

    /// A value of this type at an address.
    pub fn at(ty: TypeRef, address: VirtualAddress) -> Self {
        Self { ty, place: Place::Memory(address) }
    }

    /// Its number: sign-correct, bit fields shifted and extended, references followed. Arrays and functions in memory
    /// are their address.
    ///
    /// # Errors
    /// What can't be read, and types that are no numbers.
    pub fn scalar(&self, scope: &dyn Scope) -> Result<Scalar, Problem> {
        match self.shape()? {
            Shape::Base(base) => self.base(base, scope),
            Shape::Pointer { target, reference: true, .. } => self.follow(target, scope)?.scalar(scope),
            Shape::Pointer { size, .. } => Ok(Scalar::Integer(self.bits(size, scope)?.into())),
            Shape::Enum(shape) => Self { ty: shape.underlying, place: self.place.clone() }.scalar(scope),
            Shape::Bitfield { underlying, position, length } => self.bit_field(&underlying, position, length, scope),
            Shape::Array { .. } | Shape::Function { .. } => match self.place.address() {
                Some(address) => Ok(Scalar::Integer(address.0.into())),
                None => Err(Problem::Operand(format!("this {} has no address", self.ty.name()))),
            },
            Shape::Void | Shape::Record(_) => Err(Problem::Operand(format!("{} is no number", self.ty.name()))),
        }
    }

    /// [`scalar`](Self::scalar) cast to an unsigned 64-bit number: negative ones wrap, floating-point ones lose their
    /// fraction.
    ///
    /// # Errors
    /// As for [`scalar`](Self::scalar).
    pub fn as_u64(&self, scope: &dyn Scope) -> Result<u64, Problem> {
        Ok(self.scalar(scope)?.as_u64())
    }

    /// [`scalar`](Self::scalar) cast to a signed 64-bit number.
    ///
    /// # Errors
    /// As for [`scalar`](Self::scalar).
    pub fn as_i64(&self, scope: &dyn Scope) -> Result<i64, Problem> {
        Ok(self.as_u64(scope)? as i64)
    }

    /// What a pointer or reference of this value's type points at: its target's type at the address that it holds.
    ///
    /// # Errors
    /// No pointer, a pointer to `void`, or one that can't be read.
    pub fn dereference(&self, scope: &dyn Scope) -> Result<Self, Problem> {
        match self.shape()? {
            Shape::Pointer { target, .. } => match target.shape().map_err(Problem::from)? {
                Shape::Void => Err(Problem::Operand("void * points at nothing that has a type".to_owned())),
                _ => self.follow(target, scope),
            },
            Shape::Array { element, .. } => self.element(&element, 0),
            Shape::Function { .. } => Ok(self.clone()),
            _ => Err(Problem::NoPointer),
        }
    }

    /// The data member with this name, of anonymous unions and bases too; None if the record has none. A static member
    /// isn't found here: it is the symbol `type::name`.
    ///
    /// # Errors
    /// A symbol file that is damaged there.
    pub fn member(&self, name: &str) -> Result<Option<Self>, Problem> {
        let Some(member) = self.ty.find_member(name)? else { return Ok(None) };
        if member.kind != MemberKind::Data {
            return Ok(None);
        }
        let size = member.ty.size()?;
        Ok(Some(Self { ty: member.ty, place: self.place.part(member.offset, size) }))
    }

    /// Element `index` of an array whose elements are of type `element`. As in C, the index isn't checked where the
    /// array lies in memory.
    ///
    /// # Errors
    /// An element type without a size.
    pub fn element(&self, element: &TypeRef, index: i128) -> Result<Self, Problem> {
        let size = element.size()?;
        let offset = wrap(i128::from(size).wrapping_mul(index));
        Ok(Self { ty: element.clone(), place: self.place.part(offset, size) })
    }

    /// Its type's shape.
    pub(super) fn shape(&self) -> Result<Shape, Problem> {
        Ok(self.ty.shape()?)
    }

    fn follow(&self, target: TypeRef, scope: &dyn Scope) -> Result<Self, Problem> {
        let size = u8::try_from(self.ty.size()?).unwrap_or(8);
        let address = self.bits(size, scope)?;
        Ok(Self::at(target, super::target_address(address, scope.pointer_size())))
    }

    /// Its first `size` bytes, 8 at most, as an unsigned number.
    fn bits(&self, size: u8, scope: &dyn Scope) -> Result<u64, Problem> {
        let bytes = self.place.read(usize::from(size.min(8)), scope)?;
        Ok(bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
    }

    fn base(&self, base: BaseType, scope: &dyn Scope) -> Result<Scalar, Problem> {
        match (base.kind, base.size) {
            (BaseKind::None, _) => {
                Err(Problem::Type("the symbol file doesn't say its type; cast its address: *(type *)&name".to_owned()))
            }
            (BaseKind::Float, 4) => {
                let bits = u32::try_from(self.bits(4, scope)?).unwrap_or_default();
                Ok(Scalar::Float(f32::from_bits(bits).into()))
            }
            (BaseKind::Float, 8) => Ok(Scalar::Float(f64::from_bits(self.bits(8, scope)?))),
            (BaseKind::Float | BaseKind::Complex | BaseKind::Other | BaseKind::Void, _) | (_, 9..) | (_, 0) => {
                Err(Problem::Operand(format!("{} can't be computed with", base.name())))
            }
            (_, size) => {
                let bits = self.bits(size, scope)?;
                Ok(Scalar::Integer(extend(bits, u32::from(size) * 8, base.is_signed())))
            }
        }
    }

    fn bit_field(&self, underlying: &TypeRef, position: u8, length: u8, scope: &dyn Scope) -> Result<Scalar, Problem> {
        let integer = integer_type(underlying)?;
        let bits = self.bits(integer.size, scope)?.checked_shr(position.into()).unwrap_or(0);
        Ok(Scalar::Integer(extend(bits, length.into(), integer.is_signed())))
    }
}

impl Scalar {
    /// Cast to an unsigned 64-bit number: negative ones wrap, floating-point ones lose their fraction.
    pub fn as_u64(self) -> u64 {
        match self {
            Self::Integer(value) => wrap(value),
            Self::Float(value) => wrap(value as i128),
        }
    }
}

impl From<symbols::TypeError> for Problem {
    fn from(error: symbols::TypeError) -> Self {
        Self::Type(error.to_string())
    }
}

/// The integer type behind an integer, enum or bit field.
pub(super) fn integer_type(ty: &TypeRef) -> Result<BaseType, Problem> {
    match ty.shape()? {
        Shape::Base(base) => Ok(base),
        Shape::Enum(shape) => match shape.underlying.shape()? {
            Shape::Base(base) => Ok(base),
            _ => Err(Problem::Type(format!("{} is based on no integer", shape.name))),
        },
        _ => Err(Problem::Type(format!("{} is no integer", ty.name()))),
    }
}

/// The low `width` bits of `bits` (all 64, if more), as a number of that width.
pub(super) fn extend(bits: u64, width: u32, signed: bool) -> i128 {
    let unused = 128 - width.clamp(1, 64);
    let shifted = i128::from(bits) << unused;
    if signed { shifted >> unused } else { ((shifted as u128) >> unused) as i128 }
}

/// The low 64 bits.
pub(super) fn wrap(value: i128) -> u64 {
    value as u64
}
