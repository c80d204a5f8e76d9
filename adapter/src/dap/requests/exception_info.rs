//! `exceptionInfo`: the bug check, what its parameters mean, and the exception behind it.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::live;
use crate::dap::protocol::Capabilities;
use crate::dap::session::Session;
use crate::dap::view::to_dap;
use analysis::nt::exception_record::ExceptionRecord;
use engine::ContextSource;
use engine::Session as Engine;
use engine::crash::{Crash, CrashException};
use engine::run_control::{Stop, StopReason};
use engine::stack::FrameDescription;
use memory::VirtualAddress;
use serde::{Deserialize, Serialize};

/// Frames of the exception's stack that are listed.
const FRAMES: usize = 20;

pub(super) struct ExceptionInfo;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    thread_id: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    exception_id: String,
    description: String,
    break_mode: &'static str,
    details: Details,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    message: String,
    type_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack_trace: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inner_exception: Vec<Details>,
}

impl Request for ExceptionInfo {
    const COMMAND: &'static str = "exceptionInfo";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_exception_info_request = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        attached.processor(arguments.thread_id)?;
        let engine = &attached.engine;
        if let Some(stop) = engine.current_stop().filter(|stop| !matches!(stop.reason, StopReason::BugCheck { .. })) {
            return live_event(engine, stop).ok_or(RequestError::NoBugCheck);
        }
        let crash = engine.crash().ok_or(RequestError::NoBugCheck)?;
        let name = to_dap::bug_check_name(&crash.bug_check);
        let inner = crash.exception.as_ref().map(|exception| exception_details(engine, exception));
        let summary = crash.bug_check.description().map_or("", |description| description.summary);
        let description = [summary, inner.as_ref().map_or("", |inner| inner.message.as_str())];
        let description = description.iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n");
        let details = Details {
            message: parameters(engine, crash),
            type_name: name.clone(),
            stack_trace: None,
            inner_exception: inner.into_iter().collect(),
        };
        Ok(Body { exception_id: name, description, break_mode: "unhandled", details })
    }
}

/// What a live target stands at, if that is an exception or the like.
fn live_event(engine: &Engine, stop: &Stop) -> Option<Body> {
    let description = live::event_name(stop);
    let (exception_id, break_mode, message) = match &stop.reason {
        StopReason::Exception { record, first_chance } => {
            let record = ExceptionRecord {
                code: record.code,
                flags: record.flags,
                nested: VirtualAddress(record.record),
                address: VirtualAddress(record.address),
                parameters: record.information.iter().take(record.number_parameters as usize).copied().collect(),
            };
            let break_mode = if *first_chance { "always" } else { "unhandled" };
            (to_dap::exception_name(&record), break_mode, record_message(engine, &record))
        }
        StopReason::ModuleLoaded(path) => ("ld".to_owned(), "always", path.clone()),
        StopReason::ModuleUnloaded(path) => ("ud".to_owned(), "always", path.clone()),
        _ => return None,
    };
    let type_name = exception_id.clone();
    let details = Details { message, type_name, stack_trace: None, inner_exception: Vec::new() };
    Some(Body { exception_id, description, break_mode, details })
}

/// `STATUS_ACCESS_VIOLATION (c0000005) at amdppm!WriteIoMemRawEx+0x70: attempt to read from …`.
fn record_message(engine: &Engine, record: &ExceptionRecord) -> String {
    let name = to_dap::exception_name(record);
    let place = to_dap::symbol_name(engine, record.address).unwrap_or_else(|| record.address.to_string());
    let attempt = record.attempted_access();
    let attempt = attempt.map_or(String::new(), |(what, where_to)| format!(": attempt to {what} {where_to}"));
    format!("{name} at {place}{attempt}")
}

/// One line for each parameter: its value, what that is called, and what the parameter means.
fn parameters(engine: &Engine, crash: &Crash) -> String {
    let meanings = crash.bug_check.description().map(|description| &description.parameters);
    let line = |(index, &value): (usize, &u64)| {
        let mut line = format!("Arg{}: {}", index + 1, VirtualAddress(value));
        if let Some((meaning, kind)) = meanings.and_then(|meanings| meanings.get(index)) {
            let symbol = || to_dap::symbol_name(engine, VirtualAddress(value));
            if let Some(name) = kind.meaning(value).map(str::to_owned).or_else(symbol) {
                line.push_str(&format!(" {name}"));
            }
            line.push_str(&format!(", {meaning}"));
        }
        line
    };
    crash.bug_check.parameters.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// The exception behind a bug check.
fn exception_details(engine: &Engine, exception: &CrashException) -> Details {
    let (type_name, message) = match &exception.record {
        Some(Ok(record)) => (to_dap::exception_name(record), record_message(engine, record)),
        Some(Err(error)) => ("exception".to_owned(), format!("the exception record can't be read: {error}")),
        None => ("exception".to_owned(), "the bug check kept the registers, but no exception record".to_owned()),
    };
    Details { message, type_name, stack_trace: stack_trace(engine), inner_exception: Vec::new() }
}

fn stack_trace(engine: &Engine) -> Option<String> {
    let stack = engine.stack_of(ContextSource::Exception).ok()?;
    let modules = engine.target().modules();
    let lines = stack.frames.iter().take(FRAMES).map(|frame| FrameDescription::of(frame, modules).call_site());
    Some(lines.collect::<Vec<_>>().join("\n"))
}
