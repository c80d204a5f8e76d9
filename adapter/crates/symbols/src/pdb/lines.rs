//! From addresses to source lines and back.

use super::annotations::InlineRange;
use super::body::InlineSite;
use super::code::{Found, functions_of};
use super::compiland::Compiland;
use super::subsections::LineEntry;
use super::{SourceFile, SourceFileId, SourceLine, SymbolFile};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

impl SymbolFile {
    /// The source line at an RVA: that of the innermost inlined function, if one is there.
    pub fn line_at(&self, rva: u32) -> Option<SourceLine> {
        if let Some(innermost) = self.inline_frames(rva).into_iter().next() {
            return innermost.line;
        }
        let (_, compiland) = self.parts.compiland_at(rva)?;
        self.source_line(compiland, self.parts.subsections(compiland).line_at(rva)?)
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
        let listed = &self.parts.dbi().source_files;
        // A compiland that the list of source files leaves out may have any.
        let may_have = move |&index: &usize| {
            listed.get(index).is_none_or(|files| files.iter().any(|file| Some(file) == name.as_ref()))
        };
        let indices = (0..self.parts.compiland_count()).filter(may_have);
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
