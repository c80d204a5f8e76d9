//! What follows the symbols in a compiland's stream (`C13`, `DEBUG_S_*`): lines, source files, where inlined functions
//! were written, and references to other compilands.

use super::codeview;
use crate::pdb::source::SourceFiles;
use crate::pdb::streams::sections::Sections;
use crate::pdb::{Checksum, SourceFile, SourceFileId};
use memory::{Cursor, Truncated};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// The subsections of one compiland.
#[derive(Debug, Default)]
pub(crate) struct Subsections {
    /// Code and lines, by RVA; ranges don't overlap.
    pub(crate) lines: Vec<LineEntry>,
    /// Source files by the offsets that lines name them with.
    pub(crate) files: BTreeMap<u32, Arc<SourceFile>>,
    /// By item id: the file (offset) and line where an inlined function begins.
    pub(crate) inlinees: BTreeMap<u32, (u32, u32)>,
    /// For each compiland that this one refers to: its object's name (an offset in `/names`), and the ids there.
    pub(crate) imports: Vec<(u32, Vec<u32>)>,
    /// Ids that others use, and what they are in the whole file.
    pub(crate) exports: BTreeMap<u32, u32>,
}

/// Code that came from one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineEntry {
    pub(crate) code: Range<u32>,
    /// Offset that names the file.
    pub(crate) file: u32,
    pub(crate) line: u32,
    pub(crate) column: Option<u16>,
}

const LINES: u32 = 0xf2;
const FILE_CHECKSUMS: u32 = 0xf4;
const INLINEE_LINES: u32 = 0xf6;
const CROSS_SCOPE_IMPORTS: u32 = 0xf7;
const CROSS_SCOPE_EXPORTS: u32 = 0xf8;

/// Line numbers that stand for "none": code that a debugger should step over, or into.
const NO_LINE: [u32; 2] = [0xfe_efee, 0xf0_0f00];

impl Subsections {
    /// Reads all subsections: kind, size, contents, padded to a multiple of four. Of a damaged one what comes before the
    /// damage is kept, and `note` called with its offset and kind.
    pub(crate) fn parse(
        bytes: &[u8],
        sections: &Sections,
        sources: &SourceFiles<'_>,
        note: impl Fn(usize, u32),
    ) -> Self {
        let mut subsections = Self::default();
        let mut cursor = Cursor::new(bytes);
        while cursor.remaining() > 0 {
            let offset = cursor.offset();
            let Ok((kind, contents)) = next_subsection(&mut cursor) else {
                note(offset, 0);
                break;
            };
            let read = match kind {
                LINES => subsections.read_lines(contents, sections),
                FILE_CHECKSUMS => subsections.read_files(contents, sources),
                INLINEE_LINES => subsections.read_inlinees(contents),
                CROSS_SCOPE_IMPORTS => subsections.read_imports(contents),
                CROSS_SCOPE_EXPORTS => subsections.read_exports(contents),
                // Others say nothing that is asked for; DEBUG_S_IGNORE (the highest bit) hides any.
                _ => Ok(()),
            };
            if read.is_err() {
                note(offset, kind);
            }
        }
        subsections.lines.sort_by_key(|entry| entry.code.start);
        // What begins within the one before ends it.
        let starts: Vec<u32> = subsections.lines.iter().skip(1).map(|entry| entry.code.start).collect();
        for (entry, next) in subsections.lines.iter_mut().zip(starts) {
            entry.code.end = entry.code.end.min(next);
        }
        subsections.lines.retain(|entry| !entry.code.is_empty() && !NO_LINE.contains(&entry.line));
        subsections
    }

    /// Where the code begins (offset, section), flags, bytes of code; then blocks, each of one file: file, number of
    /// lines, size; the lines (offset, and line in 24 bits); if the flags say so, columns (start, end).
    fn read_lines(&mut self, mut cursor: Cursor<'_>, sections: &Sections) -> Result<(), Truncated> {
        const HAS_COLUMNS: u16 = 1;
        let offset = cursor.u32()?;
        let segment = cursor.u16()?;
        let has_columns = cursor.u16()? & HAS_COLUMNS != 0;
        let size = cursor.u32()?;
        let Some(start) = sections.rva(segment, offset) else { return Ok(()) };
        let end = start.saturating_add(size);
        let first = self.lines.len();
        while cursor.remaining() > 0 {
            let file = cursor.u32()?;
            let count = cursor.u32()? as usize;
            let _block_size = cursor.u32()?;
            let mut lines = Cursor::new(cursor.take(count.saturating_mul(8))?);
            let mut columns = Cursor::new(if has_columns { cursor.take(count.saturating_mul(4))? } else { &[] });
            while lines.remaining() > 0 {
                let start = start.saturating_add(lines.u32()?);
                let line = lines.u32()? & 0xff_ffff;
                let column = if has_columns { Some(columns.u16()?).filter(|&column| column != 0) } else { None };
                if has_columns {
                    columns.skip(2)?;
                }
                self.lines.push(LineEntry { code: start..end, file, line, column });
            }
        }
        // Blocks of different files interleave. A line ends where the next one begins.
        let added = self.lines.get_mut(first..).unwrap_or_default();
        added.sort_by_key(|entry| entry.code.start);
        let starts: Vec<u32> = added.iter().skip(1).map(|entry| entry.code.start).collect();
        for (entry, next) in added.iter_mut().zip(starts) {
            entry.code.end = next;
        }
        Ok(())
    }

    /// Offset of the name, size and kind of the checksum, the checksum, padded to a multiple of four.
    fn read_files(&mut self, mut cursor: Cursor<'_>, sources: &SourceFiles<'_>) -> Result<(), Truncated> {
        while cursor.remaining() > 0 {
            let offset = u32::try_from(cursor.offset()).unwrap_or(u32::MAX);
            let id = cursor.u32()?;
            let size = cursor.u8()?;
            let kind = cursor.u8()?;
            let bytes = cursor.take(usize::from(size))?;
            codeview::align(&mut cursor)?;
            let checksum = match kind {
                1 => bytes.try_into().ok().map(Checksum::Md5),
                2 => bytes.try_into().ok().map(Checksum::Sha1),
                3 => bytes.try_into().ok().map(Checksum::Sha256),
                _ => None,
            };
            if let Some(file) = sources.get(SourceFileId(id), checksum) {
                self.files.insert(offset, file);
            }
        }
        Ok(())
    }

    /// A signature; then item id, file, line, and with signature 1 a list of further files.
    fn read_inlinees(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        let has_further_files = cursor.u32()? == 1;
        while cursor.remaining() > 0 {
            let [item, file, line] = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
            if has_further_files {
                let count = cursor.u32()? as usize;
                cursor.skip(count.saturating_mul(4))?;
            }
            self.inlinees.insert(item, (file, line));
        }
        Ok(())
    }

    /// Offset of the object's name, number of ids, the ids.
    fn read_imports(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        while cursor.remaining() > 0 {
            let name = cursor.u32()?;
            let count = cursor.u32()? as usize;
            let ids = cursor.take(count.saturating_mul(4))?.chunks_exact(4);
            let ids = ids.filter_map(|id| id.first_chunk().copied().map(u32::from_le_bytes));
            self.imports.push((name, ids.collect()));
        }
        Ok(())
    }

    /// Pairs of ids: here, and in the whole file.
    fn read_exports(&mut self, mut cursor: Cursor<'_>) -> Result<(), Truncated> {
        while cursor.remaining() > 0 {
            let [local, global] = [cursor.u32()?, cursor.u32()?];
            self.exports.insert(local, global);
        }
        Ok(())
    }

    /// The line that code at an RVA came from.
    pub(crate) fn line_at(&self, rva: u32) -> Option<&LineEntry> {
        let before = self.lines.partition_point(|entry| entry.code.start <= rva).checked_sub(1)?;
        self.lines.get(before).filter(|entry| entry.code.contains(&rva))
    }
}

fn next_subsection<'a>(cursor: &mut Cursor<'a>) -> Result<(u32, Cursor<'a>), Truncated> {
    let kind = cursor.u32()?;
    let size = cursor.u32()? as usize;
    let contents = Cursor::new(cursor.take(size)?);
    codeview::align(cursor)?;
    Ok((kind, contents))
}
