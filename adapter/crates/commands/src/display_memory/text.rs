//! `da`, `du`: text up to its terminating zero.

use super::{Layout, Request, Source, pointer_size, wrapped};
use crate::command::CommandError;
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use memory::{ReadError, VirtualAddress};

/// Most characters that are looked at.
const MAX_COUNT: u64 = 1 << 20;
/// Bytes that are read at once.
const CHUNK: usize = 0x400;

/// Width of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// One byte, ASCII.
    Byte,
    /// Two bytes, UTF-16.
    Utf16,
}

impl Unit {
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Utf16 => 2,
        }
    }
}

/// Characters up to a zero, to what can't be read, or to as many as were asked for.
pub(crate) struct TextRun {
    /// The characters' numbers.
    pub(crate) units: Vec<u16>,
    /// Whether a zero ended them.
    pub(crate) terminated: bool,
    /// What couldn't be read behind them.
    pub(crate) error: Option<ReadError>,
}

/// The run of at most `count` characters at `address`.
pub(crate) fn run_of_text(source: &Source<'_>, address: VirtualAddress, count: u64, unit: Unit) -> TextRun {
    let mut units = Vec::new();
    let mut at = address;
    while (units.len() as u64) < count {
        let wanted = usize::try_from(count - units.len() as u64).unwrap_or(CHUNK).min(CHUNK / unit.size());
        let (bytes, error) = source.prefix(at, wanted * unit.size());
        for character in bytes.chunks_exact(unit.size()) {
            let number = character.iter().rev().fold(0, |value, byte| (value << 8) | u16::from(*byte));
            if number == 0 {
                return TextRun { units, terminated: true, error: None };
            }
            units.push(number);
        }
        if error.is_some() {
            return TextRun { units, terminated: false, error };
        }
        at = at.offset(bytes.len() as u64);
    }
    TextRun { units, terminated: false, error: None }
}

/// Characters as they are shown: `.` for what can't be.
pub(crate) fn shown(units: &[u16], unit: Unit) -> String {
    let visible = |character: char| if character.is_control() { '.' } else { character };
    match unit {
        Unit::Byte => {
            units.iter().map(|&code| if matches!(code, 0x20..=0x7e) { code as u8 as char } else { '.' }).collect()
        }
        Unit::Utf16 => char::decode_utf16(units.iter().copied()).map(|code| code.map_or('.', visible)).collect(),
    }
}

/// The lines of `da` and `du`. The next command goes on behind the zero.
pub(super) fn display(
    session: &mut Session,
    request: &Request,
    layout: &Layout,
    unit: Unit,
) -> Result<Report, CommandError> {
    let source = Source::of(session, request.physical)?;
    let format = Format::address(pointer_size(session));
    let run = run_of_text(&source, request.start, request.count(layout).min(MAX_COUNT), unit);
    let line_length = usize::try_from(request.columns.unwrap_or(layout.columns())).unwrap_or(1).max(1);
    let mut report = Report::default();
    let mut address = request.start;
    let line = |address: VirtualAddress| Record::new("text").field("address", address, format).text("  ");
    for units in run.units.chunks(line_length) {
        report.push(line(address).text("\"").field("text", shown(units, unit), Format::Plain).text("\""));
        address = address.offset((units.len() * unit.size()) as u64);
    }
    match &run.error {
        Some(error) => {
            report.push(line(address).field("text", Value::Unknown(error.failure.to_string()), Format::Plain))
        }
        None if run.units.is_empty() => {
            report.push(line(address).text("\"").field("text", "", Format::Plain).text("\""))
        }
        None => {}
    }
    let behind = if run.terminated { unit.size() } else { 0 };
    session.recall.memory = Some(wrapped(session, address.offset(behind as u64)));
    Ok(report)
}
