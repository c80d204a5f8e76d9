//! Unix sockets, against real ones.

use crate::support::{Folder, bytes_go_both_ways, connector_of, in_time, is_at_its_end, refusal};
use std::os::unix::fs::PermissionsExt;
use tokio::net::UnixListener;
use transport::{ConnectError, Endpoint, Waiting};

#[tokio::test]
async fn bytes_go_both_ways_over_a_unix_socket() {
    let folder = Folder::new();
    let path = folder.file("kd.sock");
    let listener = UnixListener::bind(&path).expect("a listener");
    let mut stream = crate::support::connect(Endpoint::UnixSocket { path }).await;
    let (mut target, _) = listener.accept().await.expect("a target");
    bytes_go_both_ways(&mut stream, &mut target).await;
    drop(target);
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_machine_that_is_started_later_and_again_is_found() {
    let folder = Folder::new();
    let path = folder.file("kd.sock");
    let (mut connector, told) = connector_of(&format!("com:pipe,port={},reconnect", path.display()));
    // First there is no file; then, as after a crash, the one that nobody listens on any more.
    for started in 1..=2 {
        let target = async {
            told.waited_for(started).await;
            let _ = std::fs::remove_file(&path);
            UnixListener::bind(&path).expect("a listener").accept().await.expect("a target").0
        };
        let (stream, mut target) = in_time(async { tokio::join!(connector.connect(), target) }).await;
        let mut stream = stream.expect("a connection");
        bytes_go_both_ways(&mut stream, &mut target).await;
        drop(target);
        is_at_its_end(&mut stream).await;
    }
    let path = path.clone();
    let expected = [Waiting::NoSuchSocket { path: path.clone(), similar: vec![] }, Waiting::SocketRefuses { path }];
    assert_eq!(told.waits(), expected);
}

#[tokio::test]
async fn waiting_is_told_once_with_the_sockets_that_there_are() {
    let folder = Folder::new();
    let _other = UnixListener::bind(folder.file("kd-vm2.sock")).expect("a listener");
    folder.with("kd.txt", "no socket");
    let (mut connector, told) = connector_of(&format!("unix:{}", folder.file("kd-vm1.sock").display()));
    let long_enough_for_five_attempts = std::time::Duration::from_millis(700);
    assert!(tokio::time::timeout(long_enough_for_five_attempts, connector.connect()).await.is_err());
    assert_eq!(told.steps().len(), 1, "{}", told.text());
    assert!(told.text().ends_with("Sockets in its folder: kd-vm2.sock\n"), "{}", told.text());
}

#[tokio::test]
async fn what_waiting_cannot_mend_fails_at_once() {
    let folder = Folder::new();
    let file = folder.with("file", "no socket");
    let error = refusal(&format!("unix:{}", file.display())).await;
    assert!(matches!(error, ConnectError::WrongKind { what: "socket", .. }), "{error}");

    let error = refusal(&format!("unix:/{}", "x".repeat(200))).await;
    assert!(matches!(error, ConnectError::Failed { .. }), "{error}");

    let error = refusal(r"com:pipe,port=\\.\pipe\kd").await;
    assert!(error.to_string().contains("this system has no named pipes"), "{error}");

    let forbidden = folder.file("forbidden.sock");
    let _listener = UnixListener::bind(&forbidden).expect("a listener");
    std::fs::set_permissions(&forbidden, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    if std::fs::OpenOptions::new().write(true).open("/proc/sys/kernel/hostname").is_ok() {
        println!("skipped: for root nothing is forbidden");
        return;
    }
    let error = refusal(&format!("unix:{}", forbidden.display())).await;
    assert!(matches!(error, ConnectError::PermissionDenied { .. }), "{error}");
}
