//! Names for addresses, and addresses for names.

use super::module::Module;
use super::table::Modules;
use crate::{NamePattern, Symbol, SymbolKind};
use memory::VirtualAddress;
use std::fmt;
use std::sync::Arc;

/// The name of an address, as the debuggers write it: `nt!KeBugCheckEx+0x10`.
#[derive(Clone, Debug)]
pub struct SymbolName {
    /// The module's name; for an unloaded one its image's.
    pub module: String,
    /// The symbol at or below the address, if the module has symbols.
    pub symbol: Option<Symbol>,
    /// Bytes from the symbol to the address; without a symbol, from the module's first.
    pub displacement: u64,
    /// What the name is worth.
    pub source: NameSource,
}

/// What a name is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameSource {
    /// A private symbol.
    Private,
    /// A public symbol: what isn't public may lie between it and the address.
    Public,
    /// An export: all else lies between it and the address.
    Export,
    /// The module only.
    Module,
    /// A module that is no longer loaded.
    Unloaded,
}

/// A symbol, and where it is in the target.
#[derive(Clone, Debug)]
pub struct ResolvedSymbol {
    /// Its module.
    pub module: Arc<Module>,
    /// The symbol.
    pub symbol: Symbol,
    /// Its address.
    pub address: VirtualAddress,
}

/// Which modules a name without a module is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those whose symbols have been needed before.
    Loaded,
    /// All of them, which loads the symbols of all.
    All,
}

/// What a pattern matched.
#[derive(Clone, Debug)]
pub struct SymbolMatches {
    /// The symbols, by address.
    pub symbols: Vec<ResolvedSymbol>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// A name that leads to no address, or to several.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ResolveError {
    /// No module has that name.
    #[error("there is no module {0}")]
    NoSuchModule(String),
    /// The module has neither symbols nor exports.
    #[error("no symbols are to be had for {0}")]
    NoSymbols(String),
    /// No symbol has that name.
    #[error("couldn't resolve {0}")]
    NotFound(String),
    /// Several symbols have.
    #[error("{name} is ambiguous: {}", list(.candidates))]
    Ambiguous {
        /// The name.
        name: String,
        /// What it may mean.
        candidates: Vec<ResolvedSymbol>,
    },
}

fn list(candidates: &[ResolvedSymbol]) -> String {
    let words = |candidate: &ResolvedSymbol| format!("{candidate} at {}", candidate.address);
    candidates.iter().map(words).collect::<Vec<_>>().join(", ")
}

impl Modules {
    /// The name of an address; `None` where no module is or was. Loads the module's symbols.
    pub fn name_of(&self, address: VirtualAddress) -> Option<SymbolName> {
        let Some(module) = self.at(address) else { return self.unloaded_name_of(address) };
        let rva = module.rva(address)?;
        let name = module.name().to_owned();
        Some(match module.nearest(rva) {
            Some((symbol, displacement)) => {
                let source = match symbol.kind {
                    kind if kind.is_private() => NameSource::Private,
                    SymbolKind::Export => NameSource::Export,
                    _ => NameSource::Public,
                };
                SymbolName { module: name, symbol: Some(symbol), displacement: displacement.into(), source }
            }
            None => SymbolName { module: name, symbol: None, displacement: rva.into(), source: NameSource::Module },
        })
    }

    fn unloaded_name_of(&self, address: VirtualAddress) -> Option<SymbolName> {
        let unloaded = self.unloaded_at(address)?;
        let displacement = address.distance_from(unloaded.start)?;
        let module = unloaded.image_name.clone();
        Some(SymbolName { module, symbol: None, displacement, source: NameSource::Unloaded })
    }

    /// The symbol that `text` names: `nt!KeBugCheckEx`, or `KeBugCheckEx` in whatever module of the `scope`. Exact names
    /// come before names in another case.
    ///
    /// # Errors
    /// [`ResolveError`]: no such module or symbol, or several at different addresses.
    pub fn resolve(&self, text: &str, scope: Scope) -> Result<ResolvedSymbol, ResolveError> {
        let mut candidates = match text.split_once('!') {
            Some((module_name, name)) => {
                let module = self.by_name(module_name);
                let module = module.ok_or_else(|| ResolveError::NoSuchModule(module_name.to_owned()))?;
                let found = resolved(module, module.find(name));
                if found.is_empty() && !module.has_symbols() {
                    return Err(ResolveError::NoSymbols(module.name().to_owned()));
                }
                found
            }
            None => self.in_scope(scope).flat_map(|module| resolved(module, module.find(text))).collect(),
        };
        candidates.sort_by_key(|candidate| candidate.address);
        candidates.dedup_by_key(|candidate| candidate.address);
        let name = text.to_owned();
        match candidates.pop() {
            None => Err(ResolveError::NotFound(name)),
            Some(only) if candidates.is_empty() => Ok(only),
            Some(last) => {
                candidates.push(last);
                Err(ResolveError::Ambiguous { name, candidates })
            }
        }
    }

    /// The symbols that match `pattern`, at most `limit`: `nt!Ke*Ex`, `*!*DeviceControl`, `Ke*`. A module that is named
    /// without wildcards is loaded; others must be in the `scope`.
    pub fn search(&self, pattern: &str, limit: usize, scope: Scope) -> SymbolMatches {
        let (module_name, name) = pattern.split_once('!').unwrap_or(("*", pattern));
        let names = NamePattern::new(name);
        let modules: Vec<&Arc<Module>> = match self.by_name(module_name) {
            Some(module) => vec![module],
            None => {
                let module_names = NamePattern::new(module_name);
                self.in_scope(scope).filter(|module| module_names.matches(module.name())).collect()
            }
        };
        let mut symbols: Vec<ResolvedSymbol> = Vec::new();
        for module in modules {
            // One more than asked for tells whether there are more.
            let wanted = limit.saturating_add(1).saturating_sub(symbols.len());
            symbols.extend(resolved(module, module.search(&names, wanted)));
        }
        let more = symbols.len() > limit;
        symbols.truncate(limit);
        SymbolMatches { symbols, more }
    }

    fn in_scope(&self, scope: Scope) -> impl Iterator<Item = &Arc<Module>> {
        self.iter().filter(move |module| scope == Scope::All || module.is_loaded())
    }
}

fn resolved(module: &Arc<Module>, symbols: Vec<Symbol>) -> Vec<ResolvedSymbol> {
    let resolve = |symbol: Symbol| {
        let address = module.address(symbol.rva);
        ResolvedSymbol { module: Arc::clone(module), symbol, address }
    };
    symbols.into_iter().map(resolve).collect()
}

impl fmt::Display for SymbolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.symbol, self.source) {
            (Some(symbol), _) => write!(f, "{}!{}", self.module, symbol.name)?,
            (None, NameSource::Unloaded) => write!(f, "<Unloaded_{}>", self.module)?,
            (None, _) => f.write_str(&self.module)?,
        }
        if self.displacement == 0 { Ok(()) } else { write!(f, "+{:#x}", self.displacement) }
    }
}

impl fmt::Display for ResolvedSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}!{}", self.module.name(), self.symbol.name)
    }
}
