//! Values in words.

mod debugger;
mod editor;
mod number;

use super::content::{Content, Preview};
use super::node::Node;
use super::strings::{Text, TextEnd};
use super::view::View;
use super::{Pointee, list::ListEnd};
use symbols::SymbolName;

/// Longest text of a value, in characters; strings have a limit of their own.
const LENGTH_LIMIT: usize = 120;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// For editors: `7`, `SampleRunning (2)`, `{X=-100, Y=200}`.
    Editor {
        /// Integers in hexadecimal: `0x7`.
        hex: bool,
    },
    /// As `dt` writes members: `0n-7`, `2 ( SampleRunning )`, `_SAMPLE_POINT`.
    Dt,
    /// As `dv` and `??` write values: `0n-7`, `SampleRunning (0n2)`, `struct _SAMPLE_POINT`.
    Dv,
}

impl Style {
    /// How much of arrays and records the text shows.
    pub fn preview(self) -> Preview {
        match self {
            Self::Editor { .. } => Preview { fields: 8, elements: 8, depth: 2 },
            // An array by its first element.
            Self::Dt => Preview { fields: 0, elements: 1, depth: 8 },
            Self::Dv => Preview::NONE,
        }
    }
}

impl Content {
    /// The value in words, on one line.
    pub fn text(&self, style: Style) -> String {
        match style {
            Style::Editor { hex } => editor::text(self, hex),
            Style::Dt => debugger::dt(self),
            Style::Dv => debugger::dv(self),
        }
    }
}

impl View<'_> {
    /// The value of `node` in words, on one line.
    pub fn summary(&self, node: &Node, style: Style) -> String {
        self.content(node, style.preview()).text(style)
    }
}

/// Text in quotation marks; what is behind them says that there is more, or why there isn't.
fn quoted(text: &Text) -> String {
    match &text.end {
        TextEnd::Complete => format!("\"{}\"", text.text),
        TextEnd::Cut => format!("\"{}…\"", text.text),
        TextEnd::Unreadable(why) => format!("\"{}\" <{why}>", text.text),
    }
}

/// What stands behind a pointer's address: the symbol there, or what it points at. `value` words a number.
fn behind_pointer(symbol: Option<&SymbolName>, pointee: &Pointee, value: impl Fn(&Content) -> String) -> String {
    let symbol = behind_function(symbol);
    match pointee {
        Pointee::Nothing => symbol,
        Pointee::Text(text) => format!(" {}", quoted(text)),
        Pointee::Unreadable(why) => format!("{symbol} <{why}>"),
        Pointee::Value(content) => format!("{symbol} -> {}", value(content)),
    }
}

/// What stands behind the address of a function.
fn behind_function(symbol: Option<&SymbolName>) -> String {
    symbol.map_or(String::new(), |symbol| format!(" {symbol}"))
}

/// `3 elements`, and what is doubtful about them.
fn list(count: usize, end: &ListEnd, guessed: bool) -> String {
    let mut text = if count == 1 { "1 element".to_owned() } else { format!("{count} elements") };
    if guessed {
        text.push_str(", if the member links records of this type (one of them may be the list's head)");
    }
    if !end.is_complete() {
        text.push_str(&format!("; {end}"));
    }
    text
}
