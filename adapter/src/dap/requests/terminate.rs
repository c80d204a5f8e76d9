//! `terminate`: closes the target, which goes on if it can. The client ends the session when it hears of it.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use engine::run_control::Leave;
use serde::de::IgnoredAny;

pub(super) struct Terminate;

impl Request for Terminate {
    const COMMAND: &'static str = "terminate";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = IgnoredAny;
    type Body = ();

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_terminate_request = true;
    }

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        session.detach(Leave::Running);
        Ok(())
    }
}
