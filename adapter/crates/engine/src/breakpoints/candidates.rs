//! Which modules are searched when none is named, and what was found in each.
//!
//! Symbols cost time and, on a live target, bytes on the wire. Searched are the modules whose symbols are loaded, and
//! those whose symbols surely interest the user: their symbol file lies in a folder of the symbol path rather than in a
//! store, or the source file's path names them.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Weak};
use symbols::{Module, Modules, PathElement, StoreLocation};

/// What was found in modules, as long as they stay as they are.
#[derive(Clone, Debug)]
pub(super) struct Memo<T> {
    answers: Vec<(Weak<Module>, T)>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { answers: Vec::new() }
    }
}

impl<T: Clone> Memo<T> {
    /// What `find` finds in `module`, or found before.
    pub(super) fn get_or_find(&mut self, module: &Arc<Module>, find: impl FnOnce(&Arc<Module>) -> T) -> T {
        let weak = Arc::downgrade(module);
        if let Some((_, known)) = self.answers.iter().find(|(known, _)| known.ptr_eq(&weak)) {
            return known.clone();
        }
        let found = find(module);
        self.answers.retain(|(known, _)| known.strong_count() > 0);
        self.answers.push((weak, found.clone()));
        found
    }
}

/// The modules to search; `hint` is a source file's path.
pub(super) fn modules<'m>(modules: &'m Modules, hint: Option<&str>) -> Vec<&'m Arc<Module>> {
    let own = own_folders(modules);
    let names = hint.map(path_words).unwrap_or_default();
    let interests = |module: &&Arc<Module>| {
        module.is_loaded()
            || names.contains(&module.name().to_lowercase())
            || own.iter().any(|folder| has_symbols_of(folder, module))
    };
    modules.iter().filter(interests).collect()
}

/// The folders of the symbol path that aren't stores.
fn own_folders(modules: &Modules) -> Vec<&Path> {
    let elements = modules.search_paths().symbol_path().elements.iter();
    let folders = elements.filter_map(|element| match element {
        PathElement::Folder(StoreLocation::Local(folder)) => Some(folder.as_path()),
        _ => None,
    });
    folders.collect()
}

/// Whether the folder has a symbol file that is called as the module's image.
fn has_symbols_of(folder: &Path, module: &Module) -> bool {
    let image = module.entry().image_name.rsplit(['\\', '/']).next().unwrap_or_default();
    let stem = image.rsplit_once('.').map_or(image, |(stem, _)| stem);
    let names = [format!("{stem}.pdb"), format!("{}.pdb", module.name())];
    names.iter().any(|name| folder.join(name).is_file())
}

/// The folders of a path, and its file's name without extension; in lower case.
fn path_words(path: &str) -> HashSet<String> {
    let words = path.split(['\\', '/']).map(|word| word.rsplit_once('.').map_or(word, |(stem, _)| stem));
    words.map(str::to_lowercase).collect()
}
