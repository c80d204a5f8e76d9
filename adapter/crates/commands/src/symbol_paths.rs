//! `.sympath .exepath .symfix`: where symbols and images are looked for.

use crate::command::{Command, CommandError, Invocation};
use crate::report::{Format, Record, Report};
use std::path::Path;
use std::sync::Arc;
use symbols::{PathElement, StoreLocation, SymbolPath, SymbolSearch};

/// `.sympath`
pub static SYMBOLS: Command = Command {
    names: &[".sympath", ".sympath+"],
    usage: ".sympath[+] [path;path...]",
    summary: "Displays or sets the symbol path; + adds to it",
    run: |invocation| set(invocation, Which::Symbols),
};

/// `.exepath`
pub static IMAGES: Command = Command {
    names: &[".exepath", ".exepath+"],
    usage: ".exepath[+] [path;path...]",
    summary: "Displays or sets the path where images are looked for before the symbol path; + adds to it",
    run: |invocation| set(invocation, Which::Images),
};

/// `.symfix`
pub static FIX: Command = Command {
    names: &[".symfix", ".symfix+"],
    usage: ".symfix[+] [downstream store]",
    summary: "Sets the symbol path to Microsoft's symbol server, with a store on this machine before it; + adds it",
    run: |invocation| {
        let path = format!("srv*{}*{PUBLIC_SERVER}", invocation.arguments);
        apply(invocation, Which::Symbols, SymbolPath::parse(&path))
    },
};

/// Microsoft's public symbol server (MS-documented "Microsoft public symbols").
const PUBLIC_SERVER: &str = "https://msdl.microsoft.com/download/symbols";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Symbols,
    Images,
}

fn set(invocation: &mut Invocation<'_>, which: Which) -> Result<Report, CommandError> {
    if invocation.arguments.is_empty() {
        return Ok(show(invocation, which));
    }
    let path = SymbolPath::parse(invocation.arguments);
    apply(invocation, which, path)
}

/// Looks along another path from now on. Modules that have their symbols keep them until `.reload`.
fn apply(invocation: &mut Invocation<'_>, which: Which, path: SymbolPath) -> Result<Report, CommandError> {
    let search = Arc::clone(invocation.session.target().modules().search_paths());
    let adds = invocation.name.ends_with('+');
    let changed = |before: &SymbolPath| if adds { before.clone().followed_by(path.clone()) } else { path.clone() };
    let (symbol_path, image_path) = match which {
        Which::Symbols => (changed(search.symbol_path()), search.image_path().clone()),
        Which::Images => (search.symbol_path().clone(), changed(search.image_path())),
    };
    let search = Arc::new(SymbolSearch::new(symbol_path, image_path));
    invocation.session.target_mut().modules_mut().set_search(search);
    Ok(show(invocation, which))
}

fn show(invocation: &Invocation<'_>, which: Which) -> Report {
    let search = invocation.session.target().modules().search_paths();
    let (label, path) = match which {
        Which::Symbols => ("Symbol search path is: ", search.symbol_path()),
        Which::Images => ("Executable image search path is: ", search.image_path()),
    };
    let empty = if path.elements.is_empty() { "*** Invalid *** : nothing is searched" } else { "" };
    let mut report =
        Report::of(Record::new("searchPath").text(label).field("path", path.to_string(), Format::Plain).text(empty));
    path.elements.iter().flat_map(problems).for_each(|problem| report.warn(problem));
    report
}

/// Why elements won't be searched, or will be in vain.
fn problems(element: &PathElement) -> Vec<String> {
    let in_location = |location: &StoreLocation| match location {
        StoreLocation::Network(address) => {
            Some(format!("{address} is not asked: network symbol servers are not supported yet"))
        }
        StoreLocation::Default => Some("there is no default store yet: name a folder".to_owned()),
        StoreLocation::Local(folder) => missing(folder),
    };
    match element {
        PathElement::Folder(location) | PathElement::Cache(location) => in_location(location).into_iter().collect(),
        PathElement::Server { stores, .. } => stores.iter().filter_map(in_location).collect(),
        PathElement::Unknown(text) => vec![format!("'{text}' is not an element of a symbol path")],
    }
}

fn missing(folder: &Path) -> Option<String> {
    (!folder.is_dir()).then(|| format!("{} is not a folder on this machine", folder.display()))
}
