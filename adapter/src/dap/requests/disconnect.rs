//! `disconnect`: the session ends.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::de::IgnoredAny;

pub(super) struct Disconnect;

impl Request for Disconnect {
    const COMMAND: &'static str = "disconnect";
    const NEEDS: Needs = Needs::Nothing;
    const LEAVES: bool = true;
    /// All of them are about a target that runs.
    type Arguments = IgnoredAny;
    type Body = ();

    fn run(session: &mut Session, _: IgnoredAny) -> Result<(), RequestError> {
        session.detach();
        session.end();
        Ok(())
    }
}
