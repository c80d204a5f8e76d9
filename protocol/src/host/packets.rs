//! Data packets of the target: what each means in the phase that it comes in.

use super::{Event, Executed, Host, Phase, RequestFailure};
use crate::link::Standing;
use crate::packet::{Packet, PacketType};
use crate::{DebugIo, DebugIoKind, StateChange, TraceIo};
use core::time::Duration;

impl Host {
    pub(super) fn packet(&mut self, now: Duration, packet: Packet, standing: Standing) {
        match standing {
            Standing::Due => {}
            Standing::Restarted => self.target_restarted(now),
            Standing::OutOfPhase => self.out_of_phase(now),
        }
        if packet.packet_type == PacketType::StateManipulate {
            if self.synchronisation.is_none() {
                self.manipulate_answer(now, &packet);
            }
            return;
        }
        let is_state_change = matches!(packet.packet_type, PacketType::StateChange32 | PacketType::StateChange64);
        if self.synchronisation.is_none() && !is_state_change {
            self.acknowledged_by_a_new_packet(now);
        }
        match packet.packet_type {
            PacketType::StateChange32 | PacketType::StateChange64 => {
                if let Ok(change) = StateChange::decode(packet.packet_type, &packet.payload) {
                    self.state_change(now, change);
                }
            }
            PacketType::DebugIo => match DebugIo::decode(&packet.payload) {
                Ok(DebugIo { processor, kind: DebugIoKind::Print { text }, .. }) => {
                    self.runs_if_unknown();
                    self.events.push_back(Event::Print { processor, text });
                }
                Ok(_) => self.question_or_synchronise(now, packet),
                Err(_) => {}
            },
            PacketType::FileIo | PacketType::ControlRequest => self.question_or_synchronise(now, packet),
            PacketType::TraceIo => {
                self.runs_if_unknown();
                self.events.extend(TraceIo::decode(&packet.payload).ok().map(Event::Trace));
            }
            _ => {}
        }
    }

    /// The target counts otherwise: one that listens is asked to begin anew.
    fn out_of_phase(&mut self, now: Duration) {
        self.synchronised = false;
        if self.synchronisation.is_none() && matches!(self.phase, Phase::Halted | Phase::Synchronising) {
            self.interrupt_request(RequestFailure::LinkReset { executed: Executed::Unknown });
            self.verifying = None;
            self.synchronise(now);
        }
    }

    /// A target that prints by itself runs, or did a moment ago.
    fn runs_if_unknown(&mut self) {
        if self.phase == Phase::Unknown {
            self.next_probe = None;
            self.phase = Phase::Running;
        }
    }

    /// The target counts its ids anew and has none of ours: whatever it was asked before is gone. It runs, unless the packet says otherwise.
    fn target_restarted(&mut self, now: Duration) {
        if self.phase == Phase::NotConnected {
            return;
        }
        self.fail_requests(RequestFailure::LinkReset { executed: Executed::Unknown });
        self.question = None;
        self.stop = None;
        self.events.push_back(Event::TargetReset);
        // It may have taken a packet that was on its way when it restarted.
        self.synchronised = false;
        self.synchronisation = None;
        self.link.abandon();
        if self.attached {
            self.next_probe = None;
            self.next_break_in = self.breaking_in.then_some(now);
            self.phase = Phase::Running;
        } else if self.phase != Phase::AwaitingTarget {
            self.await_target(now);
        }
    }

    fn state_change(&mut self, now: Duration, change: StateChange) {
        if let Some(synchronisation) = &mut self.synchronisation {
            synchronisation.hold(change);
            return self.state_change_held(now);
        }
        if let Some(verifying) = &mut self.verifying {
            *verifying = change;
            return;
        }
        match self.phase {
            Phase::NotConnected => {}
            _ if !self.synchronised => self.synchronise(now),
            Phase::Halted => self.state_change_while_halted(now, change),
            _ => self.stopped(change),
        }
    }

    /// What a request was for, the outcome of a `Continue` whose acknowledgement was lost, or a repetition for a break-in byte that came late.
    fn state_change_while_halted(&mut self, now: Duration, change: StateChange) {
        if self.complete_by_state_change(&change) {
            return self.stopped(change);
        }
        let is_same = self.stop.as_ref().is_some_and(|stop| stop.is_same_stop(&change));
        match (self.is_resuming(), is_same) {
            // It may have gone on and stopped there again: only the acknowledgement can tell, and only that of what was sent before.
            (true, true) => self.link.send_no_more(),
            (true, false) => {
                self.acknowledged_by_a_new_packet(now);
                self.stopped(change);
            }
            (false, _) => self.stopped_again(change),
        }
    }

    /// The target stands still and waits.
    pub(super) fn stopped(&mut self, change: StateChange) {
        self.stop_breaking_in();
        self.next_probe = None;
        self.question = None;
        self.phase = Phase::Halted;
        self.attached = true;
        self.stop = Some(change.clone());
        self.events.push_back(Event::StateChange(change));
    }

    /// A state change although the target was halted already: the same one, or it stopped elsewhere without our doing, and then whatever it
    /// was asked for is void.
    pub(super) fn stopped_again(&mut self, change: StateChange) {
        if self.stop.as_ref().is_some_and(|stop| stop.is_same_stop(&change)) {
            self.stop_breaking_in();
            self.phase = Phase::Halted;
            self.events.push_back(Event::Resynchronised);
            return;
        }
        if self.stop.is_some() {
            self.fail_requests(RequestFailure::LinkReset { executed: Executed::Unknown });
        }
        self.stopped(change);
    }

    /// A question can be answered only where both sides know the ids; the target repeats it after RESET.
    fn question_or_synchronise(&mut self, now: Duration, packet: Packet) {
        match self.phase {
            Phase::NotConnected => {}
            _ if self.synchronisation.as_ref().is_some_and(|synchronisation| !synchronisation.is_answered()) => {}
            _ if self.synchronisation.is_some() => {
                self.end_synchronisation();
                self.question(now, packet);
            }
            _ if !self.synchronised => self.synchronise(now),
            _ => self.question(now, packet),
        }
    }
}
