//! The engine's end of the link: questions that are waited for, and what is known meanwhile.

use super::doubt::DOUBT;
use super::link_thread::LinkThread;
use super::notice::{Notice, Notices, Wake};
use crate::cancel::CancelFlag;
use kd_protocol::{Answer, Host, Phase, Request, RequestFailure, Statistics, TraceEntry};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use transport::Connection;

/// How often a waiting engine looks whether somebody wants it to give up.
const GLANCE: Duration = Duration::from_millis(10);
/// A question that has no answer for so long gives way to whoever waits for the engine.
const PATIENCE: Duration = Duration::from_millis(60);
/// Entries of the trace that are kept for `kd/trace`.
const MAX_TRACE: usize = 20_000;

/// What the engine wants of the link's thread.
pub(super) enum Command {
    /// Ask the target.
    Request {
        /// Names the request for [`Command::Cancel`].
        token: u64,
        /// The processor that is asked about.
        processor: u16,
        /// Its level, as the last state change told it.
        level: u16,
        /// The stop that it is about: asked at another one, it would be answered wrongly.
        stop: u64,
        /// The request.
        request: Request,
        /// Where the answer goes.
        reply: Reply,
    },
    /// Nobody waits for this answer any more.
    Cancel(u64),
    /// Stop the target.
    BreakIn,
    /// The answer to a prompt.
    AnswerPrompt(Vec<u8>),
    /// Attach again, as at the beginning.
    Resynchronise,
    /// The session ends.
    Close,
}

/// What came of a request.
pub(super) enum Outcome {
    /// It ended.
    Answer(Result<Answer, RequestFailure>),
    /// There is no line.
    NoLine,
}

/// Where the outcome goes.
pub(super) type Reply = SyncSender<Outcome>;

/// Why a live target wasn't asked, or didn't answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The line is closed, or not open yet.
    #[error("not connected to a target")]
    NoLine,
    /// The target runs.
    #[error("the target is running")]
    Running,
    /// The link's own reason.
    #[error(transparent)]
    Failed(#[from] RequestFailure),
    /// The user gave up.
    #[error("cancelled")]
    Cancelled,
    /// Something else waits for the engine, and the target doesn't answer.
    #[error("the target does not answer")]
    GaveWay,
    /// Answers came, but no two of them were the same.
    #[error("the line is so damaged that no two answers are the same")]
    Doubtful,
    /// The target refused.
    #[error("the target refuses ({what}: {status})")]
    Refused {
        /// The api.
        what: &'static str,
        /// `NTSTATUS`.
        status: kd_protocol::Status,
    },
}

/// What the link's thread shows of itself.
pub(super) struct Shared {
    shown: Mutex<Shown>,
    /// Somebody waits for the engine: questions without an answer give way.
    urgent: AtomicBool,
}

struct Shown {
    /// When bytes came last.
    heard: Instant,
    /// When a damaged packet came last, or the target asked for one again.
    damaged: Option<Instant>,
    phase: Phase,
    statistics: Statistics,
    now: Duration,
    trace: VecDeque<(u64, TraceEntry)>,
}

impl Shared {
    pub(super) fn new() -> Self {
        let shown = Shown {
            heard: Instant::now(),
            damaged: None,
            phase: Phase::NotConnected,
            statistics: Statistics::default(),
            now: Duration::ZERO,
            trace: VecDeque::new(),
        };
        Self { shown: Mutex::new(shown), urgent: AtomicBool::new(false) }
    }

    pub(super) fn show(&self, host: &Host, now: Duration, traced: &mut u64) {
        let mut shown = self.shown();
        if host.statistics().bytes_received != shown.statistics.bytes_received {
            shown.heard = Instant::now();
        }
        let damage = |statistics: &Statistics| (statistics.damaged, statistics.resends);
        if damage(host.statistics()) != damage(&shown.statistics) {
            shown.damaged = Some(Instant::now());
        }
        shown.phase = host.phase();
        shown.statistics.clone_from(host.statistics());
        shown.now = now;
        for (position, entry) in host.trace().since(*traced) {
            tracing::trace!("{entry}");
            if shown.trace.len() >= MAX_TRACE {
                shown.trace.pop_front();
            }
            shown.trace.push_back((position, entry.clone()));
        }
        *traced = host.trace().end();
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.shown().damaged.is_some_and(|at| at.elapsed() < DOUBT)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells a waiting engine, from any thread, that somebody else needs it.
#[derive(Clone)]
pub struct Urgency(Arc<Shared>);

impl Urgency {
    /// A question that the target leaves unanswered gives way from now on.
    pub fn raise(&self) {
        self.0.urgent.store(true, Ordering::Relaxed);
    }

    /// Nobody waits any more.
    pub fn lower(&self) {
        self.0.urgent.store(false, Ordering::Relaxed);
    }
}

/// A link to a target. Dropping it closes the line.
pub struct Link {
    commands: UnboundedSender<Command>,
    notices: Arc<Notices>,
    shared: Arc<Shared>,
    tokens: AtomicU64,
    thread: Option<thread::JoinHandle<()>>,
}

impl Link {
    /// Starts to connect. `wake` is called when there are notices.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn start(connection: Connection, wake: Wake) -> io::Result<Self> {
        let (commands, queue) = unbounded_channel();
        let notices = Notices::new(wake);
        let shared = Arc::new(Shared::new());
        let link = LinkThread::new(queue, Arc::clone(&notices), Arc::clone(&shared));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let log = tracing::dispatcher::get_default(tracing::Dispatch::clone);
        let run = move || tracing::dispatcher::with_default(&log, || runtime.block_on(link.run(connection)));
        let thread = Some(thread::Builder::new().name("kd link".to_owned()).spawn(run)?);
        Ok(Self { commands, notices, shared, tokens: AtomicU64::new(0), thread })
    }

    /// The next notice.
    pub fn next_notice(&self) -> Option<Notice> {
        self.notices.next()
    }

    /// Whether the line has shown damage lately.
    pub(super) fn is_doubtful(&self) -> bool {
        self.shared.is_doubtful()
    }

    /// Asks the target once; the link's own time-outs bound the wait.
    pub(super) fn request_once(
        &self,
        about: (u16, u16, u64),
        request: Request,
        cancel: Option<&CancelFlag>,
    ) -> Result<Answer, LinkError> {
        let (token, outcome) = self.post(about, request)?;
        let gives_up = |begin| {
            let cancel = cancel?;
            if cancel.is_cancelled() { Some(LinkError::Cancelled) } else { self.gives_way(begin) }
        };
        wait(&outcome, gives_up).map_err(|waited| match waited {
            Waited::Ended(error) => {
                tracing::debug!(%error, "no answer");
                error
            }
            Waited::GaveUp(error) => {
                let _ = self.commands.send(Command::Cancel(token));
                error
            }
        })
    }

    /// Lets the target go on; [`Notice::WentOn`] tells what came of it, too. Without patience that isn't waited for where
    /// somebody else needs the engine and nothing is heard: [`LinkError::GaveWay`].
    pub(super) fn let_go(
        &self,
        about: (u16, u16, u64),
        request: Request,
        patiently: bool,
    ) -> Result<Answer, LinkError> {
        let (_, outcome) = self.post(about, request)?;
        let gives_up = |begin| if patiently { None } else { self.gives_way(begin) };
        wait(&outcome, gives_up).map_err(|(Waited::Ended(error) | Waited::GaveUp(error))| error)
    }

    fn post(
        &self,
        (processor, level, stop): (u16, u16, u64),
        request: Request,
    ) -> Result<(u64, Receiver<Outcome>), LinkError> {
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        let (reply, outcome) = mpsc::sync_channel(1);
        let command = Command::Request { token, processor, level, stop, request, reply };
        self.commands.send(command).map_err(|_| LinkError::NoLine)?;
        Ok((token, outcome))
    }

    /// A slow line isn't a silent one.
    fn gives_way(&self, begin: Instant) -> Option<LinkError> {
        let waits = self.is_urgent() && begin.elapsed().min(self.silent_for()) > PATIENCE;
        waits.then_some(LinkError::GaveWay)
    }

    /// Stops a running target: the byte is repeated until it is heard.
    pub fn break_in(&self) {
        let _ = self.commands.send(Command::BreakIn);
    }

    /// Attaches again, as at the beginning.
    pub fn resynchronise(&self) {
        let _ = self.commands.send(Command::Resynchronise);
    }

    /// Answers the target's prompt.
    pub fn answer_prompt(&self, text: &str) {
        let _ = self.commands.send(Command::AnswerPrompt(text.as_bytes().to_vec()));
    }

    /// What is known of the target.
    pub fn phase(&self) -> Phase {
        self.shared.shown().phase
    }

    /// What the link has seen, and the link's time.
    pub fn statistics(&self) -> (Statistics, Duration) {
        let shown = self.shared.shown();
        (shown.statistics.clone(), shown.now)
    }

    /// For how long nothing was heard.
    pub fn silent_for(&self) -> Duration {
        self.shared.shown().heard.elapsed()
    }

    /// Notices were left for later: wakes whoever takes them once more.
    pub(crate) fn wake_again(&self) {
        self.notices.wake();
    }

    /// What went over the link since `position`, each with its position.
    pub fn trace(&self, position: u64) -> Vec<(u64, TraceEntry)> {
        let shown = self.shared.shown();
        let from = shown.trace.partition_point(|(at, _)| *at < position);
        shown.trace.iter().skip(from).cloned().collect()
    }

    /// Whether somebody needs the engine now.
    pub(super) fn is_urgent(&self) -> bool {
        self.shared.urgent.load(Ordering::Relaxed)
    }

    /// For whoever may need the engine while it waits.
    pub fn urgency(&self) -> Urgency {
        Urgency(Arc::clone(&self.shared))
    }
}

/// Why a wait has no answer.
enum Waited {
    /// The question has ended without one.
    Ended(LinkError),
    /// It wasn't waited for any longer.
    GaveUp(LinkError),
}

/// Waits for an outcome until `gives_up`, which is told when the wait began, has a reason to wait no longer.
fn wait(outcome: &Receiver<Outcome>, gives_up: impl Fn(Instant) -> Option<LinkError>) -> Result<Answer, Waited> {
    let begin = Instant::now();
    loop {
        match outcome.recv_timeout(GLANCE) {
            Ok(Outcome::Answer(answer)) => return answer.map_err(|failure| Waited::Ended(failure.into())),
            Ok(Outcome::NoLine) | Err(RecvTimeoutError::Disconnected) => return Err(Waited::Ended(LinkError::NoLine)),
            Err(RecvTimeoutError::Timeout) => {
                if let Some(why) = gives_up(begin) {
                    return Err(Waited::GaveUp(why));
                }
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Close);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
