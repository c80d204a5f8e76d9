//! The engine's values in the protocol's words.

use super::attached::Attached;
use super::listing::Position;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Module, Source};
use crate::dap::requests::initialize::Client;
use analysis::nt::bugcheck::BugCheck;
use analysis::nt::exception_record::ExceptionRecord;
use engine::Session as Engine;
use memory::VirtualAddress;
use std::path::{Path, PathBuf};
use symbols::{ImageStatus, SourceLine, SymbolStatus};

/// An address as clients read it: `0xfffff8047bdf5a80`.
pub fn address(address: VirtualAddress) -> String {
    format!("{:#x}", address.0)
}

/// The address that a memory reference names, and `offset` bytes further.
///
/// # Errors
/// When it names none.
pub fn memory_reference(reference: &str, offset: i64) -> Result<VirtualAddress, RequestError> {
    let text = reference.trim();
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let number = number.ok_or_else(|| RequestError::MemoryReference(reference.to_owned()))?;
    Ok(VirtualAddress(number.wrapping_add_signed(offset)))
}

/// `module!symbol`, with the distance where there is one.
pub fn symbol_name(engine: &Engine, address: VirtualAddress) -> Option<String> {
    let name = engine.target().modules().name_of(address)?;
    name.symbol.is_some().then(|| name.to_string())
}

/// `STATUS_ACCESS_VIOLATION (c0000005)`.
pub fn exception_name(record: &ExceptionRecord) -> String {
    match record.name() {
        Some(name) => format!("{name} ({:08x})", record.code),
        None => format!("{:08x}", record.code),
    }
}

/// `SYSTEM_THREAD_EXCEPTION_NOT_HANDLED_M (1000007e)`.
pub fn bug_check_name(bug_check: &BugCheck) -> String {
    match bug_check.name() {
        Some(name) => format!("{name} ({:x})", bug_check.code),
        None => format!("{:x}", bug_check.code),
    }
}

/// A module as the modules view shows it.
pub fn module(module: &symbols::Module) -> Module {
    let path = |path: PathBuf| path.to_string_lossy().into_owned();
    let entry = module.entry();
    let hexadecimal = |number: u32| format!("{number:08x}");
    let image = match module.image_status() {
        ImageStatus::Found { path, .. } => Some(path),
        ImageStatus::Deferred | ImageStatus::NotFound => None,
    };
    let symbol_file = match module.symbol_status() {
        SymbolStatus::Pdb { path, .. } => Some(path.clone()),
        SymbolStatus::Deferred | SymbolStatus::Export(_) | SymbolStatus::None => None,
    };
    Module {
        id: address(module.base()),
        name: module.name().to_owned(),
        path: image.map(path),
        symbol_status: module.symbol_status().to_string(),
        symbol_file_path: symbol_file.map(path),
        address_range: format!("{} - {}", module.base(), module.base().offset(module.size().into())),
        image_name: entry.image_name.clone(),
        time_date_stamp: entry.time_date_stamp.map(hexadecimal),
        check_sum: entry.check_sum.map(hexadecimal),
    }
}

/// A thread's number: threads stand for processors, and clients take 0 for none.
pub fn thread_id(processor: u32) -> i64 {
    i64::from(processor) + 1
}

/// A line or column that is counted from 1, as the client counts.
fn counted(number: i64, from_1: bool) -> i64 {
    if from_1 { number } else { number.saturating_sub(1) }
}

/// A place in a source, in the client's numbers.
#[derive(Clone, Debug)]
pub struct Place {
    /// The source.
    pub source: Source,
    /// The line.
    pub line: i64,
    /// The column; the first where none is known.
    pub column: i64,
}

/// A path as the client writes them.
pub fn path(attached: &Attached, path: &Path) -> String {
    let text = path.to_string_lossy();
    if attached.client.writes_uris() { file_uri(&text) } else { text.into_owned() }
}

/// A path as the client wrote it, which may be a URI of a file.
pub fn path_of_client(client: &Client, text: &str) -> String {
    match text.strip_prefix("file://").filter(|_| client.writes_uris()) {
        Some(path) => file_path(path),
        None => text.to_owned(),
    }
}

/// `/C:/a%20b.c` as `C:/a b.c`.
fn file_path(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|_| first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    let path = String::from_utf8_lossy(&bytes).into_owned();
    let has_drive = path.as_bytes().get(2) == Some(&b':');
    path.strip_prefix('/').filter(|_| has_drive).map(str::to_owned).unwrap_or(path)
}

fn file_uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "file:///" });
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                uri.push(char::from(byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Where a line is, if its file is on this host.
pub fn source_place(attached: &mut Attached, line: &SourceLine) -> Option<Place> {
    let file = attached.find_source(&line.file)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let source = Source { name, path: Some(path(attached, &file)), ..Source::default() };
    Some(place(attached, source, i64::from(line.line), line.column.map_or(1, i64::from)))
}

/// Where code is: its line, if that is known and here, otherwise its place in the listing of its function.
pub fn code_place(attached: &mut Attached, address: VirtualAddress) -> Place {
    let line = engine::stack::line_at(attached.engine.target().modules(), address);
    let at = Position { program_counter: address, code: address };
    line.and_then(|line| source_place(attached, &line)).unwrap_or_else(|| listing_place(attached, at))
}

/// Where an instruction is in the listing of its function.
pub fn listing_place(attached: &mut Attached, at: Position) -> Place {
    let (source, line) = attached.sources.listing(&attached.engine, at);
    place(attached, source, line, 1)
}

fn place(attached: &Attached, source: Source, line: i64, column: i64) -> Place {
    let client = &attached.client;
    Place { source, line: counted(line, client.lines_start_at1), column: counted(column, client.columns_start_at1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_references_are_hexadecimal_or_decimal_numbers() {
        let parse = |text| memory_reference(text, 0).ok();
        assert_eq!(parse("0xFFFFF8047bdf5a80"), Some(VirtualAddress(0xffff_f804_7bdf_5a80)));
        assert_eq!(parse("4096"), Some(VirtualAddress(0x1000)));
        for text in ["", "0x", "-1", "nonsense", "0x1ffffffffffffffff", "ffff"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn offsets_wrap_at_the_ends_of_the_address_space() {
        assert_eq!(memory_reference("0x10", -0x20).unwrap(), VirtualAddress(0xffff_ffff_ffff_fff0));
        assert_eq!(memory_reference("0xffffffffffffffff", 1).unwrap(), VirtualAddress(0));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(file_uri("/a b/ü.c"), "file:///a%20b/%C3%BC.c");
        assert_eq!(file_uri(r"C:\a.c"), "file:///C:/a.c");
        assert_eq!(file_path("/a%20b/%C3%BC.c"), "/a b/ü.c");
        assert_eq!(file_path("/C:/a%.c"), "C:/a%.c");
    }
}
