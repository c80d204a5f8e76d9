//! How much goes over a line.

use super::Direction;
use super::framing::{Framing, Packet};
use std::ops::Sub;

/// What was sent, until some time or since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// By the debugger.
    pub to_target: Flow,
    /// By the machine.
    pub to_host: Flow,
    /// Requests (manipulate packets) that were answered: with a manipulate packet, or a switch of the processor with a
    /// state change. Repetitions of either don't count.
    pub round_trips: u64,
}

/// What went in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Bytes, in packets or not.
    pub bytes: u64,
    /// Packets of all types, repeated ones too.
    pub packets: u64,
}

impl Traffic {
    /// Bytes in both directions.
    pub fn bytes(&self) -> u64 {
        self.to_target.bytes + self.to_host.bytes
    }

    /// Packets in both directions.
    pub fn packets(&self) -> u64 {
        self.to_target.packets + self.to_host.packets
    }
}

impl Sub for Flow {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { bytes: self.bytes - earlier.bytes, packets: self.packets - earlier.packets }
    }
}

impl Sub for Traffic {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            to_target: self.to_target - earlier.to_target,
            to_host: self.to_host - earlier.to_host,
            round_trips: self.round_trips - earlier.round_trips,
        }
    }
}

const PACKET_TYPE_KD_STATE_MANIPULATE: u16 = 2;
const PACKET_TYPE_KD_RESET: u16 = 6;
const PACKET_TYPE_KD_STATE_CHANGE64: u16 = 7;
const DBGKD_SWITCH_PROCESSOR: u32 = 0x3150;
const SYNC_PACKET_ID: u32 = 0x800;

/// Listens in.
#[derive(Default)]
pub(super) struct Meter {
    traffic: Traffic,
    framings: [Framing; 2],
    /// The last data packet's id in each direction: the next one has another, or is the same packet again.
    last_ids: [Option<u32>; 2],
    /// The api that was asked for and not answered.
    asked: Option<u32>,
}

impl Meter {
    pub(super) fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// A new connection: what was half sent on the one before isn't continued.
    pub(super) fn start(&mut self) {
        *self = Self { traffic: self.traffic, ..Self::default() };
    }

    pub(super) fn count(&mut self, direction: Direction, bytes: &[u8]) {
        let packets = self.framings[direction as usize].feed(bytes);
        let flow = match direction {
            Direction::ToTarget => &mut self.traffic.to_target,
            Direction::ToHost => &mut self.traffic.to_host,
        };
        flow.bytes += bytes.len() as u64;
        flow.packets += packets.len() as u64;
        for packet in packets {
            self.follow(direction, &packet);
        }
    }

    fn follow(&mut self, direction: Direction, packet: &Packet) {
        if !packet.data {
            if packet.kind == PACKET_TYPE_KD_RESET {
                // Ids start anew.
                self.last_ids = [None; 2];
            }
            return;
        }
        let id = Some(packet.id & !SYNC_PACKET_ID);
        if std::mem::replace(&mut self.last_ids[direction as usize], id) == id {
            return;
        }
        match (direction, packet.kind) {
            (Direction::ToTarget, PACKET_TYPE_KD_STATE_MANIPULATE) => self.asked = Some(packet.api),
            (Direction::ToHost, PACKET_TYPE_KD_STATE_MANIPULATE) if self.asked == Some(packet.api) => self.answered(),
            (Direction::ToHost, PACKET_TYPE_KD_STATE_CHANGE64) if self.asked == Some(DBGKD_SWITCH_PROCESSOR) => {
                self.answered();
            }
            _ => {}
        }
    }

    fn answered(&mut self) {
        self.asked = None;
        self.traffic.round_trips += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{ToHost, ToTarget};

    fn data(kind: u16, id: u32, api: u32) -> Vec<u8> {
        let payload = [&api.to_le_bytes()[..], &[0; 52]].concat();
        let sum: u32 = payload.iter().map(|byte| u32::from(*byte)).sum();
        let mut packet = b"0000".to_vec();
        packet.extend([kind, payload.len() as u16].iter().flat_map(|field| field.to_le_bytes()));
        packet.extend([id, sum].iter().flat_map(|field| field.to_le_bytes()));
        packet.extend(payload);
        packet.push(0xaa);
        packet
    }

    fn control(kind: u8) -> Vec<u8> {
        [b"iiii", &[kind, 0, 0, 0][..], &0x8080_0000_u32.to_le_bytes(), &[0; 4]].concat()
    }

    fn counted(sent: &[(Direction, Vec<u8>)]) -> Traffic {
        let mut meter = Meter::default();
        for (direction, bytes) in sent {
            meter.count(*direction, bytes);
        }
        meter.traffic()
    }

    #[test]
    fn a_request_and_its_answer_are_a_round_trip_and_four_packets() {
        let sent = [
            (ToTarget, data(2, 0x8080_0000, 0x3146)),
            (ToHost, control(4)),
            (ToHost, data(2, 0x8080_0000, 0x3146)),
            (ToTarget, control(4)),
        ];
        let flow = Flow { bytes: 73 + 16, packets: 2 };
        assert_eq!(counted(&sent), Traffic { to_target: flow, to_host: flow, round_trips: 1 });
    }

    #[test]
    fn repetitions_are_packets_and_no_round_trips() {
        let request = (ToTarget, data(2, 0x8080_0000, 0x3130));
        let answer = (ToHost, data(2, 0x8080_0001, 0x3130));
        let sent = [request.clone(), request, answer.clone(), answer.clone(), answer];
        let traffic = counted(&sent);
        assert_eq!((traffic.packets(), traffic.round_trips), (5, 1));
    }

    #[test]
    fn ids_start_anew_after_a_reset() {
        let [request, answer] = [ToTarget, ToHost].map(|direction| (direction, data(2, 0x8080_0000, 0x3130)));
        let twice = [request.clone(), answer.clone(), request.clone(), answer.clone()];
        assert_eq!(counted(&twice).round_trips, 1);
        let reset = [request.clone(), answer.clone(), (ToTarget, control(6)), request, answer];
        assert_eq!(counted(&reset).round_trips, 2);
    }

    #[test]
    fn a_stop_answers_a_switch_of_the_processor_and_no_continue() {
        let switch = [(ToTarget, data(2, 0x8080_0000, 0x3150)), (ToHost, data(7, 0x8080_0000, 0x3030))];
        assert_eq!(counted(&switch).round_trips, 1);
        let go = [(ToTarget, data(2, 0x8080_0000, 0x313c)), (ToHost, data(7, 0x8080_0000, 0x3030))];
        assert_eq!(counted(&go).round_trips, 0);
    }

    #[test]
    fn packets_are_found_in_text_and_in_any_chunks() {
        let text = b"boot 00000 iiiii 0000\x62".to_vec();
        let sent = [text, control(5), b"00".to_vec(), data(3, 0x8080_0001, 0x3230), b"0000".to_vec()].concat();
        for chunk in [1, 3, 16, sent.len()] {
            let mut meter = Meter::default();
            sent.chunks(chunk).for_each(|bytes| meter.count(ToHost, bytes));
            assert_eq!(meter.traffic().to_host, Flow { bytes: sent.len() as u64, packets: 2 }, "by {chunk}");
        }
    }
}
