//! The requests, one file each, and the one table of them.
//!
//! A request's file has its typed arguments and body, what it needs, the capability that it earns, and what it does. To
//! add one: its file, `mod`, and a row.

use crate::dap::error::RequestError;
use crate::dap::protocol::Capabilities;
use crate::dap::server::dispatcher::Work;
use crate::dap::server::in_flight::InFlight;
use crate::dap::server::message::Answer;
use crate::dap::server::progress::Progress;
use crate::dap::session::Session;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::sync::mpsc;

mod attach;
mod breakpoint_locations;
mod cancel;
mod completions;
mod configuration_done;
mod r#continue;
mod data_breakpoint_info;
mod disassemble;
mod disconnect;
mod evaluate;
mod exception_info;
mod goto;
mod goto_targets;
pub mod initialize;
mod kd_command;
mod kd_trace;
mod launch;
mod loaded_sources;
mod locations;
mod modules;
mod next;
mod pause;
mod read_memory;
mod restart;
mod scopes;
mod set_breakpoints;
mod set_data_breakpoints;
mod set_exception_breakpoints;
mod set_expression;
mod set_function_breakpoints;
mod set_instruction_breakpoints;
mod set_variable;
mod source;
mod stack_trace;
mod step_in;
mod step_in_targets;
mod step_out;
mod terminate;
mod threads;
mod variables;
mod write_memory;

/// Every request that kdap answers.
static TABLE: &[Row] = &[
    row::<attach::Attach>(),
    row::<breakpoint_locations::BreakpointLocations>(),
    at_once::<cancel::Cancel>(),
    row::<completions::Completions>(),
    row::<configuration_done::ConfigurationDone>(),
    row::<r#continue::Continue>(),
    row::<data_breakpoint_info::DataBreakpointInfo>(),
    row::<disassemble::Disassemble>(),
    row::<disconnect::Disconnect>(),
    row::<evaluate::Evaluate>(),
    row::<exception_info::ExceptionInfo>(),
    row::<goto::Goto>(),
    row::<goto_targets::GotoTargets>(),
    row::<initialize::Initialize>(),
    row::<kd_command::KdCommand>(),
    row::<kd_trace::KdTrace>(),
    row::<launch::Launch>(),
    row::<loaded_sources::LoadedSources>(),
    row::<locations::Locations>(),
    row::<modules::Modules>(),
    row::<next::Next>(),
    row::<pause::Pause>(),
    row::<read_memory::ReadMemory>(),
    row::<restart::Restart>(),
    row::<scopes::Scopes>(),
    row::<set_breakpoints::SetBreakpoints>(),
    row::<set_data_breakpoints::SetDataBreakpoints>(),
    row::<set_exception_breakpoints::SetExceptionBreakpoints>(),
    row::<set_expression::SetExpression>(),
    row::<set_function_breakpoints::SetFunctionBreakpoints>(),
    row::<set_instruction_breakpoints::SetInstructionBreakpoints>(),
    row::<set_variable::SetVariable>(),
    row::<source::Source>(),
    row::<stack_trace::StackTrace>(),
    row::<step_in::StepIn>(),
    row::<step_in_targets::StepInTargets>(),
    row::<step_out::StepOut>(),
    row::<terminate::Terminate>(),
    row::<threads::Threads>(),
    row::<variables::Variables>(),
    row::<write_memory::WriteMemory>(),
];

/// A request that the engine thread works on.
pub trait Request {
    /// `command` on the wire.
    const COMMAND: &'static str;
    /// What it is called while it runs, should it take long.
    const TITLE: &'static str = Self::COMMAND;
    /// What must be there for it to run.
    const NEEDS: Needs = Needs::StoppedTarget;
    /// Whether the client leaves by it: what else is open then has a moment to end.
    const LEAVES: bool = false;
    /// Whether it is answered soon whatever the target does: questions that the target doesn't answer give way.
    const URGENT: bool = false;
    /// Its `arguments`.
    type Arguments: DeserializeOwned;
    /// The response's `body`; `()` for none.
    type Body: Serialize;

    /// Sets the capabilities that this request earns.
    fn announce(_capabilities: &mut Capabilities) {}

    /// Does it.
    ///
    /// # Errors
    /// Why it can't be done.
    fn run(session: &mut Session, arguments: Self::Arguments) -> Result<Self::Body, RequestError>;
}

/// A request that is answered beside the engine thread, also while that is busy.
pub trait RequestAtOnce {
    /// `command` on the wire.
    const COMMAND: &'static str;
    /// Its `arguments`.
    type Arguments: DeserializeOwned;

    /// Sets the capabilities that this request earns.
    fn announce(capabilities: &mut Capabilities);

    /// Does it. There is no body.
    fn run(around: &AtOnce<'_>, arguments: Self::Arguments);
}

/// What must be there for a request to run, from little to much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Nothing: it runs even when it was cancelled.
    Nothing,
    /// `initialize` was answered.
    Client,
    /// A target.
    Target,
    /// A target that is halted, as a crash dump always is.
    StoppedTarget,
}

/// What a request that is answered at once can reach.
pub struct AtOnce<'a> {
    /// The open requests.
    pub in_flight: &'a InFlight,
    /// The progress of the running one.
    pub progress: &'a Progress,
    /// What the engine thread does in turn.
    pub queue: &'a mpsc::Sender<Work>,
}

impl AtOnce<'_> {
    /// The engine thread is to give up on a target that it still waits for.
    pub fn give_up_connecting(&self) {
        // An engine thread that has ended waits for none.
        let _ = self.queue.send(Work::GiveUpConnecting);
    }
}

/// A handler on the engine thread, from JSON to JSON.
pub type RunOnEngine = fn(&mut Session, &RawValue) -> Answer;

/// Where a request is worked on, and by what.
#[derive(Clone, Copy)]
pub enum Handler {
    /// On the engine thread, in turn.
    Engine(RunOnEngine),
    /// By the reader, at once.
    AtOnce(fn(&AtOnce<'_>, &RawValue) -> Answer),
}

/// All that the server knows of a request.
pub struct Row {
    command: &'static str,
    /// What it is called while it runs.
    pub title: &'static str,
    announce: fn(&mut Capabilities),
    /// What must be there for it to run.
    pub needs: Needs,
    /// Whether the client leaves by it.
    pub leaves: bool,
    /// Whether a silent target doesn't keep it waiting.
    pub urgent: bool,
    /// What does it.
    pub handler: Handler,
}

/// The row of the request that is named `command` on the wire.
pub fn find(command: &str) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.command == command)
}

/// What all requests in the table earn.
pub fn capabilities() -> Capabilities {
    let mut capabilities = Capabilities::default();
    TABLE.iter().for_each(|row| (row.announce)(&mut capabilities));
    capabilities
}

const fn row<R: Request>() -> Row {
    Row {
        command: R::COMMAND,
        title: R::TITLE,
        announce: R::announce,
        needs: R::NEEDS,
        leaves: R::LEAVES,
        urgent: R::URGENT,
        handler: Handler::Engine(|session, arguments| {
            to_json(R::COMMAND, &R::run(session, from_json(R::COMMAND, arguments)?)?)
        }),
    }
}

const fn at_once<R: RequestAtOnce>() -> Row {
    Row {
        command: R::COMMAND,
        title: R::COMMAND,
        announce: R::announce,
        needs: Needs::Nothing,
        leaves: false,
        urgent: false,
        handler: Handler::AtOnce(|around, arguments| {
            R::run(around, from_json(R::COMMAND, arguments)?);
            Ok(Box::default())
        }),
    }
}

fn from_json<T: DeserializeOwned>(command: &str, arguments: &RawValue) -> Result<T, RequestError> {
    let mut json = serde_json::Deserializer::from_str(arguments.get());
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (path, problem) = (error.path().to_string(), error.inner().to_string());
        // The position is one within the arguments, of which the client's user knows nothing.
        let problem = problem.split(" at line ").next().unwrap_or_default();
        let problem = if path == "." { problem.to_owned() } else { format!("`{path}`: {problem}") };
        RequestError::Arguments { command: command.to_owned(), problem }
    })
}

fn to_json<T: Serialize>(command: &str, body: &T) -> Answer {
    serde_json::value::to_raw_value(body).map_err(|error| RequestError::Internal(command.to_owned(), error.to_string()))
}
