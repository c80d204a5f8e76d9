//! What a command answers: records of named, typed values with the text that stands between them.
//!
//! A report is made once; [`text`] renders it in the shape of the originals, and the adapter makes JSON of the same
//! values. A record of `kn`, for example, is
//!
//! ```text
//! field index = 3, two hexadecimal digits │ " " │ field childSp = address │ " " │ field callSite = text
//! ```
//!
//! and renders as ``03 ffff8504`29892180 nt!Foo+0x10`` or as `{"index": 3, "childSp": "0xffff850429892180", …}`.

mod format;
mod text;

pub use format::Format;
pub use text::text;

use memory::VirtualAddress;

/// What a command found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In the order in which they are shown.
    pub records: Vec<Record>,
    /// What is doubtful or missing in the records.
    pub warnings: Vec<String>,
}

/// One line (or, where a piece of text has line ends, a few) of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What the record is: `frame`, `register`, `member`.
    pub kind: &'static str,
    /// Fields and the text between them, in order.
    pub pieces: Vec<Piece>,
}

/// Part of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Decoration: it carries no information of its own and isn't part of JSON.
    Text(String),
    /// A value.
    Field {
        /// Its name in JSON, in camel case.
        name: String,
        /// The value.
        value: Value,
        /// How it is written in text; hidden fields are only in JSON.
        format: Format,
    },
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not known, and why.
    Unknown(String),
    /// Yes or no.
    Bool(bool),
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A number wider than 64 bits.
    Wide(u128),
    /// A virtual address.
    Address(VirtualAddress),
    /// Text.
    Text(String),
    /// Several values.
    List(Vec<Value>),
}

impl Report {
    /// A report with one record.
    pub fn of(record: Record) -> Self {
        Self { records: vec![record], warnings: Vec::new() }
    }

    /// Adds a record.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Adds a warning.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }
}

impl Record {
    /// A record without pieces.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, pieces: Vec::new() }
    }

    /// A record that is just a line of text, as its field `text`.
    pub fn line(text: impl Into<String>) -> Self {
        Self::new("line").field("text", text.into(), Format::Plain)
    }

    /// Adds decoration.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.pieces.push(Piece::Text(text.into()));
        self
    }

    /// Adds a value.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>, format: Format) -> Self {
        self.pieces.push(Piece::Field { name: name.into(), value: value.into(), format });
        self
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Unsigned(u64::from(value))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Unsigned(value)
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Unsigned(value as u64)
    }
}

impl From<VirtualAddress> for Value {
    fn from(value: VirtualAddress) -> Self {
        Self::Address(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
