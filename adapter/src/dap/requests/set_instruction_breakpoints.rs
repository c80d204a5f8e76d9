//! `setInstructionBreakpoints`: breakpoints on instructions. In a crash dump none is ever reached, and each says so.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Breakpoints;
use crate::dap::session::Session;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) struct SetInstructionBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    breakpoints: Vec<IgnoredAny>,
}

impl Request for SetInstructionBreakpoints {
    const COMMAND: &'static str = "setInstructionBreakpoints";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        Ok(session.attached()?.breakpoints_never_reached(arguments.breakpoints.len()))
    }
}
