//! Beginning anew with a target that is there (`.restart`).

use super::RunError;
use crate::live::RunState;
use crate::session::Session;

impl Session {
    /// Attaches again, as at the beginning: the link's ids, and what is known of the target. It is stopped for that if it runs.
    ///
    /// # Errors
    /// [`RunError`] for a dump, and when the session is over.
    pub fn resynchronise(&mut self) -> Result<(), RunError> {
        let live = self.target().live().cloned().ok_or(RunError::Dump)?;
        match live.state() {
            RunState::Ended => return Err(RunError::NotHalted("the session with it is over")),
            RunState::Halted => {
                // The break-in byte that attaching begins with is kept for when it goes on: the stop that it reports again isn't
                // that byte's.
                self.run_control.break_ins_heard = self.run_control.break_ins_heard.saturating_sub(1);
                self.leave_state(RunState::Unknown);
            }
            RunState::Connecting | RunState::Running | RunState::Unknown => {}
        }
        self.run_control.pause_wanted = true;
        live.link().resynchronise();
        Ok(())
    }
}
