//! Telling a symbol file by addresses, where the image's identity can't be had.
//!
//! A small dump may hold nothing of the kernel's image: neither its debug directory nor, on the analysing machine, a
//! copy of the file. But dump headers and the debugger data block hold addresses of things whose names are known
//! (`PsLoadedModuleList`, `PsActiveProcessHead`, `KdDebuggerDataBlock`). A symbol file that puts every one of these names
//! at just these addresses is of that build, or of one that can't be told from it: a guess that was tested, and called so.

use super::log::{Match, Mismatch, Outcome, SearchLog};
use super::places::Wanted;
use super::search::{Found, SymbolSearch, open_place, open_symbols, pdb_words};
use crate::SymbolFile;
use crate::file_name::{extension, symbol_file_names};
use memory::VirtualAddress;
use std::sync::Arc;

/// With fewer, a match could be chance.
const FEWEST_PROOFS: usize = 2;
/// Files that are opened to be tested.
const MOST_CANDIDATES: usize = 256;

/// What is known of a module apart from its identity: a symbol, and the address that the target gives for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SymbolProof {
    /// Name of the symbol, as in the symbol file.
    pub name: String,
    /// Where it is.
    pub address: VirtualAddress,
}

impl SymbolSearch {
    /// The symbol file whose symbols lie where `proofs` say, for the image `image_name` at `base`: among the files in
    /// the symbol path that have a name that the image's PDB may have.
    ///
    /// All proofs must agree, and there must be two; when files of several builds pass, none is taken. With `force`
    /// the first of these, or else the first file at all, is taken, as mismatched.
    pub(crate) fn find_symbols_by_proof(
        &self,
        image_name: &str,
        base: VirtualAddress,
        proofs: &[SymbolProof],
        force: bool,
        log: &mut SearchLog,
    ) -> Option<Found<SymbolFile>> {
        let extension = extension(image_name);
        let places = symbol_file_names(image_name).into_iter().flat_map(|name| {
            let wanted = Wanted { name: &name, keys: Vec::new(), extension: &extension };
            self.listings.places(self.symbol_path(), &wanted)
        });
        let mut passed: Vec<(String, Arc<SymbolFile>)> = Vec::new();
        let mut failed = None;
        let mut opened = 0;
        for place in places {
            let Some((path, symbols)) = open_place(place, open_symbols, log) else { continue };
            match judge(&symbols, base, proofs) {
                Ok(()) if passed.iter().any(|(_, known)| known.identity().matches(symbols.identity())) => {}
                Ok(()) => passed.push((path, symbols)),
                Err(mismatch) => {
                    log.note(path.clone(), Outcome::Mismatch(mismatch.clone()));
                    failed.get_or_insert((path, symbols, mismatch));
                }
            }
            opened += 1;
            if opened == MOST_CANDIDATES {
                log.note(
                    image_name,
                    Outcome::Skipped(format!("no more than {MOST_CANDIDATES} symbol files are tested")),
                );
                break;
            }
        }
        if let [(path, symbols)] = &*passed {
            log.note(path.clone(), Outcome::Used(Match::Exact));
            return Some(Found { file: Arc::clone(symbols), matched: Match::Exact });
        }
        let builds: Vec<String> = passed.iter().map(|(_, symbols)| pdb_words(symbols.identity())).collect();
        let ambiguous = Mismatch {
            expected: "the only file that agrees with the addresses in the target".to_owned(),
            found: format!("several builds: {}", builds.join(", ")),
        };
        for (path, _) in &passed {
            log.note(path.clone(), Outcome::Mismatch(ambiguous.clone()));
        }
        let ambiguous = passed.into_iter().next().map(|(path, symbols)| (path, symbols, ambiguous));
        let (path, file, mismatch) = ambiguous.or(failed).filter(|_| force)?;
        let matched = Match::Forced(mismatch);
        log.note(path, Outcome::Used(matched.clone()));
        Some(Found { file, matched })
    }
}

fn judge(symbols: &SymbolFile, base: VirtualAddress, proofs: &[SymbolProof]) -> Result<(), Mismatch> {
    for SymbolProof { name, address } in proofs {
        let places: Vec<_> = symbols.find(name).iter().map(|symbol| base.offset(symbol.rva.into())).collect();
        if !places.contains(address) {
            let found = places.first().map_or_else(|| "no such symbol".to_owned(), ToString::to_string);
            let found = format!("{found} in {}", pdb_words(symbols.identity()));
            return Err(Mismatch { expected: format!("{name} at {address}"), found });
        }
    }
    if proofs.len() < FEWEST_PROOFS {
        let expected = "the image's debug record, or two known addresses to tell the file by".to_owned();
        return Err(Mismatch { expected, found: pdb_words(symbols.identity()) });
    }
    Ok(())
}
