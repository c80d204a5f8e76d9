//! Expressions, in both syntaxes of the Windows debuggers: MASM (`poi(@rsp+8)`, `nt!KeBugCheckEx+10`) and C++
//! (`((nt!_EPROCESS *)@$proc)->Pcb.Header.Type`), each with a way into the other (`@@c++(...)`, `@@masm(...)`).
//!
//! Follows the public documentation ("MASM Numbers and Operators", "C++ Numbers and Operators", "Register Syntax",
//! "Pseudo-Register Syntax", "Source Line Syntax", "Sign Extension"). [`Scope`] is all that the evaluator knows of the
//! session. Text is evaluated while it is parsed, with the cursor always behind what was evaluated: errors name the
//! place where the debuggers would. Operands that C++ doesn't evaluate (`0 && *p`, `sizeof *p`) are parsed and typed,
//! but no memory is read for them.
//!
//! Nothing here panics or takes long on any text: length and nesting are limited.

mod cpp;
mod cursor;
mod error;
mod evaluator;
mod masm;
mod place;
mod pseudo_registers;
mod scope;
#[cfg(test)]
mod tests;
mod value;
mod word;

pub use error::{EvaluateError, Problem};
pub use place::{Piece, Place};
pub use scope::{Lookup, PseudoRegister, RegisterReading, Scope, SourceLine, Variable, register_in};
pub use value::{Scalar, Value};

use evaluator::Evaluator;
use memory::VirtualAddress;

/// Longest expression, in bytes.
pub const MAXIMUM_LENGTH: usize = 4096;
/// How deep parentheses (which count twice in C++), prefix operators and switches of syntax may be nested.
pub const MAXIMUM_DEPTH: usize = 100;

/// The syntax of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// Microsoft Macro Assembler expressions: everything is a 64-bit number, a symbol is its address.
    Masm,
    /// C++ expressions: typed values.
    Cpp,
}

/// Evaluates all of `text`.
///
/// Scalars have been read once when this returns, so that a value that can't be had is an error. Records, arrays and
/// functions are returned as they lie.
///
/// # Errors
/// What is wrong with the expression and where; what couldn't be read and why; characters behind its end.
pub fn evaluate(text: &str, syntax: Syntax, scope: &dyn Scope) -> Result<Value, EvaluateError> {
    let mut evaluator = Evaluator::new(text, scope)?;
    let value = evaluator.complete(syntax)?;
    if evaluator.cursor.peek().is_some() {
        return Err(evaluator.cursor.error_here(Problem::ExtraCharacters));
    }
    Ok(value)
}

/// Evaluates the longest expression that `text` begins with; answers it and the text behind it. For commands whose
/// arguments are several expressions: `10 L20` is `10`, then ` L20`.
///
/// # Errors
/// As for [`evaluate`], extra characters excepted.
pub fn evaluate_prefix<'t>(
    text: &'t str,
    syntax: Syntax,
    scope: &dyn Scope,
) -> Result<(Value, &'t str), EvaluateError> {
    let mut evaluator = Evaluator::new(text, scope)?;
    let value = evaluator.complete(syntax)?;
    Ok((value, text.get(evaluator.cursor.token_end()..).unwrap_or_default()))
}

/// As [`evaluate_prefix`], with the value cast to a 64-bit number as every command argument is: signed values are
/// sign-extended, arrays and functions are their address.
///
/// # Errors
/// As for [`evaluate_prefix`], and a value that is no number (a record).
pub fn evaluate_number_prefix<'t>(
    text: &'t str,
    syntax: Syntax,
    scope: &dyn Scope,
) -> Result<(u64, &'t str), EvaluateError> {
    let mut evaluator = Evaluator::new(text, scope)?;
    let number = evaluator.number(syntax)?;
    Ok((number, text.get(evaluator.cursor.token_end()..).unwrap_or_default()))
}

/// The address that a number stands for. On 32-bit targets the evaluator's numbers are sign-extended, addresses aren't.
pub fn target_address(number: u64, pointer_size: u8) -> VirtualAddress {
    VirtualAddress(if pointer_size == 4 { number & 0xffff_ffff } else { number })
}
