//! `setFunctionBreakpoints`: breakpoints on functions: `module!name`, with wildcards, or an expression that leads into
//! one.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::live;
use crate::dap::protocol::{Breakpoints, Capabilities};
use crate::dap::session::Session;
use engine::breakpoints::{ClientList, Spec};
use serde::Deserialize;

pub(super) struct SetFunctionBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    breakpoints: Vec<FunctionBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionBreakpoint {
    name: String,
    condition: Option<String>,
    hit_condition: Option<String>,
}

impl Request for SetFunctionBreakpoints {
    const COMMAND: &'static str = "setFunctionBreakpoints";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_function_breakpoints = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let wanted = arguments.breakpoints.iter().map(|breakpoint| {
            let options = live::options(breakpoint.condition.as_deref(), breakpoint.hit_condition.as_deref(), None)?;
            Ok((Spec::function(&breakpoint.name), options))
        });
        session.set_breakpoints(ClientList::Functions, wanted.collect())
    }
}
