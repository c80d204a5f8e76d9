//! The protocol itself, without a target: framing, answers, the ways in which a session can end.

use serde_json::{Value, json};
use std::time::Duration;
use tests::dap_client::{Client, Listener, capabilities, frame};

#[test]
fn a_session_begins_with_initialize_and_ends_with_disconnect() {
    let mut client = Client::start();
    assert_eq!(client.refused("threads", Value::Null), "`initialize` has to come first");
    let can = client.ask("initialize", capabilities());
    assert_eq!(can["supportsConfigurationDoneRequest"], true);
    assert_eq!(can["supportsCancelRequest"], true);
    assert_eq!(can["supportsStepBack"], Value::Null, "nothing can be stepped backwards");
    let filters = can["exceptionBreakpointFilters"].as_array().unwrap();
    assert!(filters.iter().any(|filter| filter["filter"] == "bugcheck" && filter["default"] == true));
    assert_eq!(client.refused("initialize", capabilities()), "`initialize` came a second time");
    assert!(client.events().is_empty(), "nothing is ready to be configured");
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn requests_that_need_a_target_are_refused_without_one() {
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    for command in ["stackTrace", "variables", "readMemory", "exceptionInfo", "continue", "next"] {
        assert_eq!(client.refused(command, json!({})), "notStopped", "{command}");
    }
    assert_eq!(client.refused("evaluate", json!({"expression": "1", "context": "watch"})), "notStopped");
    assert!(client.refused("modules", json!({})).contains("attach first"));
    assert!(client.refused("noSuchRequest", json!([1])).contains("`noSuchRequest`"));
}

#[test]
fn a_target_that_cannot_be_opened_is_an_error_and_can_be_tried_again() {
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    assert!(client.refused("attach", json!({})).contains("`dumpFile`"));
    assert!(client.refused("attach", json!({"dumpFile": "/nowhere/a.dmp"})).contains("/nowhere/a.dmp"));
    assert!(client.refused("launch", json!({"program": "a.exe", "dumpFile": "/nowhere/a.dmp"})).contains("`program`"));
    let error = client.refused("attach", json!({"dumpFile": "a.dmp", "initCommands": "k"}));
    assert!(error.contains("`initCommands`"), "{error}");
    assert!(client.events().is_empty());
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn bytes_that_are_no_message_do_not_end_the_session() {
    let mut client = Client::start();
    client.send_raw(b"hello\r\n\r\nContent-Length: 5\r\n\r\n{bad}Content-Length: 99999999999999\r\n\r\n");
    let (_, initialize) = client.compose("initialize", capabilities());
    let bytes = frame(initialize.to_string().as_bytes());
    for piece in bytes.chunks(7) {
        client.send_raw(piece);
        std::thread::sleep(Duration::from_micros(200));
    }
    client.response(1).result.unwrap();
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn requests_in_one_piece_are_answered_in_their_order() {
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    let mut bytes = Vec::new();
    let seqs: Vec<i64> = (0..40)
        .map(|_| {
            let (seq, request) = client.compose("threads", json!({}));
            bytes.extend(frame(request.to_string().as_bytes()));
            seq
        })
        .collect();
    client.send_raw(&bytes);
    let answers: Vec<i64> = seqs.iter().map(|seq| client.response(*seq).message["seq"].as_i64().unwrap()).collect();
    assert!(answers.is_sorted(), "{answers:?}");
}

#[test]
fn cancel_is_answered_also_for_what_is_not_running() {
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    for arguments in [json!({"requestId": 4242}), json!({"progressId": "progress-7"}), json!({})] {
        client.ask("cancel", arguments);
    }
    assert!(client.refused("cancel", json!({"requestId": "one"})).contains("`requestId`"));
}

#[test]
fn the_end_of_the_input_ends_the_adapter() {
    let mut client = Client::start();
    client.ask("initialize", capabilities());
    client.close_input();
    assert!(client.end().unwrap().success());
}

#[test]
fn each_connection_has_a_session_of_its_own() {
    let listener = Listener::start();
    let mut first = listener.connect();
    let mut second = listener.connect();
    first.ask("initialize", capabilities());
    assert!(second.refused("threads", Value::Null).contains("`initialize` has to come first"));
    first.disconnect();
    second.ask("initialize", capabilities());
    second.disconnect();
    listener.connect().ask("initialize", capabilities());
}
