//! `uf`: all of a function, by the ranges that symbols tell, or else by following its jumps.

use super::listing::Listing;
use super::{FUNCTION, MAX_COUNT, start};
use crate::arguments::Arguments;
use crate::command::{CommandError, Invocation};
use crate::report::{Format, Record, Report};
use arch::{Flow, Instruction};
use engine::Session;
use engine::disassembly::{self, Row, region_at};
use memory::VirtualAddress;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(super) fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, FUNCTION.usage);
    let (mut calls, mut count) = (false, false);
    while let Some(option) = arguments.option() {
        match option {
            "c" => calls = true,
            "i" => count = true,
            other => return Err(arguments.usage(format!("unknown option '/{other}'"))),
        }
    }
    let address = start(invocation.session, &mut arguments)?;
    arguments.finish()?;
    let function = Function::at(invocation.session, address)?;
    if calls {
        return Ok(function.calls(invocation.session));
    }
    let mut report = function.listing(invocation.session);
    if count {
        let record = Record::new("count").field("instructions", function.instructions.len(), Format::Plain);
        report.records.insert(0, record.text(" instructions scanned"));
        report.records.insert(1, Record::new("blank"));
    }
    Ok(report)
}

/// The instructions of a function.
struct Function {
    start: VirtualAddress,
    instructions: BTreeMap<VirtualAddress, Instruction>,
    /// Where jumps lead.
    targets: BTreeSet<VirtualAddress>,
    /// What is missing.
    problems: Vec<String>,
}

impl Function {
    fn at(session: &Session, address: VirtualAddress) -> Result<Self, CommandError> {
        let ranges = ranges(session, address);
        let symbol_start = || {
            let name = session.target().modules().name_of(address)?;
            name.symbol.is_some().then(|| address.back(name.displacement))
        };
        let described_start = || region_at(session, address).map(|region| region.function);
        let start = ranges.first().map(|first| first.start);
        let start = start.or_else(described_start).or_else(symbol_start).unwrap_or(address);
        let (instructions, targets) = (BTreeMap::new(), BTreeSet::new());
        let mut function = Self { start, instructions, targets, problems: Vec::new() };
        if ranges.is_empty() {
            function.follow(session)?;
        } else {
            for range in ranges {
                function.decode(session, range)?;
            }
        }
        Ok(function)
    }

    /// Decodes all of a range that symbols say belongs to the function.
    fn decode(&mut self, session: &Session, range: Range<VirtualAddress>) -> Result<(), CommandError> {
        let mut at = range.start;
        while at < range.end {
            if self.is_full() {
                break;
            }
            match self.step(session, at)? {
                Some((end, _)) => at = end,
                None => break,
            }
        }
        Ok(())
    }

    /// Follows the flow from the start on: to wherever jumps lead, unless that is another function.
    fn follow(&mut self, session: &Session) -> Result<(), CommandError> {
        let mut blocks = vec![self.start];
        while let Some(mut at) = blocks.pop() {
            while !self.instructions.contains_key(&at) {
                if self.is_full() {
                    return Ok(());
                }
                let Some((end, flow)) = self.step(session, at)? else { break };
                let (target, goes_on) = match flow {
                    Flow::ConditionalJump(target) => (Some(target), true),
                    Flow::Jump(target) => (target, false),
                    Flow::Next | Flow::Call(_) | Flow::Trap => (None, true),
                    Flow::Return | Flow::Invalid => (None, false),
                };
                blocks.extend(target.filter(|target| self.holds(session, *target)));
                // Behind a call that never returns, the next function may begin.
                let may_end = matches!(flow, Flow::Call(_) | Flow::Trap);
                if !goes_on || (may_end && !self.holds(session, end)) {
                    break;
                }
                at = end;
            }
        }
        Ok(())
    }

    /// Whether there is no room for more instructions, which is then one of the problems.
    fn is_full(&mut self) -> bool {
        let full = self.instructions.len() >= MAX_COUNT;
        if full {
            self.problems = vec![format!("only {MAX_COUNT:#x} instructions are shown")];
        }
        full
    }

    /// Whether `address` belongs to the function, by unwind data, or else by whether another function's symbol is there.
    fn holds(&self, session: &Session, address: VirtualAddress) -> bool {
        match region_at(session, address) {
            Some(region) => region.function == self.start,
            None => address == self.start || !is_function_start(session, address),
        }
    }

    /// Takes the instruction at `at` in; answers where it ends and where it leads.
    fn step(&mut self, session: &Session, at: VirtualAddress) -> Result<Option<(VirtualAddress, Flow)>, CommandError> {
        match disassembly::forwards(session, at, 1).pop() {
            None => Err(CommandError::Cancelled),
            Some(Row::Unreadable(error)) => {
                self.problems.push(format!("code is missing at {at}: {}", error.failure));
                Ok(None)
            }
            Some(Row::Instruction(instruction)) => {
                if let Flow::ConditionalJump(target) | Flow::Jump(Some(target)) = instruction.flow {
                    self.targets.insert(target);
                }
                let next = (instruction.end(), instruction.flow);
                self.instructions.insert(at, instruction);
                Ok(Some(next))
            }
        }
    }

    /// Block after block, by address; a block ends where a jump leads to or code is left out.
    fn listing(&self, session: &Session) -> Report {
        let mut listing = Listing::new(session, true);
        let mut expected = None;
        for (address, instruction) in &self.instructions {
            if expected != Some(*address) || self.targets.contains(address) {
                listing.begin_block();
            }
            listing.instruction(instruction);
            expected = Some(instruction.end());
        }
        let mut report = listing.into_report();
        report.warnings.extend(self.problems.iter().cloned());
        report
    }

    /// `uf /c`: what the function calls, and from where.
    fn calls(&self, session: &Session) -> Report {
        let pointer = Format::address(session.target().architecture().pointer_size());
        let name = |address| session.target().modules().name_of(address).map(|name| name.to_string());
        let named = |kind, indent: &str, address: VirtualAddress| {
            let name = name(address).unwrap_or_default();
            let record = Record::new(kind).text(indent).field("symbol", name, Format::Plain);
            record.text(" (").field("address", address, pointer).text(")")
        };
        let mut report = Report::of(named("function", "", self.start));
        for (address, instruction) in &self.instructions {
            let Flow::Call(target) = instruction.flow else { continue };
            report.push(named("callSite", "  ", *address).text(":"));
            report.push(match target {
                Some(target) => named("call", "    call to ", target),
                None => {
                    let text = instruction.text.clone();
                    Record::new("call").text("    unresolvable call: ").field("text", text, Format::Plain)
                }
            });
        }
        report.warnings.extend(self.problems.iter().cloned());
        report
    }
}

/// The ranges of the function that `address` lies in, where private symbols know them.
fn ranges(session: &Session, address: VirtualAddress) -> Vec<Range<VirtualAddress>> {
    let module = session.target().modules().at(address);
    let function = module.and_then(|module| module.symbols()?.function_at(module.rva(address)?));
    let (Some(module), Some(function)) = (module, function) else { return Vec::new() };
    function.ranges.iter().map(|range| module.address(range.start)..module.address(range.end)).collect()
}

fn is_function_start(session: &Session, address: VirtualAddress) -> bool {
    let name = session.target().modules().name_of(address);
    name.is_some_and(|name| name.symbol.is_some() && name.displacement == 0)
}
