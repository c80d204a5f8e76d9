//! `!ptov`: all pages that page tables map, by virtual address.

use super::{page_tables, with_root};
use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};
use crate::report::{Format, Record, Report};
use arch::{Mapping, Mappings, PagingMode};
use memory::PAGE_SIZE;

/// Most pages that are listed: more is no use to a reader, and has to be held until all of it is there.
const MAX_PAGES: usize = 1 << 16;
/// Most tables that are named when they can't be read.
const MAX_NAMED: usize = 4;

pub(super) fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let mut arguments = Arguments::new(invocation.arguments, super::PHYSICAL_TO_VIRTUAL.usage);
    let root = arguments.physical(session)?;
    arguments.finish()?;
    let (physical, space) = page_tables(session)?;
    let space = with_root(physical, space, root);
    let (prefix, pae) = match space.mode {
        PagingMode::X86 => ("X86PtoV:", ", PAE disabled."),
        PagingMode::X86Pae => ("X86PtoV:", ", PAE enabled."),
        PagingMode::Amd64FourLevel | PagingMode::Amd64FiveLevel => ("Amd64PtoV:", ""),
        PagingMode::Arm64 => ("Arm64PtoV:", ""),
    };
    let heading = Record::new("root").text(format!("{prefix} pagedir "));
    let mut report = Report::of(heading.field("directoryBase", space.root.0, Format::Hex(16)).text(pae));
    let mut unreadable = 0;
    for mapping in Mappings::new(physical, space) {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        match mapping {
            Mapping::Table => {}
            Mapping::Page { address, .. } if report.records.len() > MAX_PAGES => {
                report.warn(format!("only the first {MAX_PAGES} pages are listed: there are more from {address} on"));
                break;
            }
            Mapping::Page { address, physical, size } => {
                let record = Record::new("page").field("physical", physical.0, Format::Hex(16)).text(" ");
                let record = record.field("address", address, Format::Hidden).text(format!("{:016x}", address.0));
                let record = record.field("size", size, Format::Hidden);
                report.push(match size {
                    PAGE_SIZE => record,
                    size if size >> 30 != 0 => record.text(format!(" ({}GB large page)", size >> 30)),
                    size => record.text(format!(" ({}MB large page)", size >> 20)),
                });
            }
            Mapping::Unreadable { level, at, address, failure } => {
                unreadable += 1;
                if unreadable <= MAX_NAMED {
                    report.warn(format!("from {address} on: the {level}s at physical {at} can't be read: {failure}"));
                }
            }
            Mapping::TooMany(address) => {
                report.warn(format!("there are too many page tables: what is mapped from {address} on is left out"));
            }
        }
    }
    if unreadable > MAX_NAMED {
        report.warn(format!("{} more page tables can't be read", unreadable - MAX_NAMED));
    }
    Ok(report)
}
