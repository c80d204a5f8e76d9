//! A session's log. Until the client says where it goes, warnings go to standard error; never to standard output, which
//! belongs to the protocol.

use super::outbox::Outbox;
use crate::dap::protocol::{Event, OutputCategory};
use crate::launch_config::{Trace, TraceLevel};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, fmt};

/// Where a session's log goes, and how much of it.
#[derive(Clone, Debug)]
pub struct SessionLog(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    level: LevelFilter,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    StandardError,
    File(File),
    /// The client's debug console.
    Console(Arc<Outbox>),
}

impl Default for SessionLog {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { level: LevelFilter::WARN, sink: Sink::StandardError })))
    }
}

impl SessionLog {
    /// A log that keeps nothing.
    #[cfg(test)]
    pub fn silent() -> Self {
        Self(Arc::new(Mutex::new(State { level: LevelFilter::OFF, sink: Sink::StandardError })))
    }

    /// What `tracing` is to use for everything that belongs to the session.
    pub fn dispatch(&self) -> Dispatch {
        let log = self.clone();
        let enabled = dynamic_filter_fn(move |event, _| *event.level() <= log.state().level);
        let layer = fmt::layer().with_ansi(false).with_timer(fmt::time::uptime()).with_writer(self.clone());
        Dispatch::new(Registry::default().with(layer.with_filter(enabled)))
    }

    /// Follows the client's wish. Without one, nothing changes.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn configure(&self, file: Option<&Path>, trace: Option<Trace>, console: &Arc<Outbox>) -> io::Result<()> {
        let (sink, default) = match (file, trace) {
            (Some(path), _) => (Sink::File(File::create(path)?), LevelFilter::INFO),
            (None, Some(_)) => (Sink::Console(Arc::clone(console)), LevelFilter::WARN),
            (None, None) => return Ok(()),
        };
        *self.state() = State { level: trace.map_or(default, level), sink };
        Ok(())
    }

    /// Keeps what the target itself says, if the log is a file. Returns whether it is one.
    pub fn keep(&self, text: &str) -> bool {
        match &mut self.state().sink {
            Sink::File(file) => file.write_all(text.as_bytes()).is_ok(),
            Sink::StandardError | Sink::Console(_) => false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn level(trace: Trace) -> LevelFilter {
    match trace {
        Trace::Switch(false) => LevelFilter::WARN,
        Trace::Switch(true) | Trace::Level(TraceLevel::Debug) => LevelFilter::DEBUG,
        Trace::Level(TraceLevel::Error) => LevelFilter::ERROR,
        Trace::Level(TraceLevel::Warn) => LevelFilter::WARN,
        Trace::Level(TraceLevel::Info) => LevelFilter::INFO,
        Trace::Level(TraceLevel::Trace) => LevelFilter::TRACE,
    }
}

impl<'a> MakeWriter<'a> for SessionLog {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Takes one entry of the log at a time.
impl Write for SessionLog {
    fn write(&mut self, entry: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        match &mut state.sink {
            Sink::StandardError => io::stderr().write_all(entry)?,
            Sink::File(file) => file.write_all(entry)?,
            Sink::Console(outbox) => {
                let output = String::from_utf8_lossy(entry).into_owned();
                outbox.event(Event::Output { category: OutputCategory::Console, output });
            }
        }
        Ok(entry.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
