//! Everything that the adapter tells without being asked.

use super::{Breakpoint, Module, ModuleChange};
use serde::Serialize;

/// An event: its name is the variant's, its body the variant's content.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", content = "body", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// Breakpoints and other configuration may come now.
    Initialized,
    /// With this target, the adapter can do other things than `initialize` said.
    Capabilities {
        /// What is different.
        capabilities: ChangedCapabilities,
    },
    /// The target halted.
    Stopped(Stopped),
    /// The target goes on, without a request that says so.
    Continued {
        /// The thread of the processor that was shown.
        thread_id: i64,
        /// A kernel runs with all its processors.
        all_threads_continued: bool,
    },
    /// What is debugged.
    Process {
        /// Its name.
        name: String,
        /// It is another machine's.
        is_local_process: bool,
        /// `attach`.
        start_method: &'static str,
        /// Bits of its pointers.
        pointer_size: usize,
    },
    /// A breakpoint isn't as it was.
    Breakpoint {
        /// `changed`, `new` or `removed`.
        reason: &'static str,
        /// As it is now.
        breakpoint: Box<Breakpoint>,
    },
    /// Memory has changed without the target having run.
    Memory {
        /// Where.
        memory_reference: String,
        /// From this byte on.
        offset: i64,
        /// So many bytes.
        count: u64,
    },
    /// A processor was found or is gone.
    Thread {
        /// `started` or `exited`.
        reason: &'static str,
        /// Its thread's number.
        thread_id: i64,
    },
    /// The module list changed.
    Module {
        /// How it changed.
        reason: ModuleChange,
        /// Which module.
        module: Box<Module>,
    },
    /// Text for the console.
    Output {
        /// Which kind of text.
        category: OutputCategory,
        /// The text, with its line ends.
        output: String,
    },
    /// What the client shows is out of date, without the target having moved.
    Invalidated {
        /// What is: `all`, `stacks`, `threads` or `variables`.
        areas: &'static [&'static str],
    },
    /// A request takes longer than [`PROGRESS_AFTER`](crate::dap::server::progress::PROGRESS_AFTER), or a target is waited for.
    ProgressStart {
        /// Names this progress in the later events and in `cancel`.
        progress_id: String,
        /// What is going on.
        title: String,
        /// The request that takes long, if it is one.
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<i64>,
        /// Whether `cancel` helps.
        cancellable: bool,
        /// How far it is.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// It went on.
    ProgressUpdate {
        /// Which progress.
        progress_id: String,
        /// How far it is.
        message: String,
    },
    /// It is done, or was cancelled.
    ProgressEnd {
        /// Which progress.
        progress_id: String,
    },
    /// The session has nothing to debug any more.
    Terminated,
}

/// What a `capabilities` event changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedCapabilities {
    /// Whether clients gain by asking for the first frame alone.
    pub supports_delayed_stack_trace_loading: bool,
}

/// Body of the `stopped` event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stopped {
    /// `exception`, `pause`, …
    pub reason: &'static str,
    /// The reason in full, for the call stack view.
    pub description: String,
    /// The thread to show.
    pub thread_id: i64,
    /// More on it: the exception's name, or the bug check's.
    pub text: String,
    /// A kernel halts with all its processors.
    pub all_threads_stopped: bool,
    /// The breakpoints that were hit, where it was some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit_breakpoint_ids: Option<Vec<i64>>,
}

/// Where a client shows an `output` event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputCategory {
    /// The debug console.
    Console,
    /// The console, marked as the target's own words.
    Stdout,
    /// Where it is noticed.
    Important,
    /// The console, marked as an error.
    Stderr,
}
