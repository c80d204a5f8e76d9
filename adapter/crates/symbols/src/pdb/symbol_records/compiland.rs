//! A compiland's stream: its symbols, and an index of the code that they describe.

use super::codeview::{Record, Records};
use super::globals::Global;
use super::procedure::{self, Procedure, Thunk};
use super::subsections::Subsections;
use crate::pdb::source::SourceFiles;
use crate::pdb::streams::container::Container;
use crate::pdb::streams::dbi::CompilandInfo;
use crate::pdb::streams::sections::Sections;
use crate::pdb::{Stream, SymbolFileError};
use ms_pdb::syms::SymKind;
use std::ops::Range;
use std::sync::OnceLock;

/// The symbols and lines that came from one object file.
#[derive(Debug)]
pub(crate) struct Compiland {
    stream: Stream,
    /// The symbols; records name each other by their offsets in it.
    symbols: Box<[u8]>,
    /// By RVA.
    pieces: Vec<Piece>,
    /// Those of the pieces that were moved away from their functions.
    moved: Vec<Piece>,
    /// RVAs of variables and labels, and the places of their records; also of those that functions hide. By RVA.
    variables: Vec<(u32, u32)>,
    lines: (u64, usize),
    subsections: OnceLock<Subsections>,
}

/// A piece of code.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// RVAs.
    pub(crate) code: Range<u32>,
    /// Offset of its record.
    pub(crate) place: u32,
    pub(crate) kind: PieceKind,
}

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Function,
    Thunk,
    /// Moved away from the function at this RVA.
    Separated {
        parent: u32,
    },
}

/// Pieces that were moved away from one function, at most.
const MOVED_LIMIT: usize = 256;
/// Length of the signature at the start of the stream.
const SIGNATURE_SIZE: usize = 4;

impl Compiland {
    /// Reads the symbols and finds the code that they describe. Damaged records are noted and left out.
    pub(crate) fn read(
        container: &Container,
        info: &CompilandInfo,
        sections: &Sections,
        note: impl Fn(SymbolFileError),
    ) -> Result<Option<Self>, SymbolFileError> {
        let Some(number) = info.stream else { return Ok(None) };
        let stream = Stream { role: "compiland", number };
        let symbols_size = info.symbols_size as usize;
        let symbols = container.read_part(stream, 0, symbols_size)?;
        if symbols.len() < symbols_size {
            let value = symbols_size as u64;
            let offset = symbols.len();
            note(SymbolFileError::Malformed { stream, what: "size of the symbols", offset, value });
        }
        let mut pieces = Vec::new();
        let mut variables = Vec::new();
        for record in Records::new(&symbols, SIGNATURE_SIZE) {
            match record {
                Ok(record) => match (Piece::parse(&record, sections), Global::parse(&record, sections)) {
                    (Ok(piece), Ok(global)) => {
                        pieces.extend(piece);
                        let rva = global.and_then(|global| global.kind.rva());
                        variables.extend(rva.map(|rva| (rva, place_of(&record))));
                    }
                    _ => note(damaged(stream, &record)),
                },
                Err(truncated) => note(SymbolFileError::Truncated { stream, what: "symbol records", truncated }),
            }
        }
        pieces.sort_by_key(|piece| piece.code.start);
        variables.sort_unstable();
        let is_moved = |piece: &&Piece| matches!(piece.kind, PieceKind::Separated { .. });
        let moved = pieces.iter().filter(is_moved).cloned().collect();
        let lines_at = u64::from(info.symbols_size) + u64::from(info.old_lines_size);
        let lines = (lines_at, info.lines_size as usize);
        Ok(Some(Self { stream, symbols, pieces, moved, variables, lines, subsections: OnceLock::new() }))
    }

    /// The code, by RVA.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Whether lines, or something like it, follow the symbols.
    pub(crate) fn has_lines(&self) -> bool {
        self.lines.1 > 0
    }

    /// The pieces that were moved away from a function with this code.
    pub(crate) fn moved_from(&self, function: &Range<u32>) -> impl Iterator<Item = &Piece> {
        let comes_from = |piece: &&Piece| match piece.kind {
            PieceKind::Separated { parent } => function.contains(&parent),
            _ => false,
        };
        self.moved.iter().filter(comes_from).take(MOVED_LIMIT)
    }

    /// The last piece that begins at or below an RVA; of several at the same place the first.
    pub(crate) fn piece_at_or_below(&self, rva: u32) -> Option<&Piece> {
        let end = self.pieces.partition_point(|piece| piece.code.start <= rva);
        let below = self.pieces.get(..end)?;
        let start = below.last()?.code.start;
        below.get(below.partition_point(|piece| piece.code.start < start))
    }

    /// The last variable or label that begins at or below an RVA.
    pub(crate) fn variable_at_or_below(&self, rva: u32, sections: &Sections) -> Option<Global<'_>> {
        let before = self.variables.partition_point(|&(start, _)| start <= rva).checked_sub(1)?;
        let &(_, place) = self.variables.get(before)?;
        Global::parse(&self.record(place)?, sections).ok()?
    }

    /// The record at an offset.
    pub(crate) fn record(&self, place: u32) -> Option<Record<'_>> {
        Record::at(&self.symbols, place as usize).ok()
    }

    /// The records behind one at an offset.
    pub(crate) fn records_behind(&self, place: u32) -> impl Iterator<Item = Record<'_>> {
        let start = self.record(place).map_or(usize::MAX, |record| record.end());
        Records::new(&self.symbols, start).map_while(Result::ok)
    }

    /// What follows the symbols, read on first use.
    pub(crate) fn subsections(
        &self,
        container: &Container,
        sections: &Sections,
        sources: &SourceFiles<'_>,
        note: impl Fn(SymbolFileError),
    ) -> &Subsections {
        self.subsections.get_or_init(|| {
            let (offset, length) = self.lines;
            let stream = self.stream;
            match container.read_part(stream, offset, length) {
                Ok(bytes) => Subsections::parse(&bytes, sections, sources, |at, kind| {
                    let offset = usize::try_from(offset).unwrap_or(usize::MAX).saturating_add(at);
                    let what = "subsection of lines";
                    note(SymbolFileError::Malformed { stream, what, offset, value: kind.into() });
                }),
                Err(error) => {
                    note(error);
                    Subsections::default()
                }
            }
        })
    }

    /// The error for a record that can't be understood.
    pub(crate) fn damaged(&self, record: &Record<'_>) -> SymbolFileError {
        damaged(self.stream, record)
    }
}

/// Streams are shorter than 4 GB.
fn place_of(record: &Record<'_>) -> u32 {
    u32::try_from(record.offset).unwrap_or(u32::MAX)
}

fn damaged(stream: Stream, record: &Record<'_>) -> SymbolFileError {
    let value = record.kind.into();
    SymbolFileError::Malformed { stream, what: "symbol record", offset: record.offset, value }
}

impl Piece {
    fn parse(record: &Record<'_>, sections: &Sections) -> Result<Option<Self>, memory::Truncated> {
        let place = place_of(record);
        let piece = |code: Range<u32>, kind| Some(Self { code, place, kind }).filter(|piece| !piece.code.is_empty());
        Ok(match SymKind(record.kind) {
            SymKind::S_THUNK32 => Thunk::parse(record, sections)?.and_then(|thunk| piece(thunk.code, PieceKind::Thunk)),
            SymKind::S_SEPCODE => procedure::separated(record, sections)?
                .and_then(|(code, parent)| piece(code, PieceKind::Separated { parent })),
            _ => Procedure::parse(record, sections)?.and_then(|procedure| piece(procedure.code(), PieceKind::Function)),
        })
    }
}
