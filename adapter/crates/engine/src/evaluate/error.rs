//! What can be wrong with an expression, and where, in the debuggers' words.

use memory::ReadError;
use std::fmt;

/// An expression that has no value, with the place in its text where evaluation stopped.
///
/// Displays as the debuggers say it: `Couldn't resolve error at 'foo + 1'`, the quotation running from the offending
/// place to the end of the expression.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluateError {
    /// The whole expression as it was given.
    pub expression: String,
    /// Offset of the offending place within it, in bytes; its length when something is missing at the end.
    pub at: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong at the offending place.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// An operand was expected (MASM).
    NumberMissing,
    /// An operand was expected (C++).
    UnexpectedToken,
    /// The text goes on where the expression is complete.
    ExtraCharacters,
    /// Something else than what is named was expected.
    Expected(&'static str),
    /// The syntax is broken or not available; says how.
    Syntax(&'static str),
    /// No symbol, module, local or type of this name.
    Unresolved,
    /// Several symbols have this name: the qualified name and address of each.
    Ambiguous(Vec<String>),
    /// There's no such register or pseudo-register.
    BadRegister,
    /// The thing exists and has no value here; says why.
    Unavailable(String),
    /// Target memory couldn't be read.
    Memory(ReadError),
    /// Division or remainder by zero.
    DivisionByZero,
    /// A number that 64 bits can't hold.
    Overflow,
    /// The operand's type doesn't allow the operation; says what was asked of which type.
    Operand(String),
    /// The structure has no member of this name.
    NoSuchMember {
        /// C spelling of the structure's type.
        structure: String,
    },
    /// `*` of something that is no pointer.
    NoPointer,
    /// `[]` of something that is neither array nor pointer.
    NoArray,
    /// A type isn't described well enough by its symbol file; says what is missing.
    Type(String),
    /// The target refused the assignment; says why.
    WriteRefused(String),
    /// More than [`MAXIMUM_LENGTH`](super::MAXIMUM_LENGTH) bytes of text.
    TooLong,
    /// Nested deeper than [`MAXIMUM_DEPTH`](super::MAXIMUM_DEPTH).
    TooDeep,
}

impl EvaluateError {
    /// The text from the offending place on, or `<EOL>`.
    pub fn rest(&self) -> &str {
        match self.expression.get(self.at..) {
            None | Some("") => "<EOL>",
            Some(rest) => rest,
        }
    }

    /// The expression, and under it a `^` at the offending place with the message behind it.
    pub fn with_caret(&self) -> String {
        let column = self.expression.get(..self.at).unwrap_or(&self.expression).chars().count();
        format!("{}\n{:column$}^ {self}", self.expression, "")
    }
}

impl std::error::Error for EvaluateError {}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.rest();
        match &self.problem {
            Problem::NumberMissing => write!(f, "Numeric expression missing from '{rest}'"),
            Problem::UnexpectedToken => write!(f, "Unexpected token '{rest}'"),
            Problem::ExtraCharacters => write!(f, "Extra character error at '{rest}'"),
            Problem::Expected(what) => write!(f, "Syntax error at '{rest}': expected {what}"),
            Problem::Syntax(how) => write!(f, "Syntax error at '{rest}': {how}"),
            Problem::Unresolved => write!(f, "Couldn't resolve error at '{rest}'"),
            Problem::Ambiguous(candidates) => {
                write!(f, "Ambiguous symbol error at '{rest}': {}", candidates.join(", "))
            }
            Problem::BadRegister => write!(f, "Bad register error at '{rest}'"),
            Problem::Unavailable(why) => write!(f, "Value unavailable error at '{rest}': {why}"),
            Problem::Memory(error) => write!(f, "Memory access error at '{rest}': {error}"),
            Problem::DivisionByZero => write!(f, "Operand error at '{rest}': division by zero"),
            Problem::Overflow => write!(f, "Overflow error at '{rest}'"),
            Problem::Operand(what) => write!(f, "Operand error at '{rest}': {what}"),
            Problem::NoSuchMember { structure } => {
                write!(f, "Type does not have given member error at '{rest}': {structure}")
            }
            Problem::NoPointer => write!(f, "No pointer for operator* '{rest}'"),
            Problem::NoArray => write!(f, "Type is not an array or pointer for operator[] '{rest}'"),
            Problem::Type(what) => write!(f, "Type information error at '{rest}': {what}"),
            Problem::WriteRefused(why) => write!(f, "Can't assign at '{rest}': {why}"),
            Problem::TooLong => write!(f, "The expression is longer than {} bytes", super::MAXIMUM_LENGTH),
            Problem::TooDeep => write!(f, "The expression is nested too deeply at '{rest}'"),
        }
    }
}
