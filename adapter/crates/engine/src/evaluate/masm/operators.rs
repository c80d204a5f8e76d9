//! Binary operators of MASM expressions, in the documented order of precedence.

use super::super::cursor::Cursor;
use super::super::error::Problem;

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Multiply,
    Divide,
    Modulus,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    ShiftRightArithmetic,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Xor,
    Or,
}

/// Spellings; where one begins another, the longer one stands first.
const SPELLINGS: &[(&str, Binary)] = &[
    (">>>", Binary::ShiftRightArithmetic),
    ("<<", Binary::ShiftLeft),
    (">>", Binary::ShiftRight),
    ("<=", Binary::LessOrEqual),
    (">=", Binary::GreaterOrEqual),
    ("==", Binary::Equal),
    ("!=", Binary::NotEqual),
    ("=", Binary::Equal),
    ("<", Binary::Less),
    (">", Binary::Greater),
    ("*", Binary::Multiply),
    ("/", Binary::Divide),
    ("%", Binary::Modulus),
    ("+", Binary::Add),
    ("-", Binary::Subtract),
    ("&", Binary::And),
    ("^", Binary::Xor),
    ("|", Binary::Or),
    ("mod", Binary::Modulus),
    ("and", Binary::And),
    ("xor", Binary::Xor),
    ("or", Binary::Or),
];

impl Binary {
    /// Takes the operator that comes next, if it binds at least as tightly as `precedence`.
    pub(super) fn next(cursor: &mut Cursor<'_>, precedence: u8) -> Option<Self> {
        cursor.peek()?;
        let rest = cursor.rest();
        let (spelling, operator) = SPELLINGS.iter().find(|(spelling, _)| begins_with(rest, spelling))?;
        if operator.precedence() < precedence {
            return None;
        }
        cursor.take_bytes(spelling.len());
        Some(*operator)
    }

    /// How tightly it binds; more binds tighter.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Multiply | Self::Divide | Self::Modulus => 6,
            Self::Add | Self::Subtract => 5,
            Self::ShiftLeft | Self::ShiftRight | Self::ShiftRightArithmetic => 4,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 3,
            Self::And => 2,
            Self::Xor => 1,
            Self::Or => 0,
        }
    }

    /// The result: unsigned and wrapping, 1 and 0 for true and false. Shift counts are taken modulo 64, as the x64
    /// processor does.
    pub(super) fn apply(self, left: u64, right: u64) -> Result<u64, Problem> {
        let count = (right & 63) as u32;
        Ok(match self {
            Self::Multiply => left.wrapping_mul(right),
            Self::Divide => left.checked_div(right).ok_or(Problem::DivisionByZero)?,
            Self::Modulus => left.checked_rem(right).ok_or(Problem::DivisionByZero)?,
            Self::Add => left.wrapping_add(right),
            Self::Subtract => left.wrapping_sub(right),
            Self::ShiftLeft => left << count,
            Self::ShiftRight => left >> count,
            Self::ShiftRightArithmetic => ((left as i64) >> count) as u64,
            Self::Equal => (left == right).into(),
            Self::NotEqual => (left != right).into(),
            Self::Less => (left < right).into(),
            Self::LessOrEqual => (left <= right).into(),
            Self::Greater => (left > right).into(),
            Self::GreaterOrEqual => (left >= right).into(),
            Self::And => left & right,
            Self::Xor => left ^ right,
            Self::Or => left | right,
        })
    }
}

/// Whether `rest` begins with an operator: signs as they stand, words in any case and as whole words.
fn begins_with(rest: &str, spelling: &str) -> bool {
    if !spelling.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return rest.starts_with(spelling);
    }
    rest.get(..spelling.len()).is_some_and(|word| word.eq_ignore_ascii_case(spelling))
        && !rest.get(spelling.len()..).is_some_and(|behind| behind.starts_with(super::super::word::continues_cpp))
}
