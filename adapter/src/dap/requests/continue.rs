//! `continue`: lets the target run, where the target can run.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::dap::stop;
use serde::de::IgnoredAny;

pub(super) struct Continue;

impl Request for Continue {
    const COMMAND: &'static str = "continue";
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        stop::refuse_to_run(session)
    }
}
