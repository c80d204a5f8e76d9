//! The text that `record=` writes and `replay:` reads.
//!
//! ```text
//! # kd recording 1                               the first line: what this file is, and its version
//! # connection com:pipe,port=\\.\pipe\kd         comments and empty lines mean nothing
//! 0.000412 = opened com:pipe,port=\\.\pipe\kd    a stream begins
//! 0.000500 > 62                                  bytes from the debugger to the target
//! 0.031007 < 30303030 0700f000 00088080 …        bytes from the target to the debugger
//! 9.200114 = closed by the debugger              it ends: nothing counts until the next one is opened
//! ```
//!
//! Times are seconds since the recording began, with microseconds. Bytes are in hexadecimal; blanks between them are
//! for people. How many bytes share a line says nothing about how they came. A line is at most [`MAX_LINE`] bytes
//! long. A last line without its line feed was cut off when the process was killed: it doesn't count. Bytes before the
//! first `opened` are a stream too.

use std::fmt::Write as _;
use std::io::{BufRead, Read};
use std::time::Duration;

/// The first line.
pub(crate) const HEADER: &str = "# kd recording 1";
/// Bytes of the line that are written into one line: a whole KD packet.
pub(crate) const MAX_BYTES: usize = 4096;
/// Bytes of text that a line may have.
pub(crate) const MAX_LINE: usize = 16 * 1024;
/// Characters of a note.
const MAX_NOTE: usize = 2000;
/// Bytes in a group.
const GROUP: usize = 4;

/// Which way bytes went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the debugger.
    ToTarget,
    /// To the debugger.
    FromTarget,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Bytes(Direction, Vec<u8>),
    Opened(String),
    Closed(String),
    /// A note that says nothing to a player.
    Note(String),
}

/// A line that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Since the recording began.
    pub at: Duration,
    pub content: Content,
}

/// A line that isn't understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Number of the line, from 1.
    pub line: u64,
    problem: LineProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum LineProblem {
    #[error("this is no recording: the first line must be `{HEADER}`")]
    NoHeader,
    #[error("longer than {MAX_LINE} bytes")]
    TooLong,
    #[error("`{0}` is no time in seconds")]
    BadTime(String),
    #[error("behind the time there must be `>`, `<` or `=`")]
    NoDirection,
    #[error("`{0}` is no byte string in hexadecimal")]
    BadHex(String),
    #[error("no bytes")]
    NoBytes,
    #[error("can't be read: {0}")]
    Unreadable(String),
}

impl Entry {
    /// The line, with its line feed.
    pub(crate) fn to_line(&self) -> String {
        let mut line = format!("{}.{:06} ", self.at.as_secs(), self.at.subsec_micros());
        let note = |line: &mut String, word: &str, text: &str| {
            line.push_str("= ");
            line.push_str(word);
            line.push_str(&one_line(text));
        };
        match &self.content {
            Content::Bytes(direction, bytes) => {
                line.push(if *direction == Direction::ToTarget { '>' } else { '<' });
                for (number, byte) in bytes.iter().enumerate() {
                    let blank = if number % GROUP == 0 { " " } else { "" };
                    let _ = write!(line, "{blank}{byte:02x}");
                }
            }
            Content::Opened(text) => note(&mut line, "opened ", text),
            Content::Closed(text) => note(&mut line, "closed ", text),
            Content::Note(text) => note(&mut line, "", text),
        }
        line.push('\n');
        line
    }

    fn parse(text: &str) -> Result<Self, LineProblem> {
        let (time, rest) = text.split_once(' ').unwrap_or((text, ""));
        let at = parse_time(time).ok_or_else(|| LineProblem::BadTime(excerpt(time)))?;
        let mut rest = rest.trim_start().chars();
        let direction = rest.next();
        let rest = rest.as_str().trim();
        let content = match direction {
            Some('>') => Content::Bytes(Direction::ToTarget, parse_bytes(rest)?),
            Some('<') => Content::Bytes(Direction::FromTarget, parse_bytes(rest)?),
            Some('=') => {
                let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
                match word {
                    "opened" => Content::Opened(text.to_owned()),
                    "closed" => Content::Closed(text.to_owned()),
                    _ => Content::Note(rest.to_owned()),
                }
            }
            _ => return Err(LineProblem::NoDirection),
        };
        Ok(Self { at, content })
    }
}

/// A text as it fits into a line: what the system says may be long and have several.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().take(MAX_NOTE).map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// `seconds` or `seconds.fraction`, the fraction down to microseconds.
fn parse_time(text: &str) -> Option<Duration> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let seconds: u32 = seconds.parse().ok()?;
    let micros: u32 = format!("{fraction:0<6}").parse().ok()?;
    Some(Duration::from_secs(seconds.into()) + Duration::from_micros(micros.into()))
}

fn parse_bytes(text: &str) -> Result<Vec<u8>, LineProblem> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for group in text.split_ascii_whitespace() {
        let bad = || LineProblem::BadHex(excerpt(group));
        for pair in group.as_bytes().chunks(2) {
            let &[high, low] = pair else { return Err(bad()) };
            let digit = |character: u8| char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(bad()) };
            bytes.push(high << 4 | low);
        }
    }
    if bytes.is_empty() { Err(LineProblem::NoBytes) } else { Ok(bytes) }
}

/// The start of a text that came from outside, fit for a message.
fn excerpt(text: &str) -> String {
    const LENGTH: usize = 24;
    let start: String = text.chars().take(LENGTH).flat_map(char::escape_debug).collect();
    if text.chars().nth(LENGTH).is_some() { start + "…" } else { start }
}

/// Reads a recording line by line, in bounded memory.
pub(crate) struct Reader<R> {
    input: R,
    position: Position,
}

/// The start of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    /// In bytes from the file's start.
    pub offset: u64,
    /// Lines before it.
    pub line: u64,
}

impl<R: BufRead> Reader<R> {
    /// `input` stands at `position`.
    pub(crate) fn new(input: R, position: Position) -> Self {
        Self { input, position }
    }

    /// Where the next line starts; [`Position::line`] is the number of the last one read.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The next line that says something; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, LineError> {
        while let Some(text) = self.line()? {
            let is_first = self.position.line == 1;
            if is_first && text != HEADER {
                return Err(self.error(LineProblem::NoHeader));
            }
            if !text.is_empty() && !text.starts_with('#') {
                return Entry::parse(&text).map(Some).map_err(|problem| self.error(problem));
            }
        }
        if self.position.line == 0 { Err(self.error(LineProblem::NoHeader)) } else { Ok(None) }
    }

    /// The next whole line, without blanks at its end.
    fn line(&mut self) -> Result<Option<String>, LineError> {
        let mut line = Vec::new();
        let limit = MAX_LINE as u64 + 1;
        let read = self.input.by_ref().take(limit).read_until(b'\n', &mut line);
        let read = read.map_err(|error| self.error(LineProblem::Unreadable(error.to_string())))?;
        if !line.ends_with(b"\n") {
            let too_long = read > MAX_LINE;
            self.position.line += u64::from(too_long);
            return if too_long { Err(self.error(LineProblem::TooLong)) } else { Ok(None) };
        }
        self.position.line += 1;
        self.position.offset += read as u64;
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    fn error(&self, problem: LineProblem) -> LineError {
        LineError { line: self.position.line.max(1), problem }
    }
}
