//! Stepping into one of a line's calls, in a live kernel under QEMU.

#![cfg(unix)]

use serde_json::{Value, json};
use tests::dap_client::live::LiveSession;

/// A session that is stopped at the line of `work.c` with this text, and the thread.
fn stopped_at(text: &str) -> Option<(LiveSession, Value)> {
    let mut session = LiveSession::running("O0")?;
    let thread = session.run_to(text);
    Some((session, thread))
}

/// The calls that a frame of a thread offers.
fn targets(session: &mut LiveSession, thread: &Value, frame: usize) -> Vec<Value> {
    let frame = session.stack(thread).swap_remove(frame);
    let body = session.client.ask("stepInTargets", json!({"frameId": frame["id"]}));
    body["targets"].as_array().unwrap().clone()
}

fn labels(targets: &[Value]) -> Vec<&str> {
    targets.iter().map(|target| target["label"].as_str().unwrap()).collect()
}

#[test]
fn one_of_three_calls_in_a_line_is_stepped_into() {
    let Some((mut session, thread)) = stopped_at("return result + LiveTwice(1)") else { return };
    let line = session.place(&thread).2;
    let targets = self::targets(&mut session, &thread, 0);
    let twice = |number: u32| format!("livedrv!LiveTwice ({number} of 3)");
    assert_eq!(labels(&targets), [twice(1), twice(2), twice(3)]);
    assert!(targets.iter().all(|target| target["line"] == line), "{targets:?}");
    assert_eq!(self::targets(&mut session, &thread, 1), [] as [Value; 0], "a caller doesn't step");
    session.client.ask("stepIn", json!({"threadId": thread, "targetId": targets[1]["id"]}));
    session.stopped("step");
    assert_eq!(session.place(&thread).0, "livedrv!LiveTwice");
    assert_eq!(session.value(&thread, "Value"), "2");
    let stale = json!({"threadId": thread, "targetId": targets[2]["id"]});
    assert!(session.client.refused("stepIn", stale).contains("was not offered at this stop"));
    session.go();
    session.leave();
}

#[test]
fn a_call_through_the_import_table_is_stepped_into() {
    let Some((mut session, thread)) = stopped_at("RtlInitUnicodeString(&string, wide);") else { return };
    let targets = self::targets(&mut session, &thread, 0);
    assert_eq!(labels(&targets), ["nt!RtlInitUnicodeString"]);
    session.client.ask("stepIn", json!({"threadId": thread, "targetId": targets[0]["id"]}));
    session.stopped("step");
    assert_eq!(session.place(&thread).0, "nt!RtlInitUnicodeString");
    session.go();
    session.leave();
}

#[test]
fn a_function_that_is_inlined_into_the_line_is_stepped_into() {
    let text = "checksum = LiveChecksum(Request->Buffer, Request->Length);";
    let Some((mut session, thread)) = stopped_at(text) else { return };
    assert_eq!(session.place(&thread).0, "livedrv!LiveHandleRequest");
    let targets = self::targets(&mut session, &thread, 0);
    assert_eq!(labels(&targets), ["livedrv!LiveChecksum (inlined)"]);
    session.client.ask("stepIn", json!({"threadId": thread, "targetId": targets[0]["id"]}));
    session.stopped("step");
    let (function, file, _) = session.place(&thread);
    assert_eq!((function.as_str(), file.as_str()), ("livedrv!LiveChecksum (inlined)", "checksum.h"));
    session.go();
    session.leave();
}
