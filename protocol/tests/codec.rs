//! Every packet type and every api, written and read again in both directions.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test's failure")]

mod support;

use kd_protocol::manipulate::{MANIPULATE_SIZE, Unfitting, api_name};
use kd_protocol::{
    Answer, ControlRequest, ControlSet, DebugIo, FileAnswer, FileRequest, Manipulate, PacketType, PromptAnswer,
    Request, StateChange, Status, TraceIo, sign_extend,
};
use std::collections::BTreeSet;
use support::samples;

#[test]
fn every_api_is_there() {
    let known = (0x3130..0x3150).chain(0x3150..0x3161).filter(|api| api_name(*api).is_some());
    let sampled: BTreeSet<_> = samples::requests().iter().map(|(request, _)| request.api()).collect();
    assert_eq!(known.collect::<BTreeSet<_>>(), sampled);
    // Numbers that Microsoft never gave a meaning, or has taken back.
    let absent: Vec<_> = (0x3130..=0x3160).filter(|api| api_name(*api).is_none()).collect();
    assert_eq!(absent, [0x314a, 0x314b, 0x314c, 0x314d, 0x314e, 0x314f, 0x3151, 0x3154, 0x3155]);
}

#[test]
fn requests_are_read_as_they_were_written() {
    for (request, _) in samples::requests() {
        let bytes = request.encode(6, 1);
        let manipulate = Manipulate::decode(&bytes).unwrap();
        assert_eq!((manipulate.api(), manipulate.processor_level(), manipulate.processor()), (request.api(), 6, 1));
        assert_eq!(Request::read(&manipulate), Ok(request));
        assert_eq!(manipulate.encode(), bytes);
    }
}

#[test]
fn answers_are_read_as_they_were_written() {
    for (request, answer) in samples::requests() {
        let asked = Manipulate::decode(&request.encode(6, 1)).unwrap();
        let answered = answer.write(&asked);
        assert_eq!(request.answer(1, &answered), Ok(answer), "{}", request.name());
    }
}

#[test]
fn answers_to_something_else_are_refused() {
    let samples = samples::requests();
    for (request, answer) in &samples {
        let answered = answer.write(&Manipulate::decode(&request.encode(6, 1)).unwrap());
        assert_eq!(request.answer(0, &answered), Err(Unfitting::Processor { asked: 0, answered: 1 }));
        for (other, _) in samples.iter().filter(|(other, _)| other.api() != request.api()) {
            let unfitting = Unfitting::Api { asked: other.api(), answered: request.api() };
            assert_eq!(other.answer(1, &answered), Err(unfitting));
        }
    }
}

#[test]
fn failures_are_answers_without_contents() {
    for (request, answer) in samples::requests() {
        let mut answered = answer.write(&Manipulate::decode(&request.encode(6, 1)).unwrap());
        answered.set_status(Status::UNSUCCESSFUL);
        let failed = request.answer(1, &answered).unwrap();
        assert_eq!(failed.status(), Some(Status::UNSUCCESSFUL));
        match failed {
            Answer::Memory { data, .. } | Answer::BusData { data, .. } | Answer::Context { context: data, .. } => {
                assert!(data.is_empty());
            }
            Answer::Written { count, .. } => assert_eq!(count, 0),
            Answer::Found { address, .. } => assert_eq!(address, None),
            _ => {}
        }
    }
}

/// Each at the offset that the kernel's own `_DBGKD_CONTINUE2` and the structures in it have.
#[test]
fn continue2_is_packed_in_each_machines_layout() {
    let start = u64::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8]);
    let end = u64::from_le_bytes([11, 12, 13, 14, 15, 16, 17, 18]);
    let amd64 =
        ControlSet::Amd64 { trace_flag: true, dr7: 0x401, current_symbol_start: start, current_symbol_end: end };
    let x86 = ControlSet::X86 {
        trace_flag: true,
        dr7: 0x401,
        current_symbol_start: 0x0403_0201,
        current_symbol_end: 0x0807_0605,
    };
    let arm64 =
        ControlSet::Arm64 { proceed: 2, trace_flag: true, current_symbol_start: start, current_symbol_end: end };
    let union = |control_set: ControlSet, machine: u16| {
        let status = kd_protocol::ContinueStatus::CONTINUE;
        let request = Request::Continue2(kd_protocol::Continue2 { status, control_set });
        let bytes = request.encode(6, 0);
        assert_eq!(ControlSet::read(machine, &Manipulate::decode(&bytes).unwrap()), Some(control_set));
        assert_eq!(bytes[16..20], [2, 0, 1, 0]);
        bytes[20..MANIPULATE_SIZE].to_vec()
    };
    let (one, dr7) = ([1, 0, 0, 0], [1, 4, 0, 0]);
    let (start, end) = (start.to_le_bytes(), end.to_le_bytes());
    assert_eq!(union(amd64, 0x8664), [&one, &dr7, &[0; 4], &start[..], &end, &[0; 8]].concat());
    assert_eq!(union(x86, 0x14c), [&one, &dr7, &start[..], &[0; 20]].concat());
    assert_eq!(union(arm64, 0xaa64), [&[2, 0, 0, 0], &one, &start[..], &end, &[0; 12]].concat());
    assert_eq!(ControlSet::read(0x200, &Manipulate::new(0x313c, 6, 0)), None);
}

#[test]
fn state_changes_are_read_as_they_were_written() {
    for change in samples::state_changes() {
        assert_eq!(StateChange::decode(PacketType::StateChange64, &change.encode()), Ok(change));
    }
}

#[test]
fn state_changes_of_the_32_bit_protocol_have_their_addresses_extended() {
    let mut bytes = vec![0; 104];
    bytes[0..2].copy_from_slice(&[0x30, 0x30]);
    bytes[12..16].copy_from_slice(&0x8054_0000_u32.to_le_bytes());
    bytes[16..20].copy_from_slice(&0x8040_1234_u32.to_le_bytes());
    let change = StateChange::decode(PacketType::StateChange32, &bytes).unwrap();
    assert_eq!((change.thread, change.program_counter), (sign_extend(0x8054_0000), 0xffff_ffff_8040_1234));
}

#[test]
fn what_the_target_says_by_itself_is_read_as_it_was_written() {
    for io in samples::debug_io() {
        assert_eq!(DebugIo::decode(&io.encode()), Ok(io));
    }
    for (request, answer) in samples::file_requests() {
        let bytes = request.encode();
        assert_eq!(FileAnswer::decode(&answer.encode(&bytes)), Ok(answer));
        assert_eq!(FileRequest::decode(&bytes), Ok(request));
    }
    let typed = PromptAnswer { processor_level: 6, processor: 1, text: b"typed".to_vec() };
    assert_eq!(PromptAnswer::decode(&typed.encode()), Ok(typed));
    assert_eq!(TraceIo::decode(&samples::trace_io().encode()), Ok(samples::trace_io()));
    assert_eq!(ControlRequest::decode(&samples::control_request().encode()), Ok(samples::control_request()));
}

#[test]
fn each_packet_type_admits_its_own_bodies_only() {
    for (packet_type, payload) in samples::payloads() {
        let admitting: Vec<_> = PacketType::ALL.iter().filter(|other| other.admits(&payload)).collect();
        // The state changes of both protocols begin alike.
        let expected = if packet_type == PacketType::StateChange32 { 2 } else { 1 };
        assert_eq!(admitting.len(), expected, "{packet_type}: {admitting:?}");
        assert!(packet_type.admits(&payload));
    }
}
