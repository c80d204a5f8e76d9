//! `dataBreakpointInfo`: whether a breakpoint can be set on some data. In a crash dump it can't.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use serde::Serialize;
use serde::de::IgnoredAny;

pub(super) struct DataBreakpointInfo;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// None: no breakpoint can be set.
    data_id: Option<String>,
    description: String,
}

impl Request for DataBreakpointInfo {
    const COMMAND: &'static str = "dataBreakpointInfo";
    const NEEDS: Needs = Needs::Target;
    type Arguments = IgnoredAny;
    type Body = Body;

    fn run(_: &mut Session, _: IgnoredAny) -> Result<Body, RequestError> {
        Ok(Body { data_id: None, description: RequestError::DumpCannotRun.to_string() })
    }
}
