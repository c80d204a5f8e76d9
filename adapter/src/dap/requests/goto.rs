//! `goto`: the next instruction is the one that `gotoTargets` offered.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use engine::ContextSource;
use serde::Deserialize;

pub(super) struct Goto;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    thread_id: i64,
    target_id: i64,
}

impl Request for Goto {
    const COMMAND: &'static str = "goto";
    type Arguments = Arguments;
    type Body = ();

    fn run(session: &mut Session, arguments: Arguments) -> Result<(), RequestError> {
        let attached = session.attached()?;
        let address = attached.goto_target(arguments.target_id)?;
        let processor = attached.processor(arguments.thread_id)?;
        let engine = &mut attached.engine;
        engine.select_context(ContextSource::Processor(processor)).map_err(RequestError::Scope)?;
        engine.set_instruction_pointer(address).map_err(RequestError::Run)?;
        if let Some(stop) = engine.current_stop().cloned() {
            session.tell_stop(&stop);
        }
        Ok(())
    }
}
