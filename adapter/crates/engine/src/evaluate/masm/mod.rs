//! MASM expressions: the grammar. Everything is an unsigned 64-bit number and wraps.

mod functions;
mod memory_operators;
mod name;
mod number;
mod operators;
mod source_line;

use super::Syntax;
use super::cursor::Evaluated;
use super::error::Problem;
use super::evaluator::Evaluator;
use super::word;
use operators::Binary;

impl Evaluator<'_> {
    /// One MASM expression: as many operands as binary operators connect.
    pub(super) fn masm(&mut self) -> Evaluated<u64> {
        self.masm_binary(0)
    }

    /// Operands connected by operators that bind at least as tightly as `precedence`, from left to right.
    fn masm_binary(&mut self, precedence: u8) -> Evaluated<u64> {
        let mut left = self.masm_unary()?;
        while let Some(operator) = Binary::next(&mut self.cursor, precedence) {
            let right = self.masm_binary(operator.precedence() + 1)?;
            left = operator.apply(left, right).map_err(|problem| self.error(problem))?;
        }
        Ok(left)
    }

    /// An operand with the prefix operators before it, which bind more tightly than all binary ones.
    pub(super) fn masm_unary(&mut self) -> Evaluated<u64> {
        self.nested(|inner| {
            if inner.cursor.take("+") {
                return inner.masm_unary();
            }
            if inner.cursor.take("-") {
                return Ok(inner.masm_unary()?.wrapping_neg());
            }
            if inner.cursor.peek() == Some('~') {
                let hint = "MASM expressions have no ~; write (-1 xor x), or @@c++(~x)";
                return Err(inner.cursor.error_here(Problem::Syntax(hint)));
            }
            inner.masm_primary()
        })
    }

    fn masm_primary(&mut self) -> Evaluated<u64> {
        for (open, close) in [("(", ")"), ("[", "]")] {
            if self.cursor.take(open) {
                let value = self.masm()?;
                self.cursor.expect(close, close)?;
                return Ok(value);
            }
        }
        if let Some(value) = self.switched(Syntax::Masm)? {
            return Ok(self.scalar(&value)?.as_u64());
        }
        match self.cursor.peek() {
            Some('@') => self.masm_register(),
            Some('`') => self.masm_source_line(),
            Some('.') => {
                self.cursor.take(".");
                self.masm_instruction_pointer()
            }
            _ => self.masm_word(),
        }
    }

    /// A word without `@` before it: an operator, a function, a number, a name.
    fn masm_word(&mut self) -> Evaluated<u64> {
        let start = self.cursor.next_token();
        let word = self.cursor.take_bytes(word::length(self.cursor.rest(), Syntax::Masm));
        if word.is_empty() {
            return Err(self.cursor.error_here(Problem::NumberMissing));
        }
        if let Some(value) = self.masm_word_operator(word)? {
            return Ok(value);
        }
        if let Some(value) = self.masm_function(word, start)? {
            return Ok(value);
        }
        self.masm_number_or_name(word, start)
    }
}
