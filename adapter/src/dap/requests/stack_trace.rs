//! `stackTrace`: the frames of a processor's thread, page by page.

use super::Request;
use crate::dap::error::RequestError;
use crate::dap::protocol::{Capabilities, Source};
use crate::dap::session::Session;
use crate::dap::view::attached::Attached;
use crate::dap::view::listing::Position;
use crate::dap::view::thread_stack::{Row, ThreadStack};
use crate::dap::view::to_dap::{self, Place};
use engine::stack::{Certainty, Frame, FrameDescription};
use serde::{Deserialize, Serialize};

pub(super) struct StackTrace;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Arguments {
    thread_id: i64,
    start_frame: Option<usize>,
    levels: Option<usize>,
    format: Option<Format>,
}

/// `StackFrameFormat`: what of a frame goes into its name.
#[derive(Clone, Copy, Deserialize)]
struct Format {
    module: Option<bool>,
    #[serde(default)]
    line: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    stack_frames: Vec<StackFrame>,
    total_frames: usize,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct StackFrame {
    id: i64,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    line: i64,
    column: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    instruction_pointer_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    module_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presentation_hint: Option<&'static str>,
}

impl Request for StackTrace {
    const COMMAND: &'static str = "stackTrace";
    const TITLE: &'static str = "Walking the stack";
    type Arguments = Arguments;
    type Body = Body;

    fn announce(capabilities: &mut Capabilities) {
        capabilities.supports_delayed_stack_trace_loading = true;
        capabilities.supports_value_formatting_options = true;
    }

    fn run(session: &mut Session, arguments: Arguments) -> Result<Body, RequestError> {
        let attached = session.attached()?;
        let processor = attached.processor(arguments.thread_id)?;
        let stack = ThreadStack::of(&attached.engine, processor).map_err(RequestError::Scope)?;
        let start = arguments.start_frame.unwrap_or(0);
        let count = arguments.levels.filter(|&levels| levels > 0).unwrap_or(usize::MAX);
        let passed_over = sources_before_the_fault(attached, &stack);
        let rows = (start..stack.len()).take(count);
        let frames = rows.map(|row| {
            let id = attached.frame_number(processor, row)?;
            let format = arguments.format;
            Ok(match stack.row(row) {
                Some(Row::Frame(_, _, frame)) => {
                    let mut shown = self::frame(attached, id, frame, format);
                    pass_over(&mut shown, row < stack.fault, &passed_over);
                    shown
                }
                Some(Row::Exception) => label(id, exception(attached)),
                Some(Row::End(end)) => label(id, format!("the stack ends here: {end}")),
                None => label(id, String::new()),
            })
        });
        Ok(Body { stack_frames: frames.collect::<Result<_, RequestError>>()?, total_frames: stack.len() })
    }
}

/// The sources of the frames that deal with the crash, which happened below them. What failed isn't among them.
fn sources_before_the_fault(attached: &mut Attached, stack: &ThreadStack) -> Vec<Source> {
    if stack.fault == 0 {
        return Vec::new();
    }
    let mut source = |row| match stack.row(row) {
        Some(Row::Frame(_, _, frame)) => Some(place(attached, frame).source),
        _ => None,
    };
    let failed = source(stack.fault);
    (0..stack.fault).filter_map(source).filter(|source| failed.as_ref() != Some(source)).collect()
}

/// Marks what clients pass over when they look for the frame to focus: they take the first that isn't marked so, which is
/// the one that failed. VS Code keeps one hint for a source, whichever frame last came with it, so that a source has the
/// same one in all frames.
fn pass_over(frame: &mut StackFrame, handles_crash: bool, sources: &[Source]) {
    if let Some(source) = frame.source.as_mut().filter(|source| sources.contains(source)) {
        source.presentation_hint = Some("deemphasize");
        frame.presentation_hint = frame.presentation_hint.or(Some("normal"));
    }
    if handles_crash {
        frame.presentation_hint = Some("subtle");
    }
}

fn frame(attached: &mut Attached, id: i64, frame: &Frame, format: Option<Format>) -> StackFrame {
    let place = place(attached, frame);
    let modules = attached.engine.target().modules();
    let mut description = FrameDescription::of(frame, modules);
    let module_id = modules.at(frame.instruction_pointer).map(|module| to_dap::address(module.base()));
    if format.is_some_and(|format| format.module == Some(false)) && description.function.is_some() {
        description.module = None;
    }
    StackFrame {
        id,
        name: name(frame, &description, format),
        source: Some(place.source),
        line: place.line,
        column: place.column,
        instruction_pointer_reference: Some(to_dap::address(frame.instruction_pointer)),
        module_id,
        presentation_hint: (frame.certainty == Certainty::Guessed).then_some("subtle"),
    }
}

/// Where a frame's code is: its line, or otherwise its place in the listing of its function.
fn place(attached: &mut Attached, frame: &Frame) -> Place {
    let line = FrameDescription::of(frame, attached.engine.target().modules()).line;
    let place = line.as_ref().and_then(|line| to_dap::source_place(attached, line));
    place.unwrap_or_else(|| {
        let at = Position { program_counter: frame.instruction_pointer, code: frame.code_address() };
        let mut listed = to_dap::listing_place(attached, at);
        if let Some(line) = &line {
            listed.source.origin = Some(format!("disassembly: {} is not on this machine", line.file.name));
        }
        listed
    })
}

fn name(frame: &Frame, description: &FrameDescription, format: Option<Format>) -> String {
    let mut name = description.call_site();
    if let Some(line) = description.line.as_ref().filter(|_| format.is_some_and(|format| format.line)) {
        name.push_str(&format!(" [{} @ {}]", line.file.name, line.line));
    }
    if frame.inline.is_some() {
        name.push_str(" (inlined)");
    }
    if let Some(at) = frame.trap_frame {
        name.push_str(&format!(" (trap frame {at})"));
    }
    if frame.certainty == Certainty::Guessed {
        name.push_str(" (guessed)");
    }
    name
}

/// What is between the frames that deal with an exception and the one that raised it.
fn exception(attached: &Attached) -> String {
    let exception = attached.engine.crash().and_then(|crash| crash.exception.as_ref());
    match exception.and_then(|exception| exception.record.as_ref()?.as_ref().ok()) {
        Some(record) => format!("exception {}", to_dap::exception_name(record)),
        None => "exception".to_owned(),
    }
}

/// A row that is no frame.
fn label(id: i64, name: String) -> StackFrame {
    StackFrame { id, name, presentation_hint: Some("label"), ..StackFrame::default() }
}
