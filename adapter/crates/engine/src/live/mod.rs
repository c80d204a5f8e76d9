//! A live target: the link to it, and what was read of it since it stopped.
//!
//! | file | what |
//! | --- | --- |
//! | `link.rs`, `link_thread.rs`, `notice.rs` | the line: a thread that acknowledges at once; questions; what the target says by itself |
//! | `cache.rs`, `memory.rs` | memory, line by line, until the target runs |
//! | `exact_reads.rs` | physical memory, just as it was asked for |
//! | `special_registers.rs` | debug registers |
//! | `sign_extension.rs` | addresses in state changes of 32-bit targets |
//! | `registers.rs` | processors' contexts, MSRs, control space, I/O ports |
//! | `context_parts.rs` | single registers |
//! | `code_breakpoints.rs` | the breakpoint instructions that are in the target |
//! | `journal.rs` | the same in a file, for when the debugger is killed |
//! | `doubt.rs` | answers over a line that has shown damage |
//! | `diagnosis.rs` | why no target is reached |

mod cache;
mod code_breakpoints;
mod context_parts;
mod diagnosis;
mod doubt;
mod exact_reads;
mod journal;
mod link;
mod link_thread;
mod memory;
mod notice;
mod registers;
mod sign_extension;
mod special_registers;

pub use code_breakpoints::Inserted;
pub use diagnosis::diagnose;
pub use link::{Link, LinkError, Urgency};
pub use notice::{Notice, Wake};
pub(crate) use special_registers::AMD64_SPECIAL_REGISTERS;

use crate::cancel::CancelFlag;
use ::memory::ReadFailure;
use arch::{AddressSpace, Context};
use cache::Cache;
use context_parts::Parts;
use exact_reads::ExactReads;
use journal::Journal;
use kd_protocol::{Answer, Executed, Request, RequestFailure, StateChange, Version};
use sign_extension::zero_extended;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use transport::{Connection, Endpoint};

/// A target that didn't answer isn't asked again for so long: a walk would wait for each of its reads.
const SULK: Duration = Duration::from_secs(2);

/// What is known of a live target's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Nothing was heard of it yet.
    Connecting,
    /// It stands still and can be asked.
    Halted,
    /// It runs.
    Running,
    /// It was halted or running, and doesn't answer or the line is lost: nobody knows.
    Unknown,
    /// The session with it has ended.
    Ended,
}

/// A live target.
pub struct Live {
    link: Link,
    connection: String,
    journal: Journal,
    known: Mutex<Known>,
    virtual_memory: Mutex<Cache>,
    physical_memory: Mutex<Cache>,
    exact_physical: Mutex<ExactReads>,
}

/// What is known of the target.
pub(crate) struct Known {
    pub(crate) state: RunState,
    pub(crate) version: Option<Version>,
    /// Why it stands, while it does.
    pub(crate) stop: Option<StateChange>,
    /// The number of that stop.
    stop_number: u64,
    /// Questions are neither given up nor given way with.
    patient: bool,
    contexts: HashMap<u16, Context>,
    /// Processors that were asked for a register at this stop, …
    asked: BTreeSet<u16>,
    /// … and those that had one set.
    were_set: BTreeSet<u16>,
    context_parts: Parts,
    inserted: BTreeMap<u64, Inserted>,
    /// Where breakpoint instructions were before.
    taken_out: BTreeSet<u64>,
    /// While several breakpoints are changed: whether the journal is to be written after it.
    changes: Option<bool>,
    /// Page tables that virtual addresses go through, if not the current processor's.
    space: Option<AddressSpace>,
    cancel: CancelFlag,
    silent: Option<Silence>,
}

/// The target didn't answer.
#[derive(Clone, Copy)]
struct Silence {
    since: Instant,
    /// It had no more time than others had patience: it may just be slow.
    hurried: bool,
}

impl Live {
    /// Starts to connect. `wake` is called, from the link's thread, when there are notices to take.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub(crate) fn start(connection: Connection, wake: Wake) -> io::Result<Arc<Self>> {
        let name = connection.to_string();
        let plays = matches!(connection.endpoint, Endpoint::Replay { .. });
        let journal = if plays { Journal::none() } else { Journal::of(&name) };
        let known = Known {
            state: RunState::Connecting,
            version: None,
            stop: None,
            stop_number: 0,
            patient: false,
            contexts: HashMap::new(),
            asked: BTreeSet::new(),
            were_set: BTreeSet::new(),
            context_parts: Parts::default(),
            inserted: BTreeMap::new(),
            taken_out: BTreeSet::new(),
            changes: None,
            space: None,
            cancel: CancelFlag::default(),
            silent: None,
        };
        Ok(Arc::new(Self {
            link: Link::start(connection, wake)?,
            journal,
            connection: name,
            known: Mutex::new(known),
            virtual_memory: Mutex::default(),
            physical_memory: Mutex::default(),
            exact_physical: Mutex::default(),
        }))
    }

    /// The line.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The connection string.
    pub fn connection(&self) -> &str {
        &self.connection
    }

    /// What is known of its state.
    pub fn state(&self) -> RunState {
        self.known().state
    }

    /// What it said of itself.
    pub fn version(&self) -> Option<Version> {
        self.known().version
    }

    /// Why it stands, while it does.
    pub fn stop(&self) -> Option<StateChange> {
        self.known().stop.clone()
    }

    /// The target has stopped: what was known of its memory and registers is void, and addresses are the current processor's.
    pub(crate) fn has_stopped(&self, number: u64, stop: StateChange) {
        self.forget();
        let stop = zero_extended(self.machine(), stop);
        let mut known = self.known();
        known.space = None;
        known.stop_number = number;
        known.state = RunState::Halted;
        known.stop = Some(stop);
        known.silent = None;
    }

    /// The target runs, or nobody knows.
    pub(crate) fn has_left(&self, state: RunState) {
        self.forget();
        let mut known = self.known();
        known.state = state;
        known.stop = None;
    }

    /// The number of the last stop.
    pub(crate) fn stop_number(&self) -> u64 {
        self.known().stop_number
    }

    /// Does what must not be given up half-way, whoever waits: what a stop means, letting the target go, taking everything out.
    pub(crate) fn patiently(&self) -> Patience<'_> {
        let before = std::mem::replace(&mut self.known().patient, true);
        Patience { live: self, before }
    }

    /// It answers again.
    pub(crate) fn is_heard(&self) {
        self.known().silent = None;
    }

    /// Forgets memory and registers, which may be other ones now.
    pub(crate) fn forget(&self) {
        self.forget_memory();
        let mut known = self.known();
        known.contexts.clear();
        known.asked.clear();
        known.were_set.clear();
    }

    pub(crate) fn set_cancel_flag(&self, cancel: CancelFlag) {
        self.known().cancel = cancel;
    }

    pub(crate) fn set_version(&self, version: Version) {
        self.known().version = Some(version);
        let machine = self.machine();
        let mut known = self.known();
        known.context_parts = Parts::of(&version);
        known.stop = known.stop.take().map(|stop| zero_extended(machine, stop));
    }

    /// Asks the target about its current processor.
    ///
    /// # Errors
    /// [`LinkError`]; an answer with an error status is [`LinkError::Refused`].
    pub fn ask(&self, request: Request) -> Result<Answer, LinkError> {
        self.ask_processor(None, request)
    }

    /// Asks the target about one of its processors.
    ///
    /// # Errors
    /// As [`Live::ask`].
    pub fn ask_processor(&self, processor: Option<u16>, request: Request) -> Result<Answer, LinkError> {
        let what = request.name();
        let answer = self.ask_for_status(processor, request)?;
        match answer.status() {
            Some(status) if !status.is_success() => Err(LinkError::Refused { what, status }),
            _ => Ok(answer),
        }
    }

    /// Lets the target go on. [`Notice::WentOn`] tells what came of it, too: where `patiently` isn't asked for, that is all that
    /// tells it when somebody else needs the engine and nothing is heard.
    ///
    /// # Errors
    /// [`LinkError`]; [`LinkError::GaveWay`] where only the notice will tell.
    pub(crate) fn let_go(&self, request: Request, patiently: bool) -> Result<(), LinkError> {
        let about = self.known().about(None)?;
        tracing::trace!(?about, ?request, patiently, "lets go");
        let result = self.link.let_go(about, request, patiently);
        self.note_silence(&result);
        result.map(|_| ())
    }

    fn ask_for_status(&self, processor: Option<u16>, request: Request) -> Result<Answer, LinkError> {
        let (about, cancel) = {
            let known = self.known();
            let about = known.about(processor)?;
            // What ends all is asked in any case, and its outcome waited for.
            let patient = known.patient || request.resumes();
            let sulks = |silence: Silence| !silence.hurried || (!patient && self.link.is_urgent());
            if !request.resumes()
                && known.silent.is_some_and(|silence| silence.since.elapsed() < SULK && sulks(silence))
            {
                return Err(LinkError::GaveWay);
            }
            (about, (!patient).then(|| known.cancel.clone()))
        };
        tracing::trace!(?about, ?request, "asked");
        let result = self.link.request(about, request, cancel.as_ref());
        self.note_silence(&result);
        result
    }

    fn note_silence(&self, result: &Result<Answer, LinkError>) {
        let hurried = match result {
            Err(LinkError::GaveWay) => Some(true),
            Err(LinkError::Failed(RequestFailure::TimedOut { acknowledged: false, .. })) => Some(false),
            _ => None,
        };
        self.known().silent = hurried.map(|hurried| Silence { since: Instant::now(), hurried });
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn virtual_cache(&self) -> MutexGuard<'_, Cache> {
        self.virtual_memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exact_physical(&self) -> MutexGuard<'_, ExactReads> {
        self.exact_physical.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn physical_cache(&self) -> MutexGuard<'_, Cache> {
        self.physical_memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What a question is about: processor, its level, and the stop. The current processor's, where none is named.
    fn about(&self, processor: Option<u16>) -> Result<(u16, u16, u64), LinkError> {
        match self.state {
            RunState::Running => return Err(LinkError::Running),
            RunState::Connecting | RunState::Ended => return Err(LinkError::NoLine),
            RunState::Halted | RunState::Unknown => {}
        }
        let stop = self.stop.as_ref();
        let level = stop.map_or(0, |stop| stop.processor_level);
        let current = stop.map_or(0, |stop| stop.processor);
        Ok((processor.unwrap_or(current), level, self.stop_number))
    }
}

/// While it lives, questions are patient.
pub(crate) struct Patience<'a> {
    live: &'a Live,
    before: bool,
}

impl Drop for Patience<'_> {
    fn drop(&mut self) {
        self.live.known().patient = self.before;
    }
}

impl LinkError {
    /// Whether the target may have done what it was asked for.
    pub(crate) fn may_be_done(&self) -> bool {
        match self {
            Self::NoLine | Self::Running | Self::Refused { .. } | Self::Doubtful => false,
            Self::Failed(RequestFailure::TimedOut { sent, .. }) => *sent,
            Self::Failed(RequestFailure::LinkReset { executed }) => *executed == Executed::Unknown,
            Self::Failed(RequestFailure::NotHalted | RequestFailure::NotConnected | RequestFailure::TooLong { .. }) => {
                false
            }
            Self::Failed(_) | Self::Cancelled | Self::GaveWay => true,
        }
    }

    /// The same, as the reason of a read.
    pub fn as_read_failure(&self) -> ReadFailure {
        match self {
            Self::NoLine => ReadFailure::NotConnected,
            Self::Running | Self::Failed(kd_protocol::RequestFailure::NotHalted) => ReadFailure::Running,
            Self::Cancelled => ReadFailure::Cancelled,
            Self::Refused { status, .. } => ReadFailure::Refused { status: status.0 },
            Self::Failed(_) | Self::GaveWay | Self::Doubtful => ReadFailure::NoAnswer,
        }
    }
}
