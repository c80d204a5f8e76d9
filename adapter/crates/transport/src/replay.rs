//! `replay:`: a recording plays the target. The format is in `recording.rs`.
//!
//! The target's bytes come in the order in which they were recorded, each after the debugger has sent as many bytes as
//! it had sent then. The debugger's bytes are compared with the recorded ones; when and in which pieces they come
//! doesn't matter. The file is read twice side by side, once for each direction, so that its size doesn't matter.

use crate::connector::BoxedStream;
use crate::error::{ConnectError, Obstacle};
use crate::recording::{Content, Direction, Entry, LineError, Position, Reader};
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes of each side that a divergence tells.
const SHOWN: usize = 16;

/// Why a recording can't be played, or not further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The file can't be opened or read.
    #[error("replay:{}: {reason}", path.display())]
    Failed {
        /// The recording.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file isn't a recording all through.
    #[error("replay:{}: {error}", path.display())]
    BadLine {
        /// The recording.
        path: PathBuf,
        /// The line and what is wrong with it.
        error: LineError,
    },
    /// All of it was played.
    #[error("replay:{} holds {streams} stream(s), and all of them were played", path.display())]
    NoMoreStreams {
        /// The recording.
        path: PathBuf,
        /// Streams in it.
        streams: usize,
    },
    /// The debugger sent something else than was recorded.
    #[error(
        "replay:{}: the debugger went another way at byte {offset} of what it sends (line {line}): it sent {}, recorded is {}",
        path.display(), hex(got), hex(expected)
    )]
    Diverged {
        /// The recording.
        path: PathBuf,
        /// The line that holds the expected bytes.
        line: u64,
        /// Bytes of this stream that the debugger sent as recorded.
        offset: u64,
        /// The next bytes that it sent then.
        expected: Vec<u8>,
        /// The next bytes that it sent now.
        got: Vec<u8>,
    },
    /// The debugger sends more than was recorded.
    #[error("replay:{}: the recording ends after {offset} bytes of the debugger; it went on with {}", path.display(), hex(got))]
    SentMore {
        /// The recording.
        path: PathBuf,
        /// Bytes of this stream that the debugger sent as recorded.
        offset: u64,
        /// The next bytes that it sent now.
        got: Vec<u8>,
    },
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The stream that was recorded after `before` others. The whole file is checked first.
pub(crate) async fn open(path: &Path, timed: bool, before: usize) -> Result<BoxedStream, Obstacle> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || Replay::open(&path, timed, before)).await;
    match opened {
        Ok(Ok(replay)) => Ok(Box::new(replay)),
        Ok(Err(error)) => Err(Obstacle::Fail(ConnectError::Replay(error))),
        Err(error) => Err(Obstacle::Fail(ConnectError::Failed { endpoint: "replay".to_owned(), source: error.into() })),
    }
}

struct Replay {
    path: PathBuf,
    timed: bool,
    /// What the target sends.
    target: Cursor,
    next: Option<Next>,
    /// What the debugger is to send.
    debugger: Cursor,
    expected: Chunk,
    /// Bytes that it sent.
    sent: u64,
    failure: Option<ReplayError>,
    reader: Option<Waker>,
}

/// What the target does next.
struct Next {
    /// What it sends; nothing at the stream's end.
    chunk: Chunk,
    /// Bytes that the debugger must have sent before.
    after: u64,
    /// How long the target took for it.
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    taken: usize,
    line: u64,
}

impl Chunk {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }
}

/// Reads one stream of a recording from its start to its end.
struct Cursor {
    reader: Reader<BufReader<File>>,
    ended: bool,
    /// Time of the last entry.
    at: Duration,
    /// Bytes that the debugger sent in the entries so far.
    sent: u64,
}

impl Cursor {
    fn new(path: &Path, start: Position) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start.offset))?;
        Ok(Self { reader: Reader::new(BufReader::new(file), start), ended: false, at: Duration::ZERO, sent: 0 })
    }

    /// The next bytes of this direction, and the time since the entry before; `None` at the stream's end.
    fn next(&mut self, direction: Direction) -> Result<Option<(Chunk, Duration)>, LineError> {
        while !self.ended {
            let Some(Entry { at, content }) = self.reader.next()? else { break };
            let pause = at.saturating_sub(self.at);
            self.at = at;
            match content {
                Content::Bytes(of, bytes) => {
                    self.sent += if of == Direction::ToTarget { bytes.len() as u64 } else { 0 };
                    if of == direction {
                        return Ok(Some((Chunk { bytes, taken: 0, line: self.reader.position().line }, pause)));
                    }
                }
                Content::Opened(_) | Content::Closed(_) => break,
                Content::Note(_) => {}
            }
        }
        self.ended = true;
        Ok(None)
    }
}

impl Replay {
    fn open(path: &Path, timed: bool, before: usize) -> Result<Self, ReplayError> {
        let failed = |error: io::Error| ReplayError::Failed { path: path.to_owned(), reason: error.to_string() };
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(ReplayError::Failed { path: path.to_owned(), reason: "not a file".to_owned() });
        }
        let start = find_stream(path, before)?;
        Ok(Self {
            path: path.to_owned(),
            timed,
            target: Cursor::new(path, start).map_err(failed)?,
            next: None,
            debugger: Cursor::new(path, start).map_err(failed)?,
            expected: Chunk::default(),
            sent: 0,
            failure: None,
            reader: None,
        })
    }

    /// Ends the replay: reads and writes fail from now on.
    fn fail(&mut self, error: ReplayError) -> io::Error {
        self.failure = Some(error.clone());
        self.wake_reader();
        io::Error::new(ErrorKind::InvalidData, error)
    }

    fn bad_line(&mut self, error: LineError) -> io::Error {
        let path = self.path.clone();
        self.fail(ReplayError::BadLine { path, error })
    }

    fn check_failure(&self) -> io::Result<()> {
        self.failure.clone().map_or(Ok(()), |error| Err(io::Error::new(ErrorKind::InvalidData, error)))
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    /// Takes what the debugger sends, as far as it was recorded; how many bytes that is.
    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            if self.expected.rest().is_empty() {
                match self.debugger.next(Direction::ToTarget) {
                    Ok(Some((chunk, _))) => self.expected = chunk,
                    Ok(None) if taken > 0 => break,
                    Ok(None) => {
                        let (path, got) = (self.path.clone(), rest.iter().copied().take(SHOWN).collect());
                        let error = ReplayError::SentMore { path, offset: self.sent, got };
                        return Err(io::Error::new(ErrorKind::BrokenPipe, error));
                    }
                    Err(error) => return Err(self.bad_line(error)),
                }
            }
            let expected = self.expected.rest();
            let same = expected.iter().zip(rest).take_while(|(expected, got)| expected == got).count();
            if same < expected.len().min(rest.len()) {
                let shown = |bytes: &[u8]| bytes.iter().copied().skip(same).take(SHOWN).collect();
                let error = ReplayError::Diverged {
                    path: self.path.clone(),
                    line: self.expected.line,
                    offset: self.sent + same as u64,
                    expected: shown(expected),
                    got: shown(rest),
                };
                return Err(self.fail(error));
            }
            self.expected.taken += same;
            self.sent += same as u64;
            taken += same;
        }
        Ok(taken)
    }
}

/// Where the stream after `before` others starts. Reads all of the file: a bad line anywhere is told at once.
fn find_stream(path: &Path, before: usize) -> Result<Position, ReplayError> {
    let failed = |error: io::Error| ReplayError::Failed { path: path.to_owned(), reason: error.to_string() };
    let mut reader = Reader::new(BufReader::new(File::open(path).map_err(failed)?), Position::default());
    let (mut streams, mut found) = (0, None);
    loop {
        let line_start = reader.position();
        let entry = reader.next().map_err(|error| ReplayError::BadLine { path: path.to_owned(), error })?;
        let start = match entry.map(|entry| entry.content) {
            None => break,
            Some(Content::Opened(_)) => reader.position(),
            Some(Content::Bytes(..)) if streams == 0 => line_start,
            Some(_) => continue,
        };
        if streams == before {
            found = Some(start);
        }
        streams += 1;
    }
    found.ok_or_else(|| ReplayError::NoMoreStreams { path: path.to_owned(), streams })
}

impl AsyncRead for Replay {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let replay = self.get_mut();
        replay.check_failure()?;
        if replay.next.is_none() {
            let (chunk, pause) = match replay.target.next(Direction::FromTarget) {
                Ok(next) => next.unwrap_or_default(),
                Err(error) => return Poll::Ready(Err(replay.bad_line(error))),
            };
            replay.next = Some(Next { chunk, after: replay.target.sent, pause, sleep: None });
        }
        let Some(next) = &mut replay.next else { return Poll::Ready(Ok(())) };
        if replay.sent < next.after {
            replay.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if replay.timed {
            let sleep = next.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(next.pause)));
            ready!(sleep.as_mut().poll(cx));
        }
        let rest = next.chunk.rest();
        let length = rest.len().min(buffer.remaining());
        buffer.put_slice(rest.get(..length).unwrap_or_default());
        next.chunk.taken += length;
        // The end stays the end.
        if next.chunk.rest().is_empty() && !next.chunk.bytes.is_empty() {
            replay.next = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Replay {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let replay = self.get_mut();
        replay.check_failure()?;
        let taken = replay.take(bytes)?;
        replay.wake_reader();
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
