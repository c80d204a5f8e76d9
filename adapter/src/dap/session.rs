//! What requests work on: the client, and the target once there is one. Lives on the engine thread and nowhere else.

use super::error::RequestError;
use super::live::Live;
use super::protocol::{Event, OutputCategory};
use super::requests::Needs;
use super::requests::initialize::Client;
use super::server::dispatcher::Waker;
use super::server::hurry::InHurry;
use super::server::log::SessionLog;
use super::server::outbox::Outbox;
use super::server::progress::Progress;
use super::view::attached::Attached;
use crate::launch_config::LaunchConfig;
use engine::cancel::CancelFlag;
use engine::live::RunState;
use engine::run_control::Leave;
use std::sync::Arc;

/// One client's session.
pub struct Session {
    outbox: Arc<Outbox>,
    progress: Arc<Progress>,
    log: SessionLog,
    client: Option<Client>,
    attached: Option<Attached>,
    live: Option<Live>,
    waker: Waker,
    hurry: Option<InHurry>,
    cancel: CancelFlag,
    quiet: bool,
    terminated: bool,
    ended: bool,
}

impl Session {
    /// A session of which nothing is known yet.
    pub fn new(outbox: Arc<Outbox>, progress: Arc<Progress>, log: SessionLog, waker: Waker) -> Self {
        let cancel = CancelFlag::default();
        Self {
            outbox,
            progress,
            log,
            client: None,
            attached: None,
            live: None,
            waker,
            hurry: None,
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
            Needs::StoppedTarget => match &self.attached {
                Some(attached) if attached.engine.run_state() == RunState::Halted => Ok(()),
                _ => Err(RequestError::NotStopped),
            },
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

    /// The request that runs next is in a hurry, or isn't.
    pub fn hurry_with(&mut self, hurry: Option<InHurry>) {
        self.hurry = hurry;
    }

    /// The running request is done: tells what else has become known by it.
    pub fn finish_request(&mut self) {
        self.hurry = None;
        // What the target tells later isn't given up with a request that is over.
        if let Some(attached) = &mut self.attached {
            attached.engine.set_cancel_flag(CancelFlag::default());
        }
        self.tell_happenings();
        let Some(attached) = self.attached.as_mut().filter(|_| !self.quiet) else { return };
        let wrote = attached.engine.take_written();
        for event in attached.changes() {
            self.tell(event);
        }
        if wrote {
            self.tell_written();
        }
    }

    /// Tells what has changed of the modules.
    pub fn tell_modules(&mut self) {
        let Some(attached) = &mut self.attached else { return };
        for event in attached.module_changes().0 {
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

    /// What there is to know of a live target beside the engine.
    pub fn live(&self) -> Option<&Live> {
        self.live.as_ref()
    }

    /// The same, to change it.
    pub fn live_mut(&mut self) -> Option<&mut Live> {
        self.live.as_mut()
    }

    /// The session has a live target from now on.
    pub fn attach_live(&mut self, attached: Attached, live: Live, connection: &str) {
        if let Some(target) = attached.engine.target().live() {
            self.waker.hurry().concern(target.link().urgency());
        }
        self.attached = Some(attached);
        self.live = Some(live);
        self.begin_connecting(connection);
    }

    /// How a live target gets at this session.
    pub fn waker(&self) -> &Waker {
        &self.waker
    }

    /// The session's log.
    pub fn log(&self) -> &SessionLog {
        &self.log
    }

    /// Lets the target go, a live one without breakpoints and as asked; the client is told, if there was one.
    pub fn detach(&mut self, leave: Leave) {
        // The target must be rid of its breakpoints, however long that takes and whoever gives up meanwhile.
        self.hurry = None;
        if let Some(attached) = &mut self.attached {
            attached.engine.set_cancel_flag(CancelFlag::default());
            let problem = attached.engine.detach(leave);
            self.tell_happenings();
            if let Some(problem) = problem {
                self.print(OutputCategory::Important, &problem);
            }
        }
        self.forget_target();
    }

    /// The target is gone; the client is told, if there was one.
    pub fn forget_target(&mut self) {
        self.show_prints();
        self.end_connecting();
        self.live = None;
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
