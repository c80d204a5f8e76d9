//! Log points: a message with expressions in braces.

use crate::evaluate::{self, Scope, Syntax};
use crate::variables::{Names, Node, Style, View};
use std::fmt;

/// How values are written.
const STYLE: Style = Style::Editor { hex: false };

/// A message with expressions in braces, to be said instead of stopping: `count is {Device->EntryCount}`.
///
/// Expressions are C++, or MASM behind a `?`. A brace for itself is written twice, or behind a backslash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogMessage {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Expression { text: String, syntax: Syntax },
}

/// A text that is no log message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogMessageError {
    /// A brace isn't closed.
    #[error("the {{ at '{0}' has no }}: write {{{{ for a brace of its own")]
    Unclosed(String),
    /// There is nothing between braces.
    #[error("there is no expression between the braces at '{0}'")]
    Empty(String),
}

impl LogMessage {
    /// Reads a message.
    ///
    /// # Errors
    /// [`LogMessageError`].
    pub fn new(text: &str) -> Result<Self, LogMessageError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let escaped = ["{{", "}}", "\\{", "\\}"].iter().find(|escape| rest.starts_with(**escape));
            if let Some(escape) = escaped {
                plain.push(if escape.contains('{') { '{' } else { '}' });
                rest = rest.get(2..).unwrap_or_default();
            } else if character == '{' {
                let inside = rest.get(1..).unwrap_or_default();
                let end = closing(inside).ok_or_else(|| LogMessageError::Unclosed(rest.to_owned()))?;
                let (inside, behind) = inside.split_at(end);
                let expression = expression(inside).ok_or_else(|| LogMessageError::Empty(rest.to_owned()))?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(expression);
                rest = behind.get(1..).unwrap_or_default();
            } else {
                plain.push(character);
                rest = rest.get(character.len_utf8()..).unwrap_or_default();
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The message with values. An expression that has none is replaced by why, between `<` and `>`.
    pub fn say(&self, scope: &dyn Scope, names: &dyn Names) -> String {
        let view = View::new(scope, names);
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Expression { text, syntax } => match evaluate::evaluate(text, *syntax, scope) {
                Ok(value) if *syntax == Syntax::Masm => {
                    value.as_u64(scope).map_or_else(|_| "<no number>".to_owned(), |number| format!("{number:#x}"))
                }
                Ok(value) => {
                    let node = Node::of_expression(text, value);
                    view.content(&node, STYLE.preview()).text(STYLE)
                }
                Err(error) => format!("<{error}>"),
            },
        };
        self.parts.iter().map(part).collect()
    }
}

impl fmt::Display for LogMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Offset of the brace that closes the one before `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn expression(text: &str) -> Option<Part> {
    let text = text.trim();
    let (syntax, text) = match text.strip_prefix('?') {
        Some(masm) => (Syntax::Masm, masm.trim()),
        None => (Syntax::Cpp, text),
    };
    (!text.is_empty()).then(|| Part::Expression { text: text.to_owned(), syntax })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, parts: &[&str]) {
        let written = |part: &Part| match part {
            Part::Text(text) => format!("'{text}'"),
            Part::Expression { text, syntax } => format!("{syntax:?} {text}"),
        };
        let message = LogMessage::new(text).unwrap();
        assert_eq!(message.parts.iter().map(written).collect::<Vec<_>>(), parts, "{text}");
    }

    #[test]
    fn braces_hold_expressions_and_double_braces_are_braces() {
        check("", &[]);
        check("plain", &["'plain'"]);
        check(
            "n = {Device->EntryCount}, at {? @rip }!",
            &["'n = '", "Cpp Device->EntryCount", "', at '", "Masm @rip", "'!'"],
        );
        check("{a}{b}", &["Cpp a", "Cpp b"]);
        check(r"{{a}} \{b\} ü", &["'{a} {b} ü'"]);
    }

    #[test]
    fn what_is_not_closed_or_empty_is_refused() {
        assert_eq!(LogMessage::new("a {b"), Err(LogMessageError::Unclosed("{b".to_owned())));
        assert_eq!(LogMessage::new("a { } c"), Err(LogMessageError::Empty("{ } c".to_owned())));
    }
}
