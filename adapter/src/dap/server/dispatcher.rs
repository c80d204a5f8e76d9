//! The engine thread: takes what there is to do from the queue, one by one. Requests are run by their handlers and
//! answered; what a live target tells becomes events.

use super::hurry::{Hurry, InHurry};
use super::in_flight::Ticket;
use super::log::SessionLog;
use super::message::Answer;
use super::outbox::Outbox;
use super::progress::Progress;
use crate::dap::error::RequestError;
use crate::dap::requests::{Needs, RunOnEngine};
use crate::dap::session::Session;
use engine::live::Wake;
use engine::run_control::Leave;
use serde_json::value::RawValue;
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::Instant;

/// Bytes of stack for the engine thread: parsers of nested expressions and types recurse, within their bounds.
const STACK_SIZE: usize = 8 << 20;

/// Something to do for the engine thread.
pub enum Work {
    /// A request came.
    Request(Job),
    /// The live target has something to tell.
    Target,
    /// The client doesn't want to wait for the live target any more.
    GiveUpConnecting,
    /// The client has gone without a word.
    ClientGone,
}

/// A request in the engine thread's queue.
pub struct Job {
    /// Its claim to an answer.
    pub ticket: Ticket,
    /// What it is called while it runs.
    pub title: &'static str,
    /// What must be there for it to run.
    pub needs: Needs,
    /// Its handler.
    pub run: RunOnEngine,
    /// Its arguments as JSON text.
    pub arguments: Box<RawValue>,
    /// Whether a silent target may keep it waiting.
    pub hurry: Option<InHurry>,
}

/// Starts a session's engine thread. It ends with the session, or when the client has gone.
///
/// # Errors
/// When the system has no more threads.
pub fn spawn(
    outbox: Arc<Outbox>,
    progress: Arc<Progress>,
    hurry: Arc<Hurry>,
    log: SessionLog,
) -> io::Result<mpsc::Sender<Work>> {
    let (sender, queue) = mpsc::channel();
    let wake = sender.clone();
    let run = move || {
        let dispatch = log.dispatch();
        let mut session = Session::new(Arc::clone(&outbox), Arc::clone(&progress), log, Waker { queue: wake, hurry });
        tracing::dispatcher::with_default(&dispatch, || work(queue, &mut session, &outbox, &progress));
        // The link's thread ends before the session does.
        drop(session);
        outbox.close();
    };
    std::thread::Builder::new().name("engine".to_owned()).stack_size(STACK_SIZE).spawn(run)?;
    Ok(sender)
}

/// How a live target gets at the engine thread.
pub struct Waker {
    queue: mpsc::Sender<Work>,
    hurry: Arc<Hurry>,
}

impl Waker {
    /// Called when the target has something to tell.
    pub fn wake(&self) -> Wake {
        let queue = self.queue.clone();
        Box::new(move || {
            // An engine thread that has ended has no use for it.
            let _ = queue.send(Work::Target);
        })
    }

    /// The requests that the target must not keep waiting.
    pub fn hurry(&self) -> &Hurry {
        &self.hurry
    }
}

/// Runs until the session ends. What is left in the queue then is answered by its tickets.
fn work(queue: mpsc::Receiver<Work>, session: &mut Session, outbox: &Outbox, progress: &Progress) {
    while let Some(work) = next(&queue, session) {
        match work {
            Work::Request(job) => request(job, session, outbox, progress),
            Work::Target => {
                let attended = catch_unwind(AssertUnwindSafe(|| session.attend()));
                if let Err(panic) = attended {
                    tracing::error!(message = panic_message(&*panic), "what the target told wasn't understood");
                }
            }
            Work::GiveUpConnecting => session.give_up_connecting(),
            Work::ClientGone => return session.detach(Leave::Running),
        }
        if session.has_ended() {
            return;
        }
    }
}

/// What there is to do next. What the target has printed is shown in time.
fn next(queue: &mpsc::Receiver<Work>, session: &mut Session) -> Option<Work> {
    loop {
        let Some(deadline) = session.prints_due() else { return queue.recv().ok() };
        let now = Instant::now();
        if deadline <= now {
            session.show_prints();
            continue;
        }
        match queue.recv_timeout(deadline - now) {
            Ok(work) => return Some(work),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn request(job: Job, session: &mut Session, outbox: &Outbox, progress: &Progress) {
    let Job { ticket, title, needs, run, arguments, hurry } = job;
    let begin = Instant::now();
    tracing::trace!(seq = ticket.seq(), command = ticket.command(), arguments = arguments.get(), "request");
    outbox.hold();
    progress.begin(ticket.seq(), title);
    session.hurry_with(hurry);
    let answer = answer(session, &ticket, needs, run, &arguments);
    session.finish_request();
    progress.end();
    let elapsed = begin.elapsed();
    match &answer {
        Ok(_) => tracing::debug!(seq = ticket.seq(), command = ticket.command(), ?elapsed, "done"),
        Err(error) => tracing::debug!(seq = ticket.seq(), command = ticket.command(), ?elapsed, %error, "failed"),
    }
    ticket.answer(answer);
    outbox.release();
}

/// What to answer to one request: the handler's answer, unless it can't run or panics.
fn answer(session: &mut Session, ticket: &Ticket, needs: Needs, run: RunOnEngine, arguments: &RawValue) -> Answer {
    let cancelled = || ticket.cancel_flag().is_cancelled();
    if cancelled() && needs != Needs::Nothing {
        return Err(RequestError::Cancelled);
    }
    session.check(needs)?;
    session.begin_request(ticket.cancel_flag().clone());
    let answer = catch_unwind(AssertUnwindSafe(|| run(session, arguments))).unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        tracing::error!(command = ticket.command(), message, "a request's handler panicked");
        Err(RequestError::Internal(ticket.command().to_owned(), message.to_owned()))
    });
    // What came of a walk that was given up is not all that there is: it must not pass for it.
    if answer.is_ok() && cancelled() && needs >= Needs::Target { Err(RequestError::Cancelled) } else { answer }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dap::protocol::Event;
    use crate::dap::server::in_flight::InFlight;
    use serde_json::Value;
    use tokio::sync::mpsc::UnboundedReceiver;

    struct Harness {
        in_flight: Arc<InFlight>,
        outbox: Arc<Outbox>,
        frames: UnboundedReceiver<Vec<u8>>,
        jobs: Vec<Job>,
    }

    /// How a session is started that has no target.
    fn waker(queue: mpsc::Sender<Work>) -> Waker {
        Waker { queue, hurry: Arc::default() }
    }

    impl Harness {
        fn new() -> Self {
            let (outbox, frames) = Outbox::new();
            Self { in_flight: InFlight::new(Arc::clone(&outbox)), outbox, frames, jobs: Vec::new() }
        }

        fn request(&mut self, seq: i64, run: RunOnEngine) {
            let ticket = self.in_flight.open(seq, format!("request{seq}")).unwrap();
            self.jobs.push(Job {
                ticket,
                title: "test",
                needs: Needs::Nothing,
                run,
                arguments: Box::default(),
                hurry: None,
            });
        }

        /// Works on all requests, and shows what was sent, one line for each message.
        fn sent(mut self) -> Vec<String> {
            let (sender, queue) = mpsc::channel();
            self.jobs.into_iter().for_each(|job| sender.send(Work::Request(job)).unwrap());
            sender.send(Work::ClientGone).unwrap();
            let progress = Progress::new(Arc::clone(&self.outbox));
            let log = SessionLog::silent();
            let mut session = Session::new(Arc::clone(&self.outbox), Arc::clone(&progress), log, waker(sender));
            work(queue, &mut session, &self.outbox, &progress);
            let frames = std::iter::from_fn(|| self.frames.try_recv().ok());
            let bodies = frames.map(|frame| {
                let start = frame.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
                serde_json::from_slice::<Value>(&frame[start..]).unwrap()
            });
            let line = |body: Value| match body["type"].as_str() {
                Some("event") => format!("{} {}", body["seq"], body["event"].as_str().unwrap()),
                _ => format!("{} {} {}", body["seq"], body["request_seq"], body["message"].as_str().unwrap_or("done")),
            };
            bodies.map(line).collect()
        }
    }

    #[test]
    fn a_panic_is_an_error_and_the_session_goes_on() {
        let mut harness = Harness::new();
        harness.request(7, |_, _| panic!("ouch"));
        harness.request(8, |_, _| Ok(Box::default()));
        assert_eq!(harness.sent(), ["1 7 internal error in `request7`: ouch", "2 8 done"]);
    }

    #[test]
    fn events_leave_behind_the_answer_of_the_request_that_caused_them() {
        let mut harness = Harness::new();
        harness.request(7, |session, _| {
            session.tell(Event::Initialized);
            Ok(Box::default())
        });
        harness.request(8, |_, _| Ok(Box::default()));
        assert_eq!(harness.sent(), ["1 7 done", "2 initialized", "3 8 done"]);
    }

    #[test]
    fn a_cancelled_request_does_not_run_and_is_answered() {
        let mut harness = Harness::new();
        harness.request(7, |_, _| panic!("it must not run"));
        harness.request(8, |_, _| Ok(Box::default()));
        harness.jobs.iter_mut().for_each(|job| job.needs = Needs::Client);
        harness.in_flight.cancel(7);
        assert_eq!(harness.sent(), ["1 7 cancelled", "2 8 `initialize` has to come first"]);
    }

    #[test]
    fn what_is_left_when_the_session_ends_is_answered() {
        let mut harness = Harness::new();
        harness.request(7, |session, _| {
            session.end();
            Ok(Box::default())
        });
        harness.request(8, |_, _| panic!("it must not run"));
        assert_eq!(harness.sent(), ["1 7 done", "2 8 the session has ended"]);
    }
}
