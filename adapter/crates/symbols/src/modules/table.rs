//! The table of modules: by address, and by name.

use super::module::{Module, ModuleEntry, TargetMemory};
use crate::file_name::module_name;
use crate::{NamePattern, SymbolSearch};
use memory::VirtualAddress;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The modules of a target, sorted by address. What was handed out stays valid when the table changes.
///
/// Lookups take `&self` and may load symbols; the table is `Send` and `Sync`.
pub struct Modules {
    pub(super) memory: TargetMemory,
    search: Arc<SymbolSearch>,
    by_base: BTreeMap<VirtualAddress, Arc<Module>>,
    /// Base addresses by name in lower case.
    by_name: HashMap<String, VirtualAddress>,
    /// The number that the next module of a name gets, by name in lower case.
    repeats: HashMap<String, u32>,
    unloaded: Vec<UnloadedModule>,
    prefer_images: bool,
}

/// A module that is no longer loaded: return addresses may still lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnloadedModule {
    /// File name of the image: `dump_dumpfve.sys`.
    pub image_name: String,
    /// First address that it had.
    pub start: VirtualAddress,
    /// The address behind its last.
    pub end: VirtualAddress,
}

impl std::fmt::Debug for Modules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Modules")
            .field("modules", &self.by_base)
            .field("unloaded", &self.unloaded)
            .finish_non_exhaustive()
    }
}

impl Modules {
    /// A table without modules, whose modules will be read from `memory`, and their files be looked for by `search`.
    pub fn new(memory: TargetMemory, search: Arc<SymbolSearch>) -> Self {
        let (by_base, by_name, repeats) = (BTreeMap::new(), HashMap::new(), HashMap::new());
        Self { memory, search, by_base, by_name, repeats, unloaded: Vec::new(), prefer_images: false }
    }

    /// Modules that are added from now on take headers, code and unwind data from their images' files where these match, and
    /// only what the files lack from memory: reading a live target's takes long.
    pub fn prefer_images(&mut self) {
        self.prefer_images = true;
    }

    /// Adds a module, in place of one at the same address.
    pub fn add(&mut self, entry: ModuleEntry) -> Arc<Module> {
        self.remove(entry.base);
        let name = match module_name(&entry.image_name) {
            // The loader's entry is there, but its name couldn't be read.
            unnamed if unnamed.is_empty() => format!("Unknown_Module_{:016x}", entry.base.0),
            name => name,
        };
        let name = self.free_name(name);
        self.insert(name, entry, false)
    }

    /// Takes a module out (`.reload /u`).
    pub fn remove(&mut self, base: VirtualAddress) -> Option<Arc<Module>> {
        let module = self.by_base.remove(&base)?;
        self.by_name.remove(&module.name().to_lowercase());
        Some(module)
    }

    /// Makes the table hold just these modules. One that is there already (same address, size and time stamp, as far as
    /// known) stays, and keeps its symbols.
    pub fn set_loaded(&mut self, entries: impl IntoIterator<Item = ModuleEntry>) {
        let mut known = std::mem::take(&mut self.by_base);
        self.by_name.clear();
        self.repeats.clear();
        let mut new = Vec::new();
        for entry in entries {
            match known.remove(&entry.base).filter(|module| is_same(module.entry(), &entry)) {
                Some(module) => self.keep(module),
                None => new.push(entry),
            }
        }
        for entry in new {
            self.add(entry);
        }
    }

    /// Sets the list of unloaded modules.
    pub fn set_unloaded(&mut self, unloaded: Vec<UnloadedModule>) {
        self.unloaded = unloaded;
    }

    /// Looks along other paths from now on (`.sympath`, `.exepath`). Modules that have been loaded stay as they are
    /// until they are reloaded.
    pub fn set_search(&mut self, search: Arc<SymbolSearch>) {
        self.search = search;
        let deferred: Vec<_> = self.by_base.values().filter(|module| module.is_deferred()).map(Arc::clone).collect();
        for module in deferred {
            self.renew(&module, module.force);
        }
    }

    /// Where files are looked for.
    pub fn search_paths(&self) -> &Arc<SymbolSearch> {
        &self.search
    }

    /// Makes the module at `base` deferred again (`.reload name`); with `force` it will take files that don't match
    /// (`.reload /i name`). `None` when there is none.
    pub fn reload(&mut self, base: VirtualAddress, force: bool) -> Option<Arc<Module>> {
        self.search.refresh();
        let module = Arc::clone(self.by_base.get(&base)?);
        Some(self.renew(&module, force))
    }

    /// Makes all modules deferred again (`.reload`).
    pub fn reload_all(&mut self, force: bool) {
        self.search.refresh();
        let modules: Vec<_> = self.iter().map(Arc::clone).collect();
        for module in modules {
            self.renew(&module, force);
        }
    }

    /// The modules, by address.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.by_base.values()
    }

    /// Number of modules.
    pub fn len(&self) -> usize {
        self.by_base.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_base.is_empty()
    }

    /// The module that an address lies in.
    pub fn at(&self, address: VirtualAddress) -> Option<&Arc<Module>> {
        let (_, module) = self.by_base.range(..=address).next_back()?;
        module.rva(address).is_some().then_some(module)
    }

    /// The module of that name, in any case.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Module>> {
        self.by_base.get(self.by_name.get(&name.to_lowercase())?)
    }

    /// The modules whose names match, by address (`lm m pattern`).
    pub fn matching(&self, pattern: &NamePattern) -> impl Iterator<Item = &Arc<Module>> {
        self.iter().filter(|module| pattern.matches(module.name()))
    }

    /// Modules that are no longer loaded, in the order in which they were set.
    pub fn unloaded(&self) -> &[UnloadedModule] {
        &self.unloaded
    }

    /// The unloaded module that an address lay in: of several the last one in the list.
    pub fn unloaded_at(&self, address: VirtualAddress) -> Option<&UnloadedModule> {
        self.unloaded.iter().rev().find(|module| module.start <= address && address < module.end)
    }

    /// A new, deferred module in place of this one.
    fn renew(&mut self, module: &Module, force: bool) -> Arc<Module> {
        self.insert(module.name().to_owned(), module.entry().clone(), force)
    }

    fn insert(&mut self, name: String, entry: ModuleEntry, force: bool) -> Arc<Module> {
        let mut module = Module::new(name, entry, Arc::clone(&self.memory), Arc::clone(&self.search), force);
        module.prefer_image = self.prefer_images;
        let module = Arc::new(module);
        self.keep(Arc::clone(&module));
        module
    }

    fn keep(&mut self, module: Arc<Module>) {
        self.by_name.insert(module.name().to_lowercase(), module.base());
        self.by_base.insert(module.base(), module);
    }

    /// The name itself, or with a number where it is taken: `name_1`.
    fn free_name(&mut self, name: String) -> String {
        let mut free = name.clone();
        while self.by_name.contains_key(&free.to_lowercase()) {
            let repeat = self.repeats.entry(name.to_lowercase()).or_default();
            *repeat = repeat.saturating_add(1);
            free = format!("{name}_{repeat}");
        }
        free
    }
}

fn is_same(known: &ModuleEntry, entry: &ModuleEntry) -> bool {
    let stamps_agree = match (known.time_date_stamp, entry.time_date_stamp) {
        (Some(known), Some(stamp)) => known == stamp,
        _ => true,
    };
    let names_agree = module_name(&known.image_name).eq_ignore_ascii_case(&module_name(&entry.image_name));
    known.base == entry.base && known.size == entry.size && stamps_agree && names_agree
}
