//! The progress of connecting: `attach` is answered at once, and the target may be heard a second or an hour later.

use crate::dap::protocol::{Event, OutputCategory};
use crate::dap::session::Session;
use engine::run_control::Leave;

/// Names this progress; those of requests are named otherwise.
pub const PROGRESS_ID: &str = "connecting";

impl Session {
    /// The target is waited for from now on.
    pub fn begin_connecting(&mut self, connection: &str) {
        if !self.client().is_ok_and(|client| client.supports_progress_reporting) {
            return;
        }
        if let Some(live) = self.live_mut() {
            live.connecting = true;
            self.tell(Event::ProgressStart {
                progress_id: PROGRESS_ID.to_owned(),
                title: format!("Connecting to {connection}"),
                request_id: None,
                cancellable: true,
                message: None,
            });
        }
    }

    /// A step of connecting was told.
    pub(super) fn connecting_is_at(&mut self, step: &str) {
        if self.live().is_some_and(|live| live.connecting) {
            let message = step.trim_end().to_owned();
            self.tell(Event::ProgressUpdate { progress_id: PROGRESS_ID.to_owned(), message });
        }
    }

    /// The target isn't waited for any more: it is there, or was given up.
    pub fn end_connecting(&mut self) {
        if self.live_mut().is_some_and(|live| std::mem::take(&mut live.connecting)) {
            self.tell(Event::ProgressEnd { progress_id: PROGRESS_ID.to_owned() });
        }
    }

    /// The client gives up on connecting. Once the target is there, that comes too late and does nothing.
    pub fn give_up_connecting(&mut self) {
        if self.live().is_some_and(|live| live.connecting) {
            self.print(OutputCategory::Console, "Connecting was given up");
            self.detach(Leave::Running);
        }
    }
}
