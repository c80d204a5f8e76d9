//! A packet: 16 bytes of header, the payload with its check sum, and a trailing byte behind data packets.
//!
//! ```text
//! 30 30 30 30  02 00  38 00  00 00 80 80  a0 07 00 00  <56 bytes>  aa     a data packet
//! 69 69 69 69  04 00  00 00  00 00 80 80  00 00 00 00                     the acknowledgement of it
//! leader       type   count  id           check sum
//! ```

use crate::DecodeError;
use crate::fields::Fields;
use std::fmt;

/// Four of these begin a data packet (`PACKET_LEADER`, 0x30303030).
pub const DATA_LEADER: u8 = 0x30;
/// Four of these begin a control packet (`CONTROL_PACKET_LEADER`, 0x69696969).
pub const CONTROL_LEADER: u8 = 0x69;
/// Outside any packet, asks the target to stop (`BREAKIN_PACKET_BYTE`).
pub const BREAK_IN: u8 = 0x62;
/// Ends a data packet (`PACKET_TRAILING_BYTE`).
pub const TRAILING_BYTE: u8 = 0xaa;
/// Bytes before the payload.
pub const HEADER_SIZE: usize = 16;
/// Bytes that a payload may have (`PACKET_MAX_SIZE`).
pub const MAX_PAYLOAD: usize = 4000;
/// The id that both sides count from (`INITIAL_PACKET_ID`).
pub const INITIAL_PACKET_ID: u32 = 0x8080_0000;
/// In an id: the sender has just started to count (`SYNC_PACKET_ID`).
pub const SYNC_PACKET_ID: u32 = 0x0000_0800;

macro_rules! packet_types {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// What a packet is for (`PACKET_TYPE_KD_...`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum PacketType { $($(#[$doc])* $name = $number,)* }

        impl PacketType {
            /// Every type there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The type of a number on the wire.
            pub fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// Microsoft's name without its prefix.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

packet_types! {
    /// A state change of the 32-bit protocol (before version 5).
    StateChange32 = 1, "STATE_CHANGE32";
    /// A request of the debugger, or the target's answer.
    StateManipulate = 2, "STATE_MANIPULATE";
    /// Text to print, a prompt, or the answer to one.
    DebugIo = 3, "DEBUG_IO";
    /// A data packet has come.
    Acknowledge = 4, "ACKNOWLEDGE";
    /// A data packet has come damaged.
    Resend = 5, "RESEND";
    /// Both sides count their ids anew.
    Reset = 6, "RESET";
    /// The target stops, or tells of a module.
    StateChange64 = 7, "STATE_CHANGE64";
    /// Never on the wire: how the target asks its own transport whether a break-in byte has come.
    PollBreakIn = 8, "POLL_BREAKIN";
    /// Trace data for the debugger.
    TraceIo = 9, "TRACE_IO";
    /// The target asks for a hardware breakpoint, or gives it back.
    ControlRequest = 10, "CONTROL_REQUEST";
    /// The target asks for a file on the debugger's machine.
    FileIo = 11, "FILE_IO";
}

impl fmt::Display for PacketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl PacketType {
    /// The number on the wire.
    pub fn number(self) -> u16 {
        self as u16
    }

    /// Acknowledgement, resend or reset: a header and nothing else.
    pub fn is_control(self) -> bool {
        matches!(self, Self::Acknowledge | Self::Resend | Self::Reset)
    }

    /// Whether a body can be of this type, by the number that it begins with. The header's type isn't covered by the check sum.
    pub fn admits(self, payload: &[u8]) -> bool {
        let fields = Fields::new("packet", payload);
        let Ok(api) = fields.u32(0) else { return false };
        match self {
            Self::StateChange64 => matches!(api & !0x1_0000, 0x3030..=0x30ff),
            // Where the 32-bit structure has its thread, the 64-bit one has padding.
            Self::StateChange32 => {
                matches!(api & !0x1_0000, 0x3030..=0x30ff) && fields.u32(12).is_ok_and(|thread| thread != 0)
            }
            Self::StateManipulate => matches!(api, 0x3130..=0x31ff),
            Self::DebugIo => matches!(api, 0x3230..=0x32ff),
            Self::TraceIo => matches!(api, 0x3330..=0x33ff),
            Self::FileIo => matches!(api, 0x3430..=0x34ff),
            Self::ControlRequest => matches!(api, 0x4300..=0x43ff),
            Self::PollBreakIn | Self::Acknowledge | Self::Resend | Self::Reset => false,
        }
    }
}

/// The sum of a payload's bytes.
pub fn checksum(payload: &[u8]) -> u32 {
    payload.iter().fold(0, |sum: u32, &byte| sum.wrapping_add(u32::from(byte)))
}

/// The first 16 bytes of a packet, as they stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The byte that stands there four times.
    pub leader: u8,
    /// Number of the [`PacketType`].
    pub packet_type: u16,
    /// Bytes of payload.
    pub byte_count: u16,
    /// The packet's id, perhaps with [`SYNC_PACKET_ID`].
    pub id: u32,
    /// Sum of the payload's bytes.
    pub checksum: u32,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// When there are fewer than 16 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new("packet header", bytes);
        Ok(Self {
            leader: fields.u8(0)?,
            packet_type: fields.u16(4)?,
            byte_count: fields.u16(6)?,
            id: fields.u32(8)?,
            checksum: fields.u32(12)?,
        })
    }

    /// The 16 bytes.
    pub fn encode(&self) -> [u8; HEADER_SIZE] {
        let mut bytes = [self.leader; HEADER_SIZE];
        let fields = self.packet_type.to_le_bytes().into_iter().chain(self.byte_count.to_le_bytes());
        let fields = fields.chain(self.id.to_le_bytes()).chain(self.checksum.to_le_bytes());
        bytes.iter_mut().skip(4).zip(fields).for_each(|(place, byte)| *place = byte);
        bytes
    }
}

/// A whole packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What it is for.
    pub packet_type: PacketType,
    /// Its id; for an acknowledgement, the id of what is acknowledged.
    pub id: u32,
    /// The body; empty in control packets.
    pub payload: Vec<u8>,
}

impl Packet {
    /// A packet without a body.
    pub fn control(packet_type: PacketType, id: u32) -> Self {
        Self { packet_type, id, payload: Vec::new() }
    }

    /// The header and the payload, without the trailing byte.
    pub fn encode_datagram(&self) -> Vec<u8> {
        let leader = if self.packet_type.is_control() { CONTROL_LEADER } else { DATA_LEADER };
        let header = Header {
            leader,
            packet_type: self.packet_type.number(),
            byte_count: u16::try_from(self.payload.len()).unwrap_or(u16::MAX),
            id: self.id,
            checksum: checksum(&self.payload),
        };
        let mut bytes = header.encode().to_vec();
        bytes.extend_from_slice(&self.payload);
        bytes
    }

    /// The bytes on a line: behind data packets with the trailing byte.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.encode_datagram();
        if !self.packet_type.is_control() {
            bytes.push(TRAILING_BYTE);
        }
        bytes
    }
}
