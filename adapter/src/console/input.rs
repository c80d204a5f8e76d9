//! What reaches the console while the target runs: the link's wake-ups, lines of standard input, Ctrl+C.

use engine::cancel::CancelFlag;
use std::io::{self, BufRead};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Something to look at.
pub(super) enum Event {
    /// The link has something to tell.
    Wake,
    /// A line of standard input.
    Line(String),
    /// Standard input has ended.
    EndOfInput,
    /// Ctrl+C, while no command was running.
    Interrupt,
    /// The system wants the process to end.
    End,
}

/// The command that is running, for Ctrl+C to cancel.
#[derive(Clone, Default)]
pub(super) struct Running(Arc<Mutex<Option<CancelFlag>>>);

impl Running {
    pub(super) fn set(&self, flag: Option<CancelFlag>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = flag;
    }

    /// Whether there was one.
    fn cancel(&self) -> bool {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().map(CancelFlag::cancel).is_some()
    }
}

/// Reads the lines of standard input from now on.
pub(super) fn read_lines(events: Sender<Event>) -> io::Result<()> {
    let read = move || {
        for line in io::stdin().lock().split(b'\n') {
            // A line that isn't UTF-8 is answered as a command that doesn't exist.
            let Ok(line) = line else { break };
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if events.send(Event::Line(line)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::EndOfInput);
    };
    thread::Builder::new().name("input".to_owned()).spawn(read).map(|_| ())
}

/// Watches for Ctrl+C from now on: it cancels the command that runs, or is told. So does the end of the terminal's session, and
/// without a terminal the system's wish that the process ends, which cancel the command and are told.
pub(super) fn watch_signals(events: Sender<Event>, running: Running, terminal: bool) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let watch = async move {
        let mut end = std::pin::pin!(asked_to_end(terminal));
        loop {
            tokio::select! {
                pressed = tokio::signal::ctrl_c() => match pressed {
                    Ok(()) if running.cancel() => {}
                    Ok(()) if events.send(Event::Interrupt).is_ok() => {}
                    _ => return,
                },
                () = &mut end => {
                    running.cancel();
                    let _ = events.send(Event::End);
                    return;
                }
            }
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || runtime.block_on(watch)).map(|_| ())
}

/// Returns when the terminal is gone, or the process is asked to end. A line that is being typed can't be given up from here: at a
/// terminal the latter ends the process at once.
#[cfg(unix)]
async fn asked_to_end(terminal: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::hangup(), if terminal { SignalKind::hangup() } else { SignalKind::terminate() }];
    let [Ok(mut gone), Ok(mut ended)] = kinds.map(signal) else { return std::future::pending().await };
    tokio::select! {
        _ = gone.recv() => {}
        _ = ended.recv() => {}
    }
}

/// Such systems end the process at once.
#[cfg(not(unix))]
async fn asked_to_end(_: bool) {
    std::future::pending().await
}
