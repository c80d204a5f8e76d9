//! Connecting to a live target: what an editor is told while it waits, and how its user gives up.

#![cfg(unix)]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::dap_client::live::{LiveSession, arguments};
use tests::dap_client::{Client, capabilities};
use tests::temporary::TemporaryFolder;

/// Editors complain about an `attach` that isn't answered within four seconds.
const ATTACH: Duration = Duration::from_secs(1);

/// What was told of the progress of connecting: the events' names, with their messages.
fn progress(client: &Client) -> Vec<(String, String)> {
    let events = client.events().iter().filter(|event| event["body"]["progressId"] == "connecting");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    events.map(|event| (text(&event["event"]), text(&event["body"]["message"]))).collect()
}

/// A client that has asked for a target whose socket doesn't exist.
fn waiting(folder: &TemporaryFolder, capabilities: Value) -> Client {
    let mut client = Client::start();
    client.ask("initialize", capabilities);
    let begin = Instant::now();
    client.ask("attach", json!({"connection": format!("unix:{}", folder.path().join("no.socket").display())}));
    assert!(begin.elapsed() < ATTACH, "{:?}", begin.elapsed());
    client.event("initialized", 0);
    client.ask("configurationDone", Value::Null);
    client
}

#[test]
fn a_target_that_does_not_come_is_waited_for_until_the_user_gives_up() {
    let folder = TemporaryFolder::new();
    let mut client = waiting(&folder, capabilities());
    let start = client.event("progressStart", 0);
    assert_eq!((&start["cancellable"], &start["requestId"]), (&json!(true), &Value::Null), "{start}");
    assert!(start["title"].as_str().unwrap().contains("no.socket"), "{start}");
    let update = client.event("progressUpdate", 0);
    assert!(update["message"].as_str().unwrap().contains("no socket"), "{update}");
    assert!(client.events().iter().all(|event| event["event"] != "progressEnd"));
    client.ask("cancel", json!({"progressId": start["progressId"]}));
    client.event("terminated", 0);
    assert_eq!(progress(&client).last().unwrap().0, "progressEnd");
    client.ask("cancel", json!({"progressId": start["progressId"]}));
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn a_client_that_does_not_take_progress_reads_the_same_in_its_console() {
    let folder = TemporaryFolder::new();
    let mut client = waiting(&folder, json!({"adapterID": "kd"}));
    assert!(client.event("output", 0)["output"].as_str().unwrap().contains("no socket"));
    assert_eq!(progress(&client), []);
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn each_step_to_a_target_is_told_and_the_progress_ends_before_it_is_shown() {
    let Some(minint) = LiveSession::booted("O0", "") else { return };
    let arguments = arguments(&minint, "O0");
    let mut session = LiveSession::new(minint, Client::start());
    session.begin(arguments);
    session.configure();
    session.stopped("entry");
    let told = progress(&session.client);
    let (start, end) = (told.first().unwrap(), told.last().unwrap());
    assert_eq!((start.0.as_str(), end.0.as_str()), ("progressStart", "progressEnd"), "{told:?}");
    for step in ["is open", "break-in sent", "first bytes received", "Connected to Windows"] {
        assert!(told.iter().any(|(event, message)| event == "progressUpdate" && message.contains(step)), "{told:?}");
    }
    let position = |name: &str| session.client.events().iter().position(|event| event["event"] == name).unwrap();
    assert!(position("progressEnd") < position("stopped"));
    // Too late: it is there.
    session.client.ask("cancel", json!({"progressId": "connecting"}));
    session.go();
    session.leave();
}
