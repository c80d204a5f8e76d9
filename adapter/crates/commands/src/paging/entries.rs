//! `!pte`: the entries that an address is translated by.

use super::columns::{self, Column, Contents};
use super::page_tables;
use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};
use crate::report::Report;
use analysis::nt::pte::SelfMap;
use arch::{AddressSpace, EntryMeaning, PagingMode};
use engine::Session;
use memory::{PAGE_SIZE, PageTableLevel, ReadFailure, ReadPhysical, ReadVirtualExt, VirtualAddress};

/// Most pages of a range.
const MAX_PAGES: u64 = 1 << 12;

pub(super) fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, super::ENTRIES.usage);
    let address = arguments.address(session)?.ok_or_else(|| arguments.usage("an address is missing"))?;
    let second = arguments.address(session)?;
    arguments.finish()?;
    let (physical, space) = page_tables(session)?;
    let tables =
        Tables { session, physical, space, map: SelfMap::find(&session.target().kernel(), Some(physical), space) };
    let mut report = Report::default();
    match second {
        None => {
            let address = tables.map.and_then(|map| map.address_of(address)).unwrap_or(address);
            tables.show(&mut report, address)?;
        }
        Some(end) if end > address => tables.show_range(&mut report, address, end)?,
        Some(_) => tables.show_literally(&mut report, address),
    }
    Ok(report)
}

struct Tables<'a> {
    session: &'a Session,
    physical: &'a dyn ReadPhysical,
    space: AddressSpace,
    /// None where it isn't known where the tables are mapped.
    map: Option<SelfMap>,
}

impl Tables<'_> {
    fn show_range(&self, report: &mut Report, start: VirtualAddress, end: VirtualAddress) -> Result<(), CommandError> {
        let pages = (end.0 / PAGE_SIZE).saturating_sub(start.0 / PAGE_SIZE).saturating_add(1);
        for page in 0..pages.min(MAX_PAGES) {
            if self.session.cancel_flag().is_cancelled() {
                return Err(CommandError::Cancelled);
            }
            self.show(report, start.page_start().offset(page * PAGE_SIZE))?;
        }
        if pages > MAX_PAGES {
            report.warn(format!("only the first {MAX_PAGES} of {pages} pages are shown"));
        }
        Ok(())
    }

    /// The entries of an address.
    fn show(&self, report: &mut Report, address: VirtualAddress) -> Result<(), CommandError> {
        let translated = self.session.target().architecture().translate(self.physical, self.space, address);
        let (path, failure, large) = match &translated {
            Ok(found) if found.page_size != PAGE_SIZE => (found.path, None, Some(found.physical.pfn())),
            Ok(found) => (found.path, None, None),
            Err(error) => (error.path, Some(error.failure), None),
        };
        if failure == Some(ReadFailure::NotCanonical) {
            return Err(CommandError::Failed(format!("{address} is not a canonical address: no entry translates it")));
        }
        let mut large = large;
        let mut columns = Vec::new();
        for level in self.space.mode.levels().iter().map(|level| level.level) {
            let read = path.iter().find(|entry| entry.level == level);
            let contents = match (read, failure) {
                (Some(read), _) => Contents::Entry(read.entry),
                (None, Some(failure @ ReadFailure::PageTableUnreadable { level: failed, .. })) if failed == level => {
                    Contents::Unreadable(failure.to_string())
                }
                (None, _) => large.take().map_or(Contents::NotReached, Contents::InLargePage),
            };
            let ends_here = match &contents {
                Contents::Entry(entry) => !matches!(self.space.decode(level, *entry), EntryMeaning::Table(_)),
                _ => true,
            };
            // The originals show PAE's top level as little as NT maps it; here it is shown where the walk ends there.
            if self.space.mode == PagingMode::X86Pae && level == PageTableLevel::Ppe && !ends_here {
                continue;
            }
            let at = self.map.and_then(|map| map.entry(level, address));
            columns.push(Column { level, at, contents });
        }
        columns::show(report, self.space, address, &columns);
        Ok(())
    }

    /// What lies at an address, seen as a PDE and as a PTE.
    fn show_literally(&self, report: &mut Report, at: VirtualAddress) {
        let size = self.space.mode.entry_size();
        let contents = || match self.session.target().pointer(at, size) {
            Ok(entry) => Contents::Entry(entry),
            Err(error) => Contents::Unreadable(error.to_string()),
        };
        let levels = [PageTableLevel::Pde, PageTableLevel::Pte];
        let columns = levels.map(|level| Column { level, at: Some(at), contents: contents() });
        columns::show(report, self.space, at, &columns);
    }
}
