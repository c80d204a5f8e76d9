//! Where along a path a file may be.

use super::listing::Listings;
use super::log::{Attempt, Outcome};
use super::packed::packed_name;
use crate::path::{PathElement, StoreLocation, SymbolPath};
use std::path::Path;
use std::path::PathBuf;

/// A file's name in a store that says where the file is.
const FILE_PTR: &str = "file.ptr";
/// The file that marks a three-tier store.
const THREE_TIER_MARK: &str = "index2.txt";

/// What is looked for.
pub(super) struct Wanted<'a> {
    /// File name.
    pub(super) name: &'a str,
    /// The spellings of its key in a store; none: whatever the key.
    pub(super) keys: Vec<String>,
    /// Extension of the image, which symbol trees have a folder for (`symbols/sys/amdppm.pdb`).
    pub(super) extension: &'a str,
}

/// A place to look at.
pub(super) enum Place {
    File(PathBuf),
    Packed(PathBuf),
    Pointer(PathBuf),
    /// Nothing to open there, and what to say of it.
    Nothing(Attempt),
}

impl Place {
    /// What is there to open.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Packed(path) | Self::Pointer(path) => Some(path),
            Self::Nothing(_) => None,
        }
    }

    fn nothing(path: &Path, outcome: Outcome) -> Self {
        Self::Nothing(Attempt { path: path.display().to_string(), outcome })
    }
}

impl Listings {
    /// All places along `path`, in the order in which they are to be tried.
    pub(super) fn places(&self, path: &SymbolPath, wanted: &Wanted<'_>) -> Vec<Place> {
        let in_element = |element: &PathElement| match element {
            PathElement::Folder(StoreLocation::Local(folder)) => {
                let mut places = self.in_tree(folder, wanted);
                places.extend(self.in_store(folder, wanted));
                places
            }
            PathElement::Folder(store) | PathElement::Cache(store) => self.in_location(store, wanted),
            PathElement::Server { stores, .. } => {
                stores.iter().flat_map(|store| self.in_location(store, wanted)).collect()
            }
            PathElement::Unknown(text) => vec![skipped(text, "not searched: not an element of a symbol path")],
        };
        path.elements.iter().flat_map(in_element).collect()
    }

    fn in_location(&self, store: &StoreLocation, wanted: &Wanted<'_>) -> Vec<Place> {
        match store {
            StoreLocation::Local(store) => self.in_store(store, wanted),
            StoreLocation::Network(address) => {
                vec![skipped(address, "not asked: network symbol servers are not supported yet")]
            }
            StoreLocation::Default => vec![skipped("(default store)", "not searched: there is no default store yet")],
        }
    }

    /// A symbol tree's folder for the kind of image, and the folder itself (MS-documented "Symbol path").
    fn in_tree(&self, folder: &Path, wanted: &Wanted<'_>) -> Vec<Place> {
        let mut folders = Vec::new();
        if !wanted.extension.is_empty() {
            let symbols = self.folder(folder, "symbols");
            folders.extend([self.folder(&symbols, wanted.extension), self.folder(folder, wanted.extension)]);
        }
        folders.push(folder.to_owned());
        folders.iter().flat_map(|folder| self.in_folder(folder, wanted.name)).collect()
    }

    /// A sub-folder as it is spelled there, or as it would be.
    fn folder(&self, folder: &Path, name: &str) -> PathBuf {
        self.find(folder, &[name]).into_iter().next().unwrap_or_else(|| folder.join(name))
    }

    /// Stored files of that name and key. Three-tier stores may have grown out of two-tier ones: both are tried.
    fn in_store(&self, store: &Path, wanted: &Wanted<'_>) -> Vec<Place> {
        let mut roots = vec![store.to_owned()];
        if !self.find(store, &[THREE_TIER_MARK]).is_empty() {
            let letters: String = wanted.name.chars().take(2).collect();
            roots.splice(0..0, self.find(store, &[&letters]));
        }
        let mut places = Vec::new();
        for folder in roots.iter().flat_map(|root| self.find(root, &[wanted.name])) {
            let keys: Vec<&str> = wanted.keys.iter().map(String::as_str).collect();
            let members = if keys.is_empty() { self.all(&folder) } else { self.find(&folder, &keys) };
            for member in members {
                let pointers = self.find(&member, &[FILE_PTR]);
                let files = self.in_folder(&member, wanted.name);
                // "Not found" is no news where a pointer says where it is.
                places.extend(
                    files.into_iter().filter(|place| pointers.is_empty() || !matches!(place, Place::Nothing(_))),
                );
                places.extend(pointers.into_iter().map(Place::Pointer));
            }
        }
        if places.is_empty() {
            let key = wanted.keys.first().map_or("*", String::as_str);
            let missing = store.join(wanted.name).join(key).join(wanted.name);
            places.push(Place::nothing(&missing, Outcome::NotFound));
        }
        places
    }

    /// The file in a folder, as it is or compressed.
    fn in_folder(&self, folder: &Path, name: &str) -> Vec<Place> {
        // In a folder that is also a store, the file's name is that of a folder.
        let files = self.find(folder, &[name]).into_iter().filter(|path| !path.is_dir()).map(Place::File);
        let packed = self.find(folder, &[&packed_name(name)]).into_iter().map(Place::Packed);
        let mut places: Vec<Place> = files.chain(packed).collect();
        if places.is_empty() {
            places.push(Place::nothing(&folder.join(name), Outcome::NotFound));
        }
        places
    }
}

fn skipped(text: &str, reason: &str) -> Place {
    Place::Nothing(Attempt { path: text.to_owned(), outcome: Outcome::Skipped(reason.to_owned()) })
}
