//! `disconnect`: the session ends. A live target is let go before the answer: running, unless it is to stay halted.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use engine::run_control::Leave;
use serde::Deserialize;

pub(super) struct Disconnect;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    suspend_debuggee: Option<bool>,
}

impl Request for Disconnect {
    const COMMAND: &'static str = "disconnect";
    const NEEDS: Needs = Needs::Nothing;
    const LEAVES: bool = true;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = ();

    fn announce(capabilities: &mut Capabilities) {
        capabilities.support_suspend_debuggee = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<(), RequestError> {
        let halted = arguments.suspend_debuggee.unwrap_or(false);
        session.detach(if halted { Leave::Halted } else { Leave::Running });
        session.end();
        Ok(())
    }
}
