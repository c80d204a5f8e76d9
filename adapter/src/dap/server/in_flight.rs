//! The requests that were not answered yet. Each holds one ticket, and a ticket gives exactly one answer.

use super::message::Answer;
use super::outbox::Outbox;
use crate::dap::error::RequestError;
use engine::cancel::CancelFlag;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More requests than this are not kept waiting: the client is refused.
const MAX_WAITING: usize = 10_000;

/// The open requests of a session.
#[derive(Debug)]
pub struct InFlight {
    outbox: Arc<Outbox>,
    open: Mutex<Tickets>,
}

#[derive(Debug, Default)]
struct Tickets {
    /// Number of the last ticket that was given; what a client numbers its requests with may repeat.
    last: u64,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    seq: i64,
    cancel: CancelFlag,
}

impl InFlight {
    /// No requests yet; answers go to `outbox`.
    pub fn new(outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self { outbox, open: Mutex::default() })
    }

    /// A ticket for a request that came in; `None` when it was refused, as too many wait.
    pub fn open(self: &Arc<Self>, seq: i64, command: String) -> Option<Ticket> {
        let cancel = CancelFlag::default();
        let mut tickets = self.tickets();
        tickets.last += 1;
        let number = tickets.last;
        tickets.open.insert(number, Open { seq, cancel: cancel.clone() });
        let busy = tickets.open.len() > MAX_WAITING;
        drop(tickets);
        let ticket = Ticket { in_flight: Arc::clone(self), number, seq, command, cancel, answered: false };
        if busy {
            ticket.answer(Err(RequestError::Busy));
            return None;
        }
        Some(ticket)
    }

    /// Asks the request with this number to give up, if it is still open.
    pub fn cancel(&self, seq: i64) {
        self.tickets().open.values().filter(|open| open.seq == seq).for_each(|open| open.cancel.cancel());
    }

    /// Asks all requests to give up.
    pub fn cancel_all(&self) {
        self.tickets().open.values().for_each(|open| open.cancel.cancel());
    }

    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's claim to one answer. Answering uses it up; one that is dropped answers that the session has ended.
#[derive(Debug)]
pub struct Ticket {
    in_flight: Arc<InFlight>,
    number: u64,
    seq: i64,
    command: String,
    cancel: CancelFlag,
    answered: bool,
}

impl Ticket {
    /// The request's number.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The request's command.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Set when the client gives up on the request.
    pub fn cancel_flag(&self) -> &CancelFlag {
        &self.cancel
    }

    /// Sends the answer.
    pub fn answer(mut self, answer: Answer) {
        self.answer_once(answer);
    }

    fn answer_once(&mut self, answer: Answer) {
        if std::mem::replace(&mut self.answered, true) {
            return;
        }
        self.in_flight.tickets().open.remove(&self.number);
        self.in_flight.outbox.respond(self.seq, &self.command, answer);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.answer_once(Err(RequestError::Ended));
    }
}
