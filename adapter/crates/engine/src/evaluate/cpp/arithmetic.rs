//! Arithmetic of C++ numbers: promotions, the usual arithmetic conversions, operations that wrap.

use super::super::error::Problem;
use super::super::value::Scalar;
use super::operand::{BOOL, INT, INT64, Number, UNSIGNED_INT, UNSIGNED_INT64};
use super::operators::Binary;
use symbols::{BaseKind, BaseType};

const LONG: BaseType = BaseType { kind: BaseKind::Long, size: 4 };
const UNSIGNED_LONG: BaseType = BaseType { kind: BaseKind::UnsignedLong, size: 4 };

/// Integer types of arithmetic, lowest rank first.
const RANKS: [BaseType; 6] = [INT, UNSIGNED_INT, LONG, UNSIGNED_LONG, INT64, UNSIGNED_INT64];

/// The type that a number has in arithmetic: integers smaller than `int` become `int`.
pub(super) fn promoted(ty: BaseType) -> BaseType {
    match (ty.kind, ty.size) {
        (BaseKind::Float, _) => ty,
        (BaseKind::HResult, _) => LONG,
        (_, 0..4) => INT,
        (BaseKind::UnicodeChar, _) => UNSIGNED_INT,
        (BaseKind::Bool | BaseKind::Char | BaseKind::Int, 4) => INT,
        _ => ty,
    }
}

/// The type in which two numbers are computed with ("usual arithmetic conversions").
pub(super) fn common(left: BaseType, right: BaseType) -> BaseType {
    let (left, right) = (promoted(left), promoted(right));
    match (left.kind, right.kind) {
        (BaseKind::Float, BaseKind::Float) => return if left.size >= right.size { left } else { right },
        (BaseKind::Float, _) => return left,
        (_, BaseKind::Float) => return right,
        _ => {}
    }
    let rank = |ty: BaseType| RANKS.iter().position(|other| *other == ty);
    match rank(left).zip(rank(right)) {
        // A long can't hold every unsigned int.
        Some((1, 2) | (2, 1)) => UNSIGNED_LONG,
        Some((left_rank, right_rank)) => {
            if left_rank >= right_rank {
                left
            } else {
                right
            }
        }
        None => UNSIGNED_INT64,
    }
}

/// `left operator right`; comparisons give `bool`. Integers wrap; shift counts are taken modulo the width, as the x64
/// processor does.
pub(super) fn apply(operator: Binary, left: Number, right: Number) -> Result<Number, Problem> {
    if matches!(operator, Binary::ShiftLeft | Binary::ShiftRight) {
        return shift(operator, left, right);
    }
    let ty = common(left.ty, right.ty);
    match (left.cast(ty).value, right.cast(ty).value) {
        (Scalar::Integer(left), Scalar::Integer(right)) => integers(operator, ty, left, right),
        (Scalar::Float(left), Scalar::Float(right)) => floats(operator, ty, left, right),
        _ => Err(not_for(operator, ty)),
    }
}

fn shift(operator: Binary, left: Number, right: Number) -> Result<Number, Problem> {
    let ty = promoted(left.ty);
    let (Scalar::Integer(value), Scalar::Integer(count)) = (left.cast(ty).value, right.value) else {
        return Err(not_for(operator, common(left.ty, right.ty)));
    };
    let mask = if ty.size == 8 { 63 } else { 31 };
    let count = (count & mask) as u32;
    Ok(Number::integer(ty, if operator == Binary::ShiftLeft { value << count } else { value >> count }))
}

fn integers(operator: Binary, ty: BaseType, left: i128, right: i128) -> Result<Number, Problem> {
    let value = match operator {
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide => left.checked_div(right).ok_or(Problem::DivisionByZero)?,
        Binary::Remainder => left.checked_rem(right).ok_or(Problem::DivisionByZero)?,
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::And => left & right,
        Binary::Xor => left ^ right,
        Binary::Or => left | right,
        _ => return compare(operator, &left, &right).ok_or_else(|| not_for(operator, ty)),
    };
    Ok(Number::integer(ty, value))
}

fn floats(operator: Binary, ty: BaseType, left: f64, right: f64) -> Result<Number, Problem> {
    let value = match operator {
        Binary::Multiply => left * right,
        Binary::Divide => left / right,
        Binary::Add => left + right,
        Binary::Subtract => left - right,
        _ => return compare(operator, &left, &right).ok_or_else(|| not_for(operator, ty)),
    };
    Ok(Number { ty, value: Scalar::Float(value) }.cast(ty))
}

/// `left operator right` as `bool`; None if the operator doesn't compare.
pub(super) fn compare<T: PartialOrd>(operator: Binary, left: &T, right: &T) -> Option<Number> {
    let holds = match operator {
        Binary::Equal => left == right,
        Binary::NotEqual => left != right,
        Binary::Less => left < right,
        Binary::LessOrEqual => left <= right,
        Binary::Greater => left > right,
        Binary::GreaterOrEqual => left >= right,
        _ => return None,
    };
    Some(Number::integer(BOOL, holds.into()))
}

fn not_for(operator: Binary, ty: BaseType) -> Problem {
    Problem::Operand(format!("{operator:?} is not for {}", ty.name()))
}
