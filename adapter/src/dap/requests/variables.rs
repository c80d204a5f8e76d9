//! `variables`: the rows of a scope, of a group of registers, or of a value with parts.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{ValueFormat, Variable};
use crate::dap::session::Session;
use crate::dap::view::container::Filter;
use serde::{Deserialize, Serialize};

pub(super) struct Variables;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    variables_reference: i64,
    filter: Option<FilterArgument>,
    start: Option<u64>,
    count: Option<u64>,
    #[serde(default)]
    format: ValueFormat,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FilterArgument {
    Named,
    Indexed,
}

#[derive(Serialize)]
pub(super) struct Body {
    variables: Vec<Variable>,
}

impl Request for Variables {
    const COMMAND: &'static str = "variables";
    const TITLE: &'static str = "Reading variables";
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let filter = match arguments.filter {
            None => Filter::Both,
            Some(FilterArgument::Named) => Filter::Named,
            Some(FilterArgument::Indexed) => Filter::Indexed,
        };
        let start = arguments.start.unwrap_or(0);
        let count = arguments.count.filter(|&count| count > 0).unwrap_or(u64::MAX);
        let range = start..start.saturating_add(count);
        let variables = attached.children(arguments.variables_reference, filter, range, arguments.format.hex)?;
        Ok(Body { variables })
    }
}
