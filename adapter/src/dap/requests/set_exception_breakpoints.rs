//! `setExceptionBreakpoints`: which exceptions halt the target. A crash dump offers no filters, so that there is
//! nothing to set; clients send the request all the same.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Breakpoints;
use crate::dap::session::Session;
use serde::Deserialize;
use serde::de::IgnoredAny;

pub(super) struct SetExceptionBreakpoints;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    filters: Vec<IgnoredAny>,
    #[serde(default)]
    filter_options: Vec<IgnoredAny>,
}

impl Request for SetExceptionBreakpoints {
    const COMMAND: &'static str = "setExceptionBreakpoints";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let count = arguments.filters.len() + arguments.filter_options.len();
        Ok(session.attached()?.breakpoints_never_reached(count))
    }
}
