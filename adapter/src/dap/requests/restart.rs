//! `restart`: reboots the live target, once the user has confirmed it. Breakpoints are kept.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use engine::live::RunState;
use serde::de::IgnoredAny;
use std::time::{Duration, Instant};

/// A second request within this time is the confirmation.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Restart;

impl Request for Restart {
    const COMMAND: &'static str = "restart";
    const NEEDS: Needs = Needs::Target;
    type Arguments = IgnoredAny;
    type Body = ();

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_restart_request = true;
    }

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        let Some(live) = session.live_mut() else { return Err(RequestError::DumpCannotRun) };
        let asked = live.asked_to_reboot.replace(Instant::now());
        if !live.allow_reboot && asked.is_none_or(|asked| asked.elapsed() > ANSWERED_WITHIN) {
            return Err(RequestError::AskBeforeReboot);
        }
        let engine = &mut session.attached()?.engine;
        if engine.run_state() == RunState::Halted {
            return engine.reboot().map_err(RequestError::Run);
        }
        engine.break_in().map_err(RequestError::Run)?;
        if let Some(live) = session.live_mut() {
            live.reboots = true;
        }
        Ok(())
    }
}
