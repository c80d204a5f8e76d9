//! What the debugger is told.

use crate::manipulate::Unfitting;
use crate::packet::MAX_PAYLOAD;
use crate::{Answer, FileRequest, StateChange, TraceIo};
use thiserror::Error;

/// What is known about the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nobody has asked to attach yet.
    NotConnected,
    /// Attaching: the break-in byte is repeated; nothing of the target was heard, or only text and prints.
    AwaitingTarget,
    /// The ids are being agreed on: with RESET, its answer, and the last state change once more.
    Synchronising,
    /// It stands still and takes requests.
    Halted,
    /// It runs.
    Running,
    /// It stands still until its prompt or its file request is answered, and takes no requests.
    AwaitingAnswer,
    /// Whether it runs or stands still isn't known: it doesn't answer, or the line is a new one.
    Unknown,
}

/// Names a request until its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The target has stopped, or tells of a module, and waits. Each stop is told once.
    StateChange(StateChange),
    /// A request has ended; once for each.
    Answer {
        /// Which.
        id: RequestId,
        /// How.
        result: Result<Answer, RequestFailure>,
    },
    /// The target prints.
    Print {
        /// The processor.
        processor: u16,
        /// The text, in the target's code page.
        text: Vec<u8>,
    },
    /// The target asks, and stands still until [`Host::answer_prompt`](super::Host::answer_prompt).
    Prompt {
        /// The processor.
        processor: u16,
        /// The question.
        text: Vec<u8>,
        /// Bytes that the answer may have.
        max_answer: u32,
    },
    /// The target asks for a file, and stands still until [`Host::answer_file`](super::Host::answer_file).
    FileRequest(FileRequest),
    /// Trace data.
    Trace(TraceIo),
    /// Bytes outside packets: text of firmware and boot loader. Bounded.
    Noise(Vec<u8>),
    /// The target has restarted: what was known of its memory is void. Requests of before have ended.
    TargetReset,
    /// The ids were agreed on anew; it is the same stop as before.
    Resynchronised,
    /// The target doesn't answer any more: [`Phase::Unknown`].
    Silent,
}

/// Whether the target may have done what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executed {
    /// It was never sent.
    No,
    /// It was sent, and nothing says what became of it.
    Unknown,
}

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestFailure {
    /// Before [`Host::attach`](super::Host::attach).
    #[error("not attached to a target")]
    NotConnected,
    /// Only a halted target takes requests.
    #[error("the target isn't halted")]
    NotHalted,
    /// The packet would be too long.
    #[error("the request has {bytes} bytes; a packet carries at most {MAX_PAYLOAD}")]
    TooLong {
        /// Bytes that it would have.
        bytes: usize,
    },
    /// No answer in time.
    #[error("{}", timed_out(*sent, *acknowledged))]
    TimedOut {
        /// It was sent.
        sent: bool,
        /// The target has acknowledged it: it is there, but doesn't answer this.
        acknowledged: bool,
    },
    /// Either side reset the link, the target restarted, or the transport connected anew.
    #[error("the link was reset before the answer{}", if *executed == Executed::No { "; the target wasn't asked" } else { "" })]
    LinkReset {
        /// Whether the target may have done it.
        executed: Executed,
    },
    /// Answers came, but to something else, and no other until the time was up.
    #[error("no answer that fits: {0}")]
    Mismatch(Unfitting),
    /// By the caller.
    #[error("cancelled")]
    Cancelled,
}

fn timed_out(sent: bool, acknowledged: bool) -> &'static str {
    match (sent, acknowledged) {
        (false, _) => "the target doesn't answer; this wasn't sent",
        (true, false) => "the target didn't acknowledge the request",
        (true, true) => "the target has received the request, but doesn't answer it",
    }
}
