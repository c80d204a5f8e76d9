//! From what was asked for to where it is.

use super::candidates::{self, Memo};
use super::location::{LoadedModule, Location, SourcePlace, Unresolved};
use super::source_line::{self, Found};
use super::spec::{Expression, SourceLineSpec, Spec};
use super::table::{Breakpoint, What};
use crate::evaluate::{self, EvaluateError, Problem, Scope, Syntax};
use crate::session::Session;
use crate::session_scope::SessionScope;
use arch::debug_registers::{Access, Watched};
use arch::{Architecture, Machine};
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::{Module, Modules, NamePattern, Symbol, SymbolKind, SymbolStatus};

/// Most locations of one breakpoint: a target's kernel holds as many breakpoints in all (MS-documented "bp, bu, bm": in
/// kernel mode, you can set only 32 breakpoints).
pub const MAX_LOCATIONS: usize = 32;

/// What resolution looks at.
pub(super) struct Surroundings<'a> {
    pub(super) architecture: &'static dyn Architecture,
    pub(super) modules: &'a Modules,
    /// Folders of sources: in symbol files, and here.
    pub(super) source_map: &'a [(String, String)],
    /// What expressions are evaluated in.
    pub(super) session: &'a Session,
}

/// What was found in each module so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Memos {
    lines: Memo<Found>,
    /// Addresses of functions.
    functions: Memo<Vec<VirtualAddress>>,
}

impl Breakpoint {
    /// Looks for the breakpoint again. Answers what has changed, if anything.
    pub(super) fn resolve(&mut self, around: &Surroundings<'_>) -> Option<What> {
        let found = self.find(around).and_then(|locations| match locations.len() {
            count if count > MAX_LOCATIONS => Err(Unresolved::TooMany { count, most: MAX_LOCATIONS }),
            _ => Ok(locations),
        });
        let (locations, unresolved) = match found {
            Ok(locations) => (locations, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let what = match (self.locations.is_empty(), locations.is_empty()) {
            (true, false) => Some(What::Verified),
            (false, true) => Some(What::Lost),
            (false, false) if self.locations != locations => Some(What::Moved),
            (true, true) if self.unresolved != unresolved => Some(What::StillUnresolved),
            _ => None,
        };
        (self.locations, self.unresolved) = (locations, unresolved);
        what
    }

    fn find(&mut self, around: &Surroundings<'_>) -> Result<Vec<Location>, Unresolved> {
        if let Some(kept) = self.keep(around) {
            return kept;
        }
        match &self.spec {
            Spec::Address(address) => Ok(vec![around.location(*address)]),
            Spec::Expression(expression) => Ok(vec![around.location(around.address(expression)?)]),
            Spec::Pattern(pattern) => around.functions(pattern, &mut self.memos.functions),
            Spec::SourceLine(line) => around.line(line, &mut self.memos.lines),
            Spec::Data { at, size, access } => {
                let (size, access) = (*size, *access);
                let machine = around.architecture.machine();
                if !matches!(machine, Machine::Amd64 | Machine::X86) {
                    return Err(Unresolved::NoDebugRegisters(machine));
                }
                let address = around.address(at)?;
                Watched { address, size, access }.check(around.architecture.pointer_size())?;
                let port = Location { address, module: None, line: None };
                Ok(vec![if access == Access::Io { port } else { around.location(address) }])
            }
        }
    }

    /// An address that was found once stays, and ends with the module that it is in.
    fn keep(&self, around: &Surroundings<'_>) -> Option<Result<Vec<Location>, Unresolved>> {
        let is_fixed = match &self.spec {
            Spec::Address(_) => true,
            Spec::Expression(expression) | Spec::Data { at: expression, .. } => !expression.follows,
            Spec::Pattern(_) | Spec::SourceLine(_) => false,
        };
        if !is_fixed {
            return None;
        }
        if let Some(gone) = self.unresolved.as_ref().filter(|why| why.is_gone()) {
            return Some(Err(gone.clone()));
        }
        let location = self.locations.first()?;
        let gone = location.module.as_ref().filter(|module| !around.is_loaded(module));
        Some(gone.map_or_else(|| Ok(self.locations.clone()), |module| Err(Unresolved::Unloaded(module.clone()))))
    }
}

impl Surroundings<'_> {
    fn is_loaded(&self, module: &LoadedModule) -> bool {
        self.modules.at(module.base).is_some_and(|at| at.base() == module.base && at.name() == module.name)
    }

    /// A location, with its source line if that costs nothing.
    fn location(&self, address: VirtualAddress) -> Location {
        let Some(module) = self.modules.at(address) else { return Location { address, module: None, line: None } };
        let symbols = if module.is_loaded() { module.symbols() } else { None };
        let line = symbols.zip(module.rva(address)).and_then(|(symbols, rva)| symbols.line_at(rva));
        let line = line.map(|line| SourcePlace {
            file: line.file.name.clone(),
            line: line.line,
            column: line.column.map(u32::from),
            same_path: true,
        });
        let module = LoadedModule { name: module.name().to_owned(), base: module.base() };
        Location { address, module: Some(module), line }
    }

    fn address(&self, expression: &Expression) -> Result<VirtualAddress, Unresolved> {
        let Expression { text, syntax, follows } = expression;
        let named = Spec::Expression(expression.clone());
        if let Some(module) = named.module() {
            self.named(module)?;
        }
        // Finding the current frame costs a walk of the stack: only what may refer to it is evaluated in it.
        let needs_frame = *syntax == Syntax::Cpp || text.contains('@') || (!follows && named.module().is_none());
        let number = match number(text, *syntax, &SessionScope::new(self.session, None)) {
            Err(_) if needs_frame => number(text, *syntax, &self.session.expression_scope()),
            other => other,
        };
        Ok(evaluate::target_address(number?, self.architecture.pointer_size() as u8))
    }

    /// The module of that name.
    fn named(&self, name: &str) -> Result<&Arc<Module>, Unresolved> {
        self.modules.by_name(name).ok_or_else(|| Unresolved::ModuleNotLoaded(name.to_owned()))
    }

    fn functions(&self, pattern: &str, memo: &mut Memo<Vec<VirtualAddress>>) -> Result<Vec<Location>, Unresolved> {
        let (module, name) = match pattern.split_once('!') {
            Some((module, name)) => (NamePattern::new(module.trim()), name.trim()),
            None => (NamePattern::new("*"), pattern),
        };
        let searched = match module.literal() {
            Some(name) => vec![self.named(name)?],
            None => candidates::modules(self.modules, None),
        };
        let names = NamePattern::for_symbols(name);
        let mut addresses = Vec::new();
        for searched in searched.into_iter().filter(|searched| module.matches(searched.name())) {
            addresses.extend(memo.get_or_find(searched, |searched| functions_of(searched, &names)));
        }
        addresses.sort_unstable();
        addresses.dedup();
        let without_symbols = module.literal().and_then(|name| self.modules.by_name(name));
        match without_symbols.filter(|module| addresses.is_empty() && *module.symbol_status() == SymbolStatus::None) {
            Some(module) => Err(Unresolved::NoSymbols(module.name().to_owned())),
            None if addresses.is_empty() => Err(Unresolved::NoFunction(pattern.to_owned())),
            None => Ok(addresses.into_iter().map(|address| self.location(address)).collect()),
        }
    }

    fn line(&self, line: &SourceLineSpec, memo: &mut Memo<Found>) -> Result<Vec<Location>, Unresolved> {
        let searched = match &line.module {
            Some(name) => vec![self.named(name)?],
            None => candidates::modules(self.modules, Some(&line.file)),
        };
        let find = |module: &Arc<Module>| source_line::find(module, line, self.source_map);
        let found: Vec<Found> = searched.into_iter().map(|module| memo.get_or_find(module, find)).collect();
        source_line::choose(&found, line)
    }
}

/// The number that all of a text stands for.
fn number(text: &str, syntax: Syntax, scope: &dyn Scope) -> Result<u64, EvaluateError> {
    let (number, rest) = evaluate::evaluate_number_prefix(text, syntax, scope)?;
    match rest.trim_start() {
        "" => Ok(number),
        rest => {
            let at = text.len() - rest.len();
            Err(EvaluateError { expression: text.to_owned(), at, problem: Problem::ExtraCharacters })
        }
    }
}

/// Where a module's functions with matching names begin: one more than a breakpoint may have tells that there are more.
fn functions_of(module: &Arc<Module>, names: &NamePattern) -> Vec<VirtualAddress> {
    let functions = match names.literal() {
        Some(name) => module.find(name),
        None => module.search(names, usize::MAX),
    };
    let functions = functions.into_iter().filter(|symbol| is_function(module, symbol));
    functions.map(|symbol| module.address(symbol.rva)).take(MAX_LOCATIONS * 4).collect()
}

/// A breakpoint in data would destroy it: public symbols and exports don't say what they are, but sections do.
fn is_function(module: &Module, symbol: &Symbol) -> bool {
    match symbol.kind {
        SymbolKind::Function | SymbolKind::Public { function: true } => true,
        SymbolKind::Public { function: false } | SymbolKind::Export => {
            let section = module.header().ok().and_then(|header| header.section_at(symbol.rva));
            section.is_some_and(|section| section.is_executable())
        }
        SymbolKind::Data | SymbolKind::ThreadLocal | SymbolKind::Thunk | SymbolKind::Label => false,
    }
}
