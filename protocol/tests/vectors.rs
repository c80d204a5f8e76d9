//! Packets that a real Windows 8.1 exchanged with its debugger, read and written byte for byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test's failure")]

use core::time::Duration;
use kd_protocol::manipulate::{GetContextEx, MANIPULATE_SIZE};
use kd_protocol::packet::{TRAILING_BYTE, checksum};
use kd_protocol::{
    Answer, Frame, Framing, Manipulate, Packet, PacketType, Request, StateChange, StateChangeKind, Status,
};
use serde_json::Value;
use std::path::Path;

/// A packet of the exchange: what is known of it, and its bytes. Over the network it has no trailing byte.
struct Vector {
    known: Value,
    bytes: Vec<u8>,
}

impl Vector {
    fn name(&self) -> &str {
        self.known["name"].as_str().unwrap()
    }

    /// A number that the corpus has as text or as a number; `None` where it isn't known.
    fn number(value: &Value) -> Option<u64> {
        value.as_u64().or_else(|| u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok())
    }

    #[track_caller]
    fn check(&self, field: &str, found: impl Into<u64>) {
        let known = Self::number(&self.known["parsed"][field]);
        assert_eq!(known, Some(found.into()), "{} of {}", field, self.name());
    }

    /// The packet, found in the bytes as they would stand on a line; `None` where there is none.
    fn packet(&self) -> Option<Packet> {
        let mut line = self.bytes.clone();
        if line.starts_with(b"0000") {
            line.push(TRAILING_BYTE);
        }
        let mut framing = Framing::new(Duration::from_secs(1));
        framing.receive(Duration::ZERO, &line);
        let frame = framing.poll(Duration::ZERO);
        assert_eq!(framing.poll(Duration::ZERO), None, "{}", self.name());
        match frame {
            Some(Frame::Packet(packet)) => {
                assert_eq!(packet.encode(), line, "{}", self.name());
                Some(packet)
            }
            Some(Frame::Noise(bytes)) => {
                assert_eq!(bytes, self.bytes);
                None
            }
            other => panic!("{}: {other:?}", self.name()),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/kdnet/kd_packets_win8.json");
    let Ok(text) = std::fs::read(file) else {
        println!("skipped: ../shared/corpus is not here");
        return Vec::new();
    };
    let vectors: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert!(vectors.len() > 10);
    let bytes = |known: &Value| {
        let hex = known["kd_hex"].as_str().unwrap();
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    };
    vectors.into_iter().map(|known| Vector { bytes: bytes(&known), known }).collect()
}

fn named(name: &str) -> Option<(Vector, Packet)> {
    let vector = vectors().into_iter().find(|vector| vector.name() == name)?;
    let packet = vector.packet().unwrap();
    Some((vector, packet))
}

#[test]
fn every_packet_is_found_and_written_again() {
    for vector in vectors() {
        let packet = vector.packet();
        assert_eq!(packet.is_some(), vector.known.get("leader").is_some(), "{}", vector.name());
        let Some(packet) = packet else { continue };
        assert_eq!(Some(u64::from(packet.packet_type.number())), vector.known["type"].as_u64());
        assert_eq!(Some(u64::from(packet.id)), Vector::number(&vector.known["packet_id"]));
        assert_eq!(Some(u64::from(checksum(&packet.payload))), Vector::number(&vector.known["checksum"]));
        assert_eq!(packet.encode_datagram(), vector.bytes, "{}", vector.name());
    }
}

#[test]
fn state_changes_are_read() {
    for name in ["wait_state", "wait_state2"] {
        let Some((vector, packet)) = named(name) else { return };
        let change = StateChange::decode(packet.packet_type, &packet.payload).unwrap();
        vector.check("processor_level", change.processor_level);
        vector.check("processor", change.processor);
        vector.check("number_processors", change.number_processors);
        vector.check("thread", change.thread);
        vector.check("pc", change.program_counter);
        let StateChangeKind::Exception { ref record, first_chance } = change.kind else { panic!("{change:?}") };
        vector.check("exception_code", record.code);
        vector.check("exception_address", record.address);
        vector.check("first_chance", first_chance);
        assert_eq!(change.control_report, packet.payload[192..]);
        assert_eq!(StateChange::decode(packet.packet_type, &change.encode()), Ok(change));
    }
}

/// The bytes of the structure that a request doesn't use are those that the debugger's buffer held; all the others the request writes.
#[test]
fn the_debuggers_requests_are_written_byte_for_byte() {
    let mut requests = 0;
    for vector in vectors().iter().filter(|vector| vector.name().ends_with("_api_req")) {
        let packet = vector.packet().unwrap();
        assert_eq!(packet.packet_type, PacketType::StateManipulate);
        let original = Manipulate::decode(&packet.payload).unwrap();
        vector.check("api", original.api());
        vector.check("level", original.processor_level());
        vector.check("processor", original.processor());
        vector.check("status", original.status().0);
        let request = Request::read(&original).unwrap();
        let on = |base: Vec<u8>| {
            let mut manipulate = Manipulate::decode(&base).unwrap();
            request.write(&mut manipulate);
            manipulate.encode()
        };
        let (zeroes, ones) = (on(vec![0; MANIPULATE_SIZE]), on(vec![0xff; MANIPULATE_SIZE]));
        let is_written = |at: usize| zeroes[at] == ones[at];
        // Wrong wherever the request writes; the processor stands in the header whatever the request.
        let spoiled = packet.payload.iter().enumerate().map(|(at, byte)| if is_written(at) { !byte } else { *byte });
        let again = on(spoiled.collect());
        assert_eq!(again, packet.payload, "{}", vector.name());
        assert_eq!(Packet { payload: again, ..packet }.encode_datagram(), vector.bytes);
        requests += 1;
    }
    assert!(requests == 2 || vectors().is_empty());
}

#[test]
fn the_version_is_read() {
    let Some((vector, packet)) = named("get_version_api_resp") else { return };
    let answer = Manipulate::decode(&packet.payload).unwrap();
    let decoded = Request::GetVersion.answer(0, &answer).unwrap();
    let Answer::Version { status, version } = decoded else { panic!("{decoded:?}") };
    assert_eq!(status, Status::SUCCESS);
    vector.check("major", version.major);
    vector.check("minor", version.minor);
    vector.check("protocol", version.protocol);
    vector.check("secondary", version.secondary);
    vector.check("flags", version.flags.0);
    vector.check("machine", version.machine);
    vector.check("max_packet_type", version.max_packet_type);
    vector.check("max_state_change", version.max_state_change);
    vector.check("max_manipulate", version.max_manipulate);
    vector.check("kern_base", version.kernel_base);
    vector.check("ps_loaded_module_list", version.loaded_module_list);
    vector.check("debugger_data_list", version.debugger_data_list);
    assert_eq!(decoded.write(&answer).encode(), packet.payload);
}

#[test]
fn memory_is_read_with_the_request_that_asked_for_it() {
    let Some((_, asked)) = named("read_virtual_memory_api_req") else { return };
    let Some((vector, answered)) = named("read_virtual_memory_api_resp") else { return };
    let asked = Manipulate::decode(&asked.payload).unwrap();
    let answer = Manipulate::decode(&answered.payload).unwrap();
    let request = Request::read(&asked).unwrap();
    let Request::ReadVirtualMemory(ref read) = request else { panic!("{request:?}") };
    vector.check("address", read.address);
    vector.check("transfer", read.count);
    let decoded = request.answer(asked.processor(), &answer).unwrap();
    let data = answered.payload[MANIPULATE_SIZE..].to_vec();
    assert_eq!(decoded, Answer::Memory { status: Status::SUCCESS, data });
    // This target answers in the request's own buffer: what the request doesn't use comes back.
    assert_eq!(decoded.write(&asked).encode(), answered.payload);
}

#[test]
fn a_context_is_read_in_its_long_form() {
    let Some((vector, packet)) = named("get_register_resp") else { return };
    let answer = Manipulate::decode(&packet.payload).unwrap();
    let count = Vector::number(&vector.known["parsed"]["ctx_bytes"]).unwrap() as u32;
    let request = Request::GetContextEx(GetContextEx { offset: 0, count });
    let context = packet.payload[MANIPULATE_SIZE..].to_vec();
    assert_eq!(request.answer(0, &answer), Ok(Answer::Context { status: Status::SUCCESS, context }));
}
