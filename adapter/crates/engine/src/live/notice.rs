//! What the link tells the engine, in order.

use kd_protocol::{Event, RequestFailure, StateChange};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use transport::Step;

/// Bytes of prints that wait for the engine at most. A target that prints faster than the engine takes it is not slowed down,
/// and nothing but prints is ever dropped: the engine is told how many.
const MAX_PRINTED: usize = 16 << 20;

/// Something that happened on the line.
#[derive(Clone, Debug)]
pub enum Notice {
    /// What the transport says while it connects.
    Step(Step),
    /// The line is open; nothing was heard yet.
    Opened,
    /// Something comes over the line, be it the target or its boot loader.
    FirstBytes,
    /// Nothing useful was heard for so long since the line was opened.
    StillSilent(Duration),
    /// The line was lost; whether it will be opened again.
    Lost {
        /// Why.
        reason: String,
        /// Whether it is going to be opened again.
        reconnects: bool,
    },
    /// There is and will be no line.
    Failed(String),
    /// The target has stopped: with the number of the stop, which requests about it carry.
    Stopped(u64, Box<StateChange>),
    /// What came of letting the target go on from the stop of this number: it has heard it, or why that isn't known.
    WentOn(u64, Result<(), RequestFailure>),
    /// What else the target says by itself.
    Target(Event),
    /// So many prints were dropped, as nobody took them.
    PrintsDropped(u64),
}

/// Called when there is something in an empty queue, from the link's thread: it must not block.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// The notices on their way from the link's thread to the engine's.
pub(super) struct Notices {
    waiting: Mutex<Waiting>,
    wake: Wake,
}

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Notice>,
    printed: usize,
    dropped: u64,
}

impl Notices {
    pub(super) fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Self { waiting: Mutex::default(), wake })
    }

    pub(super) fn push(&self, notice: Notice) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = printed(&notice);
        if printed > 0 && waiting.printed + printed > MAX_PRINTED {
            waiting.dropped += 1;
            return;
        }
        waiting.printed += printed;
        waiting.queue.push_back(notice);
        let first = waiting.queue.len() == 1;
        drop(waiting);
        if first {
            (self.wake)();
        }
    }

    /// The next one. An empty queue wakes again.
    pub(super) fn next(&self) -> Option<Notice> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let notice = waiting.queue.pop_front().or_else(|| {
            let dropped = std::mem::take(&mut waiting.dropped);
            (dropped > 0).then_some(Notice::PrintsDropped(dropped))
        });
        waiting.printed -= notice.as_ref().map_or(0, printed);
        notice
    }

    /// Wakes whoever takes them once more: there are some that were left for later.
    pub(super) fn wake(&self) {
        (self.wake)();
    }
}

/// Bytes of text, and a few for each line without any.
fn printed(notice: &Notice) -> usize {
    match notice {
        Notice::Target(Event::Print { text, .. }) => text.len() + 64,
        _ => 0,
    }
}
