//! `launch`: for a dump the same as `attach`. Clients offer it where the other one would do as well.

use super::attach::Attach;
use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::launch_config::LaunchConfig;

pub(super) struct Launch;

impl Request for Launch {
    const COMMAND: &'static str = "launch";
    const TITLE: &'static str = "Opening the crash dump";
    const NEEDS: Needs = Needs::Client;
    type Arguments = LaunchConfig;
    type Body = ();

    fn run(session: &mut Session, config: LaunchConfig) -> Result<(), RequestError> {
        Attach::run(session, config)
    }
}
