//! `pause`: halts the target, where it can run.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::de::IgnoredAny;

pub(super) struct Pause;

impl Request for Pause {
    const COMMAND: &'static str = "pause";
    const NEEDS: Needs = Needs::Target;
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(_: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        Err(RequestError::DumpCannotRun)
    }
}
