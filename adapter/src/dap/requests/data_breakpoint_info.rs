//! `dataBreakpointInfo`: whether a breakpoint can be set on some data, and what names it then.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::dap::view::attached::{Attached, FrameReference};
use crate::dap::view::data_id::DataId;
use crate::dap::view::to_dap;
use engine::SessionScope;
use engine::evaluate::{self, Syntax};
use memory::VirtualAddress;
use serde::{Deserialize, Serialize};

/// Bytes that one debug register watches.
const SIZES: [u64; 4] = [1, 2, 4, 8];

pub(super) struct DataBreakpointInfo;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    variables_reference: Option<i64>,
    name: String,
    frame_id: Option<i64>,
    bytes: Option<u64>,
    #[serde(default)]
    as_address: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// None: no breakpoint can be set.
    data_id: Option<String>,
    description: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    access_types: &'static [&'static str],
}

impl Body {
    fn none(why: impl Into<String>) -> Self {
        Self { data_id: None, description: why.into(), access_types: &[] }
    }
}

impl Request for DataBreakpointInfo {
    const COMMAND: &'static str = "dataBreakpointInfo";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        if session.attached()?.engine.target().live().is_none() {
            return Ok(Body::none(RequestError::DumpCannotRun.to_string()));
        }
        session.check(Needs::StoppedTarget)?;
        let attached = session.attached()?;
        let (frame, expression) = match arguments.variables_reference.filter(|&number| number > 0) {
            Some(number) => attached.expression_of(number, &arguments.name)?,
            None => (arguments.frame_id.map(|id| attached.frame(id)).transpose()?.flatten(), arguments.name.clone()),
        };
        let found = if arguments.as_address {
            Ok((to_dap::memory_reference(&expression, 0)?, 1))
        } else {
            place(attached, frame, &expression)?
        };
        let (address, size) = match found {
            Ok(found) => found,
            Err(why) => return Ok(Body::none(why)),
        };
        let size = arguments.bytes.unwrap_or(size);
        if !SIZES.contains(&size) || address.0 % size != 0 {
            return Ok(Body::none(format!(
                "{} has {size} bytes at {address}: processors watch 1, 2, 4 or 8, at a multiple of that",
                arguments.name
            )));
        }
        Ok(Body {
            data_id: u8::try_from(size).ok().map(|size| DataId { address, size }.to_string()),
            description: format!("{} ({size} bytes at {address})", arguments.name),
            access_types: &["write", "readWrite"],
        })
    }
}

/// Where an expression's value lies in memory, and its bytes; or why no breakpoint can be set on it, in words.
fn place(
    attached: &mut Attached,
    frame: Option<FrameReference>,
    expression: &str,
) -> Result<Result<(VirtualAddress, u64), String>, RequestError> {
    attached.around(frame, false, |around| {
        let scope = SessionScope::new(around.engine, around.frame.clone());
        let value = evaluate::evaluate(expression, Syntax::Cpp, &scope).map_err(|error| error.to_string())?;
        let address = value.place.address().ok_or_else(|| format!("{expression} doesn't lie in memory"))?;
        Ok((address, value.ty.size().unwrap_or(1)))
    })
}
