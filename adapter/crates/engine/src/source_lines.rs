//! From source lines to addresses.

use crate::evaluate::SourceLine;
use crate::session::Session;
use crate::stack::{Frame, line_at};
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::{Module, SourceFile};

/// Address of the first instruction of a line; says in words why there is none.
pub(crate) fn resolve(session: &Session, frame: Option<&Frame>, line: &SourceLine) -> Result<VirtualAddress, String> {
    let modules = session.target().modules();
    let current = frame.and_then(|frame| line_at(modules, frame.code_address()));
    let file = match (&line.file, &current) {
        (Some(file), _) => file.clone(),
        (None, Some(current)) => current.file.name.clone(),
        (None, None) => return Err("the current instruction has no source file".to_owned()),
    };
    let searched: Vec<&Arc<Module>> = match &line.module {
        Some(name) => vec![modules.by_name(name).ok_or_else(|| format!("there is no module {name}"))?],
        None => modules.iter().filter(|module| module.is_loaded()).collect(),
    };
    let addresses = searched.into_iter().filter_map(|module| first_address(module, &file, line.line));
    addresses.min().ok_or_else(|| match line.line {
        Some(number) => format!("no code comes from {file}:{number}"),
        None => format!("no code comes from {file}"),
    })
}

fn first_address(module: &Module, file: &str, line: Option<u32>) -> Option<VirtualAddress> {
    let symbols = module.symbols()?;
    let files = symbols.source_files();
    let matching = files.iter().filter(|candidate| is_end_of_path(candidate, file));
    let lines = line.map_or(0..=u32::MAX, |line| line..=line);
    let rvas = matching.flat_map(|candidate| symbols.lines_of(candidate.id, lines.clone()));
    rvas.map(|line| module.address(line.range.start)).min()
}

/// Whether `file` is the candidate's path or its last parts, with either separator and in any case.
fn is_end_of_path(candidate: &SourceFile, file: &str) -> bool {
    let parts = |path: &str| -> Vec<String> { path.split(['\\', '/']).map(str::to_lowercase).collect() };
    parts(&candidate.name).ends_with(&parts(file))
}
