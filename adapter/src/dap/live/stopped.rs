//! The `stopped` event's words.

use crate::dap::protocol::Stopped;
use crate::dap::view::breakpoints;
use crate::dap::view::to_dap;
use analysis::nt::bugcheck::BugCheck;
use analysis::nt::exception_record::ExceptionRecord;
use engine::Session as Engine;
use engine::breakpoints::{ClientList, Owner};
use engine::run_control::{Stop, StopReason};
use memory::VirtualAddress;

/// Why the target stands: what clients switch on, and what their users read. The first stop that a client is told of is
/// its entry, if it came without a better reason.
pub fn of(engine: &Engine, stop: &Stop, first: bool) -> Stopped {
    let (reason, description) = match &stop.reason {
        StopReason::Entry => ("entry", "Attached".to_owned()),
        StopReason::Pause if first => ("entry", "Attached".to_owned()),
        StopReason::Pause => ("pause", "Stopped".to_owned()),
        StopReason::Breakpoint(ids) => breakpoint(engine, ids),
        StopReason::DataBreakpoint(ids) => ("data breakpoint", format!("Data breakpoint {}", numbers(ids))),
        StopReason::Step => ("step", "Stepped".to_owned()),
        StopReason::Goto => ("goto", "The next instruction was set".to_owned()),
        // Short, as VS Code gives it the place of the processor's name.
        StopReason::BugCheck { code, .. } => ("exception", format!("Bug check {code:x}")),
        StopReason::Exception { .. } => ("exception", event_name(stop)),
        StopReason::ModuleLoaded(_) | StopReason::ModuleUnloaded(_) => ("exception", event_name(stop)),
    };
    let hit = match &stop.reason {
        StopReason::Breakpoint(ids) | StopReason::DataBreakpoint(ids) => Some(ids),
        _ => None,
    };
    let place = to_dap::symbol_name(engine, stop.program_counter);
    let place = place.unwrap_or_else(|| to_dap::address(stop.program_counter));
    let event = Some(event_name(stop)).filter(|name| !name.is_empty());
    let what = event.as_ref().unwrap_or(&description);
    Stopped {
        reason,
        thread_id: to_dap::thread_id(stop.processor),
        text: stop.text.clone().unwrap_or_else(|| format!("{what} at {place}")),
        description,
        all_threads_stopped: true,
        hit_breakpoint_ids: hit.map(|ids| ids.iter().copied().map(breakpoints::number).collect()),
    }
}

/// What happened, where it was an exception or the like.
pub fn event_name(stop: &Stop) -> String {
    match &stop.reason {
        StopReason::Exception { record, first_chance } => {
            let chance = if *first_chance { "first" } else { "second" };
            format!("{}, {chance} chance", exception_name(record.code))
        }
        &StopReason::BugCheck { code, parameters } => {
            format!("Bug check {}", to_dap::bug_check_name(&BugCheck { code, parameters }))
        }
        StopReason::ModuleLoaded(path) => format!("Loaded {path}"),
        StopReason::ModuleUnloaded(path) => format!("Unloaded {path}"),
        _ => String::new(),
    }
}

/// `STATUS_ACCESS_VIOLATION (c0000005)`.
fn exception_name(code: u32) -> String {
    let (nested, address) = (VirtualAddress(0), VirtualAddress(0));
    to_dap::exception_name(&ExceptionRecord { code, flags: 0, nested, address, parameters: Vec::new() })
}

fn breakpoint(engine: &Engine, ids: &[u32]) -> (&'static str, String) {
    let owner = ids.first().and_then(|id| engine.breakpoints.get(*id)).map(|breakpoint| &breakpoint.owner);
    let reason = match owner {
        Some(Owner::Client(ClientList::Functions)) => "function breakpoint",
        Some(Owner::Client(ClientList::Instructions)) => "instruction breakpoint",
        _ => "breakpoint",
    };
    (reason, format!("Breakpoint {}", numbers(ids)))
}

/// The numbers as the console has them.
fn numbers(ids: &[u32]) -> String {
    ids.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
