//! `ln`: the symbols at and around an address.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::examine_symbols::untyped;
use crate::report::{Format, Record, Report};
use crate::type_words::{parameter_words, type_words};
use engine::Session;
use engine::stack::line_at;
use memory::VirtualAddress;
use symbols::{Module, Symbol};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &["ln"],
    usage: "ln [/D] [address]",
    summary: "Displays the nearest symbols before and behind an address, and its source line",
    run,
};

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    while let Some(option) = arguments.option() {
        if option != "D" {
            return Err(arguments.usage(format!("unknown option '/{option}'")));
        }
    }
    let session = &*invocation.session;
    let address = match arguments.address(session)? {
        Some(address) => address,
        None => session.frame()?.instruction_pointer,
    };
    arguments.finish()?;
    let modules = session.target().modules();
    let Some(module) = modules.at(address) else {
        let unloaded = modules.name_of(address).map(|name| Record::line(format!("{address} was in {name}")));
        return Ok(Report { records: unloaded.into_iter().collect(), warnings: Vec::new() });
    };
    Ok(around(session, module, address))
}

fn around(session: &Session, module: &Module, address: VirtualAddress) -> Report {
    let pointer = Format::address(session.target().architecture().pointer_size());
    let mut report = Report::default();
    if let Some(line) = line_at(session.target().modules(), address) {
        let start = module.address(line.range.start);
        let displacement = address.distance_from(start).unwrap_or(0);
        let record = Record::new("line").field("file", line.file.name.clone(), Format::Plain).text("(");
        let record = record.field("line", line.line, Format::Plain).text(")");
        report.push(if displacement == 0 { record } else { record.text(format!("+{displacement:#x}")) });
    }
    let Some(rva) = module.rva(address) else { return report };
    let Some((symbol, displacement)) = module.nearest(rva) else {
        report.warn(format!("no symbol of {} lies at or before {address}", module.name()));
        return report;
    };
    let named = |record: Record, before: &str, field: &'static str, symbol: &Symbol, displacement: u32| {
        let name = format!("{}!{}", module.name(), symbol.name);
        let name = if displacement == 0 { name } else { format!("{name}+{displacement:#x}") };
        let record =
            record.text(format!("{before}(")).field(format!("{field}Address"), module.address(symbol.rva), pointer);
        record.text(")   ").field(field, name, Format::Plain)
    };
    let mut record = named(Record::new("nearest"), "", "symbol", &symbol, displacement);
    if let Some(next) = following(module, rva.saturating_sub(displacement)) {
        record = named(record, "   |  ", "next", &next, 0);
    }
    report.push(record);
    if displacement == 0 {
        report.push(Record::new("heading").text("Exact matches:"));
        for symbol in module.find(&symbol.name).iter().filter(|symbol| symbol.rva == rva) {
            report.push(exact(module, symbol));
        }
    }
    report
}

/// `    nt!KeBugCheckEx (<no parameter info>)`
fn exact(module: &Module, symbol: &Symbol) -> Record {
    let name = format!("{}!{}", module.name(), symbol.name);
    let behind = match &symbol.ty {
        Some(ty) => parameter_words(ty).map_or_else(|| format!(" = {}", type_words(ty)), |words| format!(" {words}")),
        None => untyped(module, symbol).to_owned(),
    };
    Record::new("exact").text("    ").field("name", name, Format::Plain).field("type", behind, Format::Plain)
}

/// The first symbol behind the one at `rva`: where the nearest symbol changes. Large files have a million symbols, so it
/// is searched for by address.
fn following(module: &Module, rva: u32) -> Option<Symbol> {
    let symbol_at = |at: u32| module.nearest(at).map(|(symbol, _)| symbol).filter(|symbol| symbol.rva > rva);
    let (mut before, mut behind) = (rva, module.size().checked_sub(1)?);
    symbol_at(behind)?;
    while behind.saturating_sub(before) > 1 {
        let middle = before + (behind - before) / 2;
        match symbol_at(middle) {
            Some(_) => behind = middle,
            None => before = middle,
        }
    }
    symbol_at(behind)
}
