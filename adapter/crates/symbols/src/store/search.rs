//! Which of the files along a path is the right one.

use super::listing::Listings;
use super::log::{Match, Mismatch, Outcome, SearchLog};
use super::places::{Place, Wanted};
use super::{packed, pointer};
use crate::file_name::{extension, file_name, image_file_names};
use crate::path::{SymbolPath, is_share};
use crate::pe::ImageFile;
use crate::{ImageIdentity, PdbIdentity, SymbolFile};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Looks for images and symbol files along the symbol path and the image path.
///
/// Only folders of this machine are looked at; elements on the network are noted in the log and passed over at once.
#[derive(Debug, Default)]
pub struct SymbolSearch {
    symbol_path: SymbolPath,
    image_path: SymbolPath,
    pub(super) listings: Listings,
}

/// A file that was found.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// The file, open.
    pub file: Arc<T>,
    /// By what right it is used.
    pub matched: Match,
}

impl SymbolSearch {
    /// A search along these paths (`.sympath`, `.exepath`).
    pub fn new(symbol_path: SymbolPath, image_path: SymbolPath) -> Self {
        Self { symbol_path, image_path, listings: Listings::default() }
    }

    /// Where symbol files are looked for, and images behind the image path.
    pub fn symbol_path(&self) -> &SymbolPath {
        &self.symbol_path
    }

    /// Where images are looked for.
    pub fn image_path(&self) -> &SymbolPath {
        &self.image_path
    }

    /// Looks into folders anew that were looked into before: files may have been added (`.reload`).
    pub fn refresh(&self) {
        self.listings.forget();
    }

    /// The image that the loader calls `image_name`, along the image path and then the symbol path. A file matches if
    /// time stamp and size agree, and the check sums where both have one; a check sum of its own is let pass where it
    /// can come from another signature only.
    ///
    /// With `force` (`.reload /i`) the first one that doesn't match is taken where none does; without an `expected`
    /// identity none can.
    pub fn find_image(
        &self,
        image_name: &str,
        expected: Option<&ImageIdentity>,
        force: bool,
        log: &mut SearchLog,
    ) -> Option<Found<ImageFile>> {
        let extension = extension(image_name);
        let mut places = Vec::new();
        for path in [&self.image_path, &self.symbol_path] {
            for name in image_file_names(image_name) {
                let keys = expected.map_or_else(Vec::new, image_keys);
                let wanted = Wanted { name: &name, keys, extension: &extension };
                places.extend(self.listings.places(path, &wanted));
            }
        }
        let open = |path: &Path, bytes: Option<Vec<u8>>| {
            let image = match bytes {
                Some(bytes) => ImageFile::from_bytes(bytes, path.to_owned()),
                None => ImageFile::open(path),
            };
            image.map(Arc::new).map_err(|error| error.to_string())
        };
        choose(places, open, |image| judge_image(expected, image), force, log)
    }

    /// The symbol file that an image names: beside the image's file, along the symbol path, and at last where it was
    /// when the image was linked (if that is on this machine). GUID and age must agree.
    ///
    /// With `force` (`.reload /i`) the first one that doesn't match is taken where none does.
    pub fn find_symbols(
        &self,
        expected: &PdbIdentity,
        image_name: &str,
        image_file: Option<&Path>,
        force: bool,
        log: &mut SearchLog,
    ) -> Option<Found<SymbolFile>> {
        let Some(name) = file_name(&expected.name) else {
            log.note(expected.name.clone(), Outcome::Skipped("not a file's name".to_owned()));
            return None;
        };
        let extension = extension(image_name);
        let wanted = Wanted { name, keys: vec![expected.store_key()], extension: &extension };
        let mut places = Vec::new();
        if let Some(folder) = image_file.and_then(Path::parent) {
            places.extend(self.listings.find(folder, &[name]).into_iter().map(Place::File));
        }
        places.extend(self.listings.places(&self.symbol_path, &wanted));
        let linked = Path::new(&expected.name);
        if linked.is_absolute() && !is_share(&expected.name) {
            places.push(Place::File(linked.to_owned()));
        }
        choose(places, open_symbols, |symbols| judge_symbols(expected, symbols.identity()), force, log)
    }
}

/// Opens a PDB, or the bytes of one that came out of a cabinet.
pub(super) fn open_symbols(path: &Path, bytes: Option<Vec<u8>>) -> Result<Arc<SymbolFile>, String> {
    let symbols = match bytes {
        Some(bytes) => SymbolFile::from_bytes(bytes, path),
        None => SymbolFile::open(path),
    };
    symbols.map_err(|error| error.to_string())
}

/// The first file that `judge` has nothing against; or, if the user insists, the first that can be opened at all.
pub(super) fn choose<T>(
    places: Vec<Place>,
    open: impl Fn(&Path, Option<Vec<u8>>) -> Result<Arc<T>, String>,
    judge: impl Fn(&T) -> Result<Match, Mismatch>,
    force: bool,
    log: &mut SearchLog,
) -> Option<Found<T>> {
    let mut second_best = None;
    let mut tried = HashSet::new();
    for place in places {
        // Paths often lead to the same folder twice.
        if place.path().is_some_and(|path| !tried.insert(path.to_owned())) {
            continue;
        }
        let Some((path, file)) = open_place(place, &open, log) else { continue };
        match judge(&file) {
            Ok(matched) => {
                log.note(path, Outcome::Used(matched.clone()));
                return Some(Found { file, matched });
            }
            Err(mismatch) => {
                log.note(path.clone(), Outcome::Mismatch(mismatch.clone()));
                second_best.get_or_insert((path, file, mismatch));
            }
        }
    }
    let (path, file, mismatch) = second_best.filter(|_| force)?;
    let matched = Match::Forced(mismatch);
    log.note(path, Outcome::Used(matched.clone()));
    Some(Found { file, matched })
}

/// Opens what is at a place, or notes in the log why there is nothing to open.
pub(super) fn open_place<T>(
    place: Place,
    open: impl Fn(&Path, Option<Vec<u8>>) -> Result<Arc<T>, String>,
    log: &mut SearchLog,
) -> Option<(String, Arc<T>)> {
    let (path, target) = match place {
        Place::Nothing(attempt) => {
            log.attempts.push(attempt);
            return None;
        }
        Place::File(path) => (path.clone(), Ok((path, None))),
        Place::Packed(path) => (path.clone(), packed::unpack(&path).map(|bytes| (path, Some(bytes)))),
        Place::Pointer(path) => (path.clone(), pointer::follow(&path).map(|target| (target, None))),
    };
    let opened = target.and_then(|(path, bytes)| {
        if bytes.is_none() {
            must_be_file(&path)?;
        }
        open(&path, bytes).map(|file| (path, file))
    });
    match opened {
        Ok((target, file)) => Some((target.display().to_string(), file)),
        Err(reason) => {
            let missing = !path.exists();
            let outcome = if missing { Outcome::NotFound } else { Outcome::Unreadable(reason) };
            log.note(path.display().to_string(), outcome);
            None
        }
    }
}

/// Paths come from images and pointers too: opening a pipe or device could wait for ever.
fn must_be_file(path: &Path) -> Result<(), String> {
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(format!("{} is not a file", path.display())),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The spellings of an image's key: with its time stamp padded to eight digits, as `symstore` writes it, and not.
fn image_keys(identity: &ImageIdentity) -> Vec<String> {
    let padded = identity.store_key();
    let unpadded = padded.trim_start_matches('0').to_owned();
    vec![padded, unpadded]
}

/// Whether a file is the image that the loader speaks of.
///
/// A file that is signed after linking gets another check sum, and nothing that a debugger looks at changes: so of
/// files whose time stamp was made from their content the check sum may differ, as long as it is right for the file.
fn judge_image(expected: Option<&ImageIdentity>, image: &ImageFile) -> Result<Match, Mismatch> {
    let words = |identity: &ImageIdentity| {
        let ImageIdentity { time_date_stamp, size_of_image, check_sum } = identity;
        format!("timestamp {time_date_stamp:08X}, size {size_of_image:x}, checksum {check_sum:x}")
    };
    let found = image.identity();
    let Some(expected) = expected else {
        let expected = "an unknown time stamp: the target doesn't say which image it is".to_owned();
        return Err(Mismatch { expected, found: words(&found) });
    };
    let mismatch = Mismatch { expected: words(expected), found: words(&found) };
    if (expected.time_date_stamp, expected.size_of_image) != (found.time_date_stamp, found.size_of_image) {
        Err(mismatch)
    } else if expected.check_sum == found.check_sum || expected.check_sum == 0 || found.check_sum == 0 {
        Ok(Match::Exact)
    } else if image.is_reproducible() && image.is_intact() {
        Ok(Match::SignedAnew(mismatch))
    } else {
        Err(mismatch)
    }
}

fn judge_symbols(expected: &PdbIdentity, found: &PdbIdentity) -> Result<Match, Mismatch> {
    if expected.matches(found) {
        return Ok(Match::Exact);
    }
    Err(Mismatch { expected: pdb_words(expected), found: pdb_words(found) })
}

/// A PDB's identity, for messages.
pub(super) fn pdb_words(identity: &PdbIdentity) -> String {
    format!("{{{}}} age {}", identity.guid, identity.age)
}
