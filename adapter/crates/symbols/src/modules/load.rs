//! Finding a module's symbols.

use super::export_names::ExportNames;
use super::module::{Module, ModuleEntry};
use super::status::{MatchedBy, Origin, SymbolStatus};
use crate::pe::{Exports, PeError};
use crate::{Found, Match, NamePattern, Outcome, PdbIdentity, SearchLog, Symbol, SymbolFile};
use std::sync::Arc;

/// What came of looking for a module's symbols.
pub(super) struct SymbolLoad {
    pub(super) symbols: Option<Arc<SymbolFile>>,
    pub(super) status: SymbolStatus,
    exports: Option<ExportNames>,
}

impl SymbolLoad {
    pub(super) fn of(module: &Module) -> Self {
        let found = match pdb_identity(module) {
            Some((pdb, origin)) => find_by_identity(module, &pdb, origin),
            None => find_by_addresses(module),
        };
        if let Some((symbols, matched)) = found {
            let status = SymbolStatus::Pdb {
                path: symbols.path().to_owned(),
                identity: symbols.identity().clone(),
                content: symbols.content(),
                matched,
            };
            return Self { symbols: Some(symbols), status, exports: None };
        }
        let (exports, status) = match exports(module) {
            Some((exports, origin)) => (Some(exports), SymbolStatus::Export(origin)),
            None => (None, SymbolStatus::None),
        };
        Self { symbols: None, status, exports }
    }

    pub(super) fn nearest(&self, rva: u32) -> Option<(Symbol, u32)> {
        match &self.symbols {
            Some(symbols) => symbols.nearest(rva),
            None => self.exports.as_ref()?.nearest(rva),
        }
    }

    pub(super) fn find(&self, name: &str) -> Vec<Symbol> {
        let exact = match (&self.symbols, &self.exports) {
            (Some(symbols), _) => symbols.find(name),
            (None, Some(exports)) => exports.find(name),
            (None, None) => Vec::new(),
        };
        if exact.is_empty() { self.search(&in_any_case(name), usize::MAX) } else { exact }
    }

    pub(super) fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<Symbol> {
        match (&self.symbols, &self.exports) {
            (Some(symbols), _) => symbols.search(pattern, limit),
            (None, Some(exports)) => exports.search(pattern, limit),
            (None, None) => Vec::new(),
        }
    }
}

/// The pattern that matches just this name: patterns don't mind case.
fn in_any_case(name: &str) -> NamePattern {
    let escape = |character| if r"*?[]#+\".contains(character) { vec!['\\', character] } else { vec![character] };
    NamePattern::new(&name.chars().flat_map(escape).collect::<String>())
}

/// The PDB that belongs to the module: from the debug record in memory, or from that of the matching image.
fn pdb_identity(module: &Module) -> Option<(PdbIdentity, Origin)> {
    let named = |place: String, result: Result<Option<PdbIdentity>, PeError>| match result {
        Ok(Some(pdb)) => Some(pdb),
        Ok(None) => note(module, place, "the image names no symbol file".to_owned()),
        Err(error) => note(module, place, error.to_string()),
    };
    let place = format!("{} at {}", module.entry().image_name, module.base());
    if let Some(pdb) = named(place, module.pdb_in_memory()) {
        return Some((pdb, Origin::TargetMemory));
    }
    let image = module.image()?;
    let path = image.path();
    named(path.display().to_string(), image.pdb_identity()).map(|pdb| (pdb, Origin::Image(path.to_owned())))
}

/// Notes that nothing is to be had from a place.
fn note<T>(module: &Module, place: String, reason: String) -> Option<T> {
    let mut log = SearchLog::default();
    log.note(place, Outcome::Unreadable(reason));
    module.record(log);
    None
}

fn find_by_identity(module: &Module, pdb: &PdbIdentity, origin: Origin) -> Option<(Arc<SymbolFile>, MatchedBy)> {
    let image_file = module.image().map(|image| image.path());
    let mut log = SearchLog::default();
    let found = module.search.find_symbols(pdb, &module.entry().image_name, image_file, module.force, &mut log);
    module.record(log);
    found.map(|found| taken(found, MatchedBy::Identity(origin)))
}

fn find_by_addresses(module: &Module) -> Option<(Arc<SymbolFile>, MatchedBy)> {
    let ModuleEntry { image_name, base, proofs, .. } = module.entry();
    // Without anything to tell a file by there is nothing to open files for.
    if proofs.is_empty() && !module.force {
        return None;
    }
    let mut log = SearchLog::default();
    let found = module.search.find_symbols_by_proof(image_name, *base, proofs, module.force, &mut log);
    module.record(log);
    found.map(|found| taken(found, MatchedBy::Addresses(proofs.len())))
}

/// The file with what it was matched by, which is nothing if it was forced.
fn taken(found: Found<SymbolFile>, agreed: MatchedBy) -> (Arc<SymbolFile>, MatchedBy) {
    match found.matched {
        Match::Forced(mismatch) => (found.file, MatchedBy::Nothing(mismatch)),
        Match::Exact | Match::SignedAnew(_) => (found.file, agreed),
    }
}

/// Export names, from memory or, where not all of them are there, from the matching image.
fn exports(module: &Module) -> Option<(ExportNames, Origin)> {
    let header = module.header().ok();
    let in_memory = header.and_then(|header| Exports::read(&module.in_memory(), header).ok());
    let in_memory = in_memory.map(|exports| (ExportNames::new(&exports), exports.incomplete.is_none()));
    let in_memory = in_memory.filter(|(names, _)| !names.is_empty());
    if let Some((names, true)) = in_memory {
        return Some((names, Origin::TargetMemory));
    }
    let in_image = module.image().and_then(|image| match image.exports() {
        Ok(exports) => Some((ExportNames::new(&exports), Origin::Image(image.path().to_owned()))),
        Err(error) => note(module, image.path().display().to_string(), error.to_string()),
    });
    let in_image = in_image.filter(|(names, _)| !names.is_empty());
    in_image.or(in_memory.map(|(names, _)| (names, Origin::TargetMemory)))
}
