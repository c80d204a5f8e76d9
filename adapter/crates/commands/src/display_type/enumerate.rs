//! Names that match a pattern: types, and variables with their addresses.

use super::request::Request;
use super::subject::{Origin, Subject, typed};
use super::writer::MAX_LINES;
use crate::command::CommandError;
use crate::report::{Format, Record, Report};
use engine::Session;
use engine::evaluate::Place;
use std::collections::HashSet;
use std::sync::Arc;
use symbols::{Module, NamePattern};

/// Most names that are looked for.
const MAX_NAMES: usize = MAX_LINES;
/// Blanks before types, where variables have their address.
const NO_ADDRESS: &str = "          ";

/// Something that matches.
struct Match {
    name: String,
    /// None for a symbol of which nothing but the address is known.
    subject: Option<Subject>,
    place: Option<Place>,
}

/// Shows something in full.
type Show<'s> = dyn FnMut(Subject) -> Result<Report, CommandError> + 's;

/// The list of all that matches `pattern` (`module!name`); with `-d`, each type in full.
pub(super) fn matching(
    session: &Session,
    request: &Request<'_>,
    pattern: &str,
    mut show: impl FnMut(Subject) -> Result<Report, CommandError>,
) -> Result<Report, CommandError> {
    list(session, request, pattern, request.details, &mut show)
}

/// The same (`-y`), and the first of it whose type is defined in full.
pub(super) fn with_first(
    session: &Session,
    request: &Request<'_>,
    pattern: &str,
    mut show: impl FnMut(Subject) -> Result<Report, CommandError>,
) -> Result<Report, CommandError> {
    let mut report = list(session, request, pattern, false, &mut show)?;
    let mut found = find(session, request, pattern)?.into_iter().filter_map(|found| found.subject);
    let first = found.find(|subject| subject.ty.size().is_ok());
    if let Some(subject) = first {
        append(&mut report, show(Subject { origin: Origin::QualifiedType, ..subject })?);
    }
    Ok(report)
}

fn list(
    session: &Session,
    request: &Request<'_>,
    pattern: &str,
    details: bool,
    show: &mut Show<'_>,
) -> Result<Report, CommandError> {
    let verbose = request.options.verbose;
    let address = Format::address(session.target().architecture().pointer_size());
    let mut report = Report::default();
    if verbose {
        let size = request.size.map_or_else(String::new, |size| format!(", Size = {size:#x}"));
        report.push(Record::new("heading").text(format!("Enumerating symbols matching {pattern}{size}")));
        report.push(Record::new("heading").text("Address   Size Symbol"));
    }
    for found in find(session, request, pattern)? {
        if report.records.len() >= MAX_LINES {
            report.warn(format!("only the first {MAX_LINES} lines are shown"));
            break;
        }
        let mut record = Record::new("match");
        record = match found.place.as_ref().and_then(Place::address) {
            Some(at) => record.field("address", at, address).text("  "),
            None => record.text(NO_ADDRESS),
        };
        if verbose {
            let size = found.subject.as_ref().and_then(|subject| subject.ty.size().ok());
            record = match size {
                Some(size) => record.text(" ").field("size", size, Format::Hex(3)).text(" "),
                None => record.text("     "),
            };
        }
        report.push(record.field("name", found.name, Format::Plain));
        if let Some(subject) = found.subject.filter(|subject| details && subject.place.is_none()) {
            append(&mut report, show(Subject { origin: Origin::QualifiedType, ..subject })?);
        }
    }
    if report.records.is_empty() {
        return Err(CommandError::Failed(format!("no type or variable matches {pattern}")));
    }
    Ok(report)
}

/// Variables with types first, then types, each name once; `-v` also lists symbols without types.
fn find(session: &Session, request: &Request<'_>, pattern: &str) -> Result<Vec<Match>, CommandError> {
    let (module, name) = pattern.split_once('!').unwrap_or(("", pattern));
    let name = NamePattern::new(name);
    let mut all = Vec::new();
    for module in modules(session, module) {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        if all.len() >= MAX_NAMES {
            break;
        }
        if !request.types_only {
            all.extend(variables(module, &name, request.options.verbose));
        }
        let Some(symbols) = module.symbols() else { continue };
        let mut names = HashSet::new();
        for ty in symbols.search_types(&name, MAX_NAMES) {
            let name = format!("{}!{}", module.name(), ty.name());
            if names.insert(name.clone()) {
                let subject = Subject { ty, place: None, origin: Origin::QualifiedType };
                all.push(Match { name, subject: Some(subject), place: None });
            }
        }
    }
    if let Some(size) = request.size {
        all.retain(|found| found.subject.as_ref().is_some_and(|subject| subject.ty.size() == Ok(size)));
    }
    all.truncate(MAX_NAMES);
    Ok(all)
}

fn variables(module: &Module, name: &NamePattern, verbose: bool) -> Vec<Match> {
    let found = module.search(name, MAX_NAMES).into_iter().map(|symbol| Match {
        name: format!("{}!{}", module.name(), symbol.name),
        subject: typed(module, &symbol).filter(|subject| subject.ty.size().is_ok_and(|size| size > 0)),
        place: Some(Place::Memory(module.address(symbol.rva))),
    });
    found.filter(|found| found.subject.is_some() || verbose).collect()
}

/// The modules that a pattern means; without one, those whose symbols are loaded.
fn modules<'s>(session: &'s Session, pattern: &str) -> Vec<&'s Arc<Module>> {
    let modules = session.target().modules();
    match pattern {
        "" => modules.iter().filter(|module| module.is_loaded()).collect(),
        pattern => modules.matching(&NamePattern::new(pattern)).collect(),
    }
}

fn append(report: &mut Report, mut more: Report) {
    report.records.append(&mut more.records);
    report.warnings.append(&mut more.warnings);
}
