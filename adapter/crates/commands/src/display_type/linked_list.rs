//! `dt -l`: the records of a linked list, one after the other.

use super::fields::Position;
use super::pattern::Selection;
use super::writer::Writer;
use crate::command::CommandError;
use crate::report::{Format, Record};
use engine::Session;
use engine::evaluate::{Place, target_address};
use memory::VirtualAddress;
use std::collections::HashSet;
use symbols::{Shape, TypeRef};

/// The line below the title of a record.
pub(super) const RULE: &str = "---------------------------------------------";

/// How one record leads to the next.
struct Link {
    /// Bytes from a record's start to the pointer.
    pointer: u64,
    /// Type of the pointer.
    ty: TypeRef,
    /// Bytes from a record's start to where the pointer of the one before it leads.
    entry: u64,
}

/// Writes the record at `start` and those that follow it by `path` (`ActiveProcessLinks.Flink`, or just
/// `ActiveProcessLinks`), until the list ends, comes back to a record, or can't be read.
pub(super) fn walk(
    writer: &mut Writer<'_>,
    session: &Session,
    ty: &TypeRef,
    start: VirtualAddress,
    path: &str,
    selected: &[Selection<'_>],
    at: Position,
) -> Result<(), CommandError> {
    let link = link(ty, path)?;
    let pointer_size = session.target().architecture().pointer_size() as u8;
    let mut seen = HashSet::new();
    let mut record = start;
    while seen.insert(record) && !writer.is_full() {
        writer.title(path, record);
        match named_entry(session, start, record.offset(link.entry)) {
            Entry::Head(name) if record != start => {
                writer.report.push(Record::line(format!("The list's head: {name}")))
            }
            entry => {
                if let Entry::Suspect(name) = entry {
                    writer.report.push(Record::line(format!("This may be the list's head: {name}")));
                }
                writer.fields(ty, Some(&Place::Memory(record)), selected, at)?;
            }
        }
        writer.report.push(Record::line(""));
        let place = Place::Memory(record.offset(link.pointer));
        let Some(next) = writer.pointer(&link.ty, &place) else {
            let value = writer.value("", &link.ty, Some(&place));
            let end = Record::new("end").text(format!("The list ends here: {path} is "));
            writer.report.push(end.field("value", value, Format::Plain));
            break;
        };
        record = target_address(next.back(link.entry).0, pointer_size);
    }
    if !writer.is_full() && record != start && seen.contains(&record) && seen.len() > 1 {
        writer.report.push(Record::line(format!("The list leads back to {record}, which is not where it began.")));
    }
    Ok(())
}

/// What an entry of a list is.
enum Entry {
    /// It has a symbol of its own, which no element has.
    Head(String),
    /// It lies in a module, and the record that the walk began with doesn't.
    Suspect(String),
    /// Nothing is unusual about it.
    Element,
}

fn named_entry(session: &Session, start: VirtualAddress, entry: VirtualAddress) -> Entry {
    let modules = session.target().modules();
    match modules.name_of(entry) {
        Some(name) if name.displacement == 0 && name.symbol.is_some() => Entry::Head(name.to_string()),
        Some(name) if modules.at(entry).is_some() && modules.at(start).is_none() => Entry::Suspect(name.to_string()),
        _ => Entry::Element,
    }
}

fn link(ty: &TypeRef, path: &str) -> Result<Link, CommandError> {
    let failed = |why: String| CommandError::Failed(format!("-l {path}: {why}"));
    let (mut holder, mut holder_offset, mut offset, mut current) = (ty.clone(), 0u64, 0u64, ty.clone());
    let names = path.split('.').map(str::trim).filter(|name| !name.is_empty());
    let is_entry = |ty: &TypeRef| matches!(ty.name().as_str(), "_LIST_ENTRY" | "_SINGLE_LIST_ENTRY");
    let mut names: Vec<&str> = names.collect();
    loop {
        if names.is_empty() {
            // A path that ends with the entry means its link to the next one.
            match current.name().as_str() {
                "_LIST_ENTRY" => names.push("Flink"),
                "_SINGLE_LIST_ENTRY" => names.push("Next"),
                _ => break,
            }
        }
        let name = names.remove(0);
        let member = current.find_member(name).map_err(|error| failed(error.to_string()))?;
        let member = member.ok_or_else(|| failed(format!("{} has no field {name}", current.name())))?;
        (holder, holder_offset) = (current, offset);
        offset = offset.wrapping_add(member.offset);
        current = member.ty;
    }
    let Ok(Shape::Pointer { target, .. }) = current.shape() else {
        return Err(failed(format!("it is {}, no pointer to the next record", current.name())));
    };
    // A pointer to what holds the pointer leads to the same place in the next record; any other one to its start.
    let leads_to_holder = target.name() == holder.name() && (is_entry(&holder) || holder_offset == 0);
    Ok(Link { pointer: offset, ty: current, entry: if leads_to_holder { holder_offset } else { 0 } })
}

impl Writer<'_> {
    fn title(&mut self, path: &str, record: VirtualAddress) {
        let title = Record::new("record")
            .field("link", path, Format::Plain)
            .text(" at 0x")
            .field("address", record, self.address_format())
            .text(format!("\n{RULE}"));
        self.report.push(title);
    }
}
