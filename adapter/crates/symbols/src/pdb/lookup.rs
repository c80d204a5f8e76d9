//! From names to symbols and types, and from addresses to symbols.

use super::symbol_records::codeview;
use super::symbol_records::compiland::{Piece, PieceKind};
use super::symbol_records::globals::{Global, GlobalKind};
use super::symbol_records::procedure::{Procedure, Thunk};
use super::symbol_records::undecorate::undecorate;
use super::{Constant, Symbol, SymbolFile, SymbolKind};
use crate::{NamePattern, TypeRef};

impl SymbolFile {
    /// The symbols with this name, decorated or not; private ones hide public ones at the same address.
    pub fn find(&self, name: &str) -> Vec<Symbol> {
        let Some(globals) = self.parts.globals() else { return Vec::new() };
        let named = globals.named(name, self.parts.sections(), self.machine());
        let symbols = named.filter_map(|global| self.symbol(&global)).filter(|symbol| symbol.is_called(name));
        without_hidden(symbols.collect())
    }

    /// The symbols whose names match, in the order of their addresses, at most `limit`; private ones hide public ones
    /// at the same address.
    pub fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<Symbol> {
        let Some(globals) = self.parts.globals() else { return Vec::new() };
        let matches = |global: &Global<'_>| {
            let name = String::from_utf8_lossy(global.name);
            let plain = || self.undecorated(global, &name);
            pattern.matches(&name) || plain().is_some_and(|plain| pattern.matches(&plain))
        };
        let matching = globals.all(self.parts.sections()).filter(matches);
        let mut symbols = without_hidden(matching.filter_map(|global| self.symbol(&global)).collect());
        symbols.truncate(limit);
        symbols
    }

    /// The values with this name (`S_CONSTANT`): `static const`s and, where the compiler lists them, enum values.
    pub fn find_constant(&self, name: &str) -> Vec<Constant> {
        let (Some(globals), Some(types)) = (self.parts.globals(), self.parts.types()) else { return Vec::new() };
        let named =
            globals.named(name, self.parts.sections(), self.machine()).filter(|global| global.name == name.as_bytes());
        named
            .filter_map(|global| match global.kind {
                GlobalKind::Constant { ty, value } => {
                    Some(Constant { name: name.to_owned(), value, ty: types.handle(ty) })
                }
                _ => None,
            })
            .collect()
    }

    /// The best symbol at or below an RVA, and the bytes between: the private function that it lies in, else the
    /// nearest symbol of any kind.
    pub fn nearest(&self, rva: u32) -> Option<(Symbol, u32)> {
        let mut nearest = self.nearest_global(rva);
        if let Some((index, compiland)) = self.parts.compiland_at(rva) {
            let piece = compiland.piece_at_or_below(rva);
            let code = piece.and_then(|piece| self.piece_symbol(index, piece));
            if piece.is_some_and(|piece| piece.code.contains(&rva)) && code.is_some() {
                nearest = code;
            } else {
                let variable = compiland.variable_at_or_below(rva, self.parts.sections());
                let variable = variable.and_then(|variable| self.symbol(&variable));
                let all = [nearest, variable, code].into_iter().flatten();
                nearest = all.max_by_key(|symbol| (symbol.rva, symbol.kind.is_private()));
            }
        }
        let symbol = nearest?;
        let displacement = rva.checked_sub(symbol.rva)?;
        Some((symbol, displacement))
    }

    fn nearest_global(&self, rva: u32) -> Option<Symbol> {
        let (_, same) = self.parts.globals()?.at_or_below(rva, self.parts.sections())?;
        // Of those at one address one with a type, else the first.
        same.min_by_key(|global| match global.kind {
            GlobalKind::Data { .. } => 0,
            GlobalKind::ThreadLocal { .. } => 1,
            _ => 2,
        })
        .and_then(|global| self.symbol(&global))
    }

    /// The symbol that a piece of code belongs to. A piece that was moved away from its function belongs to that, at a
    /// displacement that has no meaning: it is shown as a symbol of its own.
    fn piece_symbol(&self, compiland: usize, piece: &Piece) -> Option<Symbol> {
        let record = self.parts.compiland(compiland)?.record(piece.place)?;
        let (name, kind, ty) = match piece.kind {
            PieceKind::Thunk => (Thunk::parse(&record, self.parts.sections()).ok()??.name, SymbolKind::Thunk, None),
            PieceKind::Function => {
                let procedure = Procedure::parse(&record, self.parts.sections()).ok()??;
                (procedure.name, SymbolKind::Function, self.procedure_type(compiland, &procedure))
            }
            PieceKind::Separated { parent } => {
                let (index, compiland) = self.parts.compiland_at(parent)?;
                let function = compiland.piece_at_or_below(parent).filter(|piece| piece.kind == PieceKind::Function)?;
                let symbol = self.piece_symbol(index, function)?;
                let size = Some(piece.code.end - piece.code.start);
                return Some(Symbol { rva: piece.code.start, size, ..symbol });
            }
        };
        let size = Some(piece.code.end - piece.code.start);
        Some(Symbol { name: codeview::text(name), decorated: None, rva: piece.code.start, size, kind, ty })
    }

    /// The symbol that a global record stands for; `None` for those without an address.
    fn symbol(&self, global: &Global<'_>) -> Option<Symbol> {
        let ty = |ty| Some(self.parts.types()?.handle(ty));
        let (rva, kind, ty) = match global.kind {
            GlobalKind::Public { rva, function } => (rva?, SymbolKind::Public { function }, None),
            GlobalKind::Data { rva, ty: index } => (rva?, SymbolKind::Data, ty(index)),
            GlobalKind::ThreadLocal { rva, ty: index } => (rva?, SymbolKind::ThreadLocal, ty(index)),
            GlobalKind::Label { rva } => (rva?, SymbolKind::Label, None),
            GlobalKind::Function { compiland, place } => {
                let record = self.parts.compiland(compiland)?.record(place)?;
                let procedure = Procedure::parse(&record, self.parts.sections()).ok()??;
                let piece = Piece { code: procedure.code(), place, kind: PieceKind::Function };
                return self.piece_symbol(compiland, &piece);
            }
            GlobalKind::Typedef { .. } | GlobalKind::Constant { .. } => return None,
        };
        let raw = codeview::text(global.name);
        let size = ty.as_ref().and_then(|ty: &TypeRef| ty.size().ok()).and_then(|size| u32::try_from(size).ok());
        Some(match self.undecorated(global, &raw) {
            Some(name) => Symbol { name, decorated: Some(raw), rva, size, kind, ty },
            None => Symbol { name: raw, decorated: None, rva, size, kind, ty },
        })
    }

    /// What to show for a symbol whose name is decorated: only public ones' are.
    fn undecorated(&self, global: &Global<'_>, name: &str) -> Option<String> {
        let is_public = matches!(global.kind, GlobalKind::Public { .. });
        if is_public { undecorate(name, self.machine()) } else { None }
    }

    /// The type with this name: a struct, class, union, enum or typedef. Of several the one that is defined.
    pub fn find_type(&self, name: &str) -> Option<TypeRef> {
        let types = self.parts.types()?;
        types.find(name).or_else(|| self.find_typedef(name)).map(|index| types.handle(index))
    }

    fn find_typedef(&self, name: &str) -> Option<u32> {
        let mut named = self.parts.globals()?.named(name, self.parts.sections(), self.machine());
        named.find_map(|global| match global.kind {
            GlobalKind::Typedef { ty } if global.name == name.as_bytes() => Some(ty),
            _ => None,
        })
    }

    /// The types whose names match, in the file's order, at most `limit`. Types that share a name are all listed;
    /// those that are only declared, if there is no definition.
    pub fn search_types(&self, pattern: &NamePattern, limit: usize) -> Vec<TypeRef> {
        let Some(types) = self.parts.types() else { return Vec::new() };
        types.search(pattern, limit).into_iter().map(|index| types.handle(index)).collect()
    }
}

impl Symbol {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.decorated.as_deref() == Some(name)
    }
}

/// The symbols by address, without public ones where private ones are, and each name once for an address.
fn without_hidden(mut symbols: Vec<Symbol>) -> Vec<Symbol> {
    symbols.sort_by(|one, other| {
        let key = |symbol: &Symbol| (symbol.rva, !symbol.kind.is_private());
        key(one).cmp(&key(other)).then_with(|| one.name.cmp(&other.name))
    });
    let mut last_private = None;
    symbols.retain(|symbol| {
        if symbol.kind.is_private() {
            last_private = Some(symbol.rva);
        }
        symbol.kind.is_private() || last_private != Some(symbol.rva)
    });
    symbols.dedup_by(|one, other| one.rva == other.rva && one.name == other.name);
    symbols
}
