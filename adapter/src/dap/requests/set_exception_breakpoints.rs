//! `setExceptionBreakpoints`: which exceptions and events halt the target.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::{Breakpoint, Breakpoints, Capabilities, ExceptionBreakpointsFilter};
use crate::dap::session::Session;
use engine::event_filters::EventFilters;
use serde::Deserialize;

pub(super) struct SetExceptionBreakpoints;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    filters: Vec<String>,
    #[serde(default)]
    filter_options: Vec<FilterOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilterOptions {
    filter_id: String,
    condition: Option<String>,
}

impl Request for SetExceptionBreakpoints {
    const COMMAND: &'static str = "setExceptionBreakpoints";
    const NEEDS: Needs = Needs::Target;
    const URGENT: bool = true;
    type Arguments = Arguments;
    type Body = Breakpoints;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_exception_filter_options = true;
        let filter = |offered: engine::event_filters::Offered| ExceptionBreakpointsFilter {
            filter: offered.id,
            label: offered.label,
            description: offered.description,
            default: offered.default,
            supports_condition: offered.condition.is_some(),
            condition_description: offered.condition,
        };
        capabilities.exception_breakpoint_filters = EventFilters::offer().into_iter().map(filter).collect();
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Breakpoints, RequestError> {
        let Arguments { filters, filter_options } = arguments;
        let attached = session.attached()?;
        if attached.engine.target().live().is_none() {
            return Ok(attached.breakpoints_never_reached(filters.len() + filter_options.len()));
        }
        let plain = filters.iter().map(|filter| (filter.as_str(), None));
        let narrowed = filter_options.iter().map(|filter| (filter.filter_id.as_str(), filter.condition.as_deref()));
        let chosen: Vec<_> = plain.chain(narrowed).collect();
        // A filter that isn't offered costs itself, and none of the others.
        let offered = EventFilters::offer();
        let is_offered = |id: &str| offered.iter().any(|offered| offered.id == id);
        let known: Vec<_> = chosen.iter().copied().filter(|(id, _)| is_offered(id)).collect();
        let result = attached.engine.event_filters.choose(&known);
        let answer = |(id, _): &(&str, Option<&str>)| match &result {
            Err(error) => Breakpoint::failed(error.to_string()),
            Ok(()) if !is_offered(id) => Breakpoint::failed(format!("there is no exception filter '{id}'")),
            Ok(()) => Breakpoint { verified: true, ..Breakpoint::default() },
        };
        Ok(Breakpoints { breakpoints: chosen.iter().map(answer).collect() })
    }
}
