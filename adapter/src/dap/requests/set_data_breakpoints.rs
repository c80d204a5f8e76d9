//! `setDataBreakpoints`: breakpoints on data, by the processors' debug registers.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::live;
use crate::dap::protocol::{Breakpoints, Capabilities};
use crate::dap::session::Session;
use crate::dap::view::data_id::DataId;
use arch::debug_registers::Access;
use engine::breakpoints::{ClientList, Expression, Spec};
use serde::Deserialize;

pub(super) struct SetDataBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    breakpoints: Vec<DataBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DataBreakpoint {
    data_id: String,
    access_type: Option<AccessType>,
    condition: Option<String>,
    hit_condition: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum AccessType {
    /// The processors tell no reads from writes: an access it is.
    Read,
    Write,
    ReadWrite,
}

impl Request for SetDataBreakpoints {
    const COMMAND: &'static str = "setDataBreakpoints";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_data_breakpoints = true;
        capabilities.supports_data_breakpoint_bytes = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let wanted = arguments.breakpoints.iter().map(|breakpoint| {
            let unknown = || format!("`{}` is no data that dataBreakpointInfo named", breakpoint.data_id);
            let DataId { address, size } = breakpoint.data_id.parse().map_err(|()| unknown())?;
            let options = live::options(breakpoint.condition.as_deref(), breakpoint.hit_condition.as_deref(), None)?;
            let access = match breakpoint.access_type {
                Some(AccessType::Read | AccessType::ReadWrite) => Access::ReadWrite,
                Some(AccessType::Write) | None => Access::Write,
            };
            let at = Expression::masm(format!("{:#x}", address.0), false);
            Ok((Spec::Data { at, size, access }, options))
        });
        session.set_breakpoints(ClientList::Data, wanted.collect())
    }
}
