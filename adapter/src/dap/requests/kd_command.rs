//! `kd/command`: runs commands of the console and gives what they report as JSON, each with its text. Ours.

use super::{Needs, Request};
use crate::dap::error::RequestError;
use crate::dap::report_json;
use crate::dap::session::Session;
use serde::{Deserialize, Serialize};

pub(super) struct KdCommand;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    /// A line as in the console: commands, separated by `;`.
    command: String,
    /// The frame that it refers to; without one, what is current.
    frame_id: Option<i64>,
}

#[derive(Serialize)]
pub(super) struct Body {
    /// One for each command.
    reports: Vec<Report>,
}

#[derive(Serialize)]
struct Report {
    command: String,
    text: String,
    report: serde_json::Value,
}

impl Request for KdCommand {
    const COMMAND: &'static str = "kd/command";
    const TITLE: &'static str = "Running a command";
    /// Some commands need no target that stands.
    const NEEDS: Needs = Needs::Target;
    type Arguments = Arguments;
    type Body = Body;

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        if let Some(frame) = arguments.frame_id {
            attached.follow(frame)?;
        }
        let run = |command: &str| {
            let report = attached.execute(command)?;
            let text = commands::report::text(&report);
            Ok(Report { command: command.to_owned(), text, report: report_json::report(&report) })
        };
        let reports = commands::line::split(&arguments.command).into_iter().map(run);
        Ok(Body { reports: reports.collect::<Result<_, RequestError>>()? })
    }
}
