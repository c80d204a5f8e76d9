//! The thread that owns the line: it acknowledges at once, whatever the engine is doing.

use super::link::{Command, Outcome, Reply, Shared};
use super::notice::{Notice, Notices};
use kd_protocol::{Event, FileAnswer, Host, Phase, RequestFailure, RequestId, Status, Timing};
use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc::UnboundedReceiver;
use transport::{BoxedStream, Connection, Connector};

/// Bytes that wait for the line to take them at most: what is more is lost, as on any line, and sent again by the protocol.
const MAX_UNSENT: usize = 64 << 10;
/// How often the user is told that nothing is heard.
const SILENCE: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(60)];

/// One connection, from its first attempt to its end.
pub(super) struct LinkThread {
    host: Host,
    commands: UnboundedReceiver<Command>,
    notices: Arc<Notices>,
    shared: Arc<Shared>,
    asked: HashMap<RequestId, Asked>,
    begin: Instant,
    traced: u64,
    /// Number of the last stop that was told.
    stop: u64,
}

/// A request that hasn't ended.
struct Asked {
    token: u64,
    reply: Reply,
    /// The stop that it ends, if it is to end it.
    ends_stop: Option<u64>,
}

/// Why the loop over an open line ended.
enum End {
    /// The engine wants no more.
    Closed,
    /// The line is gone.
    Lost(String),
}

impl LinkThread {
    pub(super) fn new(commands: UnboundedReceiver<Command>, notices: Arc<Notices>, shared: Arc<Shared>) -> Self {
        let host = Host::new(timing());
        Self { host, commands, notices, shared, asked: HashMap::new(), begin: Instant::now(), traced: 0, stop: 0 }
    }

    /// Runs until the engine closes the link, or the line is lost for good.
    pub(super) async fn run(mut self, connection: Connection) {
        let reconnect = connection.reconnect;
        let steps = Arc::clone(&self.notices);
        let mut connector = Connector::new(connection, move |step| steps.push(Notice::Step(step)));
        let mut first = true;
        loop {
            let stream = match self.connect(&mut connector).await {
                Some(Ok(stream)) => stream,
                Some(Err(error)) => {
                    self.notices.push(Notice::Failed(error));
                    break;
                }
                None => break,
            };
            self.notices.push(Notice::Opened);
            let now = self.now();
            if std::mem::take(&mut first) {
                self.host.attach(now)
            } else {
                self.host.line_replaced(now)
            }
            match self.talk(stream).await {
                End::Closed => break,
                End::Lost(reason) => {
                    let now = self.now();
                    self.host.line_replaced(now);
                    self.pass_on(now);
                    self.notices.push(Notice::Lost { reason, reconnects: reconnect });
                    if !reconnect {
                        break;
                    }
                }
            }
        }
        self.commands.close();
        for (_, asked) in self.asked.drain() {
            let _ = asked.reply.send(Outcome::NoLine);
        }
    }

    fn now(&self) -> Duration {
        self.begin.elapsed()
    }

    /// A line, as soon as there is one; `None` when the engine closes the link meanwhile.
    async fn connect(&mut self, connector: &mut Connector) -> Option<Result<BoxedStream, String>> {
        let mut connecting = std::pin::pin!(connector.connect());
        loop {
            tokio::select! {
                stream = &mut connecting => return Some(stream.map_err(|error| error.to_string())),
                command = self.commands.recv() => match command {
                    None | Some(Command::Close) => return None,
                    Some(Command::Request { reply, .. }) => {
                        let _ = reply.send(Outcome::NoLine);
                    }
                    // A break-in and an answer are still wanted when the line is back.
                    Some(command) => self.obey(command),
                },
            }
        }
    }

    /// Exchanges bytes until the line or the engine ends it.
    async fn talk(&mut self, stream: BoxedStream) -> End {
        let (mut input, mut output) = tokio::io::split(stream);
        let mut unsent: Vec<u8> = Vec::new();
        let mut piece = vec![0; 16 << 10];
        let opened = self.begin.elapsed();
        let mut silences = SILENCE.into_iter().peekable();
        let mut heard = false;
        loop {
            let now = self.now();
            self.pass_on(now);
            while let Some(bytes) = self.host.poll_output() {
                if unsent.len() + bytes.len() <= MAX_UNSENT {
                    unsent.extend_from_slice(&bytes);
                }
            }
            let silence = silences.peek().filter(|_| self.host.phase() == Phase::AwaitingTarget).map(|at| opened + *at);
            let deadline = self.host.next_deadline().into_iter().chain(silence).min();
            let due = deadline.map(|at| self.begin + at);
            tokio::select! {
                command = self.commands.recv() => match command {
                    None | Some(Command::Close) => return self.finish(output, unsent).await,
                    Some(command) => self.obey(command),
                },
                read = read_some(&mut input, &mut piece) => match read {
                    Ok(0) => return End::Lost("the other end closed the line".to_owned()),
                    Ok(count) => {
                        let now = self.now();
                        if !std::mem::replace(&mut heard, true) && self.host.phase() == Phase::AwaitingTarget {
                            self.notices.push(Notice::FirstBytes);
                        }
                        self.host.receive(now, piece.get(..count).unwrap_or_default());
                    }
                    Err(error) => return End::Lost(error.to_string()),
                },
                written = output.write(&unsent), if !unsent.is_empty() => match written {
                    Ok(0) => return End::Lost("the line takes no more bytes".to_owned()),
                    Ok(count) => {
                        unsent.drain(..count.min(unsent.len()));
                    }
                    Err(error) => return End::Lost(error.to_string()),
                },
                () = sleep_until(due) => {
                    let now = self.now();
                    self.host.advance(now);
                    // Something else may have been due: an answer, of a target that is there.
                    if let Some(waited) = silences.next_if(|at| silence.is_some() && opened + *at <= now) {
                        self.notices.push(Notice::StillSilent(waited));
                    }
                }
            }
        }
    }

    /// What was handed over is still sent.
    async fn finish(&mut self, mut output: WriteHalf<BoxedStream>, mut unsent: Vec<u8>) -> End {
        while let Some(bytes) = self.host.poll_output() {
            unsent.extend_from_slice(&bytes);
        }
        let sending = async {
            output.write_all(&unsent).await?;
            output.shutdown().await
        };
        if let Ok(Err(error)) = tokio::time::timeout(Duration::from_millis(200), sending).await {
            tracing::debug!(%error, "the line's end");
        }
        End::Closed
    }

    fn obey(&mut self, command: Command) {
        let now = self.now();
        match command {
            Command::Request { stop, reply, .. } if stop != self.stop => {
                let _ = reply.send(Outcome::Answer(Err(RequestFailure::NotHalted)));
            }
            Command::Request { token, processor, level, request, reply, .. } => {
                let ends_stop = request.resumes().then_some(self.stop);
                let id = self.host.request(now, processor, level, request);
                self.asked.insert(id, Asked { token, reply, ends_stop });
            }
            Command::Cancel(token) => {
                let id = self.asked.iter().find(|(_, asked)| asked.token == token).map(|(id, _)| *id);
                id.into_iter().for_each(|id| self.host.cancel_request(id));
            }
            Command::BreakIn => self.host.break_in(now),
            Command::AnswerPrompt(text) => self.host.answer_prompt(now, &text),
            Command::Resynchronise => self.host.attach(now),
            Command::Close => {}
        }
    }

    /// Hands events on, and shows what is known to the engine.
    fn pass_on(&mut self, now: Duration) {
        while let Some(event) = self.host.poll_event() {
            match event {
                Event::Answer { id, result } => {
                    let Some(Asked { reply, ends_stop, .. }) = self.asked.remove(&id) else { continue };
                    let went_on = ends_stop.map(|stop| Notice::WentOn(stop, result.clone().map(|_| ())));
                    let _ = reply.send(Outcome::Answer(result));
                    // Whoever asked may not wait for it any more.
                    went_on.into_iter().for_each(|notice| self.notices.push(notice));
                }
                Event::FileRequest(request) => {
                    tracing::info!(?request, "the target asks for a file: there is none");
                    // The target waits for it with everything stopped.
                    self.host.answer_file(now, FileAnswer::Refused(Status::NO_SUCH_FILE));
                }
                Event::StateChange(change) => {
                    self.stop += 1;
                    self.notices.push(Notice::Stopped(self.stop, Box::new(change)));
                }
                Event::Noise(bytes) => {
                    tracing::debug!(text = %String::from_utf8_lossy(&bytes), "outside packets");
                }
                Event::Trace(_) => {}
                event => self.notices.push(Notice::Target(event)),
            }
        }
        self.shared.show(&self.host, now, &mut self.traced);
    }
}

/// A target that doesn't answer is known as silent within three seconds.
fn timing() -> Timing {
    Timing { transmissions: 3, resets: 3, ..Timing::default() }
}

async fn read_some(input: &mut ReadHalf<BoxedStream>, piece: &mut [u8]) -> io::Result<usize> {
    input.read(piece).await
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => pending().await,
    }
}
