//! The one way out: numbers the messages, and holds events back until the running request has been answered.

use super::framing;
use super::message::{Answer, Outgoing};
use crate::dap::protocol::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Where every response and event goes. What is handed in leaves in that order, but for held events.
#[derive(Debug)]
pub struct Outbox(Mutex<State>);

#[derive(Debug)]
struct State {
    /// To the writer; `None` once the session is closed.
    frames: Option<UnboundedSender<Vec<u8>>>,
    last_seq: i64,
    /// A request is running: events wait for its answer.
    holding: bool,
    held: Vec<Event>,
}

impl Outbox {
    /// An outbox, and the frames that come out of it. They end with [`close`](Self::close).
    pub fn new() -> (Arc<Self>, UnboundedReceiver<Vec<u8>>) {
        let (sender, frames) = unbounded_channel();
        let state = State { frames: Some(sender), last_seq: 0, holding: false, held: Vec::new() };
        (Arc::new(Self(Mutex::new(state))), frames)
    }

    /// Sends an event; behind the answer of the running request, if one is running.
    pub fn event(&self, event: Event) {
        let mut state = self.state();
        if state.holding { state.held.push(event) } else { state.send_event(&event) }
    }

    /// Sends an event about the running request itself, which must not wait for its answer.
    pub fn event_at_once(&self, event: &Event) {
        self.state().send_event(event);
    }

    /// Sends the answer to request `request_seq`.
    pub fn respond(&self, request_seq: i64, command: &str, answer: Answer) {
        let (message, body) = match answer {
            Ok(body) => (None, Some(body).filter(|body| body.get() != "null")),
            Err(error) => {
                let (message, body) = error.to_response();
                (Some(message), body)
            }
        };
        let (success, message, body) = (message.is_none(), message.as_deref(), body.as_deref());
        let mut state = self.state();
        let seq = state.last_seq + 1;
        state.send(&Outgoing::Response { seq, request_seq, success, command, message, body });
    }

    /// From here on events are held: a request begins to run.
    pub fn hold(&self) {
        self.state().holding = true;
    }

    /// The running request was answered: sends the events that it held back.
    pub fn release(&self) {
        let mut state = self.state();
        state.holding = false;
        for event in std::mem::take(&mut state.held) {
            state.send_event(&event);
        }
    }

    /// Nothing is sent any more; the frames end.
    pub fn close(&self) {
        self.state().frames = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn send_event(&mut self, event: &Event) {
        self.send(&Outgoing::Event { seq: self.last_seq + 1, event });
    }

    /// What can't be sent is dropped: a client that is gone takes nothing, and the writer ends the session then.
    /// Nothing is logged here, for the log may lead back to this outbox.
    fn send(&mut self, message: &Outgoing<'_>) {
        let Some(frames) = &self.frames else { return };
        if let Ok(body) = serde_json::to_vec(message) {
            let _ = frames.send(framing::encode(&body));
            self.last_seq += 1;
        }
    }
}
