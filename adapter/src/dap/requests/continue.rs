//! `continue`: lets the target run, where the target can run.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::run;
use crate::dap::session::Session;
use engine::run_control::Handling;
use serde::Serialize;
use serde::de::IgnoredAny;

pub(super) struct Continue;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    /// A kernel runs with all its processors.
    all_threads_continued: bool,
}

impl Request for Continue {
    const COMMAND: &'static str = "continue";
    type Arguments = IgnoredAny;
    type Body = Body;

    fn run(session: &mut Session, _: IgnoredAny) -> Result<Body, RequestError> {
        run::let_go(session, |engine| engine.go(Handling::ByFilter, None))?;
        Ok(Body { all_threads_continued: true })
    }
}
