//! Why a request wasn't done, and the one place where that becomes a response.

use super::view::BadHandle;
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Why a request wasn't done.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The command is in no table.
    #[error("kdap has no request `{0}`")]
    UnknownCommand(String),
    /// The message can't be understood.
    #[error("the message can't be understood: {0}")]
    Undecodable(String),
    /// An argument is missing or of the wrong type.
    #[error("{command}: {problem}")]
    Arguments {
        /// The request.
        command: String,
        /// Which property, and what is wrong with it.
        problem: String,
    },
    /// Something other than `initialize` came first.
    #[error("`initialize` has to come first")]
    NotInitialized,
    /// `initialize` came again.
    #[error("`initialize` came a second time")]
    AlreadyInitialized,
    /// There is no target yet, or no more.
    #[error("nothing is being debugged: attach first")]
    NoTarget,
    /// There is no stopped target.
    #[error("nothing is stopped that could be looked at")]
    NotStopped,
    /// The target doesn't do as asked.
    #[error("{0}")]
    Run(engine::run_control::RunError),
    /// The configuration's connection is wrong.
    #[error("{0}")]
    Connection(String),
    /// A target is named twice.
    #[error("`dumpFile` and a connection are two targets: leave one out")]
    TwoTargets,
    /// Something can't be changed.
    #[error("{0}")]
    Change(String),
    /// There is no code where the next instruction is to be.
    #[error("no code comes from this line")]
    NoCode,
    /// A target of `goto` that wasn't offered at this stop.
    #[error("target {0} was not offered at this stop")]
    NoSuchGotoTarget(i64),
    /// A target of `stepIn` that wasn't offered at this stop.
    #[error("call {0} was not offered at this stop")]
    NoSuchStepTarget(i64),
    /// The client's restart button would reboot the target.
    #[error("restarting reboots the target: do it again to go ahead, or set `allowReboot` to not be asked")]
    AskBeforeReboot,
    /// A second `attach`.
    #[error("this session has a target already")]
    AlreadyAttached,
    /// The log's file can't be written.
    #[error("`logFile` can't be written: {0}")]
    LogFile(std::io::Error),
    /// The configuration names neither a dump nor a live target.
    #[error("`dumpFile` or `connection` is missing: the crash dump to open, or the live target to connect to")]
    NoTargetNamed,
    /// The configuration names a program.
    #[error(
        "kdap doesn't start programs: take `program` out, and name a crash dump with `dumpFile` or a target with `connection`"
    )]
    Program,
    /// The dump can't be opened.
    #[error(transparent)]
    Open(engine::target::OpenError),
    /// A processor, context or frame can't be had.
    #[error(transparent)]
    Scope(engine::ScopeError),
    /// There is no such thread.
    #[error("there is no thread {0}")]
    NoSuchThread(i64),
    /// A number that stands for nothing, or for nothing any more.
    #[error("{0} {1} {2}")]
    Reference(&'static str, i64, BadHandle),
    /// All numbers for frames or variables were given.
    #[error("no numbers are left for frames and variables in this session")]
    TooManyReferences,
    /// A memory reference that is no number.
    #[error("`{0}` is no memory reference: a number, hexadecimal with 0x")]
    MemoryReference(String),
    /// More memory than is read at once.
    #[error("{asked} bytes are asked for: at most {most} are read at once")]
    TooMuchMemory {
        /// Bytes that were asked for.
        asked: u64,
        /// Bytes that may be asked for.
        most: u64,
    },
    /// More instructions than are disassembled at once.
    #[error("{0} instructions are asked for: too many at once")]
    InstructionCount(i64),
    /// The client asks for the content of a source that isn't the adapter's.
    #[error("source {0} is none of kdap's")]
    NoSuchSource(i64),
    /// The target stopped for another reason than an exception.
    #[error("the target did not stop at an exception or bug check")]
    NoBugCheck,
    /// A request that would let the target run.
    #[error("a crash dump can't run: it shows the system as it was when it stopped")]
    DumpCannotRun,
    /// A request that would change the target.
    #[error("a crash dump can't be changed")]
    DumpCannotChange,
    /// An expression has no value.
    #[error("{0}")]
    Evaluate(String),
    /// A command failed.
    #[error(transparent)]
    Command(commands::CommandError),
    /// The client gave up on the request.
    #[error("cancelled")]
    Cancelled,
    /// More requests wait than any client has a reason to send.
    #[error("too many requests are waiting")]
    Busy,
    /// The session ends before the request's turn.
    #[error("the session has ended")]
    Ended,
    /// The handler panicked; the log has the details.
    #[error("internal error in `{0}`: {1}")]
    Internal(String, String),
}

/// What clients do with an error, besides its text.
struct Presentation {
    /// Never changes its meaning from one version to the next.
    id: i32,
    /// Whether the client opens a dialogue.
    show_user: bool,
    /// `message` of the response: a word that clients know, or the text itself.
    short: Option<&'static str>,
}

impl RequestError {
    fn presentation(&self) -> Presentation {
        let (id, show_user, short) = match self {
            Self::UnknownCommand(_) => (1001, false, None),
            Self::Undecodable(_) => (1002, false, None),
            Self::Arguments { .. } => (1003, true, None),
            Self::NotInitialized => (1004, false, None),
            Self::AlreadyInitialized => (1005, false, None),
            Self::Cancelled => (1006, false, Some("cancelled")),
            Self::Busy => (1007, false, None),
            Self::Ended => (1008, false, None),
            Self::Internal(..) => (1009, true, None),
            Self::NoTarget => (2001, false, None),
            Self::NotStopped => (2002, false, Some("notStopped")),
            Self::AlreadyAttached => (2003, true, None),
            Self::LogFile(_) => (2004, true, None),
            Self::NoTargetNamed => (2005, true, None),
            Self::Program => (2006, true, None),
            Self::Open(_) => (2007, true, None),
            Self::Connection(_) => (2008, true, None),
            Self::TwoTargets => (2009, true, None),
            Self::AskBeforeReboot => (2010, true, None),
            Self::Scope(_) => (3001, false, None),
            Self::NoSuchThread(_) => (3002, false, None),
            Self::Reference(..) => (3003, false, None),
            Self::TooManyReferences => (3004, false, None),
            Self::MemoryReference(_) => (3005, false, None),
            Self::TooMuchMemory { .. } => (3006, false, None),
            Self::InstructionCount(_) => (3007, false, None),
            Self::NoSuchSource(_) => (3008, false, None),
            Self::NoBugCheck => (3009, false, None),
            Self::DumpCannotRun => (3010, true, None),
            Self::DumpCannotChange => (3011, true, None),
            Self::Evaluate(_) => (3012, false, None),
            Self::Command(_) => (3013, false, None),
            Self::Run(engine::run_control::RunError::NotHalted(_)) => (3014, false, Some("notStopped")),
            Self::Run(_) => (3015, true, None),
            Self::Change(_) => (3016, true, None),
            Self::NoCode => (3017, false, None),
            Self::NoSuchGotoTarget(_) => (3018, false, None),
            Self::NoSuchStepTarget(_) => (3019, false, None),
        };
        Presentation { id, show_user, short }
    }

    /// `message` and `body` of the `ErrorResponse`.
    pub fn to_response(&self) -> (String, Option<Box<RawValue>>) {
        let text = self.to_string();
        let Presentation { id, show_user, short } = self.presentation();
        // Braces in `format` are placeholders: a text that has any goes through one.
        let (format, variables) = if text.contains(['{', '}']) {
            ("{text}", Some(BTreeMap::from([("text", text.as_str())])))
        } else {
            (text.as_str(), None)
        };
        let body = ErrorBody { error: Message { id, format, variables, show_user } };
        (short.map_or_else(|| text.clone(), str::to_owned), serde_json::value::to_raw_value(&body).ok())
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: Message<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Message<'a> {
    id: i32,
    format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variables: Option<BTreeMap<&'static str, &'a str>>,
    show_user: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_clients_know_are_the_short_message() {
        let (message, body) = RequestError::Cancelled.to_response();
        assert_eq!(message, "cancelled");
        assert_eq!(body.unwrap().get(), r#"{"error":{"id":1006,"format":"cancelled","showUser":false}}"#);
    }

    #[test]
    fn braces_in_a_text_are_no_placeholders() {
        let (message, body) = RequestError::Undecodable("a {b}".into()).to_response();
        let body: serde_json::Value = serde_json::from_str(body.unwrap().get()).unwrap();
        assert_eq!(
            (body["error"]["format"].as_str(), body["error"]["variables"]["text"].as_str()),
            (Some("{text}"), Some(message.as_str()))
        );
    }
}
