//! `configurationDone`: the client has said everything; it is told where the target stands.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Event};
use crate::dap::session::Session;
use crate::dap::stop;
use crate::dap::view::to_dap;
use serde::de::IgnoredAny;

pub(super) struct ConfigurationDone;

impl Request for ConfigurationDone {
    const COMMAND: &'static str = "configurationDone";
    const NEEDS: Needs = Needs::Target;
    type Arguments = IgnoredAny;
    type Body = ();

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_configuration_done_request = true;
    }

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        if session.live().is_some() {
            session.live_is_configured();
            return Ok(());
        }
        let processors: Vec<u32> = session.attached()?.engine.processors().all.iter().map(|one| one.number).collect();
        for number in processors {
            session.tell(Event::Thread { reason: "started", thread_id: to_dap::thread_id(number) });
        }
        stop::tell(session)
    }
}
