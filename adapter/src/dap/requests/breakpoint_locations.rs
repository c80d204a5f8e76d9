//! `breakpointLocations`: where in some lines of a file breakpoints can be set.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use serde::{Deserialize, Serialize};

pub(super) struct BreakpointLocations;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    source: Source,
    line: i64,
    end_line: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Body {
    breakpoints: Vec<Location>,
}

#[derive(Serialize)]
struct Location {
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<i64>,
}

impl Request for BreakpointLocations {
    const COMMAND: &'static str = "breakpointLocations";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_breakpoint_locations_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let client = &attached.client;
        let (line_0, column_0) = (i64::from(!client.lines_start_at1), i64::from(!client.columns_start_at1));
        if arguments.source.reference().is_some() {
            let last = arguments.end_line.unwrap_or(arguments.line).saturating_add(line_0);
            let lines = arguments.line.saturating_add(line_0)..=last;
            let lines = attached.sources.listing_of(&arguments.source)?.lines_with_code(lines);
            let location = |line| Location { line: line - line_0, column: None };
            return Ok(Body { breakpoints: lines.into_iter().map(location).collect() });
        }
        let Some(path) = &arguments.source.path else { return Ok(Body { breakpoints: Vec::new() }) };
        let file = to_dap::path_of_client(client, path);
        let from_1 = |line: i64| u32::try_from(line.saturating_add(line_0)).unwrap_or(0);
        let lines = from_1(arguments.line)..=from_1(arguments.end_line.unwrap_or(arguments.line));
        let places = attached.engine.lines_with_code(&file, lines);
        let location = |place: &engine::breakpoints::SourcePlace| Location {
            line: i64::from(place.line) - line_0,
            column: place.column.map(|column| i64::from(column) - column_0),
        };
        Ok(Body { breakpoints: places.iter().map(location).collect() })
    }
}
