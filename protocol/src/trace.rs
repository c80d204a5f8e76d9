//! What went over the link, for people who look for what is wrong with it: a bounded list of packets, noise, damage and time-outs.

use crate::framing::Damage;
use crate::manipulate::api_name;
use crate::packet::{Packet, PacketType};
use core::time::Duration;
use std::collections::VecDeque;
use std::fmt;

/// Entries kept.
const CAPACITY: usize = 4096;

/// The last entries; each has a position that counts from the link's start.
#[derive(Default)]
pub struct Trace {
    entries: VecDeque<TraceEntry>,
    /// Position of the first entry that is kept.
    first: u64,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// When, since the caller's start of time.
    pub time: Duration,
    /// What.
    pub what: Traced,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Traced {
    /// A packet was sent.
    Sent(TracedPacket),
    /// A packet came.
    Received(TracedPacket),
    /// A break-in byte was sent.
    BreakIn,
    /// Bytes came that belong to no packet.
    Noise {
        /// How many.
        bytes: usize,
    },
    /// A packet came damaged.
    Damaged(Damage),
    /// Nothing came in time.
    TimedOut(Awaited),
    /// An answer came that is none to the request.
    Unfitting {
        /// Why.
        reason: String,
    },
    /// The transport has connected anew.
    LineReplaced,
}

/// A packet's header, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedPacket {
    /// Its type.
    pub packet_type: PacketType,
    /// Its id.
    pub id: u32,
    /// Bytes of payload.
    pub byte_count: usize,
    /// The number that the payload begins with: the api, the new state.
    pub api: Option<u32>,
    /// What is special.
    pub note: Note,
}

/// What is special about a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// Nothing.
    Plain,
    /// Sent again, for the time given.
    Retry(u32),
    /// Received before.
    Duplicate,
    /// Its id isn't the one that is due, and it isn't a repetition.
    OutOfPhase,
    /// An acknowledgement or a request to resend for nothing that is under way.
    Stray,
}

/// What was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// The acknowledgement of a packet.
    Acknowledgement,
    /// The answer to RESET.
    ResetAnswer,
    /// The answer to a request.
    Answer,
    /// The state change that follows RESET.
    StateChange,
}

impl TracedPacket {
    pub(crate) fn new(packet: &Packet, note: Note) -> Self {
        let api = packet.payload.first_chunk().map(|api| u32::from_le_bytes(*api));
        Self { packet_type: packet.packet_type, id: packet.id, byte_count: packet.payload.len(), api, note }
    }
}

impl Trace {
    pub(crate) fn add(&mut self, time: Duration, what: Traced) {
        if self.entries.len() >= CAPACITY {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(TraceEntry { time, what });
    }

    /// Position after the last entry: where to go on next time.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }

    /// The entries from `position` on, each with its position. A first position beyond the one asked for means that the ones between are lost.
    pub fn since(&self, position: u64) -> impl Iterator<Item = (u64, &TraceEntry)> {
        let skipped = usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX);
        (self.first..).zip(&self.entries).skip(skipped)
    }
}

impl fmt::Display for TraceEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>11.3} ", self.time.as_secs_f64())?;
        match &self.what {
            Traced::Sent(packet) => write!(f, "-> {packet}"),
            Traced::Received(packet) => write!(f, "<- {packet}"),
            Traced::BreakIn => f.write_str("-> break-in"),
            Traced::Noise { bytes } => write!(f, "<- {bytes} bytes outside packets"),
            Traced::Damaged(damage) => write!(f, "<- damaged packet: {damage}"),
            Traced::TimedOut(Awaited::Acknowledgement) => f.write_str("   no acknowledgement"),
            Traced::TimedOut(Awaited::ResetAnswer) => f.write_str("   no answer to RESET"),
            Traced::TimedOut(Awaited::Answer) => f.write_str("   no answer to the request"),
            Traced::TimedOut(Awaited::StateChange) => f.write_str("   no state change after RESET"),
            Traced::Unfitting { reason } => write!(f, "<- not taken: {reason}"),
            Traced::LineReplaced => f.write_str("   connected anew"),
        }
    }
}

impl fmt::Display for TracedPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<16} id {:08x}", self.packet_type, self.id)?;
        if !self.packet_type.is_control() {
            write!(f, " {:>4} bytes", self.byte_count)?;
        }
        match self.api.map(|api| (api, api_name(api))) {
            Some((_, Some(name))) => write!(f, " {name}")?,
            Some((api, None)) => write!(f, " {api:#x}")?,
            None => {}
        }
        match self.note {
            Note::Plain => Ok(()),
            Note::Retry(count) => write!(f, " (retry {count})"),
            Note::Duplicate => f.write_str(" (duplicate)"),
            Note::OutOfPhase => f.write_str(" (not the id that is due)"),
            Note::Stray => f.write_str(" (nothing was waiting for it)"),
        }
    }
}
