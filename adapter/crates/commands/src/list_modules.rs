//! `lm`: loaded and unloaded modules.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::date::time_date_stamp;
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::{ImageStatus, Match, MatchedBy, Module, ModuleFacts, NamePattern, SymbolStatus};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["lm"],
    usage: "lm[o][l][e][k][u][v][c][1m][sm][i|f|n|p][t] [a address | m pattern | M path pattern]",
    summary: "Lists modules: k kernel's, u user's, v all details, t time stamps, n image names, f paths, a at an address, m by name",
    run,
};

/// What to list, and how.
#[derive(Default)]
struct Options {
    verbose: bool,
    names_only: bool,
    check_sums: bool,
    time_stamps: bool,
    sorted_by_name: bool,
    /// `o`
    without_unloaded: bool,
    /// `l`
    with_symbols: bool,
    /// `e`
    with_problems: bool,
    kernel_only: bool,
    user_only: bool,
    image: Option<ImageColumn>,
    address: Option<VirtualAddress>,
    name: Option<NamePattern>,
    path: Option<NamePattern>,
}

/// What stands in place of the symbols.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ImageColumn {
    /// `i`, `n`
    Name,
    /// `f`
    Path,
    /// `p`: the file that is used for the image.
    Mapped,
}

impl Options {
    fn parse(session: &Session, text: &str) -> Result<Self, CommandError> {
        let mut options = Self::default();
        let mut rest = Arguments::new(text, COMMAND.usage);
        let mut letters = text.char_indices();
        while let Some((at, letter)) = letters.next() {
            let behind = text.get(at + letter.len_utf8()..).unwrap_or_default();
            let pattern = || Some(NamePattern::new(behind.trim())).filter(|_| !behind.trim().is_empty());
            let missing = || rest.usage(format!("something is missing behind {letter}"));
            match letter {
                'v' => options.verbose = true,
                'c' => options.check_sums = true,
                't' => options.time_stamps = true,
                'o' => options.without_unloaded = true,
                'l' => options.with_symbols = true,
                'e' => options.with_problems = true,
                'k' => options.kernel_only = true,
                'u' => options.user_only = true,
                'i' | 'n' => options.image = Some(ImageColumn::Name),
                'f' => options.image = Some(ImageColumn::Path),
                'p' => options.image = Some(ImageColumn::Mapped),
                // Debugger markup: the text is the same.
                'D' => {}
                blank if blank.is_whitespace() => {}
                '1' | 's' if behind.starts_with('m') => {
                    options.names_only |= letter == '1';
                    options.sorted_by_name |= letter == 's';
                    letters.next();
                }
                'a' => {
                    rest = Arguments::new(behind, COMMAND.usage);
                    options.address = Some(rest.address(session)?.ok_or_else(|| rest.usage("an address is missing"))?);
                    rest.finish()?;
                    return Ok(options);
                }
                'm' => {
                    options.name = Some(pattern().ok_or_else(missing)?);
                    return Ok(options);
                }
                'M' => {
                    options.path = Some(pattern().ok_or_else(missing)?);
                    return Ok(options);
                }
                other => return Err(rest.usage(format!("unknown option '{other}'"))),
            }
        }
        Ok(options)
    }

    /// Whether no module is left out, so that one which is missing isn't there.
    fn lists_all(&self) -> bool {
        self.address.is_none() && self.name.is_none() && self.path.is_none()
    }

    fn wants(&self, session: &Session, module: &Module) -> bool {
        let end = module.base().offset(u64::from(module.size()));
        self.wants_range(session, module.base(), end)
            && self.name.as_ref().is_none_or(|pattern| pattern.matches(module.name()))
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(&module.entry().image_name))
            && (module.is_loaded() || !self.with_symbols)
            && (!self.with_problems || has_problem(module))
    }

    fn wants_range(&self, session: &Session, start: VirtualAddress, end: VirtualAddress) -> bool {
        let kernel = is_kernel_address(session, start);
        let half = match (self.kernel_only, self.user_only) {
            (true, false) => kernel,
            (false, true) => !kernel,
            _ => true,
        };
        half && self.address.is_none_or(|address| (start..end).contains(&address))
    }
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let session = &*invocation.session;
    let options = Options::parse(session, invocation.arguments)?;
    let mut modules: Vec<&Arc<Module>> =
        session.target().modules().iter().filter(|module| options.wants(session, module)).collect();
    if options.sorted_by_name {
        modules.sort_by_key(|module| module.name().to_lowercase());
    }
    let mut report = Report::default();
    if options.names_only {
        modules.iter().for_each(|module| {
            report.push(Record::new("module").field("name", module.name(), Format::Plain));
        });
        return Ok(report);
    }
    let width = if session.target().architecture().pointer_size() == 4 { 8 } else { 17 };
    report.push(Record::new("heading").text(format!("{:<width$} {:<width$}   module name", "start", "end")));
    for module in modules {
        let base = range(session, "module", module.base(), module.base().offset(u64::from(module.size())));
        report.push(columns(&options, module, base));
        if options.verbose {
            report.records.extend(details(&module.facts()));
        }
    }
    if !options.without_unloaded && !options.with_symbols && !options.with_problems {
        report.records.extend(unloaded(session, &options));
        if options.lists_all() {
            report.warnings.extend(session.target().problems().iter().cloned());
        }
    }
    Ok(report)
}

fn range(session: &Session, kind: &'static str, start: VirtualAddress, end: VirtualAddress) -> Record {
    let pointer = Format::address(session.target().architecture().pointer_size());
    Record::new(kind).field("start", start, pointer).text(" ").field("end", end, pointer).text("   ")
}

fn columns(options: &Options, module: &Module, record: Record) -> Record {
    let name = module.name();
    let mut record = record.field("name", name, Format::Left(8)).text(" ");
    if options.image.is_none() && !options.time_stamps && !options.check_sums {
        return symbol_columns(module, record);
    }
    match options.image {
        None => {}
        Some(ImageColumn::Name) => {
            record = record.field("imageName", file_name(&module.entry().image_name), Format::Plain)
        }
        Some(ImageColumn::Path) => record = record.field("imagePath", module.entry().image_name.clone(), Format::Plain),
        Some(ImageColumn::Mapped) => {
            let path = match module.image_status() {
                ImageStatus::Found { path, .. } => path.display().to_string(),
                ImageStatus::Deferred | ImageStatus::NotFound => String::new(),
            };
            record = record.field("mappedImage", path, Format::Plain);
        }
    }
    let facts = module.facts();
    if options.time_stamps {
        record = time_stamp(&facts, if options.image.is_some() { record.text(" ") } else { record });
    }
    if options.check_sums {
        record = record.text(" ").field("checkSum", known(facts.check_sum), Format::Hex(8));
    }
    record
}

/// `M (pdb symbols)          path`, the letter only where a file was taken that doesn't match.
fn symbol_columns(module: &Module, record: Record) -> Record {
    let status = module.symbol_status();
    let path = match status {
        SymbolStatus::Pdb { path, .. } => path.display().to_string(),
        SymbolStatus::Export(_) => file_name(&module.entry().image_name).to_owned(),
        SymbolStatus::Deferred | SymbolStatus::None => String::new(),
    };
    let mark = if is_mismatched(module) { "M" } else { " " };
    let record = record.field("mismatched", is_mismatched(module), Format::Hidden).text(format!("{mark} "));
    let record = record.field("symbolStatus", format!("({status})"), Format::Left(22)).text(" ");
    record.field("symbolFile", path, Format::Plain)
}

fn time_stamp(facts: &ModuleFacts, record: Record) -> Record {
    let Some(stamp) = facts.time_date_stamp else {
        return record.field("timeDateStamp", Value::Unknown("the loader didn't keep it".to_owned()), Format::Plain);
    };
    let text = time_date_stamp(stamp, &facts.debug_entries);
    let record = record.text(format!("{text} (")).field("timeDateStamp", stamp, Format::Hex(8));
    record.text(")")
}

/// `lmv`
fn details(facts: &ModuleFacts) -> Vec<Record> {
    let line = |name: &'static str, label: &str, value: Value, format: Format| {
        Record::new("detail").text(format!("    {label} ")).field(name, value, format)
    };
    let mut lines = Vec::new();
    if let SymbolStatus::Pdb { path, .. } = &facts.symbols {
        let path = Value::Text(path.display().to_string());
        lines.push(line("symbolFile", "Loaded symbol file:", path, Format::Plain));
    }
    if let ImageStatus::Found { path, .. } = &facts.image {
        let path = Value::Text(path.display().to_string());
        lines.push(line("mappedImage", "Mapped memory image file:", path, Format::Plain));
    }
    lines.push(line("imagePath", "Image path:", facts.image_name.clone().into(), Format::Plain));
    lines.push(line("imageName", "Image name:", file_name(&facts.image_name).into(), Format::Plain));
    lines.push(time_stamp(facts, Record::new("detail").text("    Timestamp:        ")));
    lines.push(line("checkSum", "CheckSum:        ", known(facts.check_sum), Format::Hex(8)));
    lines.push(line("imageSize", "ImageSize:       ", facts.size.into(), Format::Hex(8)));
    lines
}

fn unloaded(session: &Session, options: &Options) -> Vec<Record> {
    let wanted = session.target().modules().unloaded().iter().filter(|module| {
        let stem = module.image_name.rsplit_once('.').map_or(&*module.image_name, |(stem, _)| stem);
        options.wants_range(session, module.start, module.end)
            && options.name.as_ref().is_none_or(|name| name.matches(stem) || name.matches(&module.image_name))
            && options.path.as_ref().is_none_or(|path| path.matches(&module.image_name))
    });
    let rows = wanted.map(|module| {
        let record = range(session, "unloadedModule", module.start, module.end);
        record.field("imageName", module.image_name.clone(), Format::Plain)
    });
    let mut rows: Vec<Record> = rows.collect();
    if !rows.is_empty() {
        rows.splice(0..0, [Record::new("blank"), Record::new("heading").text("Unloaded modules:")]);
    }
    rows
}

fn is_kernel_address(session: &Session, address: VirtualAddress) -> bool {
    let bits = session.target().architecture().pointer_size() * 8;
    address.0 >> (bits - 1) & 1 != 0
}

/// Whether the user insisted on a file that doesn't match (`.reload /i`).
fn is_mismatched(module: &Module) -> bool {
    let image = matches!(module.image_status(), ImageStatus::Found { matched: Match::Forced(_), .. });
    image || matches!(module.symbol_status(), SymbolStatus::Pdb { matched: MatchedBy::Nothing(_), .. })
}

fn has_problem(module: &Module) -> bool {
    is_mismatched(module) || matches!(module.symbol_status(), SymbolStatus::Export(_) | SymbolStatus::None)
}

fn known(value: Option<u32>) -> Value {
    value.map_or_else(|| Value::Unknown("the loader didn't keep it".to_owned()), Value::from)
}

/// The last part of a path of the target.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}
