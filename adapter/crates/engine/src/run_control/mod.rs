//! Run control of a live target: going, stopping, stepping, and what each stop means.
//!
//! The engine never waits for the target to stop. [`Session::go`] and [`Session::step`] let it run and return; when the link has
//! something to tell, whoever owns the session calls [`Session::attend`], and takes what has happened by
//! [`Session::take_happenings`]. Stops that nobody has to see (another thread's breakpoint, a condition that is false, the end of
//! a step over a breakpoint instruction) are dealt with on the way.
//!
//! | file | what |
//! | --- | --- |
//! | `happening.rs` | what is told: stops, texts, modules |
//! | `attend.rs` | what the link says, and what follows from it |
//! | `stop.rs` | what a stop means |
//! | `resume.rs` | letting the target go: breakpoints in, past the instruction that it stands at |
//! | `debug_registers.rs` | data breakpoints |
//! | `step.rs`, `line_region.rs`, `step/targets.rs` | steps by instruction and by line, and into one of a line's calls |
//! | `passing.rs` | what a thread misses while another one passes a breakpoint |
//! | `until.rs` | steps in a row |
//! | `resynchronise.rs` | attaching again |
//! | `leave.rs` | detaching, rebooting, crashing |

mod attend;
mod debug_registers;
mod happening;
mod leave;
mod line_region;
mod passing;
mod resume;
mod resynchronise;
mod step;
mod stop;
mod until;

pub use happening::{Happening, Stop, StopReason, Told};
pub use leave::Leave;
pub use resume::Handling;
pub use step::{Granularity, StepInTarget, StepKind, StepTarget};
pub use until::Until;

use crate::live::LinkError;
use crate::session::ScopeError;
use arch::debug_registers::{SLOTS, Watched};
use debug_registers::DebugRegisters;
use kd_protocol::StateChange;
use memory::VirtualAddress;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use step::Step;

/// Why the target isn't let go, or not stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A dump doesn't run.
    #[error("a crash dump can't run")]
    Dump,
    /// Only a halted target can.
    #[error("the target is not halted: {0}")]
    NotHalted(&'static str),
    /// The target doesn't do as asked.
    #[error("{what}: {error}")]
    Link {
        /// What was tried.
        what: String,
        /// What came of it.
        error: LinkError,
    },
    /// What is needed for it isn't known.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// What was asked for makes no sense here.
    #[error("{0}")]
    Impossible(String),
}

/// A thread, as stops tell them apart: by `_KTHREAD`, or by processor where the target doesn't tell threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ThreadKey {
    Thread(u64),
    Processor(u16),
}

impl ThreadKey {
    fn of(change: &StateChange) -> Self {
        if change.thread == 0 { Self::Processor(change.processor) } else { Self::Thread(change.thread) }
    }
}

/// What the target runs for.
#[derive(Debug, Default)]
enum Errand {
    /// Nothing in particular: until something stops it.
    #[default]
    Free,
    /// To an address (`g address`).
    To(VirtualAddress),
    /// A step.
    Step(Box<Step>),
}

/// A stop of a target that isn't heard any more.
#[derive(Debug)]
struct LostStop {
    number: u64,
    change: StateChange,
    /// As the user saw it, if at all.
    told: Option<Stop>,
}

/// The target was let go, and nobody knows yet whether it has heard that.
#[derive(Clone, Copy, Debug)]
struct LettingGo {
    /// From this stop.
    stop: u64,
    /// Whether the user saw it standing there.
    told: bool,
}

/// Run control's memory.
#[derive(Debug, Default)]
pub(crate) struct RunControl {
    happenings: VecDeque<Happening>,
    errand: Errand,
    /// Threads that were let go with the trace flag, and haven't reported the end of their instruction yet: another
    /// processor's stop may come first.
    traced: BTreeSet<ThreadKey>,
    /// Those of them that step past the instruction under a breakpoint, and where. Then the errand goes on.
    passing: BTreeMap<ThreadKey, VirtualAddress>,
    /// The session ends: whatever stops the target now, it goes on.
    leaving: bool,
    /// The stop that lasted when the target fell silent: it may be heard again.
    lost: Option<LostStop>,
    letting_go: Option<LettingGo>,
    /// When it was let go last.
    let_go: Option<Instant>,
    /// What it took to acknowledge that, lately at most.
    hesitation: Duration,
    /// The line was lost, or the link restarted: the next stop may be another system's.
    verify: bool,
    /// What the target asks, while it waits for the answer.
    question: Option<String>,
    /// Stops by a break-in so far, whether they were seen or not.
    break_ins_heard: u64,
    /// The user wants the target to stop.
    pause_wanted: bool,
    /// The debugger wants it to stop for a moment, to change breakpoints.
    quiet_stop_wanted: bool,
    /// The target said what it is.
    greeted: bool,
    /// The user has seen it standing, after the break-in that attaching is.
    entered: bool,
    /// What was told last about the stop that lasts.
    stop: Option<Stop>,
    /// Breakpoint instructions that the errand needs.
    temporary: BTreeSet<VirtualAddress>,
    /// What the debug registers of all processors are to watch.
    watched: [Option<Watched>; SLOTS],
    debug_registers: DebugRegisters,
    /// Breakpoints whose place the target refused, so that this is told once.
    refused: BTreeSet<VirtualAddress>,
}
