//! The engine thread: takes requests from the queue one by one, runs their handlers, and answers them.

use super::error::RequestError;
use super::in_flight::Ticket;
use super::message::Answer;
use super::outbox::Outbox;
use super::progress::Progress;
use super::requests::{Needs, RunOnEngine};
use super::session::Session;
use serde_json::value::RawValue;
use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::time::Instant;

/// Bytes of stack for the engine thread: parsers of nested expressions and types recurse, within their bounds.
const STACK_SIZE: usize = 8 << 20;

/// A request in the engine thread's queue.
pub struct Job {
    /// Its claim to an answer.
    pub ticket: Ticket,
    /// What must be there for it to run.
    pub needs: Needs,
    /// Its handler.
    pub run: RunOnEngine,
    /// Its arguments as JSON text.
    pub arguments: Box<RawValue>,
}

/// Starts a session's engine thread. It ends with the session, or when the queue's sender is dropped.
///
/// # Errors
/// When the system has no more threads.
pub fn spawn(outbox: Arc<Outbox>, progress: Arc<Progress>) -> io::Result<mpsc::Sender<Job>> {
    let (sender, queue) = mpsc::channel();
    std::thread::Builder::new().name("engine".to_owned()).stack_size(STACK_SIZE).spawn(move || {
        let mut session = Session::new(Arc::clone(&outbox), Arc::clone(&progress));
        dispatch(queue, &mut session, &outbox, &progress);
        outbox.close();
    })?;
    Ok(sender)
}

/// Runs until the session ends. What is left in the queue then is answered by its tickets.
fn dispatch(queue: mpsc::Receiver<Job>, session: &mut Session, outbox: &Outbox, progress: &Progress) {
    while let Ok(Job { ticket, needs, run, arguments }) = queue.recv() {
        let begin = Instant::now();
        tracing::debug!(seq = ticket.seq(), command = ticket.command(), arguments = arguments.get(), "request");
        outbox.hold();
        progress.begin(ticket.seq(), ticket.command());
        let answer = answer(session, &ticket, needs, run, &arguments);
        progress.end();
        tracing::debug!(seq = ticket.seq(), done = answer.is_ok(), elapsed = ?begin.elapsed(), "answer");
        ticket.answer(answer);
        outbox.release();
        if session.has_ended() {
            return;
        }
    }
}

/// What to answer to one request: the handler's answer, unless it can't run or panics.
fn answer(session: &mut Session, ticket: &Ticket, needs: Needs, run: RunOnEngine, arguments: &RawValue) -> Answer {
    if ticket.cancel_flag().is_cancelled() && needs != Needs::Nothing {
        return Err(RequestError::Cancelled);
    }
    session.check(needs, ticket.command())?;
    session.begin_request(ticket.cancel_flag().clone());
    catch_unwind(AssertUnwindSafe(|| run(session, arguments))).unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        tracing::error!(command = ticket.command(), message, "a request's handler panicked");
        Err(RequestError::Internal(ticket.command().to_owned(), message.to_owned()))
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
