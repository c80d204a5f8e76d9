//! Windows named pipes, against real ones.

use crate::support::{bytes_go_both_ways, connector, in_time, is_at_its_end, refusal};
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use transport::{ConnectError, Connection, Endpoint, Waiting};

fn name(test: &str) -> String {
    format!(r"\\.\pipe\kd-{test}-{}", std::process::id())
}

/// What a virtual machine does when it starts: a pipe with a place for one client.
fn start(path: &str) -> NamedPipeServer {
    ServerOptions::new().first_pipe_instance(true).max_instances(2).create(path).expect("a pipe")
}

fn to(path: &str) -> Connection {
    Connection::new(Endpoint::pipe(path).expect("a good name"))
}

#[tokio::test]
async fn bytes_go_both_ways_through_a_pipe() {
    let path = name("both");
    let mut target = start(&path);
    let mut stream = crate::support::connect(to(&path).endpoint).await;
    in_time(target.connect()).await.expect("a client");
    bytes_go_both_ways(&mut stream, &mut target).await;
    drop(target);
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_machine_that_is_started_later_and_again_is_found() {
    let path = name("later");
    let (mut connector, told) = connector(to(&path));
    for started in 1..=2 {
        let target = async {
            told.waited_for(started).await;
            let target = start(&path);
            target.connect().await.expect("a client");
            target
        };
        let (stream, mut target) = in_time(async { tokio::join!(connector.connect(), target) }).await;
        let mut stream = stream.expect("a connection");
        bytes_go_both_ways(&mut stream, &mut target).await;
        drop(target);
        is_at_its_end(&mut stream).await;
    }
    let waits = told.waits();
    assert!(waits.iter().all(|waiting| matches!(waiting, Waiting::NoSuchPipe { .. })), "{}", told.text());
    assert_eq!(waits.len(), 2, "told once for each start: {}", told.text());
}

#[tokio::test]
async fn a_pipe_that_another_client_has_is_waited_for() {
    let path = name("busy");
    let target = start(&path);
    let mut first = crate::support::connect(to(&path).endpoint).await;
    in_time(target.connect()).await.expect("a client");
    let (mut connector, told) = connector(to(&path));
    let second_place = async {
        told.waited_for(1).await;
        let target = ServerOptions::new().max_instances(2).create(&path).expect("a place for one more client");
        target.connect().await.expect("a client");
        target
    };
    let (second, mut second_target) = in_time(async { tokio::join!(connector.connect(), second_place) }).await;
    bytes_go_both_ways(&mut second.expect("a connection"), &mut second_target).await;
    let mut target = target;
    bytes_go_both_ways(&mut first, &mut target).await;
    assert_eq!(told.waits(), [Waiting::PipeBusy { path }]);
}

#[tokio::test]
async fn the_adapter_going_away_is_seen_by_the_machine() {
    let path = name("leave");
    let mut target = start(&path);
    let mut stream = crate::support::connect(to(&path).endpoint).await;
    in_time(target.connect()).await.expect("a client");
    crate::support::arrives(&mut stream, &mut target, b"last words").await;
    drop(stream);
    is_at_its_end(&mut target).await;
}

#[tokio::test]
async fn a_unix_socket_is_no_transport_of_windows() {
    let error = refusal("unix:/tmp/kd.sock").await;
    assert!(matches!(error, ConnectError::NotOnThisSystem { .. }), "{error}");
}
