//! Where the instructions before an address begin.
//!
//! Instructions of x86 can't be decoded backwards: decoding starts anew at a function's first byte, which symbols or
//! unwind data know, and has to arrive at the address.

use super::functions::region_at;
use crate::session::Session;
use arch::{Architecture, Flow};
use memory::{ReadVirtualExt, VirtualAddress};

/// Functions longer than this are not decoded from their start.
const MAX_FUNCTION_BYTES: u64 = 1 << 20;
/// Most instructions that are looked for where no start is known.
const MAX_GUESSED: usize = 8;
/// Functions that are passed on the way back.
const MAX_FUNCTIONS: usize = 256;

/// The starts of up to `count` instructions before `address`, in order, and whether they are certain.
pub(super) fn starts_before(session: &Session, address: VirtualAddress, count: usize) -> (Vec<VirtualAddress>, bool) {
    let architecture = session.target().architecture();
    if let Some(size) = fixed_size(architecture) {
        return (fixed_starts_before(session, address, count, size), address.0 % size == 0);
    }
    let mut starts: Vec<VirtualAddress> = Vec::new();
    let mut end = address;
    for _ in 0..MAX_FUNCTIONS {
        if starts.len() >= count || session.cancel_flag().is_cancelled() {
            break;
        }
        let Some(mut function) = known_start(session, end).and_then(|start| decode_to(session, start, end)) else {
            break;
        };
        end = function.first().copied().unwrap_or(end);
        function.append(&mut starts);
        starts = function;
    }
    if starts.is_empty() {
        return (likeliest(session, address, count), false);
    }
    (starts.split_off(starts.len().saturating_sub(count)), true)
}

/// Where all instructions have one size: as far back as there is code without a gap.
fn fixed_starts_before(session: &Session, address: VirtualAddress, count: usize, size: u64) -> Vec<VirtualAddress> {
    let steps = (1..=count).scan(address, |at, _| {
        *at = at.back(size);
        Some(*at)
    });
    let there = |at: &VirtualAddress| {
        !session.cancel_flag().is_cancelled() && session.target().bytes(*at, size as usize).is_ok()
    };
    let mut starts: Vec<_> = steps.take_while(there).collect();
    starts.reverse();
    starts
}

fn fixed_size(architecture: &dyn Architecture) -> Option<u64> {
    matches!(architecture.machine(), arch::Machine::Arm64).then_some(4)
}

/// The nearest place before `end` where an instruction is known to begin: a region's or a function's first byte.
fn known_start(session: &Session, end: VirtualAddress) -> Option<VirtualAddress> {
    let near = |start: &VirtualAddress| end.distance_from(*start).is_some_and(|bytes| bytes <= MAX_FUNCTION_BYTES);
    if let Some(region) = region_at(session, end.back(1)) {
        return Some(region.start).filter(near);
    }
    let name = session.target().modules().name_of(end.back(1))?;
    let symbol = name.symbol.is_some().then_some(name.displacement)?;
    (symbol < MAX_FUNCTION_BYTES).then(|| end.back(1).back(symbol))
}

/// The starts of the instructions from `start` up to `end`, if they arrive there. Bytes that are no instruction are passed
/// over one by one.
fn decode_to(session: &Session, start: VirtualAddress, end: VirtualAddress) -> Option<Vec<VirtualAddress>> {
    let architecture = session.target().architecture();
    let length = usize::try_from(end.distance_from(start)?).ok()?;
    // What begins before the end must be seen whole: cut short, it would look like no instruction.
    let (code, _) = session.target().prefix(start, length + architecture.max_instruction_length());
    let mut starts = Vec::new();
    let mut offset = 0;
    while offset < length {
        let at = start.offset(offset as u64);
        starts.push(at);
        let rest = code.get(offset..).filter(|rest| !rest.is_empty())?;
        let decoded = architecture.decode(at, rest).filter(|decoded| decoded.flow != Flow::Invalid);
        offset += decoded.map_or(1, |decoded| decoded.length.max(1));
    }
    (offset == length && !starts.is_empty()).then_some(starts)
}

/// Without a known start: the beginning whose instructions arrive at `address` in the most steps, farthest first.
fn likeliest(session: &Session, address: VirtualAddress, count: usize) -> Vec<VirtualAddress> {
    let longest = session.target().architecture().max_instruction_length() as u64;
    let farthest = longest * count.clamp(1, MAX_GUESSED) as u64;
    let candidates = (1..=farthest).rev().filter_map(|back| decode_to(session, address.back(back), address));
    let valid = |starts: &Vec<VirtualAddress>| {
        starts.iter().all(|&start| {
            let (bytes, _) = session.target().prefix(start, longest as usize);
            session.target().architecture().decode(start, &bytes).is_some()
        })
    };
    let mut best = candidates.filter(valid).max_by_key(Vec::len).unwrap_or_default();
    best.split_off(best.len().saturating_sub(count))
}
