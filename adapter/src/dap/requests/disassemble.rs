//! `disassemble`: exactly as many rows as were asked for, the one at the reference at its index.
//!
//! Clients take rows by their index: of 400 rows from instruction −200 on, row 200 is shown as the one that was asked
//! for. Where there is no code to show, or it isn't known where its instructions begin, rows are `invalid`.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::to_dap;
use arch::{Flow, Instruction};
use engine::disassembly::{self, Row};
use memory::VirtualAddress;
use serde::{Deserialize, Serialize};

/// Rows that are given at once.
const MOST: i64 = 10_000;

pub(super) struct Disassemble;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    memory_reference: String,
    #[serde(default)]
    offset: i64,
    #[serde(default)]
    instruction_offset: i64,
    instruction_count: i64,
    #[serde(default)]
    resolve_symbols: bool,
}

#[derive(Serialize)]
pub(super) struct Body {
    instructions: Vec<DisassembledInstruction>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct DisassembledInstruction {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instruction_bytes: Option<String>,
    instruction: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation_hint: Option<&'static str>,
}

impl Request for Disassemble {
    const COMMAND: &'static str = "disassemble";
    const TITLE: &'static str = "Disassembling";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_disassemble_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let anchor = to_dap::memory_reference(&arguments.memory_reference, arguments.offset)?;
        let Arguments { instruction_offset: first, instruction_count: count, .. } = arguments;
        let out_of_bounds = |number: i64| !(-MOST..=MOST).contains(&number);
        if count < 0 || out_of_bounds(count) || out_of_bounds(first) {
            return Err(RequestError::InstructionCount(count));
        }
        let attached = session.attached()?;
        let before = window_before(attached, anchor, first.min(0).unsigned_abs() as usize);
        let behind = (first + count).max(0) as usize;
        let mut rows: Vec<_> = before.into_iter().chain(window_from(attached, anchor, behind)).collect();
        rows.drain(..(first.max(0) as usize).min(rows.len()));
        rows.truncate(count as usize);
        let mut previous = None;
        let instructions =
            rows.into_iter().map(|row| row.into_instruction(attached, &mut previous, arguments.resolve_symbols));
        Ok(Body { instructions: instructions.collect() })
    }
}

/// A row before it is written.
enum Line {
    Code(Instruction),
    /// Nothing is known of this address; the text says why.
    Invalid(VirtualAddress, String),
}

/// `count` rows that end where `anchor` is.
fn window_before(attached: &Attached, anchor: VirtualAddress, count: usize) -> Vec<Line> {
    let before = disassembly::before(&attached.engine, anchor, count);
    let known = if before.certain { before.instructions } else { Vec::new() };
    let missing = count.saturating_sub(known.len());
    let end = known.first().map_or(anchor, |first| first.address);
    let padding = (1..=missing as u64).rev().map(|back| Line::Invalid(end.back(back), "??".to_owned()));
    padding.chain(known.into_iter().map(Line::Code)).collect()
}

/// `count` rows from `anchor` on.
fn window_from(attached: &Attached, anchor: VirtualAddress, count: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut at = anchor;
    while lines.len() < count {
        let rows = disassembly::forwards(&attached.engine, at, count - lines.len());
        if rows.is_empty() {
            break;
        }
        for row in rows {
            match row {
                Row::Instruction(instruction) => {
                    at = instruction.end();
                    lines.push(Line::Code(instruction));
                }
                Row::Unreadable(error) => {
                    lines.push(Line::Invalid(at, format!("?? {}", error.failure)));
                    at = at.offset(1);
                }
            }
        }
    }
    lines
}

impl Line {
    fn into_instruction(
        self,
        attached: &mut Attached,
        previous: &mut Option<(Source, i64)>,
        resolve_symbols: bool,
    ) -> DisassembledInstruction {
        let code = match self {
            Self::Invalid(address, instruction) => {
                let presentation_hint = Some("invalid");
                let address = to_dap::address(address);
                return DisassembledInstruction { address, instruction, presentation_hint, ..Default::default() };
            }
            Self::Code(code) => code,
        };
        let address = code.address;
        let bytes = code.bytes().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let line = engine::stack::line_at(attached.engine.target().modules(), address);
        let place = line.and_then(|line| to_dap::source_place(attached, &line)).map(|place| (place.source, place.line));
        let new_place = if place == *previous { None } else { place.clone() };
        *previous = place;
        let (location, line) = new_place.unzip();
        DisassembledInstruction {
            address: to_dap::address(address),
            instruction_bytes: Some(bytes),
            symbol: if resolve_symbols { function_that_begins_at(attached, address) } else { None },
            instruction: code.text,
            location,
            line,
            presentation_hint: (code.flow == Flow::Invalid).then_some("invalid"),
        }
    }
}

fn function_that_begins_at(attached: &Attached, address: VirtualAddress) -> Option<String> {
    let name = attached.engine.target().modules().name_of(address)?;
    (name.displacement == 0 && name.symbol.is_some()).then(|| name.to_string())
}
