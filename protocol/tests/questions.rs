//! What the target asks: it stands still until it has its answer.
#![allow(clippy::indexing_slicing, reason = "a test's failure")]

mod support;

use core::time::Duration;
use kd_protocol::control_request::ControlRequestKind;
use kd_protocol::{ControlRequest, Event, FileAnswer, FileRequest, PacketType, Phase, Status};
use support::pair::Pair;
use support::target::Habits;

/// Attached to a target that runs.
fn running() -> Pair {
    let mut pair = Pair::new(1, Habits::default());
    pair.attach();
    pair.answer(support::target::resume(1));
    pair
}

#[track_caller]
fn check_quiet(pair: &Pair) {
    assert!(pair.events.is_empty(), "{:?}", pair.events);
}

#[test]
fn a_prompt_is_answered_and_answered_again_when_it_is_repeated() {
    let mut pair = running();
    pair.target.prompt(pair.now, b"Break, Ignore? ");
    assert!(pair.run_until(Duration::from_secs(1), |pair| !pair.events.is_empty()));
    let expected = Event::Prompt { processor: 0, text: b"Break, Ignore? ".to_vec(), max_answer: 32 };
    assert_eq!(pair.events.pop_front(), Some(expected));
    assert_eq!(pair.phase(), Phase::AwaitingAnswer);
    pair.host.answer_prompt(pair.now, b"i");
    // The answer is lost, and the target resets the link.
    assert!(pair.host.poll_output().is_some());
    pair.target.link.reset(pair.now);
    pair.run(Duration::from_secs(5));
    assert_eq!(pair.target.prompt_answers, [b"i"]);
    assert_eq!(pair.phase(), Phase::Running);
    check_quiet(&pair);
    // The same question once more is another one.
    pair.target.prompt(pair.now, b"Break, Ignore? ");
    assert!(pair.run_until(Duration::from_secs(5), |pair| !pair.events.is_empty()));
    pair.host.answer_prompt(pair.now, &[b'x'; 100]);
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.target.prompt_answers[1], [b'x'; 32], "cut to what the target can take");
}

#[test]
fn a_target_that_waits_for_an_answer_is_attached_to() {
    let mut pair = Pair::new(1, Habits::default());
    pair.target.prompt(pair.now, b"? ");
    pair.host.attach(pair.now);
    assert!(pair.run_until(Duration::from_secs(10), |pair| pair.phase() == Phase::AwaitingAnswer));
    pair.host.answer_prompt(pair.now, b"g");
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.target.prompt_answers, [b"g"]);
    assert_eq!(pair.phase(), Phase::Running);
}

#[test]
fn a_file_request_is_answered() {
    let mut pair = running();
    let path: Vec<u16> = "\\driver.sys".encode_utf16().collect();
    let request = FileRequest::Create { access: 1, attributes: 0x80, share: 1, disposition: 1, options: 0x20, path };
    pair.target.request_file(pair.now, &request);
    assert!(pair.run_until(Duration::from_secs(1), |pair| !pair.events.is_empty()));
    assert_eq!(pair.events.pop_front(), Some(Event::FileRequest(request)));
    pair.host.answer_file(pair.now, FileAnswer::Refused(Status::NO_SUCH_FILE));
    pair.run(Duration::from_secs(1));
    assert_eq!(pair.target.file_answers, [FileAnswer::Refused(Status::NO_SUCH_FILE)]);
    assert_eq!(pair.phase(), Phase::Running);
}

#[test]
fn a_hardware_breakpoint_is_not_given_away_and_taken_back() {
    let mut pair = running();
    for kind in [ControlRequestKind::RequestHardwareBreakpoint, ControlRequestKind::ReleaseHardwareBreakpoint] {
        let request = ControlRequest { kind, number: 2, granted: false };
        pair.target.ask(pair.now, PacketType::ControlRequest, request.encode());
        pair.run(Duration::from_secs(1));
        let granted = kind == ControlRequestKind::ReleaseHardwareBreakpoint;
        assert_eq!(pair.target.control_answers.pop(), Some(ControlRequest { granted, ..request }));
    }
    check_quiet(&pair);
}
