//! Opening a connection's endpoint: again and again until it is there.

use crate::connection::{Connection, Endpoint};
use crate::error::{ConnectError, Obstacle};
use crate::record::{Recorded, Recording};
use crate::step::{Step, Waiting};
use crate::{pipe, replay, serial, tcp, unix_socket};
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Pause after the first attempt, then twice as long each time …
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// … up to this: a machine that starts is noticed before its kernel looks for a debugger.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// An open line. The other end is gone when a read gives 0 bytes or fails, or a write fails.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// An open line of any transport.
pub type BoxedStream = Box<dyn Stream>;

/// Where steps are told: from the task that connects, and from the thread that records.
pub(crate) type Tell = Arc<dyn Fn(Step) + Send + Sync>;

/// Makes a connection's streams, one after the other: what survives the loss of a line is here.
pub struct Connector {
    connection: Connection,
    tell: Tell,
    recording: Option<Recording>,
    /// Streams that were opened.
    opened: usize,
}

impl Connector {
    /// Opens nothing yet. `tell` gets what the user should know, and must not block.
    pub fn new(connection: Connection, tell: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self { connection, tell: Arc::new(tell), recording: None, opened: 0 }
    }

    /// What is connected to.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A stream to the endpoint, as soon as there is one: waits for as long as it takes; dropping the future ends it.
    /// Called again after a loss, it connects again: a recording goes on in the same file, a replay with the next
    /// stream that was recorded.
    pub async fn connect(&mut self) -> Result<BoxedStream, ConnectError> {
        // First, so that nothing is connected for a session that can't be recorded as asked.
        let recording = match (&self.connection.record, self.recording.take()) {
            (Some(path), None) => Some(Recording::create(path, &self.connection, self.tell.clone())?),
            (_, recording) => recording,
        };
        self.recording = recording;
        let stream = self.open_patiently().await?;
        self.opened += 1;
        (self.tell)(Step::Opened { endpoint: self.connection.endpoint.clone() });
        Ok(match &self.recording {
            Some(recording) => Box::new(Recorded::new(stream, recording.clone(), &self.connection.endpoint)),
            None => stream,
        })
    }

    async fn open_patiently(&self) -> Result<BoxedStream, ConnectError> {
        let mut told: Vec<Discriminant<Waiting>> = Vec::new();
        let mut pause = FIRST_PAUSE;
        loop {
            match open(&self.connection.endpoint, self.opened).await {
                Ok(stream) => return Ok(stream),
                Err(Obstacle::Fail(error)) => return Err(error),
                Err(Obstacle::Wait(waiting)) => {
                    let cause = discriminant(&waiting);
                    if !told.contains(&cause) {
                        told.push(cause);
                        (self.tell)(Step::Waiting(look_around(waiting)));
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// `waiting` with what there is instead of what was asked for. Folders are listed only for what is told.
fn look_around(waiting: Waiting) -> Waiting {
    match waiting {
        Waiting::NoSuchPipe { path, .. } => Waiting::NoSuchPipe { similar: pipe::similar(&path), path },
        Waiting::NoSuchSocket { path, .. } => Waiting::NoSuchSocket { similar: unix_socket::similar(&path), path },
        Waiting::NoSuchSerialPort { port, .. } => Waiting::NoSuchSerialPort { similar: serial::similar(&port), port },
        other => other,
    }
}

/// One attempt: the table of transports. `opened` streams came before.
async fn open(endpoint: &Endpoint, opened: usize) -> Result<BoxedStream, Obstacle> {
    match endpoint {
        Endpoint::Pipe { path } => pipe::open(path).await,
        Endpoint::UnixSocket { path } => unix_socket::open(path).await,
        Endpoint::Tcp { host, port } => tcp::open(host, *port).await,
        Endpoint::Serial { port, baud } => serial::open(port, *baud),
        Endpoint::Replay { path, timed } => replay::open(path, *timed, opened).await,
    }
}
