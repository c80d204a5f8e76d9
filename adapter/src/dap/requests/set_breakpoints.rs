//! `setBreakpoints`: breakpoints on source lines. In a crash dump none is ever reached, and each says so.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Breakpoints, Source};
use crate::dap::session::Session;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) struct SetBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    #[serde(rename = "source")]
    _source: Source,
    #[serde(default)]
    breakpoints: Vec<IgnoredAny>,
}

impl Request for SetBreakpoints {
    const COMMAND: &'static str = "setBreakpoints";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        Ok(session.attached()?.breakpoints_never_reached(arguments.breakpoints.len()))
    }
}
