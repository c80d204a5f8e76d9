//! The code of a function as text: what a frame without source shows.
//!
//! ```text
//! livedrv!LiveTwice:
//! ; C:\kdap\samples\livedrv\work.c:34
//! fffff803`20002a10 8d0409               lea     eax,[rcx+rcx]
//! ; C:\kdap\samples\livedrv\work.c:35
//! fffff803`20002a13 c3                   ret
//! ```
//! Frames ask for their lines at each stop: these are found by the lengths of instructions alone. The text is made once
//! somebody reads it, of the same bytes.

use super::to_dap;
use arch::{Flow, Machine};
use engine::Session as Engine;
use engine::disassembly::region_at;
use engine::stack::line_at;
use memory::{ReadFailure, ReadVirtualExt, VirtualAddress};
use std::cell::OnceCell;
use std::fmt::Write;
use std::ops::{Range, RangeInclusive};
use symbols::{ImageStatus, SourceLine, SymbolName};

/// Bytes that are looked at before the instruction that is asked for, and behind it.
struct Reach {
    before: u64,
    behind: u64,
}

const REACH: Reach = Reach { before: 0x1_0000, behind: 0x2000 };
/// The same where each byte comes over a live target's line.
const REACH_OVER_LINE: Reach = Reach { before: 0x200, behind: 0x100 };
/// Bytes behind it where it isn't known how far the function goes.
const BEHIND_UNKNOWN: u64 = 0x200;
/// Bytes that are read at once.
const CHUNK: usize = 64;
/// Instructions that are listed before it.
const MOST_BEFORE: usize = 1000;

/// Where a frame is in its code.
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// Where it goes on.
    pub program_counter: VirtualAddress,
    /// An address in the instruction that it executes, or executed last: a call, for frames that wait for one.
    pub code: VirtualAddress,
}

/// A listing. Its first line is its name.
#[derive(Debug)]
pub struct Listing {
    /// The function.
    pub name: String,
    /// The lines behind the first.
    lines: Vec<Line>,
    /// The code, from the first line's address on.
    code: Vec<u8>,
    text: OnceCell<String>,
}

#[derive(Debug)]
struct Line {
    /// Of the instruction here, or of the next one.
    address: VirtualAddress,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// So many bytes.
    Instruction(u64),
    /// What follows comes from this line of a source.
    Source(String),
    /// The code can't be read from here on.
    Unreadable(ReadFailure),
}

impl Listing {
    /// The function that begins at `start`, as far as symbols say that it goes, or what of it is around `at`.
    pub fn of(engine: &Engine, start: VirtualAddress, at: Position) -> Self {
        let name = engine.target().modules().name_of(start);
        let name = name.map_or_else(|| to_dap::address(start), |name| name.to_string());
        let mut listing = Self { name, lines: Vec::new(), code: Vec::new(), text: OnceCell::new() };
        let reach = if comes_over_line(engine, at.code) { REACH_OVER_LINE } else { REACH };
        let end = match function_range(engine, start) {
            Some(range) => range.end.min(at.program_counter.offset(reach.behind)),
            None => end_by_names(engine, at.program_counter, reach.behind.min(BEHIND_UNKNOWN)),
        };
        let near = at.code.distance_from(start).is_some_and(|bytes| bytes <= reach.before);
        let mut instructions = if near { decode(engine, start..end) } else { Decoded::default() };
        if !instructions.lead_to(at.program_counter) {
            // The way from the function's start doesn't lead there, or is too long.
            instructions = decode(engine, at.program_counter..end.max(at.program_counter.offset(1)));
        }
        listing.code = std::mem::take(&mut instructions.code);
        instructions.begin_near(at, &mut listing.code);
        listing.lines = instructions.lines;
        if line_at(engine.target().modules(), at.code).is_some() {
            listing.insert_sources(engine);
        }
        listing
    }

    /// The line, from 1, of the instruction at a position.
    pub fn line_of(&self, at: Position) -> Option<i64> {
        let is_edge = |line: &Line| line.address == at.program_counter || line.end() == at.program_counter;
        if !self.lines.iter().any(is_edge) {
            return None;
        }
        let index = self.index_of(at.code).or_else(|| self.index_of(at.program_counter))?;
        i64::try_from(index + 2).ok()
    }

    /// The instruction on a line, from 1, or on the next one that has any.
    pub fn address_of(&self, line: i64) -> Option<VirtualAddress> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?.saturating_sub(1);
        let line = self.lines.get(index)?;
        (!matches!(line.content, Content::Unreadable(_))).then_some(line.address)
    }

    /// Those of these lines, from 1, that have an instruction.
    pub fn lines_with_code(&self, lines: RangeInclusive<i64>) -> Vec<i64> {
        let numbered = (2..).zip(&self.lines).filter(|(number, _)| lines.contains(number));
        numbered.filter(|(_, line)| line.length() > 0).map(|(number, _)| number).collect()
    }

    /// Whether the code is still the same, and what can't be read still can't: all of it, or what is at `address`.
    pub fn is_true(&self, engine: &Engine, address: Option<VirtualAddress>) -> bool {
        let read = |address, count| engine.target().code().prefix(address, count).0;
        let is_asked =
            |line: &&Line| address.is_none_or(|at| line.address == at || (line.address < at && at < line.end()));
        self.lines.iter().filter(is_asked).all(|line| match line.content {
            Content::Source(_) => true,
            Content::Unreadable(_) => read(line.address, 1).is_empty(),
            Content::Instruction(_) => {
                let code = self.code_of(line);
                read(line.address, code.len()) == code
            }
        })
    }

    /// The bytes of a line's instruction.
    fn code_of(&self, line: &Line) -> &[u8] {
        let offset = self.lines.first().and_then(|first| line.address.distance_from(first.address)).unwrap_or(0);
        let range = usize::try_from(offset).ok().zip(usize::try_from(offset + line.length()).ok());
        range.and_then(|(start, end)| self.code.get(start..end)).unwrap_or_default()
    }

    /// The text.
    pub fn text(&self, engine: &Engine) -> &str {
        self.text.get_or_init(|| self.make_text(engine).unwrap_or_default())
    }

    fn make_text(&self, engine: &Engine) -> Result<String, std::fmt::Error> {
        let architecture = engine.target().architecture();
        let mut text = String::new();
        let begin = self.lines.first().and_then(|first| engine.target().modules().name_of(first.address));
        writeln!(text, "{}:", begin.map_or_else(|| self.name.clone(), |name| name.to_string()))?;
        for line in &self.lines {
            match &line.content {
                Content::Source(place) => writeln!(text, "; {place}")?,
                Content::Unreadable(why) => writeln!(text, "{} ?? the code can't be read: {why}", line.address)?,
                Content::Instruction(_) => {
                    let name = |address| to_dap::symbol_name(engine, address);
                    let instruction = architecture.disassemble(line.address, self.code_of(line), &name);
                    let bytes: String = instruction.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
                    writeln!(text, "{} {bytes:<20} {}", line.address, instruction.text)?;
                }
            }
        }
        Ok(text)
    }

    fn index_of(&self, address: VirtualAddress) -> Option<usize> {
        // Behind the source's line, where there is one.
        let index = self.lines.partition_point(|line| line.address <= address).checked_sub(1)?;
        let line = self.lines.get(index)?;
        (line.address == address || address < line.end()).then_some(index)
    }

    fn insert_sources(&mut self, engine: &Engine) {
        let modules = engine.target().modules();
        let mut known: Option<(Range<VirtualAddress>, SourceLine)> = None;
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in std::mem::take(&mut self.lines) {
            let same_range = known.as_ref().is_some_and(|(range, _)| range.contains(&line.address));
            if !same_range && line.length() > 0 {
                let module = modules.at(line.address);
                let now = line_at(modules, line.address).zip(module);
                let place = |line: &SourceLine| (line.file.name.clone(), line.line);
                let before = known.as_ref().map(|(_, line)| place(line));
                known = now.map(|(at, module)| (module.address(at.range.start)..module.address(at.range.end), at));
                let source = known.as_ref().map(|(_, line)| place(line)).filter(|now| before.as_ref() != Some(now));
                let content = source.map(|(file, number)| Content::Source(format!("{file}:{number}")));
                lines.extend(content.map(|content| Line { address: line.address, content }));
            }
            lines.push(line);
        }
        self.lines = lines;
    }
}

impl Line {
    fn length(&self) -> u64 {
        if let Content::Instruction(length) = self.content { length } else { 0 }
    }

    fn end(&self) -> VirtualAddress {
        self.address.offset(self.length())
    }
}

/// Instructions one behind the other, and their bytes.
#[derive(Default)]
struct Decoded {
    lines: Vec<Line>,
    code: Vec<u8>,
}

impl Decoded {
    fn lead_to(&self, address: VirtualAddress) -> bool {
        self.lines.iter().any(|line| line.address == address || (line.length() > 0 && line.end() == address))
    }

    /// Leaves out what is far before a position.
    fn begin_near(&mut self, at: Position, code: &mut Vec<u8>) {
        let before = self.lines.partition_point(|line| line.address < at.code);
        let left_out: Vec<Line> = self.lines.drain(..before.saturating_sub(MOST_BEFORE)).collect();
        let bytes = left_out.iter().map(Line::length).sum::<u64>();
        code.drain(..usize::try_from(bytes).unwrap_or(usize::MAX).min(code.len()));
    }
}

fn decode(engine: &Engine, range: Range<VirtualAddress>) -> Decoded {
    let architecture = engine.target().architecture();
    let step = if architecture.machine() == Machine::Arm64 { 4 } else { 1 };
    let longest = architecture.max_instruction_length();
    let (mut lines, mut code, mut error) = (Vec::new(), Vec::new(), None);
    let (mut address, mut offset) = (range.start, 0);
    while address < range.end && !engine.cancel_flag().is_cancelled() {
        if code.len() < offset + longest {
            // What is read at once is there as a whole or not: near an end it takes less.
            for count in [CHUNK, longest] {
                let (bytes, why) = engine.target().code().prefix(address, count);
                code.truncate(offset);
                code.extend(bytes);
                error = why;
                if error.is_none() {
                    break;
                }
            }
        }
        let rest = code.get(offset..).unwrap_or_default();
        let decoded = architecture.decode(address, rest).filter(|decoded| decoded.flow != Flow::Invalid);
        if let (None, Some(error)) = (&decoded, &error) {
            lines.push(Line { address, content: Content::Unreadable(error.failure) });
            break;
        }
        let length = decoded.map_or(step, |decoded| decoded.length.max(1));
        lines.push(Line { address, content: Content::Instruction(length as u64) });
        address = address.offset(length as u64);
        offset += length;
    }
    code.truncate(offset);
    Decoded { lines, code }
}

/// Where the instructions of the function at `address` begin, as far as that is known.
pub fn function_start(engine: &Engine, address: VirtualAddress) -> VirtualAddress {
    match function_range(engine, address) {
        Some(range) => range.start,
        None => address.back(symbol_at(engine, address).map_or(0, |name| name.displacement)),
    }
}

/// The part of a function that `address` lies in: as symbols know it, or else unwind data.
fn function_range(engine: &Engine, address: VirtualAddress) -> Option<Range<VirtualAddress>> {
    let module = engine.target().modules().at(address)?;
    let rva = module.rva(address)?;
    let function = module.symbols().and_then(|symbols| symbols.function_at(rva));
    let range = function.and_then(|function| function.ranges.into_iter().find(|range| range.contains(&rva)));
    match range {
        Some(range) => Some(module.address(range.start)..module.address(range.end)),
        None => region_at(engine, address).map(|region| region.start..region.end),
    }
}

/// Where the symbol at `address` gives way to another one, at most `limit` bytes further.
fn end_by_names(engine: &Engine, address: VirtualAddress, limit: u64) -> VirtualAddress {
    let name = |address| symbol_at(engine, address).and_then(|name| name.symbol).map(|symbol| symbol.name);
    let here = name(address);
    // Functions are aligned to this.
    let candidates = (1..=limit / 4).map(|step| address.back(address.0 % 4).offset(4 * step));
    candidates.take_while(|at| name(*at) == here).last().unwrap_or(address).offset(4)
}

fn symbol_at(engine: &Engine, address: VirtualAddress) -> Option<SymbolName> {
    engine.target().modules().name_of(address).filter(|name| name.symbol.is_some())
}

/// Whether the code there has to be asked of a live target.
fn comes_over_line(engine: &Engine, address: VirtualAddress) -> bool {
    if engine.target().live().is_none() {
        return false;
    }
    let module = engine.target().modules().at(address);
    !module.is_some_and(|module| matches!(module.image_status(), ImageStatus::Found { .. }))
}
