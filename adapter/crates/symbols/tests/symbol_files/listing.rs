//! Asking a symbol file for everything that it can be asked for.

use symbols::{NamePattern, Shape, SymbolFile, TypeRef};

/// About how many symbols are looked for by name and address.
const SYMBOLS: usize = 200;
/// Lines of a function at which its variables are listed: each time all of its records are read.
const LINES: usize = 20;
/// About how many source files' lines are listed.
const SOURCE_FILES: usize = 10;

/// How much there was.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub symbols: usize,
    pub functions: usize,
    /// Frames of inlined functions, at each line's start.
    pub inline_frames: usize,
    /// Variables, at each line's start.
    pub variables: usize,
    pub source_files: usize,
    pub lines: usize,
    pub types: usize,
    pub members: usize,
    pub enumerators: usize,
    /// Symbols that aren't found by their own name or address.
    pub lost_symbols: usize,
    /// Types that couldn't be had.
    pub type_errors: usize,
}

/// The limit for which [`list`] leaves nothing out.
pub const NO_LIMIT: usize = usize::MAX;

/// `limit`, and no more than `most` unless there is none.
fn at_most(most: usize, limit: usize) -> usize {
    if limit == NO_LIMIT { NO_LIMIT } else { limit.min(most) }
}

/// Lists everything, but of each kind no more than `limit`.
pub fn list(file: &SymbolFile, limit: usize) -> Figures {
    let mut figures = Figures::default();
    let everything = NamePattern::new("*");
    let symbols = file.search(&everything, limit);
    figures.symbols = symbols.len();
    for symbol in symbols.iter().step_by(symbols.len() / at_most(SYMBOLS, limit) + 1) {
        let found = file.nearest(symbol.rva).is_some_and(|(nearest, at)| nearest.rva + at == symbol.rva);
        figures.lost_symbols += usize::from(!found || file.find(&symbol.name).is_empty());
    }
    let functions = file.functions();
    figures.functions = functions.len();
    for function in functions.iter().take(limit) {
        list_type(function.ty.as_ref(), &mut figures);
        for code in &function.ranges {
            list_code(file, code.start, code.end, limit, &mut figures);
            file.frame_data(code.start);
        }
    }
    let sources = file.source_files();
    figures.source_files = sources.len();
    // Each source file means to read every function that it may be inlined into.
    for source in sources.iter().step_by(sources.len() / at_most(SOURCE_FILES, limit) + 1) {
        figures.lines += file.lines_of(source.id, 0..=u32::MAX).len();
    }
    let types = file.search_types(&everything, limit);
    figures.types = types.len();
    for ty in &types {
        list_type(Some(ty), &mut figures);
    }
    file.content();
    figures
}

/// What is at each line's start in a piece of code.
fn list_code(file: &SymbolFile, start: u32, end: u32, limit: usize, figures: &mut Figures) {
    let mut rva = start;
    for _ in 0..at_most(LINES, limit) {
        if rva >= end {
            break;
        }
        let frames = file.inline_frames(rva);
        figures.inline_frames += frames.len();
        let inlined = (0..frames.len()).flat_map(|inline| file.variables_of(rva, inline));
        let variables: Vec<_> = file.variables(rva).into_iter().chain(inlined).collect();
        figures.variables += variables.len();
        for variable in &variables {
            variable.ty.name();
            figures.type_errors += usize::from(variable.ty.shape().is_err());
        }
        // Code without lines: in steps.
        rva = file.line_at(rva).map_or(rva.saturating_add(16), |line| line.range.end.max(rva + 1));
    }
}

fn list_type(ty: Option<&TypeRef>, figures: &mut Figures) {
    let Some(ty) = ty else { return };
    ty.name();
    let is_incomplete = matches!(ty.shape(), Ok(Shape::Record(record)) if !record.complete);
    if ty.size().is_err() && !is_incomplete {
        figures.type_errors += 1;
    }
    match ty.members() {
        Ok(members) => {
            figures.members += members.len();
            figures.type_errors += members.iter().filter(|member| member.ty.shape().is_err()).count();
        }
        Err(_) => figures.type_errors += 1,
    }
    match ty.enumerators() {
        Ok(enumerators) => figures.enumerators += enumerators.len(),
        Err(_) => figures.type_errors += 1,
    }
    figures.type_errors += usize::from(ty.find_member("not there").is_err());
}
