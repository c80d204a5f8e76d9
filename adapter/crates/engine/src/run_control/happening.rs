//! What is told of a live target.

use kd_protocol::ExceptionRecord;
use memory::VirtualAddress;

/// Something that happened, for whoever shows it. In order.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A text.
    Text(Told, String),
    /// The target is known: for the first time, or again since it restarted.
    Connected,
    /// It stands. Told once for each stop that the user is to see.
    Stopped(Stop),
    /// It runs, and didn't before.
    Continued,
    /// Modules came or went.
    Modules,
    /// It asks, and stands still until [`crate::Session::answer_prompt`].
    Prompt(String),
    /// It doesn't answer any more, or the line is lost: nobody knows whether it runs.
    Lost(String),
    /// The session with it is over.
    Ended(String),
}

/// Whose words a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The target's (`DbgPrint`).
    Target,
    /// A log point's.
    LogPoint,
    /// The debugger's: connecting, what was passed over.
    Debugger,
    /// The debugger's, and important: what doesn't work.
    Important,
}

/// A stop that the user is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: StopReason,
    /// KD's index of the processor that stopped.
    pub processor: u32,
    /// Where it stands.
    pub program_counter: VirtualAddress,
    /// The thread that it ran (`_KTHREAD`), if it told.
    pub thread: Option<VirtualAddress>,
    /// What else there is to say.
    pub text: Option<String>,
    /// Commands of breakpoints and filters, to run now.
    pub commands: Vec<String>,
}

/// Why the target stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It was stopped when it was attached to.
    Entry,
    /// The user stopped it.
    Pause,
    /// Breakpoints in code, by number.
    Breakpoint(Vec<u32>),
    /// Data breakpoints, by number.
    DataBreakpoint(Vec<u32>),
    /// A step has ended, or an address was reached.
    Step,
    /// The next instruction was set.
    Goto,
    /// An exception.
    Exception {
        /// What the target said of it.
        record: Box<ExceptionRecord>,
        /// Nobody has handled it yet.
        first_chance: bool,
    },
    /// The system crashes: code and parameters.
    BugCheck {
        /// `BugCheckCode`.
        code: u32,
        /// Its parameters.
        parameters: [u64; 4],
    },
    /// A module was loaded.
    ModuleLoaded(String),
    /// A module was unloaded.
    ModuleUnloaded(String),
}
