//! What a link has seen: enough to say why a connection doesn't work.

use core::time::Duration;

/// Counts since the link's start. "Sent" is from this side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes given to the transport.
    pub bytes_sent: u64,
    /// Bytes that came.
    pub bytes_received: u64,
    /// Packets sent, control packets and repetitions included.
    pub packets_sent: u64,
    /// Whole packets that came.
    pub packets_received: u64,
    /// Break-in bytes sent.
    pub break_ins_sent: u64,
    /// Requests that were answered or, having no answer, acknowledged.
    pub round_trips: u64,
    /// Data packets sent again without being asked.
    pub retransmissions: u64,
    /// Data packets sent again because the other side asked.
    pub resends: u64,
    /// Packets that the other side was asked to send again.
    pub resends_requested: u64,
    /// Damaged packets.
    pub damaged: u64,
    /// Data packets that had come before.
    pub duplicates: u64,
    /// Answers that weren't those to the request.
    pub unfitting: u64,
    /// Acknowledgements of packets of this side.
    pub acknowledged: u64,
    /// Resets sent by this side.
    pub resets_sent: u64,
    /// Resets that came.
    pub resets_received: u64,
    /// Bytes that belong to no packet, those of damaged packets not counted.
    pub noise_bytes: u64,
    /// When bytes came last.
    pub last_received: Option<Duration>,
    /// When a whole packet came last.
    pub last_packet: Option<Duration>,
}
