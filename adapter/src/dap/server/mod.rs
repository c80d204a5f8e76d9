//! A session's edges: reads requests, hands them to the engine thread, writes what comes out.
//!
//! | file | what |
//! | --- | --- |
//! | `framing.rs`, `message.rs` | from bytes to messages and back, sans I/O |
//! | `in_flight.rs`, `dispatcher.rs` | the open requests, and the engine thread that works on them |
//! | `hurry.rs` | requests that a silent target doesn't keep waiting |
//! | `outbox.rs`, `progress.rs`, `log.rs` | what leaves: answers and events, notices of long requests, the log |

pub mod dispatcher;
mod framing;
pub mod hurry;
pub mod in_flight;
pub mod log;
pub mod message;
#[cfg(test)]
mod mutation_tests;
pub mod outbox;
pub mod progress;

use crate::dap::error::RequestError;
use crate::dap::requests::{self, AtOnce, Handler};
use dispatcher::{Job, Work};
use framing::Decoder;
use hurry::Hurry;
use in_flight::InFlight;
use log::SessionLog;
use message::{Incoming, Undecodable};
use outbox::Outbox;
use progress::Progress;
use std::future::pending;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};
use tracing::instrument::WithSubscriber;

/// When the client leaves, running and waiting requests have this long to come to their own end before they are
/// cancelled.
const GRACE: Duration = Duration::from_millis(250);
/// When the client is gone, a request that doesn't give up within this time is left behind.
const PATIENCE: Duration = Duration::from_secs(3);

/// One session on standard input and output; returns when it has ended.
pub async fn serve_stdio() {
    serve(tokio::io::stdin(), tokio::io::stdout(), SessionLog::default(), asked_to_end()).await;
}

/// A session for each connection to `port` on the loopback interface; 0 stands for a free one. Doesn't return.
///
/// # Errors
/// When the port can't be had.
pub async fn serve_connections(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    writeln!(io::stderr(), "kdap listens on {}", listener.local_addr()?)?;
    loop {
        match listener.accept().await {
            Ok((connection, peer)) => {
                tracing::info!(%peer, "connected");
                // Small messages in both directions: waiting to fill packets would only delay them.
                let _ = connection.set_nodelay(true);
                tokio::spawn(async move {
                    let (input, output) = connection.into_split();
                    serve(input, output, SessionLog::default(), pending()).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection can't be accepted");
                // Nothing will have changed at once when the system has no more files or memory.
                tokio::time::sleep(GRACE).await;
            }
        }
    }
}

/// Ends when the operating system asks the process to end: `SIGTERM`, or Ctrl+C where there is a terminal.
async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut asked) => {
                asked.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "the process can't be asked to end");
                pending().await
            }
        }
    }
    #[cfg(not(unix))]
    pending().await
}

/// One session, from the first byte to the last; `end` ends it as the end of the input does.
pub async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin,
    log: SessionLog,
    end: impl Future<Output = ()>,
) {
    let (outbox, frames) = Outbox::new();
    let progress = Progress::new(Arc::clone(&outbox));
    let in_flight = InFlight::new(Arc::clone(&outbox));
    let hurry = Arc::new(Hurry::default());
    let queue = match dispatcher::spawn(outbox, Arc::clone(&progress), Arc::clone(&hurry), log.clone()) {
        Ok(queue) => queue,
        Err(error) => return tracing::error!(%error, "no engine thread can be started"),
    };
    let gone = (queue.clone(), Arc::clone(&in_flight));
    let reader = Reader { queue, hurry, in_flight: Arc::clone(&in_flight), progress: Arc::clone(&progress) };
    let session = async {
        tokio::select! {
            () = write(frames, output, gone) => {}
            () = reader.read(input, end) => tracing::warn!("the client is gone, and a request doesn't end"),
            () = progress.watch() => {}
        }
    };
    session.with_subscriber(log.dispatch()).await;
    in_flight.cancel_all();
}

/// Writes frames as they come, until they end. When the client doesn't take them any more, the engine thread has a moment
/// to let its target go.
async fn write(
    mut frames: UnboundedReceiver<Vec<u8>>,
    mut output: impl AsyncWrite + Unpin,
    (queue, in_flight): (mpsc::Sender<Work>, Arc<InFlight>),
) {
    while let Some(frame) = frames.recv().await {
        let written = async {
            output.write_all(&frame).await?;
            output.flush().await
        };
        if let Err(error) = written.await {
            tracing::info!(%error, "the client takes no more messages");
            in_flight.cancel_all();
            let _ = queue.send(Work::ClientGone);
            let end = async { while frames.recv().await.is_some() {} };
            let _ = tokio::time::timeout(PATIENCE, end).await;
            return;
        }
    }
    let _ = output.shutdown().await;
}

/// Takes messages in, and answers what needs no engine.
struct Reader {
    queue: mpsc::Sender<Work>,
    hurry: Arc<Hurry>,
    in_flight: Arc<InFlight>,
    progress: Arc<Progress>,
}

impl Reader {
    /// Reads until the input ends or `end` comes, then gives the open requests time to end, too.
    async fn read(self, mut input: impl AsyncRead + Unpin, end: impl Future<Output = ()>) {
        let mut end = std::pin::pin!(end);
        let mut decoder = Decoder::default();
        let mut piece = vec![0; 64 << 10];
        let mut cancel_at: Option<Instant> = None;
        loop {
            let deadline = async {
                match cancel_at {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                read = input.read(&mut piece) => match read {
                    Ok(0) => break,
                    Err(error) => {
                        tracing::info!(%error, "the input ends");
                        break;
                    }
                    Ok(count) => decoder.push(piece.get(..count).unwrap_or_default()),
                },
                () = &mut end => break,
                () = deadline => {
                    self.in_flight.cancel_all();
                    cancel_at = None;
                }
            }
            while let Some(body) = decoder.next_body() {
                match body {
                    Ok(body) if self.accept(&body) => cancel_at = Some(Instant::now() + GRACE),
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "bytes that are no message were passed over"),
                }
            }
        }
        if let Some(error) = decoder.end() {
            tracing::warn!(%error, "the input ended");
        }
        let Self { queue, in_flight, .. } = self;
        // An engine thread that has ended has let its target go.
        let _ = queue.send(Work::ClientGone);
        tokio::time::sleep(GRACE).await;
        in_flight.cancel_all();
        tokio::time::sleep(PATIENCE).await;
    }

    /// Takes one message in; true when the client leaves by it.
    fn accept(&self, body: &[u8]) -> bool {
        match Incoming::decode(body) {
            Ok(Incoming::Request(request)) => {
                let Some(ticket) = self.in_flight.open(request.seq, request.command) else { return false };
                let Some(row) = requests::find(ticket.command()) else {
                    let unknown = RequestError::UnknownCommand(ticket.command().to_owned());
                    ticket.answer(Err(unknown));
                    return false;
                };
                match row.handler {
                    Handler::AtOnce(run) => {
                        let Self { in_flight, progress, queue, .. } = self;
                        let around = AtOnce { in_flight, progress, queue };
                        ticket.answer(run(&around, &request.arguments));
                    }
                    Handler::Engine(run) => {
                        // An engine thread that has ended drops the job, and its ticket answers.
                        let _ = self.queue.send(Work::Request(Job {
                            ticket,
                            title: row.title,
                            needs: row.needs,
                            run,
                            arguments: request.arguments,
                            hurry: row.urgent.then(|| self.hurry.one_more()),
                        }));
                    }
                }
                row.leaves
            }
            Ok(Incoming::Other) => false,
            Err(Undecodable { seq, command, reason }) => {
                tracing::warn!(reason, "a message can't be understood");
                if let Some(ticket) = seq.and_then(|seq| self.in_flight.open(seq, command)) {
                    ticket.answer(Err(RequestError::Undecodable(reason)));
                }
                false
            }
        }
    }
}
