//! What comes: acknowledgements, requests to resend, resets, and data packets, each judged by its id.

use super::{Link, LinkEvent, Outstanding, Role, Standing};
use crate::framing::Damage;
use crate::packet::{INITIAL_PACKET_ID, Packet, PacketType, SYNC_PACKET_ID};
use crate::trace::{Note, Traced, TracedPacket};
use core::time::Duration;

/// A RESET that comes that soon after the answer to one is taken as an answer, too: two sides that answer each other's answers never end.
const ANSWER_WINDOW: Duration = Duration::from_secs(1);
/// A packet that comes that often under an id that isn't due wasn't damaged: the other side counts otherwise.
const INSISTENCE: u32 = 3;

impl Link {
    pub(super) fn packet(&mut self, now: Duration, packet: Packet) {
        self.statistics.packets_received += 1;
        self.statistics.last_packet = Some(now);
        match packet.packet_type {
            PacketType::Acknowledge => self.acknowledgement(now, &packet),
            PacketType::Resend => self.resend(now, &packet),
            PacketType::Reset => self.peer_reset(now, &packet),
            _ => self.data(now, packet),
        }
    }

    fn received(&mut self, now: Duration, packet: &Packet, note: Note) {
        self.trace.add(now, Traced::Received(TracedPacket::new(packet, note)));
    }

    fn acknowledgement(&mut self, now: Duration, packet: &Packet) {
        let id = packet.id & !SYNC_PACKET_ID;
        let is_due = |outstanding: &mut Outstanding| outstanding.packet.id & !SYNC_PACKET_ID == id;
        let Some(outstanding) = self.outstanding.take_if(is_due) else {
            self.surplus = self.surplus.saturating_sub(1);
            self.received(now, packet, Note::Stray);
            return;
        };
        self.surplus = outstanding.transmissions + outstanding.resends - 1;
        self.surplus_until = now.saturating_add(self.timing.retransmit);
        self.received(now, packet, Note::Plain);
        self.statistics.acknowledged += 1;
        self.acknowledged_since = true;
        self.next_id = id ^ 1;
        self.fresh = false;
        self.events.push_back(LinkEvent::Acknowledged);
    }

    fn resend(&mut self, now: Duration, packet: &Packet) {
        if self.surplus > 0 && now < self.surplus_until {
            // Heeding it would send the next copy too many, and so for ever.
            self.surplus -= 1;
            return self.received(now, packet, Note::Stray);
        }
        let bound = self.timing.transmissions.saturating_mul(4);
        let Some(mut outstanding) = self.outstanding.take_if(|outstanding| outstanding.resends < bound) else {
            self.received(now, packet, Note::Stray);
            return;
        };
        self.received(now, packet, Note::Plain);
        // A kernel that waits for an acknowledgement asks so, too.
        if let Some(last) = self
            .last_delivered
            .as_ref()
            .filter(|_| self.role == Role::Host && !self.fresh)
            .map(|last| last.id & !SYNC_PACKET_ID)
        {
            self.control(now, PacketType::Acknowledge, last);
        }
        outstanding.resends += 1;
        self.statistics.resends += 1;
        self.transmit(now, outstanding);
    }

    fn peer_reset(&mut self, now: Duration, packet: &Packet) {
        self.received(now, packet, Note::Plain);
        self.statistics.resets_received += 1;
        self.forget_ids();
        if self.expects_late_answers(now) {
            self.unanswered -= 1;
            self.own_reset = None;
            self.events.push_back(LinkEvent::ResetAnswered);
            return;
        }
        let is_answer = self.role == Role::Host
            && self.answered.take().is_some_and(|answered| now < answered.saturating_add(ANSWER_WINDOW));
        if !is_answer {
            self.control(now, PacketType::Reset, 0);
            self.answered = Some(now);
        }
        self.events.push_back(LinkEvent::Reset);
    }

    pub(super) fn damaged(&mut self, now: Duration, damage: Damage) {
        self.statistics.damaged += 1;
        self.statistics.resends_requested += 1;
        self.trace.add(now, Traced::Damaged(damage));
        self.control(now, PacketType::Resend, 0);
    }

    fn data(&mut self, now: Duration, packet: Packet) {
        let id = packet.id & !SYNC_PACKET_ID;
        if id & !1 != INITIAL_PACKET_ID || !packet.packet_type.admits(&packet.payload) {
            return self.damaged(now, Damage::Type);
        }
        if self.role == Role::Target && self.outstanding.is_some() {
            // Kernels wait for the acknowledgement and for nothing else.
            self.received(now, &packet, Note::Stray);
            return self.control(now, PacketType::Resend, 0);
        }
        let due = self.expected.is_none_or(|expected| expected == id);
        let Some(standing) = self.standing(&packet, due) else {
            self.statistics.duplicates += 1;
            self.received(now, &packet, Note::Duplicate);
            return self.control(now, PacketType::Acknowledge, id);
        };
        if standing != Standing::Due && !self.insists(&packet, standing) {
            // Ids aren't covered by the check sum either, and to acknowledge this one might acknowledge another.
            self.received(now, &packet, Note::OutOfPhase);
            self.statistics.resends_requested += 1;
            return self.control(now, PacketType::Resend, 0);
        }
        self.strange = None;
        self.received(now, &packet, Note::Plain);
        self.control(now, PacketType::Acknowledge, id);
        if standing == Standing::Restarted {
            self.forget_ids();
        }
        self.expected = Some(id ^ 1);
        self.fresh = false;
        self.acknowledged_since = false;
        self.last_delivered = Some(packet.clone());
        self.events.push_back(LinkEvent::Received { packet, standing });
    }

    /// Whether a packet under an id that isn't due has come often enough to be no damage.
    fn insists(&mut self, packet: &Packet, standing: Standing) -> bool {
        let needed = if standing == Standing::Restarted || self.fresh { 2 } else { INSISTENCE };
        let times = match self.strange.take() {
            Some((before, times)) if before == *packet => times + 1,
            _ => 1,
        };
        self.strange = Some((packet.clone(), times));
        times >= needed
    }

    /// `None` for a packet that came before.
    fn standing(&self, packet: &Packet, due: bool) -> Option<Standing> {
        if self.role == Role::Target {
            return due.then_some(Standing::Due);
        }
        let unmarked = |packet: &Packet| packet.id & !SYNC_PACKET_ID;
        let is_last = self.last_delivered.as_ref().is_some_and(|last| {
            (last.packet_type, unmarked(last)) == (packet.packet_type, unmarked(packet))
                && last.payload == packet.payload
        });
        let marked = packet.id & SYNC_PACKET_ID != 0 && packet.packet_type != PacketType::StateManipulate;
        if marked && !(self.fresh && due) && (!is_last || self.acknowledged_since) {
            return Some(Standing::Restarted);
        }
        match due {
            // Ids tell nothing on a new line.
            true if is_last && self.expected.is_none() && !self.acknowledged_since => None,
            true => Some(Standing::Due),
            false => (!is_last).then_some(Standing::OutOfPhase),
        }
    }
}
