//! Just enough of KD's framing to count packets.

/// u32 leader, u16 type, u16 byte count, u32 id, u32 checksum.
const HEADER: usize = 16;
const DATA_LEADER: [u8; 4] = [0x30; 4];
const CONTROL_LEADER: [u8; 4] = [0x69; 4];
/// `PACKET_MAX_SIZE`.
const MAX_PAYLOAD: usize = 4000;

/// A packet that went by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Packet {
    /// Whether it has data, and not only a header.
    pub(super) data: bool,
    /// Its type.
    pub(super) kind: u16,
    /// Its id.
    pub(super) id: u32,
    /// The first field of its payload, which says what is asked; 0 if it has none.
    pub(super) api: u32,
}

/// Finds packets in what one side sends, whatever else it sends.
#[derive(Default)]
pub(super) struct Framing(Vec<u8>);

impl Framing {
    /// The packets that are complete with these bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Packet> {
        self.0.extend_from_slice(bytes);
        let mut packets = Vec::new();
        let mut at = 0;
        while let Some(rest) = self.0.get(at..).filter(|rest| rest.len() >= HEADER) {
            match packet(rest) {
                Found::Packet(packet, len) => {
                    packets.push(packet);
                    at += len;
                }
                Found::Part => break,
                Found::Nothing => at += 1,
            }
        }
        self.0.drain(..at);
        packets
    }
}

enum Found {
    /// A packet of so many bytes.
    Packet(Packet, usize),
    /// The start of one.
    Part,
    /// None starts here.
    Nothing,
}

/// What is at the start of `bytes`, which have a header's size.
fn packet(bytes: &[u8]) -> Found {
    let u16 = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let u32 = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (kind, count, id) = (u16(4), usize::from(u16(6)), u32(8));
    if bytes[..4] == CONTROL_LEADER && (4..=6).contains(&kind) && count == 0 {
        return Found::Packet(Packet { data: false, kind, id, api: 0 }, HEADER);
    }
    if bytes[..4] != DATA_LEADER || !(1..=11).contains(&kind) || count > MAX_PAYLOAD {
        return Found::Nothing;
    }
    // Data has a byte behind it.
    let len = HEADER + count + 1;
    if bytes.len() < len {
        return Found::Part;
    }
    let api = if count < 4 { 0 } else { u32(HEADER) };
    Found::Packet(Packet { data: true, kind, id, api }, len)
}
