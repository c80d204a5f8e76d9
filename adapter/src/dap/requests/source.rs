//! `source`: the text of a listing.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::protocol::Source as SourceArgument;
use crate::dap::session::Session;
use serde::{Deserialize, Serialize};

pub(super) struct Source;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    source: Option<SourceArgument>,
    source_reference: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    content: String,
    mime_type: &'static str,
}

impl Request for Source {
    const COMMAND: &'static str = "source";
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let mut source = arguments.source.unwrap_or_default();
        source.source_reference = source.reference().or(Some(arguments.source_reference));
        let attached = session.attached()?;
        let content = attached.sources.listing_of(&source)?.text(&attached.engine).to_owned();
        Ok(Body { content, mime_type: "text/x-asm" })
    }
}
