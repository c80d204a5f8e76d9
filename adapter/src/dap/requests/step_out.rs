//! `stepOut`: steps to the caller, by line or by instruction.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::run::{self, StepArguments};
use crate::dap::session::Session;
use engine::run_control::StepKind;

pub(super) struct StepOut;

impl Request for StepOut {
    const COMMAND: &'static str = "stepOut";
    type Arguments = StepArguments;
    type Body = ();

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_stepping_granularity = true;
    }

    fn run(session: &mut Session, arguments: StepArguments) -> Result<(), RequestError> {
        run::step(session, &arguments, StepKind::Out)
    }
}
