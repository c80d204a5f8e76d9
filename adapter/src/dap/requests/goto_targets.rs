//! `gotoTargets`: the places that a source line offers for the next instruction.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use engine::evaluate::{Scope, SourceLine};
use memory::VirtualAddress;
use serde::{Deserialize, Serialize};

pub(super) struct GotoTargets;

#[derive(Deserialize)]
pub(super) struct Arguments {
    source: Source,
    line: i64,
}

#[derive(Serialize)]
pub(super) struct Body {
    targets: Vec<GotoTarget>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GotoTarget {
    id: i64,
    label: String,
    line: i64,
    instruction_pointer_reference: String,
}

impl Request for GotoTargets {
    const COMMAND: &'static str = "gotoTargets";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_goto_targets_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        if attached.engine.target().live().is_none() {
            return Err(RequestError::DumpCannotRun);
        }
        let line_0 = i64::from(!attached.client.lines_start_at1);
        let line = arguments.line.saturating_add(line_0);
        let found = match (arguments.source.reference(), &arguments.source.path) {
            (Some(_), _) => {
                let listing = attached.sources.listing_of(&arguments.source)?;
                listing.address_of(line).map(|address| (address, line))
            }
            (None, Some(path)) => {
                let file = to_dap::path_of_client(&attached.client, path);
                u32::try_from(line).ok().and_then(|line| code_at(&attached.engine, &file, line))
            }
            (None, None) => None,
        };
        let (address, line) = found.ok_or(RequestError::NoCode)?;
        let id = attached.goto_number(address)?;
        let label = to_dap::symbol_name(&attached.engine, address).unwrap_or_else(|| to_dap::address(address));
        let instruction_pointer_reference = to_dap::address(address);
        Ok(Body { targets: vec![GotoTarget { id, label, line: line - line_0, instruction_pointer_reference }] })
    }
}

/// The first instruction of the line, or of the next one with code.
fn code_at(engine: &engine::Session, file: &str, line: u32) -> Option<(VirtualAddress, i64)> {
    let place = engine.lines_with_code(file, line..=u32::MAX).into_iter().next()?;
    let line = SourceLine { module: None, file: Some(place.file), line: Some(place.line) };
    Some((engine.expression_scope().source_line(&line).ok()?, i64::from(place.line)))
}
