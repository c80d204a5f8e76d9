//! `setInstructionBreakpoints`: breakpoints on instructions, as the disassembly view sets them.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::live;
use crate::dap::protocol::{Breakpoints, Capabilities};
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use engine::breakpoints::{ClientList, Spec};
use serde::Deserialize;

pub(super) struct SetInstructionBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    breakpoints: Vec<InstructionBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstructionBreakpoint {
    instruction_reference: String,
    #[serde(default)]
    offset: i64,
    condition: Option<String>,
    hit_condition: Option<String>,
}

impl Request for SetInstructionBreakpoints {
    const COMMAND: &'static str = "setInstructionBreakpoints";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_instruction_breakpoints = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let wanted = arguments.breakpoints.iter().map(|breakpoint| {
            let address = to_dap::memory_reference(&breakpoint.instruction_reference, breakpoint.offset);
            let options = live::options(breakpoint.condition.as_deref(), breakpoint.hit_condition.as_deref(), None)?;
            Ok((Spec::Address(address.map_err(|error| error.to_string())?), options))
        });
        session.set_breakpoints(ClientList::Instructions, wanted.collect())
    }
}
