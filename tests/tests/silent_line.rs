//! A line that has fallen silent, and a machine that is gone: requests that clients can't wait for are answered at once.

#![cfg(unix)]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, arguments, line_of, source};
use tests::line::{Address, Damage, Fault, Line};

/// How long an answer may take.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Editors kill an adapter that hasn't answered `disconnect` after 3 s.
const EDITORS_PATIENCE: Duration = Duration::from_millis(2500);

/// A session over a line that can be spoilt; the target is halted.
fn attached() -> Option<(LiveSession, Line)> {
    let minint = LiveSession::booted("O0", "")?;
    let line = Line::new(&Address::any_port(), Address::Unix(minint.kd_socket()));
    let mut arguments = arguments(&minint, "O0");
    let Address::Tcp(address) = line.address() else { panic!("a port was asked for") };
    arguments["connection"] = format!("tcp:{address}").into();
    let mut session = LiveSession::new(minint, Client::start());
    session.begin(arguments);
    session.configure();
    session.stopped("entry");
    Some((session, line))
}

/// Each of these is answered at once, whatever the answer is.
fn answers_at_once(session: &mut LiveSession) {
    let breakpoints = json!({"source": {"path": source("work.c")}, "breakpoints": [{"line": 26}]});
    let requests = [
        ("threads", json!({})),
        ("pause", json!({"threadId": 1})),
        ("setBreakpoints", breakpoints),
        ("cancel", json!({"requestId": 1})),
    ];
    for (command, arguments) in requests {
        let begin = Instant::now();
        let seq = session.client.post(command, arguments);
        let time = session.client.response(seq).at - begin;
        assert!(time < AT_ONCE, "{command} takes {time:?}");
    }
}

fn silence() -> Damage {
    Damage::new(1).with(Fault::Drop, 1)
}

#[test]
fn requests_are_answered_at_once_while_the_target_runs_and_its_line_is_silent() {
    let Some((mut session, line)) = attached() else { return };
    session.go();
    session.client.idle(Duration::from_millis(300));
    line.set_damage(Some(&silence()));
    answers_at_once(&mut session);
    session.client.idle(Duration::from_secs(3));
    answers_at_once(&mut session);
}

#[test]
fn a_question_to_a_silent_line_ends_with_a_reason_in_three_seconds() {
    let Some((mut session, line)) = attached() else { return };
    line.set_damage(Some(&silence()));
    let begin = Instant::now();
    let question = session.client.post("readMemory", json!({"memoryReference": "0xfffff80320000000", "count": 64}));
    answers_at_once(&mut session);
    let _: Value = session.client.response(question).message;
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn nobody_waits_while_a_target_does_not_hear_that_it_is_to_go_on() {
    let Some((mut session, line)) = attached() else { return };
    session.set_breakpoints("work.c", json!([{"line": line_of("work.c", "LiveCounter += 1;")}]));
    session.go();
    session.stopped("breakpoint");
    session.client.idle(Duration::from_millis(300));
    line.set_damage(Some(&silence()));
    session.client.post("continue", json!({"threadId": 1}));
    session.client.idle(Duration::from_millis(20));
    answers_at_once(&mut session);
    session.client.idle(Duration::from_secs(3));
    answers_at_once(&mut session);
    line.set_damage(None);
    // It never heard of it, and still stands where it stood.
    session.stopped("breakpoint");
}

#[test]
fn a_disconnect_that_the_target_does_not_hear_is_answered_before_editors_give_up_waiting() {
    let Some((mut session, line)) = attached() else { return };
    session.set_breakpoints("live.c", json!([{"line": line_of("live.c", "KeCancelTimer(&LiveTimer);")}]));
    session.go();
    session.client.idle(Duration::from_millis(300));
    line.set_damage(Some(&silence()));
    let begin = Instant::now();
    let seq = session.client.post("disconnect", json!({}));
    let time = session.client.response(seq).at - begin;
    assert!(time < EDITORS_PATIENCE, "{time:?}");
}

#[test]
fn a_machine_that_is_gone_ends_the_session_in_three_seconds() {
    let Some((mut session, _line)) = attached() else { return };
    session.go();
    let begin = Instant::now();
    session.minint.quit();
    session.client.event("terminated", 0);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    answers_at_once(&mut session);
}
