//! Breakpoints as the client gets them.

use super::attached::Attached;
use super::to_dap;
use crate::dap::protocol::{Breakpoint, Source};
use engine::breakpoints::{Breakpoint as Set, ClientList, Owner, SourcePlace};
use memory::VirtualAddress;
use std::path::Path;

/// The client's number for a breakpoint: clients take 0 for none.
pub fn number(id: u32) -> i64 {
    i64::from(id) + 1
}

impl Attached {
    /// A breakpoint of the engine's table; `None` if there is none of this number.
    pub fn breakpoint(&mut self, id: u32) -> Option<Breakpoint> {
        let set = self.engine.breakpoints.get(id)?.clone();
        let mut breakpoint = Breakpoint { id: Some(number(id)), ..Breakpoint::default() };
        let Some(first) = set.locations.first() else {
            let why = set.unresolved.as_ref();
            breakpoint.message = why.map(ToString::to_string);
            breakpoint.reason = Some(if why.is_some_and(|why| why.is_deferred()) { "pending" } else { "failed" });
            return Some(breakpoint);
        };
        breakpoint.verified = true;
        if !set.spec.is_data() {
            breakpoint.instruction_reference = Some(to_dap::address(first.address));
        }
        if set.locations.len() > 1 {
            breakpoint.message = Some(format!("set in {} places", set.locations.len()));
        }
        if let Some((source, line)) = self.listed_place(&set, first.address) {
            (breakpoint.source, breakpoint.line) = (Some(source), Some(line));
        } else if let Some(place) = &first.line {
            let (source, line, column) = self.source_of(&set, place);
            (breakpoint.source, breakpoint.line, breakpoint.column) = (source, Some(line), column);
        }
        Some(breakpoint)
    }

    /// Where it is in the listing that it was set in.
    fn listed_place(&self, set: &Set, address: VirtualAddress) -> Option<(Source, i64)> {
        let Owner::Client(ClientList::Source(list)) = &set.owner else { return None };
        let (source, line) = self.sources.place_in(list, address)?;
        Some((source, line - i64::from(!self.client.lines_start_at1)))
    }

    fn source_of(&mut self, set: &Set, place: &SourcePlace) -> (Option<Source>, i64, Option<i64>) {
        let line = i64::from(place.line) - i64::from(!self.client.lines_start_at1);
        let column = place.column.map(|column| i64::from(column) - i64::from(!self.client.columns_start_at1));
        let path = match &set.owner {
            // The client knows best how it calls its file.
            Owner::Client(ClientList::Source(path)) => Some(Path::new(path).to_owned()),
            _ => self.find_file(&place.file),
        };
        let source = path.map(|path| Source {
            name: path.file_name().map(|name| name.to_string_lossy().into_owned()),
            path: Some(to_dap::path(self, &path)),
            ..Source::default()
        });
        (source, line, column)
    }
}
