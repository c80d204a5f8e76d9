//! `.reload`: the list of modules read anew, and their symbols looked for anew.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::list_modules::file_name;
use crate::report::{Format, Record, Report};
use engine::Session;
use memory::VirtualAddress;
use std::sync::Arc;
use symbols::pe::{MemoryImage, PeHeaders};
use symbols::{Module, ModuleEntry, NamePattern};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".reload"],
    usage: ".reload [/f] [/i] [/u] [module[=address[,size[,time stamp]]]]",
    summary: "Reads the modules anew; /f loads their symbols now, /i takes files that don't match, /u takes a module out",
    run,
};

/// Dots on one line.
const DOTS: usize = 64;

#[derive(Default)]
struct Options {
    /// `/f`
    now: bool,
    /// `/i`
    mismatched: bool,
    /// `/u`
    unload: bool,
}

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let mut options = Options::default();
    while let Some(option) = arguments.option() {
        for letter in option.chars() {
            match letter {
                'f' => options.now = true,
                'i' => (options.mismatched, options.now) = (true, true),
                'u' => options.unload = true,
                // Which list to read: there is only one. Verbose: `!sym noisy` is.
                'd' | 's' | 'n' | 'v' => {}
                other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
            }
        }
    }
    let session = &mut *invocation.session;
    match (arguments.take_rest(), options.unload) {
        ("", true) => Err(arguments.usage("which module shall be taken out?")),
        ("", false) => all(session, &options),
        (module, true) => unload(session, module),
        (module, false) => match module.split_once('=') {
            Some((name, place)) => add(session, name.trim(), place, &options),
            None => one(session, module, &options),
        },
    }
}

/// Every module, deferred again (or loaded, with `/f`).
fn all(session: &mut Session, options: &Options) -> Result<Report, CommandError> {
    let target = session.target_mut();
    target.list_modules_again();
    target.modules_mut().reload_all(options.mismatched);
    let mut report = Report::of(Record::line("Loading Kernel Symbols"));
    let modules: Vec<Arc<Module>> = session.target().modules().iter().map(Arc::clone).collect();
    let mut dots = String::new();
    for module in &modules {
        if session.cancel_flag().is_cancelled() {
            return Err(CommandError::Cancelled);
        }
        dots.push('.');
        let error = load(session, module, options);
        if dots.len() == DOTS || error.is_some() {
            report.push(Record::line(std::mem::take(&mut dots)));
        }
        report.records.extend(error);
    }
    if !dots.is_empty() {
        report.push(Record::line(dots));
    }
    report.push(Record::line("Loading unloaded module list"));
    let unloaded = session.target().modules().unloaded().len();
    if unloaded > 0 {
        report.push(Record::line(".".repeat(unloaded.min(DOTS))));
    }
    let problems = session.target().problems().to_vec();
    problems.into_iter().for_each(|problem| report.warn(problem));
    Ok(report)
}

/// Looks for the image, and with `/f` for symbols; says what stands in the way of both.
fn load(session: &Session, module: &Module, options: &Options) -> Option<Record> {
    if options.now {
        module.symbols();
    }
    let Err(error) = module.header() else { return None };
    if module.image().is_some() {
        return None;
    }
    let pointer = Format::address(session.target().architecture().pointer_size());
    let name = file_name(&module.entry().image_name);
    let record = Record::new("unreadableHeader").text("Unable to read image header for ");
    let record = record.field("module", name, Format::Plain).text(" at ").field("address", module.base(), pointer);
    let record = record.text(" - NTSTATUS 0x").field("status", error.ntstatus(), Format::Hex(8));
    Some(record.field("error", error.to_string(), Format::Hidden))
}

/// The modules of that name: `nt`, `*` and so on, or an image's file name.
fn one(session: &mut Session, name: &str, options: &Options) -> Result<Report, CommandError> {
    let bases = named(session, name)?;
    for base in &bases {
        session.target_mut().modules_mut().reload(*base, options.mismatched);
    }
    let mut report = Report::default();
    for base in bases {
        let module = session.target().modules().at(base).map(Arc::clone);
        let Some(module) = module else { continue };
        report.records.extend(load(session, &module, options));
        if options.now && module.symbols().is_none() {
            let status = module.symbol_status().to_string();
            report.warn(format!("no symbol file was found for {}: {status} (!sym noisy tells why)", module.name()));
        }
    }
    Ok(report)
}

fn unload(session: &mut Session, name: &str) -> Result<Report, CommandError> {
    let mut report = Report::default();
    for base in named(session, name)? {
        if let Some(module) = session.target_mut().modules_mut().remove(base) {
            report.push(Record::new("unloaded").text("Unloaded ").field("module", module.name(), Format::Plain));
        }
    }
    Ok(report)
}

fn named(session: &Session, name: &str) -> Result<Vec<VirtualAddress>, CommandError> {
    let pattern = NamePattern::new(name);
    let modules = session.target().modules().iter();
    let matching = modules
        .filter(|module| pattern.matches(module.name()) || pattern.matches(file_name(&module.entry().image_name)));
    let bases: Vec<VirtualAddress> = matching.map(|module| module.base()).collect();
    let missing = || CommandError::Failed(format!("\"{name}\" was not found in the image list; lm lists the modules"));
    if bases.is_empty() { Err(missing()) } else { Ok(bases) }
}

/// `name=address,size,time stamp`: a module that the target's own list lacks.
fn add(session: &mut Session, name: &str, place: &str, options: &Options) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(place, COMMAND.usage);
    let base = arguments.address(session)?.ok_or_else(|| arguments.usage("an address is missing"))?;
    let mut numbers = Vec::new();
    while let Some(rest) = arguments.rest().strip_prefix(',') {
        arguments = Arguments::new(rest, COMMAND.usage);
        let number = arguments.number(session)?.ok_or_else(|| arguments.usage("a number is missing behind ,"))?;
        let number = u32::try_from(number).map_err(|_| arguments.usage(format!("{number:#x} has over 32 bits")))?;
        numbers.push(number);
    }
    arguments.finish()?;
    if name.is_empty() {
        return Err(Arguments::new("", COMMAND.usage).usage("a module's name is missing"));
    }
    let (given_size, time_date_stamp) = (numbers.first().copied(), numbers.get(1).copied());
    let size = match given_size.filter(|size| *size != 0) {
        Some(size) => size,
        None => size_in_memory(session, name, base)?,
    };
    let image_name = name.to_owned();
    let entry = ModuleEntry { image_name, base, size, time_date_stamp, check_sum: None, proofs: Vec::new() };
    let modules = session.target_mut().modules_mut();
    modules.add(entry);
    modules.reload(base, options.mismatched);
    let module = session.target().modules().at(base).map(Arc::clone);
    let error = module.and_then(|module| load(session, &module, options));
    Ok(Report { records: error.into_iter().collect(), warnings: Vec::new() })
}

/// `SizeOfImage` of the header at `base`.
fn size_in_memory(session: &Session, name: &str, base: VirtualAddress) -> Result<u32, CommandError> {
    let image = MemoryImage::new(session.target(), base);
    PeHeaders::read(&image).map(|headers| headers.size_of_image).map_err(|error| {
        let status = error.ntstatus();
        let message = format!("Unable to read image header for {name} at {base} - NTSTATUS 0x{status:08x}");
        CommandError::Failed(format!("{message}: its size must be given"))
    })
}
