//! `scopes`: what there is to see of a frame. Nothing is read before a scope is opened.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::session::Session;
use crate::dap::view::container::Container;
use serde::{Deserialize, Serialize};

pub(super) struct Scopes;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    frame_id: i64,
}

#[derive(Serialize)]
pub(super) struct Body {
    scopes: Vec<Scope>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Scope {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation_hint: Option<&'static str>,
    variables_reference: i64,
    /// Some clients don't show what is expensive at all.
    expensive: bool,
}

impl Request for Scopes {
    const COMMAND: &'static str = "scopes";
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let Some(frame) = attached.frame(arguments.frame_id)? else { return Ok(Body { scopes: Vec::new() }) };
        let scopes = [
            ("Locals", Some("locals"), Container::Locals),
            ("Arguments", Some("arguments"), Container::Arguments),
            ("Registers", Some("registers"), Container::Registers),
            ("Processor", None, Container::Processor),
        ];
        let scopes = scopes.map(|(name, presentation_hint, container)| {
            let variables_reference = attached.scope_number(arguments.frame_id, name, frame, container)?;
            Ok(Scope { name, presentation_hint, variables_reference, expensive: false })
        });
        Ok(Body { scopes: scopes.into_iter().collect::<Result<_, RequestError>>()? })
    }
}
