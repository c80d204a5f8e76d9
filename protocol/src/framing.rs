//! Finds packets in what comes over the line: between boot text, break-in bytes, tails of packets whose head was lost, and damage.

use crate::packet::{
    CONTROL_LEADER, DATA_LEADER, HEADER_SIZE, Header, MAX_PAYLOAD, Packet, PacketType, TRAILING_BYTE, checksum,
};
use core::time::Duration;
use std::fmt;

/// What was found next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A whole packet with the right check sum.
    Packet(Packet),
    /// Bytes that belong to no packet.
    Noise(Vec<u8>),
    /// Something that was a packet.
    Damaged(Damage),
}

/// How a packet was seen to be damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The header can't be one.
    Header,
    /// The check sum is wrong.
    Checksum,
    /// The trailing byte isn't there.
    TrailingByte,
    /// The rest didn't come in time.
    Truncated,
    /// The type in the header and the body don't fit, or the id isn't one: said by the link.
    Type,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header can't be one",
            Self::Checksum => "wrong check sum",
            Self::TrailingByte => "no trailing byte",
            Self::Truncated => "rest didn't come",
            Self::Type => "type and body don't fit",
        })
    }
}

/// The hunt for packets in one direction of a line.
pub struct Framing {
    buffer: Vec<u8>,
    /// Bytes at the buffer's start that were looked at.
    consumed: usize,
    /// Of the next bytes that many are what is left of a damaged packet: no text to show.
    wreck: usize,
    /// A packet's bytes may stop coming for that long.
    gap: Duration,
    last_byte: Duration,
}

/// What stands at a place of the buffer.
enum Found {
    Packet(Packet, usize),
    Damaged(Damage, usize),
    Noise,
    MoreNeeded,
}

impl Framing {
    /// A hunt that takes a packet as truncated when none of its bytes came for `gap`.
    pub fn new(gap: Duration) -> Self {
        Self { buffer: Vec::new(), consumed: 0, wreck: 0, gap, last_byte: Duration::ZERO }
    }

    /// Bytes have come.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.buffer.drain(..self.consumed.min(self.buffer.len()));
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
        self.last_byte = now;
    }

    /// Forgets a packet that has begun.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.consumed = 0;
        self.wreck = 0;
    }

    /// When a packet that has begun is given up.
    pub fn deadline(&self) -> Option<Duration> {
        (self.consumed < self.buffer.len()).then(|| self.last_byte.saturating_add(self.gap))
    }

    /// The next find; `None` when more bytes are needed.
    pub fn poll(&mut self, now: Duration) -> Option<Frame> {
        let mut noise = Vec::new();
        loop {
            let rest = self.buffer.get(self.consumed..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let late = now >= self.last_byte.saturating_add(self.gap);
            match look(rest) {
                Found::Noise => self.pass_noise(&mut noise),
                Found::MoreNeeded if !late => break,
                Found::MoreNeeded if rest.len() < 4 => self.pass_noise(&mut noise),
                _ if !noise.is_empty() => break,
                Found::MoreNeeded => {
                    self.wreck = rest.len();
                    self.pass_noise(&mut noise);
                    return Some(Frame::Damaged(Damage::Truncated));
                }
                Found::Packet(packet, size) => {
                    self.consumed += size;
                    self.wreck = 0;
                    return Some(Frame::Packet(packet));
                }
                Found::Damaged(damage, size) => {
                    // Where the trailing byte is right, the length was, and nothing else can be inside.
                    if damage == Damage::Checksum {
                        self.consumed += size;
                        self.wreck = self.wreck.saturating_sub(size);
                    } else {
                        self.wreck = self.wreck.max(size);
                        self.pass_noise(&mut noise);
                    }
                    return Some(Frame::Damaged(damage));
                }
            }
        }
        (!noise.is_empty()).then_some(Frame::Noise(noise))
    }

    /// The byte at hand belongs to no packet.
    fn pass_noise(&mut self, noise: &mut Vec<u8>) {
        let Some(&byte) = self.buffer.get(self.consumed) else { return };
        self.consumed += 1;
        match self.wreck.checked_sub(1) {
            Some(left) => self.wreck = left,
            None => noise.push(byte),
        }
    }
}

/// What `bytes` begin with.
fn look(bytes: &[u8]) -> Found {
    let Some(&leader) = bytes.first() else { return Found::MoreNeeded };
    if leader != DATA_LEADER && leader != CONTROL_LEADER || bytes.iter().take(4).any(|&byte| byte != leader) {
        return Found::Noise;
    }
    // Four leader bytes also stand in text ("00000000"), which has no zero bytes: that is no packet that was damaged.
    if bytes.get(5).is_some_and(|&type_high| type_high != 0) {
        return Found::Noise;
    }
    let Ok(header) = Header::decode(bytes) else { return Found::MoreNeeded };
    let size = HEADER_SIZE + usize::from(header.byte_count);
    let packet_type = PacketType::from_number(header.packet_type);
    let fits = |is_control| packet_type.filter(|packet_type| packet_type.is_control() == is_control);
    if leader == CONTROL_LEADER {
        return match fits(true) {
            Some(packet_type) if header.byte_count == 0 && header.checksum == 0 => {
                Found::Packet(Packet::control(packet_type, header.id), HEADER_SIZE)
            }
            _ => Found::Damaged(Damage::Header, HEADER_SIZE),
        };
    }
    let Some(packet_type) = fits(false).filter(|_| size <= HEADER_SIZE + MAX_PAYLOAD) else {
        return Found::Damaged(Damage::Header, HEADER_SIZE);
    };
    let (Some(payload), Some(&trailing_byte)) = (bytes.get(HEADER_SIZE..size), bytes.get(size)) else {
        return Found::MoreNeeded;
    };
    if trailing_byte != TRAILING_BYTE {
        return Found::Damaged(Damage::TrailingByte, size + 1);
    }
    if checksum(payload) != header.checksum {
        return Found::Damaged(Damage::Checksum, size + 1);
    }
    Found::Packet(Packet { packet_type, id: header.id, payload: payload.to_vec() }, size + 1)
}
