//! A live target's session: what the engine tells becomes events, exactly once and in order.
//!
//! | file | what |
//! | --- | --- |
//! | `connecting.rs` | the progress of connecting |
//! | `attend.rs` | from what happened to events |
//! | `stopped.rs` | the `stopped` event's words |
//! | `prints.rs` | the target's own words, some milliseconds' worth at a time |
//! | `breakpoints.rs` | breakpoints between the client's lists and the engine's table |
//! | `changes.rs` | what becomes stale when the user changes memory or registers |

mod attend;
mod breakpoints;
mod changes;
mod connecting;
mod prints;
mod stopped;

pub use breakpoints::options;
pub use connecting::PROGRESS_ID;
pub use stopped::event_name;

use engine::run_control::Stop;
use prints::Prints;
use std::time::Instant;

/// What there is to know of a live target's session beside the engine.
#[derive(Debug)]
pub struct Live {
    /// Whether the target stays halted when it is connected to.
    pub stop_on_entry: bool,
    /// What is answered to prompts.
    pub prompt_answer: Option<String>,
    /// Run at the first stop.
    pub init_commands: Vec<String>,
    /// Whether the client may reboot the target without being asked back.
    pub allow_reboot: bool,
    /// When the client was asked back.
    pub asked_to_reboot: Option<Instant>,
    /// The target is being stopped to be rebooted.
    pub reboots: bool,
    /// `configurationDone` came: stops are told from then on.
    configured: bool,
    /// A stop that came before.
    untold: Option<Stop>,
    /// The first stop was dealt with.
    entered: bool,
    /// The first stop was told.
    entry_told: bool,
    /// The client was told that the target is waited for.
    connecting: bool,
    /// The client takes the target for running.
    seen_running: bool,
    /// The target waits for an answer.
    asks: bool,
    /// Threads that the client knows.
    threads: u32,
    prints: Prints,
}

impl Live {
    /// A target that nothing is known of yet.
    pub fn new() -> Self {
        Self {
            stop_on_entry: true,
            prompt_answer: None,
            init_commands: Vec::new(),
            allow_reboot: false,
            asked_to_reboot: None,
            reboots: false,
            configured: false,
            untold: None,
            entered: false,
            entry_told: false,
            connecting: false,
            seen_running: true,
            asks: false,
            threads: 0,
            prints: Prints::default(),
        }
    }

    /// The response to the running request says that the target runs: no event does.
    pub fn client_sees_it_run(&mut self) {
        self.seen_running = true;
    }
}
