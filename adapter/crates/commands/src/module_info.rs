//! `!lmi`: where a module's image and symbols came from, and by what they were matched.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::date::time_date_stamp;
use crate::report::{Format, Record, Report, Value};
use engine::Session;
use std::sync::Arc;
use symbols::{ImageStatus, Match, Module, ModuleFacts, Outcome, SymbolStatus};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["!lmi"],
    usage: "!lmi module|address",
    summary: "Displays what is known of a module, and where its image and symbols came from",
    run,
};

/// `IMAGE_FILE_MACHINE_*`, as `!lmi` calls them.
const MACHINES: &[(u16, &str)] = &[(0x14c, "I386"), (0x8664, "X64"), (0xaa64, "ARM64"), (0x1c4, "ARM")];
/// `IMAGE_FILE_*` characteristics that have words.
const CHARACTERISTICS: &[(u16, &str)] = &[(0x2000, "DLL"), (0x1000, "system"), (0x0200, "stripped")];
/// Width of the labels.
const LABEL: usize = 15;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let module = named(invocation.session, invocation.arguments)?;
    Ok(describe(invocation.session, &module.facts(), &module))
}

/// The module of that name or at that address.
fn named(session: &Session, text: &str) -> Result<Arc<Module>, CommandError> {
    let modules = session.target().modules();
    if let Some(module) = modules.by_name(text) {
        return Ok(Arc::clone(module));
    }
    let mut arguments = Arguments::new(text, COMMAND.usage);
    let address = arguments.address(session)?.ok_or_else(|| arguments.usage("a module is missing"))?;
    arguments.finish()?;
    let missing = || CommandError::Failed(format!("no module is loaded at {address}"));
    modules.at(address).map(Arc::clone).ok_or_else(missing)
}

/// A label, right-aligned before a colon.
fn label(text: &str) -> Record {
    Record::new("detail").text(format!("{text:>LABEL$}: "))
}

fn text(label_text: &str, name: &'static str, value: impl Into<Value>) -> Record {
    label(label_text).field(name, value, Format::Plain)
}

fn describe(session: &Session, facts: &ModuleFacts, module: &Module) -> Report {
    let pointer = Format::address(session.target().architecture().pointer_size());
    let heading = Record::new("heading").text("Loaded Module Info: [").field("name", facts.name.clone(), Format::Plain);
    let mut report = Report::of(heading.text("]"));
    report.push(text("Module", "module", facts.name.clone()));
    report.push(label("Base Address").field("baseAddress", facts.base, pointer));
    report.push(text("Image Name", "imageName", facts.image_name.clone()));
    if let Some(machine) = facts.machine {
        let name = MACHINES.iter().find(|(value, _)| *value == machine).map_or("unknown", |(_, name)| *name);
        let record = label("Machine Type").field("machine", u32::from(machine), Format::Plain);
        report.push(record.text(" (").field("machineName", name, Format::Plain).text(")"));
    }
    report.push(time_stamp(facts));
    report.push(label("Size").field("size", facts.size, Format::Hex(1)));
    let check_sum = facts.check_sum.map_or_else(|| Value::Unknown("the loader didn't keep it".into()), Value::from);
    report.push(label("CheckSum").field("checkSum", check_sum, Format::Hex(1)));
    if let Some(characteristics) = facts.characteristics {
        let words = CHARACTERISTICS.iter().filter(|(bit, _)| characteristics & bit != 0).map(|(_, word)| *word);
        let words = words.collect::<Vec<_>>().join(" ");
        let record = label("Characteristics").field("characteristics", u32::from(characteristics), Format::Hex(1));
        report.push(record.text(" ").field("characteristicWords", words, Format::Plain));
    }
    report.push(header(facts));
    report.records.extend(debug_entries(facts));
    if let Some(pdb) = &facts.pdb {
        let record = text("PDB", "pdbName", pdb.name.clone()).text(" {");
        let record = record.field("pdbGuid", pdb.guid.to_string(), Format::Plain).text("}, age ");
        report.push(record.field("pdbAge", pdb.age, Format::Plain));
    }
    report.push(image(facts));
    report.records.extend(symbols(facts));
    report.records.extend(refused(module));
    report
}

fn time_stamp(facts: &ModuleFacts) -> Record {
    let Some(stamp) = facts.time_date_stamp else {
        return text("Time Stamp", "timeDateStamp", Value::Unknown("the loader didn't keep it".into()));
    };
    let date = time_date_stamp(stamp, &facts.debug_entries);
    label("Time Stamp").field("timeDateStamp", stamp, Format::Hex(8)).text(" ").field("date", date, Format::Plain)
}

/// Where the values above are from: the image in memory where it can be read, else its file, else the loader.
fn header(facts: &ModuleFacts) -> Record {
    let from = match &facts.header {
        Some(origin) => origin.to_string(),
        None => "nowhere: these values are the loader's".to_owned(),
    };
    let record = text("Headers from", "headersFrom", from);
    match &facts.header_error {
        Some(error) => record.text(" (in memory: ").field("headerError", error.clone(), Format::Plain).text(")"),
        None => record,
    }
}

fn debug_entries(facts: &ModuleFacts) -> Vec<Record> {
    if facts.debug_entries.is_empty() {
        return Vec::new();
    }
    let mut records = vec![label("Debug Data Dirs").text("Type      Size     VA  Pointer")];
    for entry in &facts.debug_entries {
        let kind = entry.kind_name().map_or_else(|| entry.kind.to_string(), str::to_owned);
        records.push(
            Record::new("debugEntry")
                .text(" ".repeat(LABEL + 2))
                .field("type", kind, Format::Left(8))
                .field("size", format!("{:x}", entry.size), Format::Right(6))
                .text(",")
                .field("rva", format!("{:x}", entry.rva), Format::Right(6))
                .text(", ")
                .field("pointer", format!("{:x}", entry.file_offset), Format::Right(7)),
        );
    }
    records
}

fn image(facts: &ModuleFacts) -> Record {
    match &facts.image {
        ImageStatus::Deferred => text("Image", "image", "DEFERRED - not looked for yet"),
        ImageStatus::NotFound => text("Image", "image", "NOT FOUND - no matching file"),
        ImageStatus::Found { path, matched, unrelocatable } => {
            let how = match matched {
                Match::Exact => "matched by time stamp, size and check sum".to_owned(),
                Match::SignedAnew(mismatch) => format!("matched, but was signed anew: {mismatch}"),
                Match::Forced(mismatch) => format!("MISMATCHED, taken because of .reload /i: {mismatch}"),
            };
            let record = text("Image", "image", path.display().to_string()).text(" - ");
            let record = record.field("imageMatch", how, Format::Plain);
            match unrelocatable {
                Some(why) => {
                    record.text("; its bytes can't be shown: ").field("unrelocatable", why.clone(), Format::Plain)
                }
                None => record,
            }
        }
    }
}

fn symbols(facts: &ModuleFacts) -> Vec<Record> {
    let load_report = |words: String| text("Load Report", "loadReport", words);
    match &facts.symbols {
        SymbolStatus::Deferred => vec![text("Symbol Type", "symbolType", "DEFERRED - not looked for yet")],
        SymbolStatus::None => vec![text("Symbol Type", "symbolType", "NONE     - no PDB and no exports found")],
        SymbolStatus::Export(origin) => {
            let record = text("Symbol Type", "symbolType", "EXPORT").text("   - PDB not found; names are read from ");
            vec![record.field("origin", origin.to_string(), Format::Plain), load_report(facts.symbols.to_string())]
        }
        SymbolStatus::Pdb { path, identity, content, matched } => {
            let record = text("Symbol Type", "symbolType", "PDB").text("      - ");
            let record = record.field("symbolMatch", matched.to_string(), Format::Plain);
            let file = Record::new("detail").text(" ".repeat(LABEL + 2));
            let file = file.field("symbolFile", path.display().to_string(), Format::Plain).text(" {");
            let file = file.field("symbolFileGuid", identity.guid.to_string(), Format::Plain).text("}, age ");
            vec![record, file.field("symbolFileAge", identity.age, Format::Plain), load_report(content.to_string())]
        }
    }
}

/// The files and headers that were there and weren't used: both values of what was refused.
fn refused(module: &Module) -> Vec<Record> {
    let log = module.log();
    let refused =
        log.attempts.iter().filter(|attempt| matches!(attempt.outcome, Outcome::Mismatch(_) | Outcome::Unreadable(_)));
    let record = |attempt: &symbols::Attempt| {
        let mismatch = matches!(attempt.outcome, Outcome::Mismatch(_));
        let record = label(if mismatch { "Refused" } else { "Unusable" })
            .field("path", attempt.path.clone(), Format::Plain)
            .text(" - ");
        record.field("outcome", attempt.outcome.to_string(), Format::Plain)
    };
    refused.map(record).collect()
}
