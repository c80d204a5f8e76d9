//! Resets of the link, reboots of the target, silence, and lines that go away and come back.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test's failure")]

mod support;

use core::time::Duration;
use kd_protocol::packet::{INITIAL_PACKET_ID, Packet, SYNC_PACKET_ID};
use kd_protocol::{Event, Executed, PacketType, Phase, RequestFailure};
use support::line::Faults;
use support::pair::{attached, check_reads};
use support::target::{MEMORY, read, resume};

#[test]
fn reset_forgets_ids_and_the_state_change_after_it_is_taken() {
    let mut pair = attached();
    pair.target.link.reset(pair.now);
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.phase(), Phase::Halted);
    let events: Vec<_> = pair.events.drain(..).collect();
    assert_eq!(events, [Event::Resynchronised]);
    check_reads(&mut pair);
}

#[test]
fn resets_of_both_sides_at_once_end() {
    let mut pair = attached();
    for _ in 0..5 {
        pair.target.link.reset(pair.now);
        pair.host.line_replaced(pair.now);
        pair.run(Duration::from_secs(10));
        assert_eq!(pair.phase(), Phase::Halted);
    }
    check_reads(&mut pair);
    let statistics = pair.host.statistics();
    assert!(statistics.resets_sent < 30 && statistics.resets_received < 30, "{statistics:?}");
}

#[test]
fn a_reboot_is_told_and_requests_of_before_end() {
    let mut pair = attached();
    // As many packets as make the ids look right by chance.
    for requests in 0..4 {
        for _ in 0..requests {
            pair.answer(read(MEMORY.start, 8));
        }
        pair.target.reboot(pair.now + Duration::from_secs(1));
        let id = pair.ask(read(MEMORY.start, 8));
        pair.run(Duration::from_secs(1));
        pair.target.load_symbols(pair.now);
        assert_eq!(pair.stopped().thread, pair.target.stops);
        let failure = RequestFailure::LinkReset { executed: Executed::Unknown };
        assert_eq!(pair.answers.remove(&id), Some(Err(failure)));
        assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::TargetReset]);
        check_reads(&mut pair);
    }
}

#[test]
fn a_first_packet_marked_and_repeated_is_no_reboot() {
    let mut pair = attached();
    pair.answer(resume(1));
    pair.target.reboot(pair.now);
    pair.target.print(pair.now);
    let print = pair.target.link.poll_output().unwrap();
    assert_eq!(u32::from_le_bytes(print[8..12].try_into().unwrap()), INITIAL_PACKET_ID | SYNC_PACKET_ID);
    for _ in 0..3 {
        pair.host.receive(pair.now, &print);
    }
    pair.flush();
    let text = b"print 1\n".to_vec();
    let events: Vec<_> = pair.events.drain(..).collect();
    assert_eq!(events, [Event::TargetReset, Event::Print { processor: 0, text }]);
}

#[test]
fn a_target_that_restarts_without_saying_so_is_heard_when_it_insists() {
    let mut pair = attached();
    pair.answer(resume(1));
    // It begins with 0x80800000 once more, without the mark, and that isn't due.
    pair.answers.clear();
    pair.target.reboot(pair.now);
    pair.target.link.reset(pair.now);
    while pair.target.link.poll_output().is_some() {}
    pair.target.receive(pair.now, &Packet::control(PacketType::Reset, 0).encode());
    pair.target.load_symbols(pair.now);
    assert_eq!(pair.stopped().thread, 2);
    check_reads(&mut pair);
}

#[test]
fn a_silent_target_ends_requests_soon_and_is_found_again() {
    let mut pair = attached();
    pair.set_faults(Faults { lost: 1, ..Faults::default() });
    let asked = pair.now;
    let ids = [0, 1, 2].map(|offset| pair.ask(read(MEMORY.start + offset, 8)));
    assert!(pair.run_until(Duration::from_secs(10), |pair| ids.iter().all(|id| pair.answers.contains_key(id))));
    assert!(pair.now < asked + Duration::from_secs(6));
    assert_eq!(pair.phase(), Phase::Unknown);
    assert_eq!(pair.answers[&ids[0]], Err(RequestFailure::TimedOut { sent: true, acknowledged: false }));
    assert_eq!(pair.answers[&ids[2]], Err(RequestFailure::TimedOut { sent: false, acknowledged: false }));
    assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::Silent]);
    pair.set_faults(Faults::default());
    pair.run(Duration::from_secs(10));
    assert_eq!(pair.phase(), Phase::Halted);
    assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::Resynchronised]);
    check_reads(&mut pair);
}

#[test]
fn a_target_whose_acknowledgement_of_going_on_was_lost_is_broken_in_on() {
    let mut pair = attached();
    pair.to_host.faults = Faults { lost: 1, ..Faults::default() };
    pair.ask(resume(1));
    assert!(pair.run_until(Duration::from_secs(10), |pair| pair.phase() == Phase::Synchronising));
    pair.set_faults(Faults::default());
    pair.host.break_in(pair.now);
    assert_eq!(pair.stopped().thread, 2);
    assert!(!pair.host.is_breaking_in());
    check_reads(&mut pair);
}

#[test]
fn a_line_that_comes_back_finds_the_target_where_it_was() {
    let mut pair = attached();
    pair.answer(read(MEMORY.start, 8));
    let id = pair.ask(read(MEMORY.start, 8));
    pair.to_target.cut();
    pair.host.line_replaced(pair.now);
    pair.flush();
    let failure = RequestFailure::LinkReset { executed: Executed::Unknown };
    assert_eq!(pair.answers.remove(&id), Some(Err(failure)));
    check_reads(&mut pair);
    assert_eq!(pair.events.drain(..).collect::<Vec<_>>(), [Event::Resynchronised]);
}
