//! `locations`: where the function is that a value leads to.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::Source;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use serde::{Deserialize, Serialize};

pub(super) struct Locations;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    location_reference: i64,
}

#[derive(Serialize)]
pub(super) struct Body {
    source: Source,
    line: i64,
    column: i64,
}

impl Request for Locations {
    const COMMAND: &'static str = "locations";
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let address = attached.location(arguments.location_reference)?;
        let place = to_dap::code_place(attached, address);
        Ok(Body { source: place.source, line: place.line, column: place.column })
    }
}
