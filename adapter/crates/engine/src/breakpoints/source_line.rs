//! From a source line to the code that came from it.

use super::location::{LoadedModule, Location, SourcePlace, Unresolved};
use super::spec::SourceLineSpec;
use memory::VirtualAddress;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use symbols::{Module, SourceFile, SourceLine, SymbolFile};

/// What a module has of a source line.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// It wasn't made from the file.
    Nothing,
    /// It was, but has no code at the line or behind it.
    NoCode {
        /// How well the file's path agrees.
        agreement: usize,
        /// The file as the symbol file spells it.
        file: String,
    },
    /// Code.
    Code {
        /// How well the file's path agrees.
        agreement: usize,
        /// The line that it really came from.
        line: u32,
        /// A place for each copy of it.
        locations: Vec<Location>,
    },
}

/// The agreement of paths that are the same.
const SAME_PATH: usize = usize::MAX;

/// Looks for a line in a module. `source_map` has pairs of folders: in symbol files, and here.
pub(super) fn find(module: &Arc<Module>, spec: &SourceLineSpec, source_map: &[(String, String)]) -> Found {
    let Some(symbols) = module.symbols() else { return Found::Nothing };
    let Some((best, best_files)) = best_files(symbols, &spec.file, source_map) else { return Found::Nothing };
    let mut lines: Vec<SourceLine> =
        best_files.iter().flat_map(|file| symbols.lines_of(file.id, spec.line..=u32::MAX)).collect();
    let Some(line) = lines.iter().map(|line| line.line).min() else {
        let file = best_files.first().map_or_else(|| spec.file.clone(), |file| file.name.clone());
        return Found::NoCode { agreement: best, file };
    };
    lines.retain(|found| found.line == line);
    if let Some(column) = spec.column.filter(|_| line == spec.line) {
        keep_column(&mut lines, column);
    }
    let loaded = LoadedModule { name: module.name().to_owned(), base: module.base() };
    let location = |found: &SourceLine| Location {
        address: module.address(found.range.start),
        module: Some(loaded.clone()),
        line: Some(place(found, best)),
    };
    let locations = first_of_each_copy(symbols, &lines).into_iter().map(location).collect();
    Found::Code { agreement: best, line, locations }
}

/// The lines (and columns) of a file that a module has code of, within `lines`; and how well the file's path agrees.
pub(super) fn lines_with_code(
    module: &Arc<Module>,
    file: &str,
    lines: RangeInclusive<u32>,
    source_map: &[(String, String)],
) -> Option<(usize, Vec<SourcePlace>)> {
    let symbols = module.symbols()?;
    let (agreement, files) = best_files(symbols, file, source_map)?;
    let found = files.iter().flat_map(|file| symbols.lines_of(file.id, lines.clone()));
    Some((agreement, found.map(|line| place(&line, agreement)).collect()))
}

/// The files of a module that agree best with a path, if any does; and how well.
fn best_files(
    symbols: &SymbolFile,
    file: &str,
    source_map: &[(String, String)],
) -> Option<(usize, Vec<Arc<SourceFile>>)> {
    let wanted = spellings(file, source_map);
    let files = symbols.source_files().into_iter().map(|file| (agreement(&file.name, &wanted), file));
    let agreeing: Vec<(usize, Arc<SourceFile>)> = files.filter(|(agreement, _)| *agreement > 0).collect();
    let best = agreeing.iter().map(|(agreement, _)| *agreement).max()?;
    Some((best, agreeing.into_iter().filter(|(agreement, _)| *agreement == best).map(|(_, file)| file).collect()))
}

fn place(line: &SourceLine, agreement: usize) -> SourcePlace {
    let (file, column) = (line.file.name.clone(), line.column.map(u32::from));
    SourcePlace { file, line: line.line, column, same_path: agreement == SAME_PATH }
}

/// The locations of what the modules have: those of the modules whose file agrees best, and of these those with the
/// line itself, if any has it.
///
/// # Errors
/// [`Unresolved`] when no module has code.
pub(super) fn choose(found: &[Found], spec: &SourceLineSpec) -> Result<Vec<Location>, Unresolved> {
    let agreement = |found: &Found| match found {
        Found::Nothing => 0,
        Found::NoCode { agreement, .. } | Found::Code { agreement, .. } => *agreement,
    };
    let best = found.iter().map(agreement).max().unwrap_or(0);
    let chosen: Vec<&Found> = found.iter().filter(|found| agreement(found) == best).collect();
    let lines = chosen.iter().filter_map(|found| match found {
        Found::Code { line, .. } => Some(*line),
        _ => None,
    });
    let Some(first) = lines.min() else {
        let without_code = chosen.iter().find_map(|found| match found {
            Found::NoCode { file, .. } => Some(Unresolved::NoCode { file: file.clone(), line: spec.line }),
            _ => None,
        });
        return Err(without_code.unwrap_or_else(|| Unresolved::NoSource(spec.file.clone())));
    };
    let places = chosen.into_iter().filter_map(|found| match found {
        Found::Code { line, locations, .. } if *line == first => Some(locations.iter().cloned()),
        _ => None,
    });
    let by_address: BTreeMap<VirtualAddress, Location> =
        places.flatten().map(|location| (location.address, location)).collect();
    Ok(by_address.into_values().collect())
}

/// The lines with code at the column, else with code at the first column behind it; all where there is neither.
fn keep_column(lines: &mut Vec<SourceLine>, column: u32) {
    let behind = lines.iter().filter_map(|line| line.column.map(u32::from)).filter(|&at| at >= column).min();
    if behind.is_some() {
        lines.retain(|line| line.column.map(u32::from) == behind);
    }
}

/// A line's code may lie in several pieces, of which the first one is where it begins; each function that it was
/// inlined into, and each part of a function that was moved away, has a copy of its own.
fn first_of_each_copy<'l>(symbols: &SymbolFile, lines: &'l [SourceLine]) -> Vec<&'l SourceLine> {
    let mut copies: BTreeMap<(u32, Option<u32>), &SourceLine> = BTreeMap::new();
    for line in lines {
        let at = line.range.start;
        let piece = symbols.function_at(at).and_then(|function| {
            let piece = function.ranges.iter().find(|range| range.contains(&at));
            piece.map(|piece| piece.start)
        });
        let is_this = |frame: &SourceLine| frame.file.id == line.file.id && frame.line == line.line;
        let inlined = symbols.inline_frames(at).into_iter().find(|frame| frame.line.as_ref().is_some_and(is_this));
        let copy = inlined.and_then(|frame| frame.ranges.first().map(|range| range.start));
        let first = copies.entry((piece.unwrap_or(at), copy)).or_insert(line);
        if at < first.range.start {
            *first = line;
        }
    }
    copies.into_values().collect()
}

/// What the file may be called in symbol files, as parts of paths in lower case; `true` if a candidate may have more
/// parts before them.
fn spellings(file: &str, source_map: &[(String, String)]) -> Vec<(Vec<String>, bool)> {
    let whole = parts(file);
    let mapped = source_map.iter().filter_map(|(there, here)| {
        let rest = whole.strip_prefix(parts(here).as_slice())?;
        Some(([parts(there).as_slice(), rest].concat(), false))
    });
    let mut spellings: Vec<_> = mapped.collect();
    spellings.push((whole, !is_absolute(file)));
    spellings
}

/// How well a candidate's path agrees: [`SAME_PATH`], or the number of parts at its end.
fn agreement(candidate: &str, wanted: &[(Vec<String>, bool)]) -> usize {
    let candidate = parts(candidate);
    let agreement = |(wanted, relative): &(Vec<String>, bool)| {
        let common = candidate.iter().rev().zip(wanted.iter().rev()).take_while(|(one, other)| one == other).count();
        let whole = common == wanted.len() && (*relative || common == candidate.len());
        if whole { SAME_PATH } else { common }
    };
    let best = wanted.iter().map(agreement).max().unwrap_or(0);
    // A relative path that disagrees somewhere is another file's.
    let relative_only = wanted.iter().all(|(_, relative)| *relative);
    if relative_only && best != SAME_PATH { 0 } else { best }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['\\', '/']) || path.get(1..2) == Some(":")
}

/// The parts of a path, in lower case; either kind of separator.
fn parts(path: &str) -> Vec<String> {
    path.split(['\\', '/']).filter(|part| !part.is_empty() && *part != ".").map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(candidate: &str, wanted: &str, expected: usize) {
        let map = [(r"D:\build\src".to_owned(), "/home/me/driver".to_owned())];
        assert_eq!(agreement(candidate, &spellings(wanted, &map)), expected, "{wanted} for {candidate}");
    }

    #[test]
    fn paths_agree_by_spelling_by_map_or_by_their_ends() {
        check(r"D:\build\src\io\slot.h", r"d:/BUILD/src/io/slot.h", SAME_PATH);
        check(r"D:\build\src\io\slot.h", "/home/me/driver/io/slot.h", SAME_PATH);
        check(r"D:\build\src\io\slot.h", "slot.h", SAME_PATH);
        check(r"D:\build\src\io\slot.h", r"io\slot.h", SAME_PATH);
        check(r"D:\build\src\io\slot.h", "/home/you/io/slot.h", 2);
        check(r"D:\build\src\io\slot.h", "mm/slot.h", 0);
        check(r"D:\build\src\io\slot.h", "/home/me/driver/io/slot.c", 0);
    }
}
