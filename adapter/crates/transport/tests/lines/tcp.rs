//! TCP, against listeners of this machine.

use crate::support::{bytes_go_both_ways, connector, connector_of, in_time, is_at_its_end};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use transport::{Connection, Endpoint, Waiting};

fn to(listener: &TcpListener) -> Endpoint {
    Endpoint::tcp("127.0.0.1", listener.local_addr().expect("an address").port()).expect("a good address")
}

#[tokio::test]
async fn bytes_go_both_ways_over_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let mut stream = crate::support::connect(to(&listener)).await;
    let (mut target, _) = listener.accept().await.expect("a target");
    bytes_go_both_ways(&mut stream, &mut target).await;
    drop(target);
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_listener_is_waited_for_and_found_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let endpoint = to(&listener);
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let (mut connector, told) = connector(Connection::new(endpoint));
    for started in 1..=2 {
        let target = async {
            told.waited_for(started).await;
            TcpListener::bind(address).await.expect("the same port").accept().await.expect("a target").0
        };
        let (stream, mut target): (_, TcpStream) = in_time(async { tokio::join!(connector.connect(), target) }).await;
        let mut stream = stream.expect("a connection");
        bytes_go_both_ways(&mut stream, &mut target).await;
        drop(target);
        is_at_its_end(&mut stream).await;
    }
    let refused = Waiting::TcpRefused { host: "127.0.0.1".to_owned(), port: address.port() };
    assert_eq!(told.waits(), [refused.clone(), refused]);
}

#[tokio::test]
async fn a_name_without_an_address_is_waited_for_and_told_once() {
    let (mut connector, told) = connector_of("tcp:no-such-host.invalid:4555");
    let told_and_some_attempts_later = async {
        told.waited_for(1).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tokio::select! {
        _ = connector.connect() => panic!("it must wait"),
        () = told_and_some_attempts_later => {}
    }
    assert!(matches!(told.waits().as_slice(), [Waiting::NoSuchHost { .. }]), "{}", told.text());
    assert!(told.text().contains("Is it spelled right?"), "{}", told.text());
}

#[tokio::test]
async fn waiting_in_a_task_of_its_own_can_be_stopped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (mut connector, told) = connector(Connection::new(to(&listener)));
    drop(listener);
    let waiting = tokio::spawn(async move { connector.connect().await.map(|_| ()) });
    told.waited_for(1).await;
    waiting.abort();
    assert!(in_time(waiting).await.expect_err("it was stopped").is_cancelled());
    let listener = TcpListener::bind(address).await.expect("the same port");
    let attempt = tokio::time::timeout(Duration::from_millis(500), listener.accept()).await;
    assert!(attempt.is_err(), "it still tries to connect");
}
