//! Functions, the functions inlined into them, and their variables.

use super::symbol_records::body::{Body, InlineSite, Surroundings};
use super::symbol_records::codeview;
use super::symbol_records::compiland::{Compiland, PieceKind};
use super::symbol_records::live_range::LiveRange;
use super::symbol_records::local::Local;
use super::symbol_records::procedure::Procedure;
use super::type_records::items::FunctionId;
use super::{FrameProcedure, Function, InlineFrame, Location, SourceLine, SymbolFile, Variable, VariableRole};
use crate::{BaseKind, BaseType, Shape, TypeRef};

/// A function and the compiland that describes it.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) index: usize,
    pub(super) compiland: &'a Compiland,
    /// Offset of its record.
    place: u32,
}

impl SymbolFile {
    /// The function with private information that an RVA lies in.
    pub fn function_at(&self, rva: u32) -> Option<Function> {
        let found = self.found_at(rva)?;
        self.function(found)
    }

    /// All functions with private information, by their RVA. Reads the whole file.
    pub fn functions(&self) -> Vec<Function> {
        let mut functions: Vec<_> = self.all_found().filter_map(|found| self.function(found)).collect();
        functions.sort_by_key(|function| function.ranges.first().map(|code| code.start));
        functions
    }

    /// The inlined functions that an RVA belongs to, innermost first; the function that holds them isn't among them.
    pub fn inline_frames(&self, rva: u32) -> Vec<InlineFrame> {
        let Some((found, body)) = self.body_at(rva) else { return Vec::new() };
        let sites = body.inline_sites_at(rva);
        let lines: Vec<_> = sites.iter().map(|(_, site)| self.inline_line(found, site, rva)).collect();
        let function_line = self.function_line(found, rva);
        let callers = lines.iter().skip(1).cloned().chain([function_line]);
        let frames = sites.iter().zip(lines.iter().cloned()).zip(callers);
        frames
            .map(|((&(scope, site), line), call_site)| {
                let function = self.inlinee(found, site);
                let ty = function.as_ref().and_then(|function| Some(self.parts.types()?.handle(function.ty)));
                let name = function.map(|function| function.name);
                let name = name.unwrap_or_else(|| format!("<inlined function {:#x}>", site.inlinee));
                let ranges = body.scopes.get(scope).map(|scope| scope.code.clone()).unwrap_or_default();
                InlineFrame { name, ty, ranges, line, call_site }
            })
            .collect()
    }

    /// The variables of the function at an RVA, in whose scope the RVA lies: parameters first, then from the outermost
    /// block inwards. Not those of inlined functions.
    pub fn variables(&self, rva: u32) -> Vec<Variable> {
        let Some((found, body)) = self.body_at(rva) else { return Vec::new() };
        self.variables_in(found, &body, None, rva)
    }

    /// The same for the inlined function that is `inline_frames(rva)[inline]`.
    pub fn variables_of(&self, rva: u32, inline: usize) -> Vec<Variable> {
        let Some((found, body)) = self.body_at(rva) else { return Vec::new() };
        let Some(&(scope, _)) = body.inline_sites_at(rva).get(inline) else { return Vec::new() };
        self.variables_in(found, &body, Some(scope), rva)
    }

    fn variables_in(&self, found: Found<'_>, body: &Body<'_>, inline: Option<usize>, rva: u32) -> Vec<Variable> {
        let visible = body.scopes.iter().enumerate().filter(|&(at, scope)| {
            let is_frame = Some(at) == inline || scope.parent.is_none();
            body.inline_owner(at) == inline
                && (is_frame || body.outwards(at).all(|(at, _)| self.is_open(body, at, rva)))
        });
        let mut unlabelled_parameters = self.parameter_count(found).filter(|_| inline.is_none()).unwrap_or(0);
        let mut variables = Vec::new();
        for (at, scope) in visible {
            for local in &scope.locals {
                // Records of unoptimized code don't say what is a parameter: those come first.
                let role = local.role.unwrap_or_else(|| {
                    let is_parameter = at == 0 && unlabelled_parameters > 0;
                    unlabelled_parameters = unlabelled_parameters.saturating_sub(usize::from(is_parameter));
                    if is_parameter { VariableRole::Parameter } else { VariableRole::Local }
                });
                let location = location(local, role, body.frame.as_ref(), rva);
                let ty = self.local_type(found, local.ty);
                variables.push(Variable { name: codeview::text(local.name), ty, role, location });
            }
        }
        variables.sort_by_key(|variable| variable.role != VariableRole::Parameter);
        variables
    }

    /// Whether a scope's variables can be seen at an RVA.
    fn is_open(&self, body: &Body<'_>, scope: usize, rva: u32) -> bool {
        body.scopes.get(scope).is_some_and(|scope| scope.parent.is_none() || scope.contains(rva))
    }

    fn local_type(&self, found: Found<'_>, index: u32) -> TypeRef {
        let handle = || Some(self.parts.types()?.handle(self.parts.global_index(found.compiland, index)?));
        handle().unwrap_or(TypeRef::Base(BaseType { kind: BaseKind::None, size: 0 }))
    }

    /// How many parameters the function has, with `this`.
    fn parameter_count(&self, found: Found<'_>) -> Option<usize> {
        let procedure = self.procedure(found)?;
        let Shape::Function { parameters, this, .. } = self.procedure_type(found.index, &procedure)?.shape().ok()?
        else {
            return None;
        };
        Some(parameters.len() + usize::from(this.is_some()))
    }

    /// The type of a function.
    pub(super) fn procedure_type(&self, compiland: usize, procedure: &Procedure<'_>) -> Option<TypeRef> {
        let index = self.parts.global_index(self.parts.compiland(compiland)?, procedure.ty)?;
        let types = self.parts.types()?;
        if !procedure.type_is_item {
            // Assembler's functions have none.
            return (index != 0).then(|| types.handle(index));
        }
        let function = self.parts.items()?.function(index, Some(types));
        self.parts.problems.good(function)?.map(|function| types.handle(function.ty))
    }

    fn procedure<'a>(&'a self, found: Found<'a>) -> Option<Procedure<'a>> {
        Procedure::parse(&found.compiland.record(found.place)?, self.parts.sections()).ok()?
    }

    fn function(&self, found: Found<'_>) -> Option<Function> {
        let procedure = self.procedure(found)?;
        let code = procedure.code();
        let is_said = procedure.debug_end != 0;
        let at = |offset: u32| is_said.then(|| code.start.saturating_add(offset.min(procedure.size)));
        let body = self.body(found);
        let moved = found.compiland.moved_from(&code).map(|piece| piece.code.clone());
        Some(Function {
            name: codeview::text(procedure.name),
            ranges: std::iter::once(code.clone()).chain(moved).collect(),
            debug_start: at(procedure.debug_start),
            debug_end: at(procedure.debug_end),
            ty: self.procedure_type(found.index, &procedure),
            global: procedure.global,
            no_return: procedure.no_return,
            frame: body.and_then(|body| body.frame),
        })
    }

    /// The function whose code, moved away or not, an RVA lies in.
    fn found_at(&self, rva: u32) -> Option<Found<'_>> {
        let (index, compiland) = self.parts.compiland_at(rva)?;
        let piece = compiland.piece_at_or_below(rva).filter(|piece| piece.code.contains(&rva))?;
        match piece.kind {
            PieceKind::Function => Some(Found { index, compiland, place: piece.place }),
            PieceKind::Separated { parent } => {
                let parent = compiland.piece_at_or_below(parent).filter(|piece| piece.code.contains(&parent))?;
                let is_function = parent.kind == PieceKind::Function;
                is_function.then_some(Found { index, compiland, place: parent.place })
            }
            PieceKind::Thunk => None,
        }
    }

    /// All functions, compiland by compiland.
    pub(super) fn all_found(&self) -> impl Iterator<Item = Found<'_>> {
        self.parts.compilands().flat_map(|(index, compiland)| functions_of(index, compiland))
    }

    /// The function at an RVA, and its body.
    pub(super) fn body_at(&self, rva: u32) -> Option<(Found<'_>, Body<'_>)> {
        let found = self.found_at(rva)?;
        Some((found, self.body(found)?))
    }

    /// Reads a function's body.
    pub(super) fn body<'a>(&'a self, found: Found<'a>) -> Option<Body<'a>> {
        let machine = self.machine().unwrap_or(0);
        let around = Surroundings { compiland: found.compiland, sections: self.parts.sections(), machine };
        let code = self.procedure(found)?.code();
        let moved: Vec<u32> = found.compiland.moved_from(&code).map(|piece| piece.place).collect();
        Body::read(around, found.place, &moved, |problem| self.parts.problems.note(problem))
    }

    /// The function that was inlined at a site.
    fn inlinee(&self, found: Found<'_>, site: &InlineSite) -> Option<FunctionId> {
        let item = self.parts.global_index(found.compiland, site.inlinee)?;
        let types = self.parts.types().map(|types| &**types);
        self.parts.problems.good(self.parts.items()?.function(item, types))?
    }

    /// The line of the function's own source at an RVA: where code is inlined, that of the call.
    pub(super) fn function_line(&self, found: Found<'_>, rva: u32) -> Option<SourceLine> {
        self.source_line(found.compiland, self.parts.subsections(found.compiland).line_at(rva)?)
    }
}

/// The functions of a compiland.
pub(super) fn functions_of(index: usize, compiland: &Compiland) -> impl Iterator<Item = Found<'_>> {
    let functions = compiland.pieces().iter().filter(|piece| piece.kind == PieceKind::Function);
    functions.map(move |piece| Found { index, compiland, place: piece.place })
}

/// Where a variable is at an RVA of its scope.
fn location(local: &Local<'_>, role: VariableRole, frame: Option<&FrameProcedure>, rva: u32) -> Location {
    let base = frame.and_then(|frame| match role {
        VariableRole::Parameter => frame.parameter_base,
        _ => frame.local_base,
    });
    let resolved = |location: &Location| match (location, base) {
        (&Location::FrameRelative { offset }, Some(register)) => Location::RegisterRelative { register, offset },
        (location, _) => location.clone(),
    };
    let live: Vec<_> = local.places.iter().filter(|place| place.live.contains(rva)).collect();
    if live.is_empty() {
        return if local.places.is_empty() { Location::OptimizedAway } else { Location::NotLiveHere };
    }
    // Of several the one that is for this code: a slot on the stack for the whole scope may not be written yet.
    let whole =
        live.iter().filter(|place| place.part.is_none()).min_by_key(|place| place.live == LiveRange::WholeScope);
    if let Some(whole) = whole {
        return resolved(&whole.location);
    }
    let mut pieces: Vec<super::Piece> = live
        .iter()
        .filter_map(|place| Some(super::Piece { offset: place.part?, location: resolved(&place.location) }))
        .collect();
    pieces.sort_by_key(|piece| piece.offset);
    pieces.dedup_by_key(|piece| piece.offset);
    Location::Split(pieces)
}
