//! Each thing that real kernels and stubs were seen to do, and a debugger has to live with.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test's failure")]

mod support;

use core::time::Duration;
use kd_protocol::manipulate::{MAX_DATA, ReadMemory, ReadMsr, WriteIoSpace};
use kd_protocol::packet::{BREAK_IN, INITIAL_PACKET_ID, Packet};
use kd_protocol::{
    Answer, Event, Host, Manipulate, PacketType, Phase, Request, RequestFailure, StateChangeKind, Status, Timing,
};
use support::line::Faults;
use support::pair::{Pair, attached, check_reads};
use support::target::{Habits, MEMORY, memory, read, resume};

fn pair() -> Pair {
    Pair::new(1, Habits::default())
}

/// No event but text outside packets.
#[track_caller]
fn check_quiet(pair: &Pair) {
    let events: Vec<_> = pair.events.iter().filter(|event| !matches!(event, Event::Noise(_))).collect();
    assert!(events.is_empty(), "{events:?}");
}

#[track_caller]
fn check_in_phase(pair: &Pair) {
    let statistics = pair.host.statistics();
    assert_eq!((statistics.resends, statistics.retransmissions, statistics.damaged), (0, 0, 0), "{}", pair.trace());
}

#[test]
fn a_running_target_is_attached_to() {
    let mut pair = pair();
    assert_eq!(pair.attach().thread, 1);
    let trace = pair.trace();
    let order: Vec<_> = trace.lines().map(|line| line[12..].split(" id").next().unwrap().trim()).collect();
    let expected = [
        "-> break-in",
        "<- STATE_CHANGE64",
        "-> ACKNOWLEDGE",
        "-> RESET",
        "<- RESET",
        "<- STATE_CHANGE64",
        "-> ACKNOWLEDGE",
    ];
    assert_eq!(order, expected);
    check_reads(&mut pair);
    check_in_phase(&pair);
    check_quiet(&pair);
}

#[test]
fn a_halted_target_is_attached_to_whether_it_heeds_the_break_in_byte_or_not() {
    for answers_break_in_when_halted in [true, false] {
        let mut pair = Pair::new(1, Habits { answers_break_in_when_halted, ..Habits::default() });
        // Nobody has acknowledged the stop yet, and later an earlier debugger has.
        pair.target.stop(pair.now);
        pair.attach();
        check_reads(&mut pair);
        pair.host = Host::new(Timing::default());
        assert_eq!(pair.attach().thread, 1);
        check_reads(&mut pair);
    }
}

#[test]
fn a_target_that_boots_while_we_wait_is_attached_to() {
    let mut pair = pair();
    pair.target.reboot(pair.now + Duration::from_secs(20));
    pair.host.attach(pair.now);
    pair.run(Duration::from_secs(20));
    assert_eq!(pair.phase(), Phase::AwaitingTarget);
    pair.to_host.write(pair.now, b"Booting 0000 iiii bbb\r\n".to_vec(), &mut pair.random);
    pair.target.load_symbols(pair.now);
    let stop = pair.stopped();
    let StateChangeKind::LoadSymbols(load) = stop.kind else { panic!("{stop:?}") };
    assert_eq!((load.path, load.base), (b"\\driver.sys".to_vec(), MEMORY.start));
    let text: Vec<u8> = pair
        .events
        .drain(..)
        .filter_map(|event| if let Event::Noise(text) = event { Some(text) } else { None })
        .flatten()
        .collect();
    assert_eq!(text, b"Booting 0000 iiii bbb\r\n");
    check_reads(&mut pair);
}

#[test]
fn odd_ids_of_an_earlier_debugger_do_no_harm() {
    let mut pair = attached();
    // One request leaves the target waiting for 0x80800001.
    pair.answer(read(MEMORY.start, 8));
    pair.host = Host::new(Timing::default());
    pair.attach();
    check_reads(&mut pair);
    check_in_phase(&pair);
}

#[test]
fn requests_wait_for_the_state_change_after_reset() {
    let mut pair = pair();
    pair.host.attach(pair.now);
    assert!(pair.run_until(Duration::from_secs(5), |pair| pair.phase() == Phase::Synchronising));
    let id = pair.ask(read(MEMORY.start, 16));
    assert!(pair.run_until(Duration::from_secs(5), |pair| pair.answers.contains_key(&id)));
    assert!(pair.answers.remove(&id).unwrap().is_ok());
    check_in_phase(&pair);
    assert_eq!(pair.target.link.statistics().duplicates, 0);
}

#[test]
fn a_packet_repeated_many_times_is_acknowledged_each_time_and_taken_once() {
    let mut pair = attached();
    pair.answer(resume(1));
    pair.target.print(pair.now);
    let print = pair.target.link.poll_output().unwrap();
    for _ in 0..20 {
        pair.host.receive(pair.now, &print);
        let acknowledgement = pair.host.poll_output().unwrap();
        assert_eq!(acknowledgement[4], PacketType::Acknowledge.number() as u8);
    }
    pair.flush();
    assert_eq!(pair.events.len(), 1);
    assert_eq!(pair.host.statistics().duplicates, 19);
}

#[test]
fn a_packet_is_sent_again_when_the_target_asks() {
    let mut pair = attached();
    let id = pair.ask(read(MEMORY.start, 16));
    // Its bytes came with gaps.
    let sent = pair.host.poll_output().unwrap();
    assert_eq!(pair.host.poll_output(), None, "a packet is written in one go");
    pair.to_host.write(pair.now, Packet::control(PacketType::Resend, 0).encode(), &mut pair.random);
    let soon = pair.now + Duration::from_millis(10);
    assert!(pair.run_until(Duration::from_millis(10), |pair| pair.answers.contains_key(&id)), "{}", pair.trace());
    assert!(pair.now < soon && sent.len() == 16 + 56 + 1);
    assert_eq!(pair.host.statistics().resends, 1);
}

#[test]
fn state_changes_longer_and_shorter_than_the_structure_are_taken() {
    for trailing_bytes in [4, 0, 16] {
        let mut pair = Pair::new(1, Habits { trailing_bytes, ..Habits::default() });
        assert_eq!(pair.attach().control_report.len(), 48 + trailing_bytes);
    }
    let whole = attached().attach().encode();
    for length in [188, 192, 220, 240] {
        let change = kd_protocol::StateChange::decode(PacketType::StateChange64, &whole[..length]).unwrap();
        assert_eq!(change.control_report.len(), length.saturating_sub(192));
    }
    assert!(kd_protocol::StateChange::decode(PacketType::StateChange64, &whole[..187]).is_err());
}

#[test]
fn a_stop_right_after_continue_is_told_even_if_it_is_the_same_again() {
    let mut pair = attached();
    let id = pair.ask(resume(1));
    assert!(pair.run_until(Duration::from_secs(1), |pair| !pair.target.halted));
    // A bug check comes back to the same break.
    pair.target.stops -= 1;
    pair.target.stop(pair.now);
    assert_eq!(pair.stopped().thread, 1);
    assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Acknowledged)));
    assert_eq!(pair.phase(), Phase::Halted);
    check_reads(&mut pair);
}

#[test]
fn a_lost_acknowledgement_of_continue_is_made_up_for_by_the_next_stop() {
    let mut pair = attached();
    let id = pair.ask(resume(1));
    assert!(pair.run_until(Duration::from_secs(1), |pair| !pair.target.halted));
    pair.to_host.cut();
    pair.target.link.poll_output();
    pair.target.stop(pair.now);
    assert_eq!(pair.stopped().thread, 2);
    assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Acknowledged)));
    check_reads(&mut pair);
}

#[test]
fn a_pending_break_in_that_repeats_the_stop_is_not_told_again() {
    let mut pair = Pair::new(1, Habits { answers_break_in_when_halted: true, ..Habits::default() });
    pair.attach();
    pair.to_target.write(pair.now, vec![BREAK_IN], &mut pair.random);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::Resynchronised]);
    check_reads(&mut pair);
}

#[test]
fn reads_are_short_where_a_packet_is_full() {
    let mut pair = attached();
    let Answer::Memory { status, data } = pair.answer(read(MEMORY.start, 8192)) else { panic!("memory is answered") };
    assert_eq!((status, data.len()), (Status::SUCCESS, MAX_DATA));
}

/// An answer as a target writes it: `change` has its way with the structure.
fn answer_to(request: &Request, change: impl FnOnce(&mut Vec<u8>)) -> Manipulate {
    let mut bytes = request.encode(6, 0);
    change(&mut bytes);
    Manipulate::decode(&bytes).unwrap()
}

#[test]
fn a_failed_read_has_no_bytes_whatever_its_count() {
    let request = read(MEMORY.start, 8);
    let answer = answer_to(&request, |bytes| {
        bytes[8..12].copy_from_slice(&Status::UNSUCCESSFUL.0.to_le_bytes());
        bytes[28] = 8;
        bytes.extend([0xee; 8]);
    });
    let expected = Answer::Memory { status: Status::UNSUCCESSFUL, data: Vec::new() };
    assert_eq!(request.answer(0, &answer), Ok(expected));
}

#[test]
fn control_space_is_cut_to_what_was_asked() {
    let request = Request::ReadControlSpace(ReadMemory { address: 2, count: 168 });
    let answer = answer_to(&request, |bytes| {
        bytes[28] = 216;
        bytes.extend(0..216);
    });
    let data = (0..168).collect();
    assert_eq!(request.answer(0, &answer), Ok(Answer::Memory { status: Status::SUCCESS, data }));
}

#[test]
fn prints_between_acknowledgement_and_answer_do_not_disturb_the_request() {
    let mut pair = Pair::new(1, Habits { prints_before_answers: true, ..Habits::default() });
    pair.attach();
    check_reads(&mut pair);
    let prints = pair.events.iter().filter(|event| matches!(event, Event::Print { .. })).count();
    assert_eq!(prints, 4);
    check_in_phase(&pair);
}

#[test]
fn a_refusal_is_an_answer() {
    let mut pair = attached();
    assert_eq!(pair.answer(Request::CheckLowMemory), Answer::Status(Status::UNSUCCESSFUL));
    check_reads(&mut pair);
}

#[test]
fn an_api_that_is_never_answered_times_out_and_the_session_goes_on() {
    let mut pair = attached();
    let write = Request::WriteIoSpace(WriteIoSpace { port: 0x80, size: 4, value: 7 });
    let id = pair.ask(write);
    assert!(pair.run_until(Duration::from_secs(1), |pair| pair.target.requests == 1));
    // What it sends is lost, and it forgets the answer: all that the debugger gets are acknowledgements.
    pair.to_host.cut();
    pair.target.link.abandon();
    assert!(pair.run_until(Duration::from_secs(3), |pair| pair.answers.contains_key(&id)), "{}", pair.trace());
    let failure = RequestFailure::TimedOut { sent: true, acknowledged: true };
    assert_eq!(pair.answers.remove(&id), Some(Err(failure)));
    check_reads(&mut pair);
    assert_eq!(pair.target.executed[&(7, 0)], 1);
}

#[test]
fn a_late_answer_to_another_read_is_not_taken() {
    for (address, count) in [(MEMORY.start + 8, 16), (MEMORY.start, 8)] {
        let mut pair = attached();
        let id = pair.ask(read(MEMORY.start, 16));
        pair.host.poll_output();
        let late = Answer::Memory { status: Status::SUCCESS, data: vec![0xbd; count as usize] };
        let late = late.write(&answer_to(&read(address, count), |_| {})).encode();
        let packet = Packet { packet_type: PacketType::StateManipulate, id: INITIAL_PACKET_ID | 1, payload: late };
        pair.host.receive(pair.now, &packet.encode());
        assert!(pair.run_until(Duration::from_secs(10), |pair| pair.answers.contains_key(&id)));
        let data = memory(0, MEMORY.start, 16);
        assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Memory { status: Status::SUCCESS, data })));
        assert_eq!(pair.host.statistics().unfitting, 1);
    }
}

#[test]
fn a_late_answer_to_the_same_read_is_known_by_its_mark_where_the_target_echoes_it() {
    let mut pair = attached();
    pair.run(Duration::from_millis(10));
    pair.ask(read(MEMORY.start, 16));
    pair.target.receive(pair.now, &pair.host.poll_output().unwrap());
    // The answer comes twice, the second time much later, when the ids fit again.
    let sent: Vec<_> = core::iter::from_fn(|| pair.target.link.poll_output()).collect();
    sent.iter().for_each(|bytes| pair.host.receive(pair.now, bytes));
    let old = sent.last().unwrap();
    pair.run(Duration::from_millis(100));
    pair.answer(read(MEMORY.start + 64, 16));
    let id = pair.ask(read(MEMORY.start, 16));
    pair.host.receive(pair.now, old);
    pair.flush();
    assert!(!pair.answers.contains_key(&id));
    assert_eq!(pair.host.statistics().unfitting, 1);
    assert!(pair.run_until(Duration::from_secs(10), |pair| pair.answers.contains_key(&id)));
}

#[test]
fn another_processor_reports_when_asked_to() {
    let mut pair = attached();
    let id = pair.host.request(pair.now, 1, 6, Request::SwitchProcessor);
    assert_eq!(pair.stopped().processor, 1);
    assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Acknowledged)));
    let id = pair.host.request(pair.now, 1, 6, Request::ReadMsr(ReadMsr { msr: 3 }));
    assert!(pair.run_until(Duration::from_secs(1), |pair| pair.answers.contains_key(&id)));
    assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Msr { status: Status::SUCCESS, value: 0x300 })));
}

#[test]
fn a_packet_with_a_changed_id_is_taken_once_under_its_own() {
    let mut pair = attached();
    pair.answer(resume(1));
    pair.target.print(pair.now);
    let mut print = pair.target.link.poll_output().unwrap();
    print[8] ^= 1;
    pair.host.receive(pair.now, &print);
    let refused = pair.host.poll_output().unwrap();
    assert_eq!(refused[4], PacketType::Resend.number() as u8);
    pair.target.receive(pair.now, &refused);
    pair.run(Duration::from_secs(5));
    let text = b"print 1\n".to_vec();
    assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::Print { processor: 0, text }]);
}

#[test]
fn a_long_answer_on_a_slow_line_is_waited_for() {
    let mut pair = attached();
    pair.run(Duration::from_millis(10));
    let id = pair.ask(read(MEMORY.start, 3900));
    pair.target.receive(pair.now, &pair.host.poll_output().unwrap());
    while let Some(bytes) = pair.target.link.poll_output() {
        for byte in bytes {
            pair.host.receive(pair.now, &[byte]);
            pair.now += Duration::from_millis(1);
            pair.host.advance(pair.now);
        }
    }
    pair.flush();
    let data = memory(0, MEMORY.start, 3900);
    assert_eq!(pair.answers.remove(&id), Some(Ok(Answer::Memory { status: Status::SUCCESS, data })));
    check_in_phase(&pair);
}

#[test]
fn a_break_in_is_repeated_until_it_is_heard() {
    let mut pair = attached();
    pair.answer(resume(1));
    pair.to_target.faults = Faults { lost: 1, ..Faults::default() };
    pair.host.break_in(pair.now);
    pair.run(Duration::from_millis(3500));
    assert_eq!(pair.phase(), Phase::Running);
    assert!(pair.host.statistics().break_ins_sent >= 4 && pair.host.is_breaking_in());
    pair.set_faults(Faults::default());
    assert_eq!(pair.stopped().thread, 2);
    assert!(!pair.host.is_breaking_in());
    check_reads(&mut pair);
}

#[test]
fn break_in_bytes_from_the_target_are_no_text() {
    let mut pair = attached();
    pair.host.receive(pair.now, &[BREAK_IN]);
    check_reads(&mut pair);
    check_quiet(&pair);
    assert!(pair.events.is_empty());
}

#[test]
fn noise_is_bounded() {
    let mut pair = attached();
    for _ in 0..100 {
        pair.host.receive(pair.now, &[b'x'; 4096]);
    }
    pair.flush();
    let events: Vec<_> = pair.events.drain(..).collect();
    let [Event::Noise(bytes)] = events.as_slice() else { panic!("one event") };
    assert_eq!(bytes.len(), 64 * 1024);
    assert_eq!(pair.host.statistics().noise_bytes, 100 * 4096);
}

#[test]
fn a_cancelled_request_ends_and_its_answer_reaches_nobody() {
    let mut pair = attached();
    let id = pair.ask(read(MEMORY.start, 16));
    let next = pair.ask(read(MEMORY.start + 16, 16));
    pair.host.cancel_request(id);
    assert!(pair.run_until(Duration::from_secs(1), |pair| pair.answers.contains_key(&next)));
    assert_eq!(pair.answers.remove(&id), Some(Err(RequestFailure::Cancelled)));
    let data = memory(0, MEMORY.start + 16, 16);
    assert_eq!(pair.answers.remove(&next), Some(Ok(Answer::Memory { status: Status::SUCCESS, data })));
}

#[test]
fn a_target_that_runs_or_is_not_there_takes_no_requests() {
    let mut pair = pair();
    assert_eq!(pair.result(read(0, 1)), Err(RequestFailure::NotConnected));
    pair.attach();
    pair.answer(resume(1));
    assert_eq!(pair.result(read(0, 1)), Err(RequestFailure::NotHalted));
}
