//! `!vtop`: the walk from the root of page tables to the physical address.

use super::{page_tables, with_root};
use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};
use crate::report::{Format, Record, Report, Value};
use arch::{PageTableEntry, PagingMode};
use engine::evaluate::target_address;
use memory::{PageTableLevel, ReadFailure};

pub(super) fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, super::VIRTUAL_TO_PHYSICAL.usage);
    let first = arguments.physical(session)?.ok_or_else(|| arguments.usage("an address is missing"))?;
    let (root, address) = match arguments.number(session)? {
        Some(address) => (Some(first), address),
        None => (None, first),
    };
    arguments.finish()?;
    let architecture = session.target().architecture();
    let address = target_address(address, architecture.pointer_size() as u8);
    let (physical, space) = page_tables(session)?;
    let space = with_root(physical, space, root);
    let words = Words::of(space.mode);
    let line = || Record::new("step").text(words.prefix);
    let mut report = Report::of(
        line()
            .text(" Virt ")
            .field("address", address, Format::Hidden)
            .text(format!("{:016x}, pagedir ", address.0))
            .field("directoryBase", space.root.0, Format::Hex(16)),
    );
    let entry = |PageTableEntry { level, at, entry }: PageTableEntry| {
        let record = line().text(format!(" {}{} ", words.pae, words.level(level))).field("at", at.0, Format::Hex(16));
        let shown = words.shows_entries.then_some(Format::Hex(space.mode.entry_size() * 2));
        let record = if shown.is_some() { record.text(" - ") } else { record };
        record.field("entry", entry, shown.unwrap_or(Format::Hidden)).field("level", level.to_string(), Format::Hidden)
    };
    let result = Record::new("translation").text(format!("Virtual address {:x} ", address.0));
    match architecture.translate(physical, space, address) {
        Ok(translation) => {
            report.records.extend(translation.path.iter().map(entry));
            let small = translation.page_size == memory::PAGE_SIZE;
            let mapped = match (small, translation.in_transition) {
                (_, true) => "In transition, phys ",
                (true, _) => "Mapped phys ",
                (false, _) => "Large page mapped phys ",
            };
            let physical = translation.physical.0;
            report.push(line().text(format!(" {}{mapped}", words.pae)).field("physical", physical, Format::Hex(16)));
            report.push(
                result.text("translates to physical address ").field("physical", physical, Format::Hex(1)).text("."),
            );
        }
        Err(error) => {
            report.records.extend(error.path.iter().map(entry));
            if let ReadFailure::NotPresent { level, entry: 0, .. } = error.failure {
                report.push(line().text(format!(" {}zero {}", words.pae, words.level(level))));
            }
            let why = error.failure.to_string();
            let record = result.text(format!("translation fails: {why}."));
            report.push(record.field("physical", Value::Unknown(why), Format::Hidden));
        }
    }
    Ok(report)
}

/// How the originals call things in the different modes.
struct Words {
    prefix: &'static str,
    pae: &'static str,
    /// Whether the entries themselves are shown.
    shows_entries: bool,
    intel: bool,
}

impl Words {
    fn of(mode: PagingMode) -> Self {
        let words = |prefix, pae, shows_entries, intel| Self { prefix, pae, shows_entries, intel };
        match mode {
            PagingMode::X86 => words("X86VtoP:", "", true, true),
            PagingMode::X86Pae => words("X86VtoP:", "PAE ", true, true),
            PagingMode::Amd64FourLevel | PagingMode::Amd64FiveLevel => words("Amd64VtoP:", "", false, true),
            PagingMode::Arm64 => words("Arm64VtoP:", "", false, false),
        }
    }

    /// Intel's names of the upper levels, elsewhere NT's.
    fn level(&self, level: PageTableLevel) -> String {
        match level {
            PageTableLevel::Pxe if self.intel => "PML4E".to_owned(),
            PageTableLevel::Ppe if self.intel => "PDPE".to_owned(),
            level => level.to_string(),
        }
    }
}
