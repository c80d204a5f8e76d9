//! What is shown where a live target stops.

use commands::report;
use engine::Session;
use engine::run_control::{Stop, StopReason};

/// Why it stopped, and where: registers unless the user has switched them off, and the instruction.
pub(super) fn text(session: &Session, stop: &Stop) -> String {
    let mut text = reason(session, stop);
    if let Some(more) = &stop.text {
        text.push_str(more);
        text.push('\n');
    }
    if session.settings.show_source_line {
        text.extend(source_line(session, stop).map(|line| line + "\n"));
    }
    let place = if session.settings.show_registers { commands::registers(session) } else { commands::place(session) };
    match place {
        Ok(place) => text.push_str(&report::text(&place)),
        Err(error) => text.push_str(&format!("stopped at {}: {error}\n", stop.program_counter)),
    }
    text
}

fn reason(session: &Session, stop: &Stop) -> String {
    const STATUS_BREAKPOINT: u32 = 0x8000_0003;
    let filters = &session.event_filters;
    match &stop.reason {
        StopReason::Entry | StopReason::Pause => format!("{}\n", filters.describe(STATUS_BREAKPOINT, true)),
        StopReason::Breakpoint(numbers) | StopReason::DataBreakpoint(numbers) => {
            numbers.iter().map(|number| format!("Breakpoint {number} hit\n")).collect()
        }
        StopReason::Step | StopReason::Goto => String::new(),
        StopReason::Exception { record, first_chance } => {
            format!("{}\n", filters.describe(record.code, *first_chance))
        }
        StopReason::BugCheck { code, parameters: [a, b, c, d] } => {
            format!("BugCheck {code:X}, {{{a:x}, {b:x}, {c:x}, {d:x}}}\n")
        }
        StopReason::ModuleLoaded(path) => format!("Load module {path}\n"),
        StopReason::ModuleUnloaded(path) => format!("Unload module {path}\n"),
    }
}

/// `c:\src\driver.c(42)`
fn source_line(session: &Session, stop: &Stop) -> Option<String> {
    let module = session.target().modules().at(stop.program_counter)?;
    let line = module.symbols()?.line_at(module.rva(stop.program_counter)?)?;
    Some(format!("{}({})", line.file.name, line.line))
}
