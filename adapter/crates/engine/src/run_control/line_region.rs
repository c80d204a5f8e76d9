//! The code of a source line in one function, and the places where the processor can leave it.
//!
//! Found by following the code's flow from one address, with what symbols say of each instruction: nothing is asked of the target
//! where the image's file is there.

use crate::target::Target;
use arch::{Decoded, Flow};
use memory::VirtualAddress;
use std::collections::BTreeSet;
use symbols::{InlineFrame, Module, Modules};

/// Instructions that are followed at most: a line of code has some tens.
const MAX_INSTRUCTIONS: usize = 4096;

/// What makes instructions belong together: the function, what is inlined there, and the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineKey {
    module: VirtualAddress,
    function: u32,
    /// Name and first RVA of each inlined function around the line, outermost first.
    inlined: Vec<(String, u32)>,
    /// File and line; `None` for all lines of that function.
    line: Option<(String, u32)>,
}

/// The instructions of a line that can be reached from one of them without leaving it.
#[derive(Debug)]
pub(super) struct LineRegion {
    pub(super) key: LineKey,
    inside: BTreeSet<VirtualAddress>,
    /// Instructions that only tell when they run where they go, and calls if these are to be entered.
    traced: BTreeSet<VirtualAddress>,
    /// Where the line is left to.
    exits: BTreeSet<VirtualAddress>,
}

impl LineRegion {
    /// Where the target has to stop.
    pub(super) fn stops(&self) -> BTreeSet<VirtualAddress> {
        self.exits.union(&self.traced).copied().collect()
    }

    /// All of them, in the order of their addresses.
    pub(super) fn instructions(&self) -> impl Iterator<Item = VirtualAddress> {
        self.inside.iter().copied()
    }

    /// The instruction at `at` has to be traced, too, if it is one of them.
    pub(super) fn trace(&mut self, at: VirtualAddress) {
        self.traced.extend(self.inside.get(&at));
    }

    /// Whether the instruction at `at` has to be traced.
    pub(super) fn must_trace(&self, at: VirtualAddress) -> bool {
        self.traced.contains(&at)
    }
}

/// How many functions are inlined at an address.
pub(super) fn inline_depth(modules: &Modules, at: VirtualAddress) -> usize {
    let module = modules.at(at);
    module.and_then(|module| Some(module.symbols()?.inline_frames(module.rva(at)?).len())).unwrap_or(0)
}

/// Which line an address belongs to, as the frame sees it that has `depth` inlined functions around it: of those that are inlined
/// deeper, it sees the line that calls them. `None` without line information there.
pub(super) fn key_at(modules: &Modules, at: VirtualAddress, depth: usize) -> Option<LineKey> {
    let place = Place::of(modules, at)?;
    let line = place.line(depth)?;
    Some(place.key(depth, Some(line)))
}

/// The line at `at`, as [`key_at`] sees it; with `into`, functions that are inlined there or called are places to stop at.
pub(super) fn explore(target: &Target, at: VirtualAddress, depth: usize, into: bool) -> Option<LineRegion> {
    let key = key_at(target.modules(), at, depth)?;
    let belongs = |place: &Place<'_>| {
        let deeper = into && place.inlined.len() > depth;
        // Code without a line of its own belongs to the line that it stands in.
        !deeper && place.line(depth).map_or(place.is_in(&key, depth), |line| place.key(depth, Some(line)) == key)
    };
    Some(follow(target, at, key.clone(), into, &belongs))
}

/// The line at `at`, as [`key_at`] sees it, without the function that is inlined there from `first` on.
pub(super) fn explore_around(
    target: &Target,
    at: VirtualAddress,
    depth: usize,
    first: VirtualAddress,
) -> Option<LineRegion> {
    let key = key_at(target.modules(), at, depth)?;
    let belongs = |place: &Place<'_>| {
        let is_other = place.inlined_first(depth) != Some(first);
        is_other && place.line(depth).map_or(place.is_in(&key, depth), |line| place.key(depth, Some(line)) == key)
    };
    Some(follow(target, at, key.clone(), false, &belongs))
}

/// The function that is inlined at an address inside `depth` others: its name, and where its code begins.
pub(super) fn inlined_at(modules: &Modules, at: VirtualAddress, depth: usize) -> Option<(String, VirtualAddress)> {
    let place = Place::of(modules, at)?;
    Some((place.inlined.get(depth)?.name.clone(), place.inlined_first(depth)?))
}

/// The whole of the innermost inlined function of the frame that has `depth` of them around it.
pub(super) fn explore_inlined(target: &Target, at: VirtualAddress, depth: usize) -> Option<LineRegion> {
    let place = Place::of(target.modules(), at)?;
    let key = place.key(depth, None);
    let belongs = |place: &Place<'_>| place.is_in(&key, depth);
    Some(follow(target, at, key.clone(), false, &belongs))
}

/// The first line behind the prologue of the function that starts at `start`; `None` where it has no lines.
pub(super) fn behind_prologue(modules: &Modules, start: VirtualAddress) -> Option<VirtualAddress> {
    let module = modules.at(start)?;
    let symbols = module.symbols()?;
    let rva = module.rva(start)?;
    let first = symbols.line_at(rva)?;
    let function = symbols.function_at(rva)?;
    let behind = first.range.end;
    let inside = function.ranges.iter().any(|range| range.contains(&behind)) && symbols.line_at(behind).is_some();
    Some(if inside { module.address(behind) } else { start })
}

fn follow(
    target: &Target,
    at: VirtualAddress,
    key: LineKey,
    into: bool,
    belongs: &dyn Fn(&Place<'_>) -> bool,
) -> LineRegion {
    let mut region = LineRegion { key, inside: BTreeSet::new(), traced: BTreeSet::new(), exits: BTreeSet::new() };
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        if region.inside.contains(&at) {
            continue;
        }
        let is_inside = Place::of(target.modules(), at).is_some_and(|place| belongs(&place));
        if !is_inside || region.inside.len() >= MAX_INSTRUCTIONS {
            region.exits.insert(at);
            continue;
        }
        region.inside.insert(at);
        let Some(Decoded { length, flow }) = decode(target, at) else {
            region.traced.insert(at);
            continue;
        };
        let next = at.offset(length as u64);
        match flow {
            Flow::Next | Flow::Trap => open.push(next),
            Flow::Call(_) => {
                if into {
                    region.traced.insert(at);
                }
                open.push(next);
            }
            Flow::Jump(Some(to)) => open.push(to),
            Flow::ConditionalJump(to) => open.extend([to, next]),
            Flow::Jump(None) | Flow::Return | Flow::Invalid => {
                region.traced.insert(at);
            }
        }
    }
    region
}

fn decode(target: &Target, at: VirtualAddress) -> Option<Decoded> {
    let module = target.modules().at(at)?;
    let architecture = target.architecture();
    let mut bytes = vec![0; architecture.max_instruction_length()];
    let read = match module.read_code(module.rva(at)?, &mut bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.read,
    };
    architecture.decode(at, bytes.get(..read)?).filter(|decoded| decoded.length > 0)
}

/// What symbols say of one instruction.
struct Place<'a> {
    module: &'a Module,
    rva: u32,
    function: u32,
    /// Outermost first.
    inlined: Vec<InlineFrame>,
}

impl<'a> Place<'a> {
    fn of(modules: &'a Modules, at: VirtualAddress) -> Option<Self> {
        let module = modules.at(at)?;
        let rva = module.rva(at)?;
        let symbols = module.symbols()?;
        let function = symbols.function_at(rva)?.ranges.first()?.start;
        let mut inlined = symbols.inline_frames(rva);
        inlined.reverse();
        Some(Self { module, rva, function, inlined })
    }

    /// The line of the frame that has `depth` inlined functions around it.
    fn line(&self, depth: usize) -> Option<(String, u32)> {
        let line = match self.inlined.get(depth) {
            Some(deeper) => deeper.call_site.clone(),
            None => self.module.symbols()?.line_at(self.rva),
        };
        line.map(|line| (line.file.name.clone(), line.line))
    }

    /// Where the code of the function begins that is inlined inside `depth` others.
    fn inlined_first(&self, depth: usize) -> Option<VirtualAddress> {
        let range = self.inlined.get(depth)?.ranges.first()?;
        Some(self.module.address(range.start))
    }

    fn key(&self, depth: usize, line: Option<(String, u32)>) -> LineKey {
        let first = |frame: &InlineFrame| frame.ranges.first().map_or(0, |range| range.start);
        let inlined = self.inlined.iter().take(depth).map(|frame| (frame.name.clone(), first(frame))).collect();
        LineKey { module: self.module.base(), function: self.function, inlined, line }
    }

    /// Whether it is in the same function, whatever the line.
    fn is_in(&self, key: &LineKey, depth: usize) -> bool {
        self.key(depth, None) == LineKey { line: None, ..key.clone() }
    }
}
