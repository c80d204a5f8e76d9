//! Progress events for a request that takes long, told from beside the engine thread, which is busy then.

use super::in_flight::InFlight;
use super::outbox::Outbox;
use crate::dap::protocol::Event;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// A request that takes longer than this is worth a notice. Also the time between two notices.
pub const PROGRESS_AFTER: Duration = Duration::from_millis(500);

/// What the request that runs now says of itself.
#[derive(Debug)]
pub struct Progress {
    outbox: Arc<Outbox>,
    begun: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The client wants progress events.
    enabled: bool,
    /// Requests that began to run so far: names the running one.
    count: u64,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    seq: i64,
    title: String,
    message: Option<String>,
    /// Whether the client knows of it, and whether it knows the message.
    told: bool,
    message_told: bool,
}

impl Progress {
    /// Progress events go to `outbox`, once the client said that it wants them.
    pub fn new(outbox: Arc<Outbox>) -> Arc<Self> {
        Arc::new(Self { outbox, begun: Notify::new(), state: Mutex::default() })
    }

    /// The client announced `supportsProgressReporting`, or didn't.
    pub fn enable(&self, enabled: bool) {
        self.state().enabled = enabled;
    }

    /// A request begins to run.
    pub fn begin(&self, seq: i64, title: &str) {
        let mut state = self.state();
        state.count += 1;
        state.running = Some(Running { seq, title: title.to_owned(), message: None, told: false, message_told: true });
        drop(state);
        self.begun.notify_one();
    }

    /// How far the running request is.
    pub fn say(&self, message: impl Into<String>) {
        if let Some(running) = &mut self.state().running {
            running.message = Some(message.into());
            running.message_told = false;
        }
    }

    /// The running request is done.
    pub fn end(&self) {
        let mut state = self.state();
        if state.running.take().is_some_and(|running| running.told) {
            self.outbox.event_at_once(&Event::ProgressEnd { progress_id: progress_id(state.count) });
        }
    }

    /// Cancels the request that a progress belongs to, if it still runs.
    pub fn cancel(&self, id: &str, in_flight: &InFlight) {
        let state = self.state();
        if let Some(running) = state.running.as_ref().filter(|_| progress_id(state.count) == id) {
            in_flight.cancel(running.seq);
        }
    }

    /// Watches the running requests; never returns.
    pub async fn watch(&self) {
        loop {
            self.begun.notified().await;
            let watched = self.state().count;
            loop {
                tokio::time::sleep(PROGRESS_AFTER).await;
                if !self.tell(watched) {
                    break;
                }
            }
        }
    }

    /// Tells what is new of request `watched`; false when it doesn't run any more.
    fn tell(&self, watched: u64) -> bool {
        let mut state = self.state();
        let enabled = state.enabled;
        let progress_id = progress_id(state.count);
        let current = watched == state.count;
        let Some(running) = state.running.as_mut().filter(|_| current) else { return false };
        let message = running.message.clone().filter(|_| !running.message_told);
        if enabled && !running.told {
            running.told = true;
            running.message_told = true;
            self.outbox.event_at_once(&Event::ProgressStart {
                progress_id,
                title: running.title.clone(),
                request_id: Some(running.seq),
                cancellable: true,
                message,
            });
        } else if let Some(message) = message.filter(|_| enabled) {
            running.message_told = true;
            self.outbox.event_at_once(&Event::ProgressUpdate { progress_id, message });
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn progress_id(count: u64) -> String {
    format!("progress-{count}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// What is told of a request that takes `milliseconds`, in virtual time.
    async fn told(enabled: bool, milliseconds: u64) -> Vec<String> {
        let (outbox, mut frames) = Outbox::new();
        let progress = Progress::new(outbox);
        progress.enable(enabled);
        let request = async {
            progress.begin(7, "stackTrace");
            tokio::time::sleep(Duration::from_millis(milliseconds / 2)).await;
            progress.say("half");
            tokio::time::sleep(Duration::from_millis(milliseconds / 2)).await;
            progress.end();
            tokio::time::sleep(Duration::from_secs(5)).await;
        };
        tokio::select! {
            () = request => {}
            () = progress.watch() => {}
        }
        let frames = std::iter::from_fn(|| frames.try_recv().ok());
        let line = |frame: Vec<u8>| {
            let start = frame.iter().position(|byte| *byte == b'{').unwrap();
            let event: Value = serde_json::from_slice(&frame[start..]).unwrap();
            assert_eq!(event["body"]["progressId"], "progress-1");
            format!("{} {}", event["event"].as_str().unwrap(), event["body"]["message"].as_str().unwrap_or_default())
        };
        frames.map(line).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_request_is_told_of_from_start_to_end() {
        assert_eq!(told(true, 2500).await, ["progressStart ", "progressUpdate half", "progressEnd "]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_request_is_not_told_of() {
        assert_eq!(told(true, 400).await, [""; 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_want_progress_gets_none() {
        assert_eq!(told(false, 2500).await, [""; 0]);
    }
}
