//! Words with what they mean as addresses: `dps` and `dpp` and their relatives.

use super::source;
use super::text::{Unit, run_of_text, shown};
use super::{Layout, Request, Source, lines, pointer_size};
use crate::command::{CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use engine::evaluate::target_address;
use engine::stack::line_at;
use memory::VirtualAddress;

/// Most characters of a text that a word points at.
const MAX_TEXT: u64 = 256;

/// Adds what is known of the address that a word holds.
type Annotate = fn(&Session, &Source<'_>, VirtualAddress, Record) -> Record;

/// The command's lines, one word each.
pub(super) fn display(
    invocation: &mut Invocation<'_>,
    usage: &'static str,
    annotate: Annotate,
) -> Result<Report, CommandError> {
    let request = Request::parse(invocation, usage)?;
    let session = &mut *invocation.session;
    let pointer_size = pointer_size(session);
    let layout = Layout::of(invocation.name, pointer_size);
    let size = layout.unit();
    lines(session, &request, &layout, |session, source, address, _, address_format| {
        let word = source.unit(address, size);
        let record = Record::new("word").field("address", address, address_format).text("  ");
        let record = record.field("value", source::value(&word), Format::address(size));
        match word {
            Ok(word) => annotate(session, source, target_address(word, pointer_size as u8), record),
            Err(_) => record,
        }
    })
}

/// The symbol that the word is the address of.
pub(super) fn with_symbol(session: &Session, _: &Source<'_>, word: VirtualAddress, record: Record) -> Record {
    let modules = session.target().modules();
    let Some(name) = symbol(session, word) else { return record };
    let record = record.text(" ").field("symbol", name, Format::Plain);
    match line_at(modules, word) {
        Some(line) => record
            .text(" [")
            .field("file", line.file.name.clone(), Format::Plain)
            .text(" @ ")
            .field("line", line.line, Format::Plain)
            .text("]"),
        None => record,
    }
}

/// The word that the word points at, and the symbol that this is the address of.
pub(super) fn with_pointee(session: &Session, source: &Source<'_>, word: VirtualAddress, record: Record) -> Record {
    let size = pointer_size(session);
    let Ok(pointee) = source.unit(word, size) else { return record };
    let record = record.text(" ").field("pointee", VirtualAddress(pointee), Format::address(size));
    match symbol(session, VirtualAddress(pointee)) {
        Some(name) => record.text(" ").field("symbol", name, Format::Plain),
        None => record,
    }
}

/// The ASCII text that the word points at.
pub(super) fn with_text(_: &Session, source: &Source<'_>, word: VirtualAddress, record: Record) -> Record {
    text(source, word, Unit::Byte, record)
}

/// The UTF-16 text that the word points at.
pub(super) fn with_unicode_text(_: &Session, source: &Source<'_>, word: VirtualAddress, record: Record) -> Record {
    text(source, word, Unit::Utf16, record)
}

fn text(source: &Source<'_>, word: VirtualAddress, unit: Unit, record: Record) -> Record {
    let run = run_of_text(source, word, MAX_TEXT, unit);
    match (run.terminated, &run.error) {
        (false, Some(_)) if run.units.is_empty() => record,
        (terminated, error) => {
            let record = record.text(" \"").field("text", shown(&run.units, unit), Format::Plain);
            match error {
                Some(error) => {
                    record.text("\" ").field("rest", Value::Unknown(error.failure.to_string()), Format::Plain)
                }
                None => record.text(if terminated { "\"" } else { "\"..." }),
            }
        }
    }
}

fn symbol(session: &Session, address: VirtualAddress) -> Option<String> {
    if address.0 == 0 {
        return None;
    }
    session.target().modules().name_of(address).map(|name| name.to_string())
}
