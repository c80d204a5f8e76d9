//! Folders by the names in them, in any case: stores are filled on Windows and read everywhere.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The folders that were looked into, each read once until [`Listings::forget`].
#[derive(Debug, Default)]
pub(super) struct Listings(Mutex<HashMap<PathBuf, Arc<Listing>>>);

/// The entries of a folder by their names in lower case.
#[derive(Debug)]
struct Listing {
    entries: HashMap<String, Vec<PathBuf>>,
    /// Folders may be entered without being listed, where access rights say so.
    can_be_listed: bool,
}

impl Listings {
    /// The entries of `folder` that have one of `names`, in whatever case; the very name comes first.
    pub(super) fn find(&self, folder: &Path, names: &[&str]) -> Vec<PathBuf> {
        let listing = self.listing(folder);
        let mut found: Vec<PathBuf> = Vec::new();
        for name in names {
            let exact = folder.join(name);
            let listed = listing.entries.get(&name.to_lowercase()).map_or(&[][..], Vec::as_slice);
            if listed.contains(&exact) || (!listing.can_be_listed && exact.exists()) {
                found.push(exact);
            }
            found.extend(listed.iter().cloned());
        }
        let mut seen = Vec::new();
        found.retain(|path| {
            let new = !seen.contains(path);
            seen.push(path.clone());
            new
        });
        found
    }

    /// All entries of `folder`, in the order of their names.
    pub(super) fn all(&self, folder: &Path) -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> = self.listing(folder).entries.values().flatten().cloned().collect();
        all.sort();
        all
    }

    /// Drops what was read, so that new files are seen.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn listing(&self, folder: &Path) -> Arc<Listing> {
        Arc::clone(self.lock().entry(folder.to_owned()).or_insert_with(|| Arc::new(Listing::read(folder))))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Listing>>> {
        // What a panicking thread leaves behind is a map of whole listings all the same.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listing {
    fn read(folder: &Path) -> Self {
        let mut entries: HashMap<String, Vec<PathBuf>> = HashMap::new();
        let listed = fs::read_dir(folder);
        let can_be_listed = listed.is_ok();
        for entry in listed.into_iter().flatten().flatten() {
            entries.entry(entry.file_name().to_string_lossy().to_lowercase()).or_default().push(entry.path());
        }
        entries.values_mut().for_each(|paths| paths.sort());
        Self { entries, can_be_listed }
    }
}
