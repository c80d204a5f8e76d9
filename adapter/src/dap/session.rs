//! What requests work on: the client, the target, and the numbers that the client knows things by. Lives on the engine
//! thread and nowhere else.

use super::error::RequestError;
use super::in_flight::CancelFlag;
use super::log::SessionLog;
use super::outbox::Outbox;
use super::progress::Progress;
use super::protocol::Event;
use super::requests::Needs;
use super::requests::initialize::Client;
use std::sync::Arc;

/// One client's session.
pub struct Session {
    outbox: Arc<Outbox>,
    progress: Arc<Progress>,
    log: SessionLog,
    client: Option<Client>,
    cancel: CancelFlag,
    ended: bool,
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(outbox: Arc<Outbox>, progress: Arc<Progress>, log: SessionLog) -> Self {
        Self { outbox, progress, log, client: None, cancel: CancelFlag::default(), ended: false }
    }

    /// Whether a request that needs `needs` can run now.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self, needs: Needs, command: &str) -> Result<(), RequestError> {
        if needs >= Needs::Client && self.client.is_none() {
            return Err(RequestError::NotInitialized(command.to_owned()));
        }
        Ok(())
    }

    /// A request begins to run, and runs until `cancel` is raised.
    pub fn begin_request(&mut self, cancel: CancelFlag) {
        self.cancel = cancel;
    }

    /// Tells the client something, once the running request is answered.
    pub fn tell(&self, event: Event) {
        self.outbox.event(event);
    }

    /// The client as it introduced itself.
    pub fn client(&self) -> Client {
        self.client.clone().unwrap_or_default()
    }

    /// The client introduces itself.
    ///
    /// # Errors
    /// When it did so before.
    pub fn introduce(&mut self, client: Client) -> Result<(), RequestError> {
        if self.client.is_some() {
            return Err(RequestError::AlreadyInitialized);
        }
        self.progress.enable(client.supports_progress_reporting);
        self.client = Some(client);
        Ok(())
    }

    /// The session ends with the answer to the running request.
    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Whether the session has ended.
    pub fn has_ended(&self) -> bool {
        self.ended
    }
}
