//! `setBreakpoints`: breakpoints on the lines of a source file, or of a listing.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::live;
use crate::dap::protocol::{Breakpoints, Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::sources;
use crate::dap::view::to_dap;
use engine::breakpoints::{ClientList, SourceLineSpec, Spec};
use serde::Deserialize;

pub(super) struct SetBreakpoints;

#[derive(Deserialize)]
pub(super) struct Arguments {
    source: Source,
    #[serde(default)]
    breakpoints: Vec<SourceBreakpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceBreakpoint {
    line: i64,
    column: Option<i64>,
    condition: Option<String>,
    hit_condition: Option<String>,
    log_message: Option<String>,
}

impl Request for SetBreakpoints {
    const COMMAND: &'static str = "setBreakpoints";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_conditional_breakpoints = true;
        capabilities.supports_hit_conditional_breakpoints = true;
        capabilities.supports_log_points = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let Arguments { source, breakpoints } = arguments;
        let attached = session.attached()?;
        let file = file_name(attached, &source);
        let wanted = breakpoints.iter().map(|breakpoint| {
            let SourceBreakpoint { condition, hit_condition, log_message, .. } = breakpoint;
            let options = live::options(condition.as_deref(), hit_condition.as_deref(), log_message.as_deref())?;
            Ok((spec(attached, &source, &file, breakpoint)?, options))
        });
        let wanted = wanted.collect();
        session.set_breakpoints(ClientList::Source(file), wanted)
    }
}

/// What names the source in the client's lists.
fn file_name(attached: &Attached, source: &Source) -> String {
    match (source.reference(), &source.path) {
        (Some(reference), _) => sources::list_name(reference),
        (None, Some(path)) => to_dap::path_of_client(&attached.client, path),
        (None, None) => source.name.clone().unwrap_or_default(),
    }
}

fn spec(attached: &Attached, source: &Source, file: &str, breakpoint: &SourceBreakpoint) -> Result<Spec, String> {
    let client = &attached.client;
    let line = breakpoint.line.saturating_add(i64::from(!client.lines_start_at1));
    if source.reference().is_some() {
        let listing = attached.sources.listing_of(source).map_err(|error| error.to_string())?;
        return listing
            .address_of(line)
            .map(Spec::Address)
            .ok_or_else(|| "there is no instruction on this line".to_owned());
    }
    let from_1 = |number: i64| u32::try_from(number).ok().filter(|&number| number > 0);
    let line = from_1(line).ok_or_else(|| format!("there is no line {}", breakpoint.line))?;
    let column =
        breakpoint.column.and_then(|column| from_1(column.saturating_add(i64::from(!client.columns_start_at1))));
    Ok(Spec::SourceLine(SourceLineSpec { module: None, file: file.to_owned(), line, column }))
}
