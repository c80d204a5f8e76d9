//! Reliable delivery over a line that loses and changes bytes: ids, acknowledgements, duplicates, retransmission, RESEND, and RESET from
//! either side or from both at once.
//!
//! One data packet of each side is under way at a time. Every packet that comes is acknowledged at once, before anyone looks at it.

mod receive;

use crate::framing::{Frame, Framing};
use crate::packet::{BREAK_IN, INITIAL_PACKET_ID, Packet, PacketType, SYNC_PACKET_ID};
use crate::trace::{Awaited, Note, Traced, TracedPacket};
use crate::{Statistics, Timing, Trace};
use core::time::Duration;
use std::collections::VecDeque;

/// RESETs that were answered late may still be on the line that long.
const LATE_ANSWER: Duration = Duration::from_secs(3);

/// Which side of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The debugger.
    Host,
    /// The kernel that is debugged: answers each RESET, and marks its first packet with [`SYNC_PACKET_ID`].
    Target,
}

/// What the other side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// A data packet, never the same twice. It is acknowledged.
    Received {
        /// The packet.
        packet: Packet,
        /// What its id says.
        standing: Standing,
    },
    /// The packet under way has arrived.
    Acknowledged,
    /// The packet under way was never acknowledged.
    GaveUp,
    /// The other side reset the link by itself. What was under way is gone.
    Reset,
    /// Our RESET was answered. What was under way is gone.
    ResetAnswered,
    /// Our RESET wasn't answered, however often it was sent.
    ResetUnanswered,
    /// Bytes that belong to no packet.
    Noise(Vec<u8>),
}

/// What the id of a packet says about both sides' counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the one that was due.
    Due,
    /// The other side counts anew: it has restarted. What this side had under way is gone.
    Restarted,
    /// The other side hasn't followed the last RESET: it may not take our ids either.
    OutOfPhase,
}

struct Outstanding {
    packet: Packet,
    transmissions: u32,
    resends: u32,
    deadline: Duration,
}

struct OwnReset {
    sent: u32,
    deadline: Duration,
}

/// One side's link.
pub struct Link {
    role: Role,
    timing: Timing,
    framing: Framing,
    next_id: u32,
    /// Id of the next packet from the other side; `None` takes any.
    expected: Option<u32>,
    outstanding: Option<Outstanding>,
    /// Nothing was delivered in either direction since the ids were set.
    fresh: bool,
    /// Copies of packets that were acknowledged by another copy, and until when they count: requests to resend may be about them.
    surplus: u32,
    surplus_until: Duration,
    /// The last packet that was delivered.
    last_delivered: Option<Packet>,
    /// A packet that was neither due nor a repetition, and how often it came.
    strange: Option<(Packet, u32)>,
    /// Something of ours was acknowledged since: the same packet again is a new one, if its id allows that.
    acknowledged_since: bool,
    own_reset: Option<OwnReset>,
    /// RESETs of ours that may still be answered.
    unanswered: u32,
    last_reset: Duration,
    /// RESETs of ours, each soon after the one before.
    burst: u32,
    answered: Option<Duration>,
    output: VecDeque<Vec<u8>>,
    events: VecDeque<LinkEvent>,
    statistics: Statistics,
    trace: Trace,
}

impl Link {
    /// A link on which nothing was said yet.
    pub fn new(role: Role, timing: Timing) -> Self {
        Self {
            role,
            framing: Framing::new(timing.gap),
            timing,
            next_id: if role == Role::Target { INITIAL_PACKET_ID | SYNC_PACKET_ID } else { INITIAL_PACKET_ID },
            expected: if role == Role::Target { Some(INITIAL_PACKET_ID) } else { None },
            outstanding: None,
            fresh: true,
            surplus: 0,
            surplus_until: Duration::ZERO,
            last_delivered: None,
            strange: None,
            acknowledged_since: false,
            own_reset: None,
            unanswered: 0,
            last_reset: Duration::ZERO,
            burst: 0,
            answered: None,
            output: VecDeque::new(),
            events: VecDeque::new(),
            statistics: Statistics::default(),
            trace: Trace::default(),
        }
    }

    /// Bytes have come. [`poll_event`](Self::poll_event) looks at them.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.statistics.bytes_received += count(bytes);
        self.statistics.last_received = Some(now);
        self.framing.receive(now, bytes);
    }

    /// The next event. Each packet is looked at only when the event of the one before was taken.
    pub fn poll_event(&mut self, now: Duration) -> Option<LinkEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            match self.framing.poll(now)? {
                Frame::Packet(packet) => self.packet(now, packet),
                Frame::Damaged(damage) => self.damaged(now, damage),
                Frame::Noise(bytes) => {
                    self.statistics.noise_bytes += count(&bytes);
                    self.trace.add(now, Traced::Noise { bytes: bytes.len() });
                    self.events.push_back(LinkEvent::Noise(bytes));
                }
            }
        }
    }

    /// Bytes to write, in one go.
    pub fn poll_output(&mut self) -> Option<Vec<u8>> {
        self.output.pop_front()
    }

    /// When [`advance`](Self::advance) has something to do.
    pub fn next_deadline(&self) -> Option<Duration> {
        let outstanding = self.outstanding.as_ref().map(|outstanding| outstanding.deadline);
        let reset = self.own_reset.as_ref().map(|reset| reset.deadline);
        [outstanding, reset, self.framing.deadline()].into_iter().flatten().min()
    }

    /// Time has passed. Take the events afterwards.
    pub fn advance(&mut self, now: Duration) {
        if let Some(mut outstanding) = self.outstanding.take_if(|outstanding| outstanding.deadline <= now) {
            if outstanding.transmissions >= self.timing.transmissions {
                self.trace.add(now, Traced::TimedOut(Awaited::Acknowledgement));
                self.events.push_back(LinkEvent::GaveUp);
            } else {
                outstanding.transmissions += 1;
                self.statistics.retransmissions += 1;
                self.transmit(now, outstanding);
            }
        }
        if let Some(reset) = self.own_reset.take_if(|reset| reset.deadline <= now) {
            if reset.sent >= self.timing.resets {
                self.trace.add(now, Traced::TimedOut(Awaited::ResetAnswer));
                self.events.push_back(LinkEvent::ResetUnanswered);
            } else {
                self.send_reset(now, reset.sent);
            }
        }
    }

    /// Sends a data packet; `false` when one is still under way, or a reset.
    #[must_use]
    pub fn send(&mut self, now: Duration, packet_type: PacketType, payload: Vec<u8>) -> bool {
        if self.is_busy() || packet_type.is_control() {
            return false;
        }
        let packet = Packet { packet_type, id: self.next_id, payload };
        self.transmit(now, Outstanding { packet, transmissions: 1, resends: 0, deadline: now });
        true
    }

    /// Whether a packet or a reset is under way.
    pub fn is_busy(&self) -> bool {
        self.outstanding.is_some() || self.own_reset.is_some()
    }

    /// The packet under way has arrived, as something else shows.
    pub fn acknowledged_otherwise(&mut self) -> bool {
        let Some(outstanding) = self.outstanding.take() else { return false };
        self.next_id = (outstanding.packet.id & !SYNC_PACKET_ID) ^ 1;
        self.fresh = false;
        true
    }

    /// The packet under way isn't sent again: without an acknowledgement in time it is given up.
    pub fn send_no_more(&mut self) {
        if let Some(outstanding) = &mut self.outstanding {
            outstanding.transmissions = self.timing.transmissions;
        }
    }

    /// The packet that was delivered last is none of those that were due: the one that is has its id, too.
    pub fn disown(&mut self, packet: &Packet) {
        if self.expected == Some(packet.id & !SYNC_PACKET_ID ^ 1) {
            self.expected = Some(packet.id & !SYNC_PACKET_ID);
        }
    }

    /// Begins to reset the link, again and again until it is answered.
    pub fn reset(&mut self, now: Duration) {
        self.outstanding = None;
        self.send_reset(now, 0);
    }

    /// Resets the link once, without waiting for an answer.
    pub fn probe(&mut self, now: Duration) {
        self.outstanding = None;
        self.send_reset(now, 0);
        self.own_reset = None;
    }

    /// Gives up whatever is under way.
    pub fn abandon(&mut self) {
        self.outstanding = None;
        self.own_reset = None;
    }

    /// Gives a reset up.
    pub fn stop_reset(&mut self) {
        self.own_reset = None;
    }

    /// Answers to more than one RESET are still to come.
    pub fn expects_late_answers(&self, now: Duration) -> bool {
        self.unanswered > 0 && now < self.last_reset.saturating_add(LATE_ANSWER)
    }

    /// More than one RESET was sent: which of them an answer is to can't be seen, so what was sent since may still be on its way.
    pub fn is_reset_doubtful(&self) -> bool {
        self.burst > 1
    }

    /// A packet has begun to come: when it counts as truncated if nothing more comes.
    pub fn receiving_until(&self) -> Option<Duration> {
        self.framing.deadline()
    }

    /// Sends the break-in byte.
    pub fn break_in(&mut self, now: Duration) {
        self.statistics.break_ins_sent += 1;
        self.trace.add(now, Traced::BreakIn);
        self.write(vec![BREAK_IN]);
    }

    /// The transport has connected anew: what had begun to come and the ids are forgotten, and so is what was under way.
    pub fn line_replaced(&mut self, now: Duration) {
        self.trace.add(now, Traced::LineReplaced);
        self.framing.clear();
        self.output.clear();
        self.events.clear();
        self.forget_ids();
        self.own_reset = None;
        self.unanswered = 0;
        self.burst = 0;
        self.answered = None;
        if self.role == Role::Host {
            self.expected = None;
        }
    }

    /// What was seen.
    pub fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    pub(crate) fn statistics_mut(&mut self) -> &mut Statistics {
        &mut self.statistics
    }

    /// What went over the line.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    pub(crate) fn note(&mut self, now: Duration, what: Traced) {
        self.trace.add(now, what);
    }

    fn write(&mut self, bytes: Vec<u8>) {
        self.statistics.bytes_sent += count(&bytes);
        self.output.push_back(bytes);
    }

    fn control(&mut self, now: Duration, packet_type: PacketType, id: u32) {
        let packet = Packet::control(packet_type, id);
        self.statistics.packets_sent += 1;
        self.trace.add(now, Traced::Sent(TracedPacket::new(&packet, Note::Plain)));
        self.write(packet.encode());
    }

    fn transmit(&mut self, now: Duration, mut outstanding: Outstanding) {
        let note = match outstanding.transmissions + outstanding.resends {
            0 | 1 => Note::Plain,
            sent => Note::Retry(sent - 1),
        };
        let bytes = outstanding.packet.encode();
        let on_the_line = self.timing.per_byte.saturating_mul(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        outstanding.deadline = now.saturating_add(self.timing.retransmit).saturating_add(on_the_line);
        self.statistics.packets_sent += 1;
        self.trace.add(now, Traced::Sent(TracedPacket::new(&outstanding.packet, note)));
        self.write(bytes);
        self.outstanding = Some(outstanding);
    }

    fn send_reset(&mut self, now: Duration, sent_before: u32) {
        self.statistics.resets_sent += 1;
        self.unanswered = if self.expects_late_answers(now) { self.unanswered + 1 } else { 1 };
        self.burst =
            if self.burst > 0 && now < self.last_reset.saturating_add(LATE_ANSWER) { self.burst + 1 } else { 1 };
        self.last_reset = now;
        self.own_reset = Some(OwnReset { sent: sent_before + 1, deadline: now.saturating_add(self.timing.reset) });
        self.control(now, PacketType::Reset, 0);
    }

    fn forget_ids(&mut self) {
        self.next_id = INITIAL_PACKET_ID;
        self.expected = Some(INITIAL_PACKET_ID);
        self.outstanding = None;
        self.fresh = true;
    }
}

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
