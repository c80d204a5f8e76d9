//! Names for addresses where there is no symbol file: what the image exports.

use crate::pe::{ExportTarget, Exports};
use crate::{NamePattern, Symbol, SymbolKind};

/// The exports that lead into the image, by RVA; forwarders lie elsewhere. One without a name is called as the debuggers
/// call it: `Ordinal12`.
#[derive(Debug)]
pub(super) struct ExportNames(Vec<(u32, String)>);

impl ExportNames {
    pub(super) fn new(exports: &Exports) -> Self {
        let named = exports.exports.iter().filter_map(|export| match export.target {
            ExportTarget::Rva(rva) => {
                let name = export.name.clone();
                Some((rva, name.unwrap_or_else(|| format!("Ordinal{}", export.ordinal))))
            }
            ExportTarget::Forwarder(_) => None,
        });
        let mut names: Vec<(u32, String)> = named.collect();
        names.sort();
        Self(names)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The last export at or below `rva`, and the bytes between.
    pub(super) fn nearest(&self, rva: u32) -> Option<(Symbol, u32)> {
        let (at, _) = self.0.get(self.0.partition_point(|(at, _)| *at <= rva).checked_sub(1)?)?;
        // Of several names at one address the first.
        let (at, name) = self.0.get(self.0.partition_point(|(other, _)| other < at))?;
        Some((symbol(*at, name), rva - at))
    }

    /// The exports whose names match, at most `limit`.
    pub(super) fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<Symbol> {
        let matching = self.0.iter().filter(|(_, name)| pattern.matches(name));
        matching.take(limit).map(|(rva, name)| symbol(*rva, name)).collect()
    }

    /// The exports of that name.
    pub(super) fn find(&self, name: &str) -> Vec<Symbol> {
        self.0.iter().filter(|(_, known)| known == name).map(|(rva, name)| symbol(*rva, name)).collect()
    }
}

fn symbol(rva: u32, name: &str) -> Symbol {
    Symbol { name: name.to_owned(), decorated: None, rva, size: None, kind: SymbolKind::Export, ty: None }
}
