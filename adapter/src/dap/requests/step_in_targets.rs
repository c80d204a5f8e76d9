//! `stepInTargets`: the calls that `stepIn` can be told to go into, over the others.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use engine::ContextSource;
use engine::run_control::StepInTarget;
use serde::{Deserialize, Serialize};

pub(super) struct StepInTargets;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    frame_id: i64,
}

#[derive(Serialize)]
pub(super) struct Body {
    targets: Vec<Target>,
}

#[derive(Serialize)]
struct Target {
    id: i64,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<i64>,
}

impl Request for StepInTargets {
    const COMMAND: &'static str = "stepInTargets";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_step_in_targets_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let frame = attached.frame(arguments.frame_id)?;
        let is_live = attached.engine.target().live().is_some();
        // A step begins where the processor stands, whatever frame is shown.
        let processor = match frame.filter(|frame| is_live && frame.index == 0).map(|frame| frame.source) {
            Some(ContextSource::Processor(processor)) => processor,
            _ => return Ok(Body { targets: Vec::new() }),
        };
        let found = attached.engine.step_in_targets(processor).map_err(RequestError::Run)?;
        let (line_0, column_0) =
            (i64::from(!attached.client.lines_start_at1), i64::from(!attached.client.columns_start_at1));
        let target = |(index, target): (usize, &StepInTarget)| {
            let place = target.line.as_ref();
            Ok(Target {
                id: attached.step_target_number(target.target)?,
                label: label(&found, index, target),
                line: place.map(|place| i64::from(place.line) - line_0),
                column: place.and_then(|place| place.column).map(|column| i64::from(column) - column_0),
            })
        };
        Ok(Body { targets: found.iter().enumerate().map(target).collect::<Result<_, RequestError>>()? })
    }
}

/// The function; where a line calls it more than once, which of these calls.
fn label(all: &[StepInTarget], index: usize, target: &StepInTarget) -> String {
    let same = |targets: &[StepInTarget]| targets.iter().filter(|other| other.function == target.function).count();
    match (same(all), all.get(..index).map_or(0, same)) {
        (1, _) => target.function.clone(),
        (count, before) => format!("{} ({} of {count})", target.function, before + 1),
    }
}
