//! Agreeing on ids: RESET, its answer, and the target's last state change (or question) once more. Only then requests are sent: one sent
//! before puts the ids out of phase, and the target drops it without a word.

use super::{Event, Executed, Host, Phase, RequestFailure};
use crate::StateChange;
use crate::trace::{Awaited, Traced};
use core::time::Duration;

/// A late answer to a repeated RESET comes soon after the first.
const SETTLE: Duration = Duration::from_millis(60);
/// Times that a target may answer RESET without saying where it stands, or say it without answering anything else.
const ROUNDS: u32 = 3;

/// A reset in progress.
pub(super) struct Synchronisation {
    answered: bool,
    /// The target has reset the link by itself, and may not have heard the answer.
    by_target: bool,
    rounds: u32,
    held: Option<StateChange>,
    /// When the state change has to be there.
    deadline: Option<Duration>,
}

impl Synchronisation {
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }

    pub(super) fn hold(&mut self, change: StateChange) {
        self.held = Some(change);
    }
}

impl Host {
    /// From the start: the break-in byte, until the target is heard.
    pub(super) fn await_target(&mut self, now: Duration) {
        self.synchronised = false;
        self.synchronisation = None;
        self.link.abandon();
        self.next_probe = None;
        self.phase = Phase::AwaitingTarget;
        self.begin_breaking_in(now);
    }

    /// Resets the link.
    pub(super) fn synchronise(&mut self, now: Duration) {
        self.begin_synchronisation();
        if self.failed_verifications < ROUNDS {
            self.link.reset(now);
        } else {
            self.fell_silent(now);
        }
    }

    fn begin_synchronisation(&mut self) {
        self.phase = Phase::Synchronising;
        self.synchronised = false;
        self.next_probe = None;
        self.next_break_in = None;
        self.synchronisation.get_or_insert(Synchronisation {
            answered: false,
            by_target: false,
            rounds: 0,
            held: None,
            deadline: None,
        });
    }

    pub(super) fn end_synchronisation(&mut self) {
        self.synchronisation = None;
        self.synchronised = true;
        self.next_probe = None;
        self.link.stop_reset();
    }

    /// The target has reset the link by itself, and where it was halted it says so again.
    pub(super) fn link_reset(&mut self, now: Duration) {
        self.question_is_open_again();
        match self.phase {
            Phase::NotConnected | Phase::AwaitingTarget | Phase::Unknown => {}
            Phase::Running | Phase::AwaitingAnswer => self.synchronised = false,
            Phase::Synchronising | Phase::Halted => {
                self.reset_answered(now);
                if let Some(synchronisation) = &mut self.synchronisation {
                    synchronisation.by_target = true;
                }
            }
        }
    }

    pub(super) fn reset_answered(&mut self, now: Duration) {
        if self.phase == Phase::NotConnected {
            return;
        }
        self.interrupt_request(RequestFailure::LinkReset { executed: Executed::Unknown });
        self.question_is_open_again();
        self.begin_synchronisation();
        if let Some(synchronisation) = &mut self.synchronisation {
            synchronisation.answered = true;
            synchronisation.held = None;
            synchronisation.deadline = Some(now.saturating_add(self.timing.reset.saturating_mul(3)));
        }
    }

    /// A target that sends its state change for each RESET, but never RESET, is taken as it is.
    pub(super) fn reset_unanswered(&mut self, now: Duration) {
        match self.synchronisation.as_mut().and_then(|synchronisation| synchronisation.held.take()) {
            Some(change) => self.synchronised_at(now, change),
            None => self.fell_silent(now),
        }
    }

    /// The state change has come: all is agreed, unless an answer to an earlier RESET of ours is still to come.
    pub(super) fn state_change_held(&mut self, now: Duration) {
        let Some(synchronisation) = &mut self.synchronisation else { return };
        if !synchronisation.answered {
            return;
        }
        if self.link.expects_late_answers(now) {
            synchronisation.deadline = Some(now.saturating_add(SETTLE));
        } else if let Some(change) = synchronisation.held.take() {
            self.synchronised_at(now, change);
        }
    }

    pub(super) fn advance_synchronisation(&mut self, now: Duration) {
        if self.next_probe.take_if(|due| *due <= now).is_some() {
            self.next_probe = Some(now.saturating_add(self.timing.probe));
            self.link.probe(now);
        }
        let Some(synchronisation) = &mut self.synchronisation else { return };
        if synchronisation.deadline.take_if(|deadline| *deadline <= now).is_none() {
            return;
        }
        if let Some(change) = synchronisation.held.take() {
            return self.synchronised_at(now, change);
        }
        self.link.note(now, Traced::TimedOut(Awaited::StateChange));
        synchronisation.answered = false;
        synchronisation.rounds += 1;
        if synchronisation.rounds < ROUNDS {
            self.link.reset(now);
        } else {
            self.fell_silent(now);
        }
    }

    /// Where the target began, or more than one RESET was sent, the one that was answered may be older than something that made the target go on: then it
    /// has to answer something else before it counts as halted.
    fn synchronised_at(&mut self, now: Duration, change: StateChange) {
        let by_target = self.synchronisation.as_ref().is_some_and(|synchronisation| synchronisation.by_target);
        self.end_synchronisation();
        if by_target || self.link.is_reset_doubtful() {
            self.ask_for_verification(change.processor, change.processor_level);
            self.verifying = Some(change);
        } else {
            self.stopped_again(change);
        }
        self.pump(now);
    }

    /// The target has answered what was asked to see that it does, or it hasn't.
    pub(super) fn verification_ended(&mut self, answered: bool) {
        let change = self.verifying.take();
        if answered {
            self.failed_verifications = 0;
            change.into_iter().for_each(|change| self.stopped_again(change));
        } else {
            self.failed_verifications += 1;
        }
    }

    /// The target doesn't answer RESET, or doesn't say where it stands.
    fn fell_silent(&mut self, now: Duration) {
        self.synchronisation = None;
        self.failed_verifications = 0;
        self.link.abandon();
        self.fail_requests(RequestFailure::TimedOut { sent: true, acknowledged: false });
        if self.attached {
            self.phase = Phase::Unknown;
            self.next_probe = Some(now.saturating_add(self.timing.probe));
            self.next_break_in = self.breaking_in.then_some(now);
            self.events.push_back(Event::Silent);
        } else {
            self.await_target(now);
        }
    }
}
