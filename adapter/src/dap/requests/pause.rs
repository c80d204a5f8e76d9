//! `pause`: halts the target, where it can run. The `stopped` event says when it stands.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use engine::live::RunState;
use serde::de::IgnoredAny;

pub(super) struct Pause;

impl Request for Pause {
    const COMMAND: &'static str = "pause";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        let engine = &mut session.attached()?.engine;
        if engine.target().live().is_none() {
            return Err(RequestError::DumpCannotRun);
        }
        match engine.run_state() {
            // Its stop and the request crossed on the way.
            RunState::Halted => Ok(()),
            _ => engine.break_in().map_err(RequestError::Run),
        }
    }
}
