//! Operators between two C++ operands: spellings and precedence.

use super::super::cursor::Cursor;

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
    And,
    Xor,
    Or,
    LogicalAnd,
    LogicalOr,
}

/// An assignment: plain, or combined with an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Assignment(pub(super) Option<Binary>);

/// Spellings; where one begins another, the longer one stands first.
const SPELLINGS: &[(&str, Binary)] = &[
    ("<<", Binary::ShiftLeft),
    (">>", Binary::ShiftRight),
    ("<=", Binary::LessOrEqual),
    (">=", Binary::GreaterOrEqual),
    ("==", Binary::Equal),
    ("!=", Binary::NotEqual),
    ("&&", Binary::LogicalAnd),
    ("||", Binary::LogicalOr),
    ("*", Binary::Multiply),
    ("/", Binary::Divide),
    ("%", Binary::Remainder),
    ("+", Binary::Add),
    ("-", Binary::Subtract),
    ("<", Binary::Less),
    (">", Binary::Greater),
    ("&", Binary::And),
    ("^", Binary::Xor),
    ("|", Binary::Or),
];

impl Binary {
    /// The operator that comes next and its spelling, if it binds at least as tightly as `precedence`. `+=` is none, nor
    /// is `//`.
    pub(super) fn next(cursor: &mut Cursor<'_>, precedence: u8) -> Option<(&'static str, Self)> {
        let (spelling, operator) = Self::spelled(cursor)?;
        let rest = cursor.rest();
        let behind = rest.get(spelling.len()..).unwrap_or_default();
        let assigns = operator.may_assign() && behind.starts_with('=');
        let is_one = !assigns && !rest.starts_with("//") && operator.precedence() >= precedence;
        is_one.then_some((spelling, operator))
    }

    fn spelled(cursor: &mut Cursor<'_>) -> Option<(&'static str, Self)> {
        cursor.peek()?;
        SPELLINGS.iter().find(|(spelling, _)| cursor.rest().starts_with(spelling)).copied()
    }

    /// How tightly it binds; more binds tighter.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Multiply | Self::Divide | Self::Remainder => 9,
            Self::Add | Self::Subtract => 8,
            Self::ShiftLeft | Self::ShiftRight => 7,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 6,
            Self::Equal | Self::NotEqual => 5,
            Self::And => 4,
            Self::Xor => 3,
            Self::Or => 2,
            Self::LogicalAnd => 1,
            Self::LogicalOr => 0,
        }
    }

    /// Whether there is an assignment with this operation (`+=`).
    fn may_assign(self) -> bool {
        matches!(self.precedence(), 7..=9 | 2..=4)
    }

    /// Whether the result is true or false.
    pub(super) fn is_comparison(self) -> bool {
        matches!(self.precedence(), 5 | 6)
    }
}

impl Assignment {
    /// Takes the assignment that comes next.
    pub(super) fn next(cursor: &mut Cursor<'_>) -> Option<Self> {
        cursor.peek()?;
        let rest = cursor.rest();
        if rest.starts_with('=') && !rest.starts_with("==") {
            cursor.take_bytes(1);
            return Some(Self(None));
        }
        let (spelling, operator) = Binary::spelled(cursor)?;
        let behind = rest.get(spelling.len()..).unwrap_or_default();
        if !operator.may_assign() || !behind.starts_with('=') {
            return None;
        }
        cursor.take_bytes(spelling.len() + 1);
        Some(Self(Some(operator)))
    }
}
