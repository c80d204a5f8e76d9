//! What lies between a function's record and its end: its frame, its scopes, their variables.

use super::annotations::{self, InlineRange};
use super::codeview::Record;
use super::compiland::Compiland;
use super::local::{Local, Place};
use super::procedure::{self, Procedure};
use crate::pdb::streams::sections::Sections;
use crate::pdb::{FrameProcedure, SymbolFileError};
use memory::Truncated;
use ms_pdb::syms::SymKind;
use std::ops::Range;

/// Scopes within scopes: compilers stay far below.
const DEPTH_LIMIT: usize = 256;

/// A function's body. Scope 0 is the function itself; a scope comes after the one that holds it.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    pub(crate) frame: Option<FrameProcedure>,
    pub(crate) scopes: Vec<Scope<'a>>,
}

/// A scope.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    /// The scope that holds it; `None` for the function.
    pub(crate) parent: Option<usize>,
    /// RVAs.
    pub(crate) code: Vec<Range<u32>>,
    /// If it is an inlined function.
    pub(crate) inline: Option<InlineSite>,
    pub(crate) locals: Vec<Local<'a>>,
}

/// An inlined function.
#[derive(Debug)]
pub(crate) struct InlineSite {
    /// Item id, as the compiland numbers them.
    pub(crate) inlinee: u32,
    /// Its code by lines; offsets count from the function's start.
    pub(crate) ranges: Vec<InlineRange>,
    /// RVA that the offsets count from.
    pub(crate) base: u32,
}

impl Scope<'_> {
    /// Whether an RVA lies in its own code.
    pub(crate) fn contains(&self, rva: u32) -> bool {
        self.code.iter().any(|code| code.contains(&rva))
    }
}

impl InlineSite {
    /// The range that holds an RVA.
    pub(crate) fn range_at(&self, rva: u32) -> Option<&InlineRange> {
        let offset = rva.checked_sub(self.base)?;
        self.ranges.iter().find(|range| range.code.contains(&offset))
    }

    /// RVAs of a range.
    pub(crate) fn code(&self, range: &InlineRange) -> Range<u32> {
        self.base.saturating_add(range.code.start)..self.base.saturating_add(range.code.end)
    }
}

/// What a compiland's records need to be understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) compiland: &'a Compiland,
    pub(crate) sections: &'a Sections,
    /// `IMAGE_FILE_MACHINE_*`
    pub(crate) machine: u16,
}

impl<'a> Body<'a> {
    /// Reads the records of the function at `place`, and of pieces that were moved away from it (`further`, their
    /// places). Records that are damaged are noted and left out.
    pub(crate) fn read(
        around: Surroundings<'a>,
        place: u32,
        further: &[u32],
        note: impl Fn(SymbolFileError),
    ) -> Option<Self> {
        let record = around.compiland.record(place)?;
        let procedure = Procedure::parse(&record, around.sections).ok()??;
        let function = Scope { parent: None, code: vec![procedure.code()], inline: None, locals: Vec::new() };
        let mut reader =
            Reader { around, base: procedure.start, body: Self { frame: None, scopes: vec![function] }, note: &note };
        reader.read_scopes(place);
        for &place in further {
            if let Some(record) = around.compiland.record(place) {
                reader.open(&record, 0);
                reader.read_scopes(place);
            }
        }
        Some(reader.body)
    }

    /// The scopes from one outwards, itself included.
    pub(crate) fn outwards(&self, scope: usize) -> impl Iterator<Item = (usize, &Scope<'a>)> {
        std::iter::successors(self.scopes.get(scope).map(|found| (scope, found)), |(_, scope)| {
            let parent = scope.parent?;
            Some((parent, self.scopes.get(parent)?))
        })
    }

    /// The inline sites that an RVA belongs to, innermost first.
    pub(crate) fn inline_sites_at(&self, rva: u32) -> Vec<(usize, &InlineSite)> {
        let sites = |scope| self.outwards(scope).filter_map(|(at, scope)| Some((at, scope.inline.as_ref()?)));
        let covering =
            self.scopes.iter().enumerate().filter(|(_, scope)| scope.inline.is_some() && scope.contains(rva));
        // Of several the deepest; of those the first.
        covering.map(|(at, _)| sites(at).collect::<Vec<_>>()).rev().max_by_key(Vec::len).unwrap_or_default()
    }

    /// The innermost inline site that holds a scope.
    pub(crate) fn inline_owner(&self, scope: usize) -> Option<usize> {
        self.outwards(scope).find(|(_, scope)| scope.inline.is_some()).map(|(at, _)| at)
    }
}

struct Reader<'a, 'n, N> {
    around: Surroundings<'a>,
    /// RVA of the function.
    base: u32,
    body: Body<'a>,
    note: &'n N,
}

impl<'a, N: Fn(SymbolFileError)> Reader<'a, '_, N> {
    /// Reads the records behind the one at `place` until its scope ends. Scopes go to the body's last one.
    fn read_scopes(&mut self, place: u32) {
        let mut open = vec![self.body.scopes.len() - 1];
        for record in self.around.compiland.records_behind(place) {
            let Some(&current) = open.last() else { break };
            let kind = SymKind(record.kind);
            if kind.ends_scope() {
                open.pop();
                if open.is_empty() {
                    break;
                }
            } else if matches!(kind, SymKind::S_BLOCK32 | SymKind::S_INLINESITE | SymKind::S_INLINESITE2) {
                if open.len() >= DEPTH_LIMIT {
                    (self.note)(self.around.compiland.damaged(&record));
                    break;
                }
                open.push(self.open(&record, current));
            } else if kind.is_proc() || matches!(kind, SymKind::S_SEPCODE | SymKind::S_THUNK32) {
                // The function wasn't ended.
                (self.note)(self.around.compiland.damaged(&record));
                break;
            } else if self.add(&record, current).is_err() {
                (self.note)(self.around.compiland.damaged(&record));
            }
        }
    }

    /// Adds a scope, and returns its index. One that can't be read covers no code.
    fn open(&mut self, record: &Record<'a>, parent: usize) -> usize {
        let scope = self.scope(record, parent).unwrap_or_else(|_| {
            (self.note)(self.around.compiland.damaged(record));
            Scope { parent: Some(parent), code: Vec::new(), inline: None, locals: Vec::new() }
        });
        self.body.scopes.push(scope);
        self.body.scopes.len() - 1
    }

    fn scope(&self, record: &Record<'a>, parent: usize) -> Result<Scope<'a>, Truncated> {
        let sections = self.around.sections;
        let mut fields = record.fields();
        let (code, inline) = match SymKind(record.kind) {
            SymKind::S_SEPCODE => {
                (procedure::separated(record, sections)?.map(|(code, _)| code).into_iter().collect(), None)
            }
            SymKind::S_BLOCK32 => {
                // Parent, end.
                fields.skip(8)?;
                let size = fields.u32()?;
                let start = sections.read_rva(&mut fields)?;
                (start.map(|start| start..start.saturating_add(size)).into_iter().collect(), None)
            }
            kind => {
                fields.skip(8)?;
                let inlinee = fields.u32()?;
                if kind == SymKind::S_INLINESITE2 {
                    let _invocations = fields.u32()?;
                }
                let ranges = annotations::decode(fields.take(fields.remaining())?)?;
                let site = InlineSite { inlinee, ranges, base: self.base };
                (merged(site.ranges.iter().map(|range| site.code(range)).collect()), Some(site))
            }
        };
        Ok(Scope { parent: Some(parent), code, inline, locals: Vec::new() })
    }

    /// Takes a record of the current scope: a variable, where the last variable is, or the frame.
    fn add(&mut self, record: &Record<'a>, current: usize) -> Result<(), Truncated> {
        let Surroundings { sections, machine, .. } = self.around;
        if SymKind(record.kind) == SymKind::S_FRAMEPROC {
            self.body.frame = Some(frame(record, machine)?);
            return Ok(());
        }
        let Some(scope) = self.body.scopes.get_mut(current) else { return Ok(()) };
        if let Some(local) = Local::parse(record, sections, base_register(machine, FRAME_POINTER).unwrap_or(0))? {
            scope.locals.push(local);
        } else if let Some(local) = scope.locals.last_mut() {
            local.places.extend(Place::parse(record, sections)?);
        }
        Ok(())
    }
}

/// `S_FRAMEPROC`
fn frame(record: &Record<'_>, machine: u16) -> Result<FrameProcedure, Truncated> {
    let mut fields = record.fields();
    let size = fields.u32()?;
    let [_padding, _padding_offset] = [fields.u32()?, fields.u32()?];
    let saved_registers_size = fields.u32()?;
    // Exception handler: offset, section.
    fields.skip(6)?;
    let flags = fields.u32()?;
    let local_base = base_register(machine, flags >> 14 & 3);
    let parameter_base = base_register(machine, flags >> 16 & 3);
    Ok(FrameProcedure { size, saved_registers_size, local_base, parameter_base, flags })
}

/// Which register a frame counts from (`encodedLocalBasePointer`): none, the stack pointer, the frame pointer, or one
/// that is set aside.
fn base_register(machine: u16, encoded: u32) -> Option<u16> {
    let [stack, frame, other] = match machine {
        // CV_ALLREG_VFRAME, CV_REG_EBP, CV_REG_EBX
        0x14c => [30006, 22, 20],
        // CV_AMD64_RSP, CV_AMD64_RBP, CV_AMD64_R13
        0x8664 => [335, 334, 341],
        // CV_ARM64_SP, CV_ARM64_FP
        0xaa64 => [81, 79, 0],
        _ => [0; 3],
    };
    let register = match encoded {
        1 => stack,
        FRAME_POINTER => frame,
        3 => other,
        _ => 0,
    };
    (register != 0).then_some(register)
}

const FRAME_POINTER: u32 = 2;

/// Ranges in order; those that touch become one.
fn merged(mut ranges: Vec<Range<u32>>) -> Vec<Range<u32>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<u32>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
