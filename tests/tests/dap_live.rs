//! Whole sessions with a live kernel under QEMU, as an editor has them.

#![cfg(unix)]

use serde_json::json;
use tests::dap_client::live::LiveSession;

#[test]
fn a_running_kernel_is_attached_to_looked_at_continued_paused_and_left_running() {
    let Some(mut session) = LiveSession::running("O0") else { return };
    let threads = session.client.ask("threads", json!({}))["threads"].as_array().unwrap().clone();
    assert_eq!(threads.len(), 2);
    for thread in &threads {
        let frames = session.stack(&thread["id"]);
        assert!(frames.len() > 2 && frames[0]["name"].as_str().unwrap().contains("nt!"), "{frames:#?}");
    }
    session.go();
    assert_eq!(session.client.refused("stackTrace", json!({"threadId": 1})), "notStopped");
    session.client.ask("pause", json!({"threadId": 1}));
    session.stopped("pause");
    assert!(session.minint.is_running());
    let LiveSession { client, mut minint, .. } = session;
    assert!(client.disconnect().unwrap().success());
    assert!(minint.is_running());
}
