//! Letting the target alone: detaching, rebooting, crashing it.

use super::{Errand, Handling, Happening, RunError};
use crate::live::{Live, RunState};
use crate::session::Session;
use kd_protocol::Request;
use std::time::{Duration, Instant};

/// A running target is waited for so long to take its breakpoints out: the break-in byte is sent a second time after one second,
/// and editors wait two or three for the answer. They end the adapter right after it, so nothing can be left for later; what stays
/// in is in the journal.
const PATIENCE: Duration = Duration::from_millis(1500);
/// The same for one that doesn't answer.
const SHORT_PATIENCE: Duration = Duration::from_millis(60);

/// A target that can't be let go counts as gone when nothing was heard of it for so long, …
const SILENCE: Duration = Duration::from_secs(2);
/// … and is given up after that in any case.
const PERSISTENCE: Duration = Duration::from_secs(15);

/// A processor that stopped at the same time as another one, and isn't reported yet, is reported within so many times what the
/// target took to acknowledge that it goes on, …
const HESITATIONS: u32 = 5;
/// … which is at least that long …
const SHORTEST_FAREWELL: Duration = Duration::from_millis(30);
/// … and at most that long.
const LONGEST_FAREWELL: Duration = Duration::from_millis(600);
/// A thread that still has its trace flag, and a break-in that may not have been heard, are waited for so long: a target that was
/// halted keeps them for when it goes on.
const PENDING_FAREWELL: Duration = Duration::from_millis(150);

/// How the target is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Running, without breakpoints.
    Running,
    /// Halted, without breakpoints.
    Halted,
}

impl Session {
    /// Ends the session with a live target: takes every breakpoint out and leaves it as asked. Returns what couldn't be done,
    /// in words. Of a dump, nothing.
    pub fn detach(&mut self, leave: Leave) -> Option<String> {
        let live = self.target().live().cloned()?;
        let _patience = live.patiently();
        self.answer_for_nobody();
        let result = match live.state() {
            RunState::Ended => Ok(()),
            // It may hear the break-in yet.
            RunState::Connecting => {
                self.run_control.leaving = true;
                if live.link().statistics().0.break_ins_sent > 0 {
                    self.see_off();
                }
                Ok(())
            }
            RunState::Running if leave == Leave::Running && self.runs_alone(&live) => {
                self.want_nothing();
                self.run_control.leaving = true;
                self.see_off();
                Ok(())
            }
            RunState::Running => self.stop_and_leave(leave, PATIENCE),
            RunState::Unknown => self.stop_and_leave(leave, SHORT_PATIENCE),
            RunState::Halted => self.leave_halted(leave),
        };
        live.has_left(RunState::Ended);
        result.err().map(|error| error.to_string())
    }

    /// Whether nothing of the debugger is in the running target, and no stop that it asked for is on its way.
    fn runs_alone(&self, live: &Live) -> bool {
        let control = &self.run_control;
        let is_stopping = control.pause_wanted || control.quiet_stop_wanted || !control.passing.is_empty();
        control.entered && live.inserted().is_empty() && control.watched.iter().all(Option::is_none) && !is_stopping
    }

    /// Stops a running target for it. The one place where the engine waits for a stop: the session ends with it.
    fn stop_and_leave(&mut self, leave: Leave, patience: Duration) -> Result<(), RunError> {
        let Some(live) = self.target().live().cloned() else { return Ok(()) };
        self.run_control.pause_wanted = true;
        live.link().break_in();
        let begin = Instant::now();
        while live.state() != RunState::Halted {
            if begin.elapsed() > patience {
                return Err(RunError::NotHalted("it does not stop, so that its breakpoints stay in"));
            }
            std::thread::sleep(Duration::from_millis(2));
            self.attend();
            self.answer_for_nobody();
        }
        self.leave_halted(leave)
    }

    /// Nothing is to be in the target any more when it goes on.
    fn want_nothing(&mut self) {
        self.breakpoints = Default::default();
        self.run_control.temporary.clear();
        self.run_control.errand = Errand::Free;
    }

    fn leave_halted(&mut self, leave: Leave) -> Result<(), RunError> {
        self.want_nothing();
        match leave {
            Leave::Running => {
                self.run_control.leaving = true;
                self.resume_at_last()?;
                self.see_off();
                Ok(())
            }
            Leave::Halted => {
                let live = self.halted()?;
                self.put_breakpoints(&live, None)?;
                self.put_debug_registers(&live);
                Ok(())
            }
        }
    }

    /// Lets the target go. Where a bad line spoils that, it is tried again as long as something is heard: nobody else will.
    fn resume_at_last(&mut self) -> Result<(), RunError> {
        let begin = Instant::now();
        loop {
            let result = self.resume(Handling::ByFilter, false);
            let Some(live) = self.target().live().cloned().filter(|_| result.is_err()) else { return result };
            live.link().break_in();
            loop {
                std::thread::sleep(Duration::from_millis(2));
                self.attend();
                match live.state() {
                    RunState::Halted => break,
                    RunState::Running | RunState::Ended => return Ok(()),
                    RunState::Connecting | RunState::Unknown => {}
                }
                if live.link().silent_for() > SILENCE || begin.elapsed() > PERSISTENCE {
                    return result;
                }
            }
            if live.link().silent_for() > SILENCE || begin.elapsed() > PERSISTENCE {
                return result;
            }
        }
    }

    /// A processor that stopped meanwhile reports it now, and nobody will be there to let it go: it is let go, too.
    fn see_off(&mut self) {
        let begin = Instant::now();
        while self.may_stop_yet(begin) {
            std::thread::sleep(Duration::from_millis(2));
            self.attend();
        }
    }

    /// Whether a stop that the debugger caused may still come; `begin` is when it was left.
    fn may_stop_yet(&self, begin: Instant) -> bool {
        let control = &self.run_control;
        let sent = self.target().live().map_or(0, |live| live.link().statistics().0.break_ins_sent);
        let pending = !control.traced.is_empty() || sent > control.break_ins_heard;
        let farewell = control.hesitation.saturating_mul(HESITATIONS).clamp(SHORTEST_FAREWELL, LONGEST_FAREWELL);
        let has_just_gone = control.let_go.is_some_and(|at| at.elapsed() < farewell);
        let lasts = begin.elapsed();
        lasts < LONGEST_FAREWELL && (has_just_gone || (pending && lasts < PENDING_FAREWELL))
    }

    /// Restarts the machine (`.reboot`).
    ///
    /// # Errors
    /// [`RunError`].
    pub fn reboot(&mut self) -> Result<(), RunError> {
        self.ask_for_the_end(Request::Reboot, "the target can't be rebooted")
    }

    /// Makes the system crash (`.crash`).
    ///
    /// # Errors
    /// [`RunError`].
    pub fn cause_bug_check(&mut self) -> Result<(), RunError> {
        self.ask_for_the_end(Request::CauseBugCheck, "the target can't be crashed")
    }

    fn ask_for_the_end(&mut self, request: Request, what: &str) -> Result<(), RunError> {
        let live = self.halted()?;
        live.ask(request).map_err(|error| RunError::Link { what: what.to_owned(), error })?;
        self.leave_state(RunState::Running);
        self.tell(Happening::Continued);
        Ok(())
    }
}
