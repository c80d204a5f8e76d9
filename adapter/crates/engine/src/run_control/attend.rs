//! What the link says, and what follows from it.

use super::{Errand, Happening, Told};
use crate::live::{Notice, RunState};
use crate::session::Session;
use kd_protocol::Event;

impl Session {
    /// Deals with everything that the link has told since this was called last. Call it when the session's wake function was
    /// called.
    pub fn attend(&mut self) {
        while let Some(notice) = self.target().live().and_then(|live| live.link().next_notice()) {
            self.note(notice);
        }
    }

    /// What has happened since this was asked last.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        self.run_control.happenings.drain(..).collect()
    }

    /// What is known of the target's state; a dump is always halted.
    pub fn run_state(&self) -> RunState {
        self.target().live().map_or(RunState::Halted, |live| live.state())
    }

    /// The stop that was told last, while it lasts.
    pub fn current_stop(&self) -> Option<&super::Stop> {
        self.run_control.stop.as_ref()
    }

    /// Answers what the target asked ([`Happening::Prompt`]).
    pub fn answer_prompt(&mut self, text: &str) {
        if let Some(live) = self.target().live() {
            live.link().answer_prompt(text);
        }
    }

    pub(super) fn tell(&mut self, happening: Happening) {
        self.run_control.happenings.push_back(happening);
    }

    pub(super) fn say(&mut self, told: Told, text: impl Into<String>) {
        self.tell(Happening::Text(told, text.into()));
    }

    fn note(&mut self, notice: Notice) {
        match notice {
            Notice::Step(step) => self.say(Told::Debugger, step.to_string()),
            Notice::Opened => self.say(Told::Debugger, "waiting for the target: break-in sent"),
            Notice::StillSilent(waited) => self.say_what_is_wrong(waited),
            Notice::Lost(reason) => self.line_lost(&reason, false),
            Notice::Failed(reason) => self.line_lost(&reason, true),
            Notice::PrintsDropped(count) => {
                self.say(
                    Told::Important,
                    format!("{count} lines that the target printed were not taken in time, and are lost"),
                );
            }
            Notice::Target(event) => self.target_event(event),
        }
    }

    fn target_event(&mut self, event: Event) {
        match event {
            Event::StateChange(change) => self.state_changed(change),
            Event::Print { text, .. } => {
                let text = String::from_utf8_lossy(&text).into_owned();
                self.say(Told::Target, text);
            }
            Event::Prompt { text, .. } => {
                let text = String::from_utf8_lossy(&text).into_owned();
                self.tell(Happening::Prompt(text));
            }
            Event::Noise(bytes) => tracing::debug!(text = %String::from_utf8_lossy(&bytes), "outside packets"),
            Event::TargetReset => self.target_restarts(),
            Event::Resynchronised => {
                if let Some(live) = self.target().live() {
                    live.is_heard();
                }
            }
            Event::Silent => {
                self.leave_state(RunState::Unknown);
                self.tell(Happening::Lost("the target does not answer any more".to_owned()));
            }
            Event::Trace(_) | Event::Answer { .. } | Event::FileRequest(_) => {}
        }
    }

    /// The target restarts: nothing that was known of it holds, but what the user wants of it does.
    pub(super) fn target_restarts(&mut self) {
        let Some(live) = self.target().live().cloned() else { return };
        live.were_all_lost();
        live.has_left(RunState::Running);
        self.run_control.errand = Errand::Free;
        self.run_control.greeted = false;
        self.run_control.passing.clear();
        self.run_control.traced.clear();
        self.run_control.temporary.clear();
        self.run_control.refused.clear();
        self.run_control.watched = Default::default();
        self.run_control.stop = None;
        self.target_mut().modules_mut().set_loaded([]);
        self.breakpoints.target_restarted();
        self.say(Told::Debugger, "the target restarts");
        self.tell(Happening::Modules);
    }

    fn line_lost(&mut self, reason: &str, for_good: bool) {
        let known = self.run_state();
        self.leave_state(RunState::Unknown);
        let reconnects = !for_good && self.target().live().is_some_and(|live| live.connection().contains("reconnect"));
        match known {
            RunState::Ended => {}
            _ if reconnects => self.tell(Happening::Lost(format!("{reason}; waiting for the line to come back"))),
            _ => {
                self.leave_state(RunState::Ended);
                self.tell(Happening::Ended(reason.to_owned()));
            }
        }
    }

    pub(super) fn leave_state(&mut self, state: RunState) {
        if let Some(live) = self.target().live() {
            live.has_left(state);
        }
        self.run_control.stop = None;
        self.forget_conclusions();
    }

    /// Says which cause fits to what was seen so far.
    fn say_what_is_wrong(&mut self, waited: std::time::Duration) {
        let Some(live) = self.target().live() else { return };
        let (statistics, _) = live.link().statistics();
        let text = crate::live::diagnose(&statistics, waited);
        self.say(Told::Important, text);
    }
}
