//! Letting the target run: where it can, and where the client is told that it does by the response.

use super::error::RequestError;
use super::session::Session;
use super::stop;
use engine::run_control::{Granularity, RunError, StepKind};
use engine::{ContextSource, Session as Engine};
use serde::Deserialize;

/// Arguments of `next`, `stepIn` and `stepOut`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepArguments {
    thread_id: i64,
    granularity: Option<SteppingGranularity>,
    /// Of `stepIn`: one of the calls that `stepInTargets` offered.
    target_id: Option<i64>,
}

/// How far a step goes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SteppingGranularity {
    /// Lines are as fine as symbols tell.
    Statement,
    Line,
    Instruction,
}

/// Lets the target go by `act`. The response says so: no `continued` event follows.
///
/// # Errors
/// A dump doesn't run; otherwise what `act` says.
pub fn let_go(
    session: &mut Session,
    act: impl FnOnce(&mut Engine) -> Result<(), RunError>,
) -> Result<(), RequestError> {
    let engine = &mut session.attached()?.engine;
    if engine.target().live().is_none() {
        return stop::refuse_to_run(session);
    }
    act(engine).map_err(RequestError::Run)?;
    if let Some(live) = session.live_mut() {
        live.client_sees_it_run();
    }
    Ok(())
}

/// Lets a thread take a step.
///
/// # Errors
/// As [`let_go`], and when there is no such thread.
pub fn step(session: &mut Session, arguments: &StepArguments, kind: StepKind) -> Result<(), RequestError> {
    let attached = session.attached()?;
    let is_live = attached.engine.target().live().is_some();
    let target = arguments.target_id.filter(|_| is_live && kind == StepKind::Into);
    let target = target.map(|number| attached.step_target(number)).transpose()?;
    if is_live {
        let processor = attached.processor(arguments.thread_id)?;
        attached.engine.select_context(ContextSource::Processor(processor)).map_err(RequestError::Scope)?;
    }
    let granularity = match arguments.granularity {
        Some(SteppingGranularity::Instruction) => Granularity::Instruction,
        Some(SteppingGranularity::Statement | SteppingGranularity::Line) | None => Granularity::Line,
    };
    match target {
        Some(target) => let_go(session, |engine| engine.step_into(target)),
        None => let_go(session, |engine| engine.step(kind, granularity)),
    }
}
