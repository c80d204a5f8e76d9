//! A position in an expression's text, shared by both syntaxes so that each can hand over to the other at `@@(`.

use super::MAXIMUM_LENGTH;
use super::error::{EvaluateError, Problem};
use super::word::continues_cpp;

/// What evaluation answers on its way.
pub(super) type Evaluated<T> = Result<T, EvaluateError>;

/// Both parsers read through this. Every `take…` but [`take_bytes`](Self::take_bytes) skips blanks first; all remember
/// where their token began, because that is what the debuggers quote when the token's value turns out to be unusable.
pub(super) struct Cursor<'t> {
    text: &'t str,
    at: usize,
    /// Start and end of the token that was taken last.
    token: usize,
    token_end: usize,
}

impl<'t> Cursor<'t> {
    /// At the start of `text`.
    pub(super) fn new(text: &'t str) -> Evaluated<Self> {
        let cursor = Self { text, at: 0, token: 0, token_end: 0 };
        if text.len() > MAXIMUM_LENGTH { Err(cursor.error(0, Problem::TooLong)) } else { Ok(cursor) }
    }

    /// `problem` at the byte offset `at`.
    pub(super) fn error(&self, at: usize, problem: Problem) -> EvaluateError {
        EvaluateError { expression: self.text.to_owned(), at, problem }
    }

    /// `problem` at the next token.
    pub(super) fn error_here(&mut self, problem: Problem) -> EvaluateError {
        let at = self.next_token();
        self.error(at, problem)
    }

    /// `problem` at the token that was taken last: the place that the debuggers name for a value that is no good.
    pub(super) fn error_at_token(&self, problem: Problem) -> EvaluateError {
        self.error(self.token, problem)
    }

    /// Offset of the next byte that isn't taken yet.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Offset behind the token that was taken last.
    pub(super) fn token_end(&self) -> usize {
        self.token_end
    }

    /// Offset of the next token.
    pub(super) fn next_token(&mut self) -> usize {
        self.skip_blanks();
        self.at
    }

    /// Goes back to an offset that [`position`](Self::position) or [`next_token`](Self::next_token) gave.
    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    /// The text that isn't taken yet, blanks included.
    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The text between two offsets.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The next character that is no blank, left in place.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.rest().chars().next()
    }

    /// Takes `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let comes_next = self.rest().starts_with(token);
        if comes_next {
            self.take_bytes(token.len());
        }
        comes_next
    }

    /// Takes `word` if it comes next and doesn't go on.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let behind = self.rest().strip_prefix(word);
        let comes_next = behind.is_some_and(|behind| !behind.starts_with(continues_cpp));
        if comes_next {
            self.take_bytes(word.len());
        }
        comes_next
    }

    /// Takes `token`, which must come next; `what` names it in the error.
    pub(super) fn expect(&mut self, token: &str, what: &'static str) -> Evaluated<()> {
        if self.take(token) { Ok(()) } else { Err(self.error_here(Problem::Expected(what))) }
    }

    /// Takes `length` bytes from here as one token; nothing if that isn't the end of a character.
    pub(super) fn take_bytes(&mut self, length: usize) -> &'t str {
        let taken = self.rest().get(..length).unwrap_or_default();
        self.token = self.at;
        self.at += taken.len();
        self.token_end = self.at;
        taken
    }

    /// Takes a text between `"` and `"`, without them, if one comes next; `\"` stands for `"` within.
    pub(super) fn take_string(&mut self) -> Evaluated<Option<String>> {
        if self.peek() != Some('"') {
            return Ok(None);
        }
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.take_bytes(offset + 1);
                    return Ok(Some(text));
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                _ => text.push(character),
            }
        }
        Err(self.error(self.at, Problem::Syntax("the string has no closing \"")))
    }
}
