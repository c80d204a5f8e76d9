//! What requests work on: the client, and the target once there is one. Lives on the engine thread and nowhere else.

use super::error::RequestError;
use super::protocol::Event;
use super::requests::Needs;
use super::requests::initialize::Client;
use super::server::log::SessionLog;
use super::server::outbox::Outbox;
use super::server::progress::Progress;
use super::view::attached::Attached;
use crate::launch_config::LaunchConfig;
use engine::cancel::CancelFlag;
use std::sync::Arc;

/// One client's session.
pub struct Session {
    outbox: Arc<Outbox>,
    progress: Arc<Progress>,
    log: SessionLog,
    client: Option<Client>,
    attached: Option<Attached>,
    cancel: CancelFlag,
    quiet: bool,
    terminated: bool,
    ended: bool,
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(outbox: Arc<Outbox>, progress: Arc<Progress>, log: SessionLog) -> Self {
        let cancel = CancelFlag::default();
        Self {
            outbox,
            progress,
            log,
            client: None,
            attached: None,
            cancel,
            quiet: false,
            terminated: false,
            ended: false,
        }
    }

    /// Whether a request that needs `needs` can run now.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self, needs: Needs) -> Result<(), RequestError> {
        if needs >= Needs::Client && self.client.is_none() {
            return Err(RequestError::NotInitialized);
        }
        match needs {
            Needs::Target if self.attached.is_none() => Err(RequestError::NoTarget),
            Needs::StoppedTarget if self.attached.is_none() => Err(RequestError::NotStopped),
            _ => Ok(()),
        }
    }

    /// A request begins to run, and runs until `cancel` is raised.
    pub fn begin_request(&mut self, cancel: CancelFlag) {
        if let Some(attached) = &mut self.attached {
            attached.engine.set_cancel_flag(cancel.clone());
        }
        self.cancel = cancel;
        self.quiet = false;
    }

    /// The running request is done: tells what else has become known by it.
    pub fn finish_request(&mut self) {
        let Some(attached) = self.attached.as_mut().filter(|_| !self.quiet) else { return };
        for event in attached.changes() {
            self.tell(event);
        }
    }

    /// Raised when the client gives up on the running request.
    pub fn cancel_flag(&self) -> &CancelFlag {
        &self.cancel
    }

    /// Tells the client something, once the running request is answered.
    pub fn tell(&self, event: Event) {
        self.outbox.event(event);
    }

    /// The running request is none that a person made: it causes no events.
    pub fn stay_quiet(&mut self) {
        self.quiet = true;
    }

    /// Tells how far the running request is, should it take long.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// The client as it introduced itself.
    ///
    /// # Errors
    /// When it hasn't yet.
    pub fn client(&self) -> Result<&Client, RequestError> {
        self.client.as_ref().ok_or(RequestError::NotInitialized)
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

    /// From now on the log goes where the client wants it.
    ///
    /// # Errors
    /// When its file can't be written.
    pub fn configure_log(&self, config: &LaunchConfig) -> Result<(), RequestError> {
        let file = config.log_file.as_deref();
        self.log.configure(file, config.trace, &self.outbox).map_err(RequestError::LogFile)
    }

    /// The session has a target from now on.
    pub fn attach(&mut self, attached: Attached) {
        self.attached = Some(attached);
    }

    /// The target.
    ///
    /// # Errors
    /// When there is none.
    pub fn attached(&mut self) -> Result<&mut Attached, RequestError> {
        self.attached.as_mut().ok_or(RequestError::NoTarget)
    }

    /// Lets the target go; the client is told, if there was one.
    pub fn detach(&mut self) {
        if self.attached.take().is_some() && !std::mem::replace(&mut self.terminated, true) {
            self.tell(Event::Terminated);
        }
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
