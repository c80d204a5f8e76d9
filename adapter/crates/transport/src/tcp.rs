//! TCP: serial servers, and virtual machines whose serial port is a listening socket.

use crate::ConnectError;
use crate::connector::BoxedStream;
use crate::error::Obstacle;
use crate::slow_call::slow_call;
use crate::step::Waiting;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::net::TcpStream;

/// How long one attempt may take: systems try for minutes.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(5);

pub(crate) async fn open(host: &str, port: u16) -> Result<BoxedStream, Obstacle> {
    let unreachable = |reason: String| Obstacle::Wait(Waiting::TcpUnreachable { host: host.to_owned(), reason });
    let addresses = addresses(host, port).await?;
    let attempt = TcpStream::connect(addresses.as_slice());
    let Ok(connected) = tokio::time::timeout(LONGEST_ATTEMPT, attempt).await else {
        return Err(unreachable(format!("no answer in {} s", LONGEST_ATTEMPT.as_secs())));
    };
    let stream = connected.map_err(|error| obstacle(host, port, error))?;
    // Packets are small and each waits for an answer. A stream that can't be told so still works.
    let _ = stream.set_nodelay(true);
    Ok(Box::new(stream))
}

async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, Obstacle> {
    let name = host.to_owned();
    let found = slow_call("name", move || (name, port).to_socket_addrs().map(Vec::from_iter)).await;
    // A name may get its address when the machine starts: worth waiting.
    found.map_err(|error| Obstacle::Wait(Waiting::NoSuchHost { host: host.to_owned(), reason: error.to_string() }))
}

fn obstacle(host: &str, port: u16, source: io::Error) -> Obstacle {
    match source.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => {
            Obstacle::Wait(Waiting::TcpRefused { host: host.to_owned(), port })
        }
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::TimedOut
        | ErrorKind::AddrNotAvailable => {
            Obstacle::Wait(Waiting::TcpUnreachable { host: host.to_owned(), reason: source.to_string() })
        }
        ErrorKind::PermissionDenied => Obstacle::Fail(ConnectError::PermissionDenied {
            endpoint: format!("{host}, port {port}"),
            advice: "a firewall of this machine forbids it",
            source,
        }),
        _ => Obstacle::Fail(ConnectError::Failed { endpoint: format!("{host}, port {port}"), source }),
    }
}
