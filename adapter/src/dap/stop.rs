//! The `stopped` event: which thread, and why.

use super::error::RequestError;
use super::protocol::{Event, Stopped};
use super::session::Session;
use super::view::to_dap;
use engine::Session as Engine;

/// Tells that the target stands, and what the client knows of earlier stops becomes stale.
///
/// # Errors
/// When there is no target.
pub fn tell(session: &mut Session) -> Result<(), RequestError> {
    let attached = session.attached()?;
    attached.begin_stop();
    let stopped = stopped(&attached.engine, attached.shown_processor);
    session.tell(Event::Stopped(stopped));
    Ok(())
}

/// Where a dump stands: at its bug check, which the crashed processor's thread shows as an exception.
fn stopped(engine: &Engine, shown: u32) -> Stopped {
    let thread_id = to_dap::thread_id(shown);
    let Some(crash) = engine.crash() else {
        let text = engine.target().session_name();
        let description = text.clone();
        return Stopped {
            reason: "pause",
            description,
            thread_id,
            text,
            all_threads_stopped: true,
            hit_breakpoint_ids: None,
        };
    };
    let text = to_dap::bug_check_name(&crash.bug_check);
    let (reason, description) = match engine.processors().crashed {
        Some(crashed) if crashed != shown => ("pause", format!("Bug check on processor {crashed}: {text}")),
        // Short, as VS Code gives it the place of the processor's name; the bug check's name is in the text.
        _ => ("exception", format!("Bug check {:x}", crash.bug_check.code)),
    };
    Stopped { reason, description, thread_id, text, all_threads_stopped: true, hit_breakpoint_ids: None }
}

/// Refuses to let a dump run, and tells the client again, in the same words, where it stands: some clients take the
/// target for running from the moment that they ask, and wait for the next stop.
///
/// # Errors
/// Always.
pub fn refuse_to_run(session: &mut Session) -> Result<(), RequestError> {
    tell(session)?;
    Err(RequestError::DumpCannotRun)
}
