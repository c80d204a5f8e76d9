//! `kd/trace`: what went over the link to a live target, as Ctrl+D shows it in other debuggers. Ours.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::{Deserialize, Serialize};

pub(super) struct KdTrace;

#[derive(Deserialize)]
pub(super) struct Arguments {
    /// What came before this one isn't wanted: `next` of the answer before.
    #[serde(default)]
    position: u64,
}

#[derive(Serialize)]
pub(super) struct Body {
    /// One line for each packet, repetition or damage, with the link's time in seconds.
    lines: Vec<String>,
    /// Position of the first one that isn't among them.
    next: u64,
}

impl Request for KdTrace {
    const COMMAND: &'static str = "kd/trace";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let engine = &session.attached()?.engine;
        let entries = engine.target().live().map(|live| live.link().trace(arguments.position)).unwrap_or_default();
        let next = entries.last().map_or(arguments.position, |(position, _)| position + 1);
        Ok(Body { lines: entries.iter().map(|(_, entry)| entry.to_string()).collect(), next })
    }
}
