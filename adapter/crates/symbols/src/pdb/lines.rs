//! From addresses to source lines and back.

use super::code::{Found, functions_of};
use super::symbol_records::annotations::InlineRange;
use super::symbol_records::body::InlineSite;
use super::symbol_records::compiland::Compiland;
use super::symbol_records::subsections::LineEntry;
use super::{SourceFile, SourceFileId, SourceLine, SymbolFile};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

impl SymbolFile {
    /// The source line at an RVA: that of the innermost inlined function, if one is there. Its range ends where other
    /// code is inlined.
    pub fn line_at(&self, rva: u32) -> Option<SourceLine> {
        let Some((found, body)) = self.body_at(rva) else {
            let (_, compiland) = self.parts.compiland_at(rva)?;
            return self.source_line(compiland, self.parts.subsections(compiland).line_at(rva)?);
        };
        let mut line = match body.inline_sites_at(rva).first() {
            Some((_, innermost)) => self.inline_line(found, innermost, rva)?,
            None => self.function_line(found, rva)?,
        };
        let others = body.scopes.iter().filter(|scope| scope.inline.is_some() && !scope.contains(rva));
        for code in others.flat_map(|scope| &scope.code) {
            if code.start > rva {
                line.range.end = line.range.end.min(code.start);
            } else {
                line.range.start = line.range.start.max(code.end);
            }
        }
        Some(line)
    }

    /// The code that came from these lines of a file, by line, then RVA; inlined code too.
    pub fn lines_of(&self, file: SourceFileId, lines: RangeInclusive<u32>) -> Vec<SourceLine> {
        let mut found = Vec::new();
        for (index, compiland) in self.compilands_with(file) {
            let entries = self.parts.subsections(compiland).lines.iter();
            found.extend(entries.filter_map(|entry| self.source_line(compiland, entry)));
            for function in functions_of(index, compiland) {
                let Some(body) = self.body(function) else { continue };
                for site in body.scopes.iter().filter_map(|scope| scope.inline.as_ref()) {
                    let ranges = site.ranges.iter();
                    found.extend(ranges.filter_map(|range| self.inline_range_line(function, site, range)));
                }
            }
        }
        found.retain(|line| line.file.id == file && lines.contains(&line.line));
        found.sort_by_key(|line| (line.line, line.range.start, line.range.end));
        found.dedup();
        found
    }

    /// All source files that code came from, by name.
    pub fn source_files(&self) -> Vec<Arc<SourceFile>> {
        let mut files = BTreeMap::new();
        for (_, compiland) in self.parts.compilands() {
            for file in self.parts.subsections(compiland).files.values() {
                files.entry(file.name.clone()).or_insert_with(|| Arc::clone(file));
            }
        }
        files.into_values().collect()
    }

    /// The compilands that a file's lines can be in.
    fn compilands_with(&self, file: SourceFileId) -> impl Iterator<Item = (usize, &Compiland)> {
        let name = self.parts.names().get(file.0);
        let count = if name.is_some() { self.parts.compiland_count() } else { 0 };
        let name = name.unwrap_or_default();
        let indices = (0..count).filter(move |&index| self.parts.dbi().may_come_from(index, &name));
        indices.filter_map(|index| Some((index, self.parts.compiland(index)?)))
    }

    /// An entry of a compiland's lines, with its file.
    pub(super) fn source_line(&self, compiland: &Compiland, entry: &LineEntry) -> Option<SourceLine> {
        let file = self.parts.subsections(compiland).files.get(&entry.file)?;
        let LineEntry { line, column, .. } = *entry;
        Some(SourceLine { file: Arc::clone(file), line, column, range: entry.code.clone() })
    }

    /// The line of an inlined function's own source at an RVA.
    pub(super) fn inline_line(&self, found: Found<'_>, site: &InlineSite, rva: u32) -> Option<SourceLine> {
        self.inline_range_line(found, site, site.range_at(rva)?)
    }

    fn inline_range_line(&self, found: Found<'_>, site: &InlineSite, range: &InlineRange) -> Option<SourceLine> {
        let subsections = self.parts.subsections(found.compiland);
        let &(own_file, first_line) = subsections.inlinees.get(&site.inlinee)?;
        let file = Arc::clone(subsections.files.get(&range.file.unwrap_or(own_file))?);
        let line = first_line.checked_add_signed(range.line)?;
        Some(SourceLine { file, line, column: range.column, range: site.code(range) })
    }
}
