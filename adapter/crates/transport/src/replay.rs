//! `replay:`: a recording plays the target. The format is in `recording.rs`.
//!
//! The target's bytes come in the order in which they were recorded, each after the debugger has sent as many bytes as
//! it had sent then. The debugger's bytes are compared with the recorded ones; when and in which pieces they come
//! doesn't matter. The file is read twice side by side, once for each direction, so that its size doesn't matter.

use crate::connector::BoxedStream;
use crate::error::{ConnectError, Obstacle};
use crate::recording::{Content, Direction, Entry, LineError, Position, Reader};
use crate::slow_call::slow_call;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Seek, SeekFrom};
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
    let (endpoint, opened) = (
        path.display().to_string(),
        slow_call("replay", move || Ok(Replay::new(&path, timed, before, || open_file(&path)))).await,
    );
    let opened = opened.map_err(|source| ConnectError::Failed { endpoint, source })?;
    Ok(Box::new(opened.map_err(ConnectError::Replay)?))
}

struct Replay<R> {
    path: PathBuf,
    timed: bool,
    /// What the target sends.
    target: Cursor<R>,
    next: Option<Next>,
    /// What the debugger is to send.
    debugger: Cursor<R>,
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
struct Cursor<R> {
    reader: Reader<R>,
    ended: bool,
    /// Time of the last entry.
    at: Duration,
    /// Bytes that the debugger sent in the entries so far.
    sent: u64,
}

impl<R: BufRead + Seek> Cursor<R> {
    fn new(mut input: R, start: Position) -> io::Result<Self> {
        input.seek(SeekFrom::Start(start.offset))?;
        Ok(Self { reader: Reader::new(input, start), ended: false, at: Duration::ZERO, sent: 0 })
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

fn open_file(path: &Path) -> io::Result<BufReader<File>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    Ok(BufReader::new(File::open(path)?))
}

impl<R: BufRead + Seek> Replay<R> {
    /// `open` opens the recording anew each time.
    fn new(path: &Path, timed: bool, before: usize, open: impl Fn() -> io::Result<R>) -> Result<Self, ReplayError> {
        let failed = |error: io::Error| ReplayError::Failed { path: path.to_owned(), reason: error.to_string() };
        let start = find_stream(path, before, open().map_err(failed)?)?;
        let cursor = || open().and_then(|input| Cursor::new(input, start)).map_err(failed);
        Ok(Self {
            path: path.to_owned(),
            timed,
            target: cursor()?,
            next: None,
            debugger: cursor()?,
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
fn find_stream(path: &Path, before: usize, input: impl BufRead) -> Result<Position, ReplayError> {
    let mut reader = Reader::new(input, Position::default());
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

impl<R: BufRead + Seek + Unpin> AsyncRead for Replay<R> {
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

impl<R: BufRead + Seek + Unpin> AsyncWrite for Replay<R> {
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

#[cfg(test)]
mod tests {
    //! Damaged recordings; whole ones are played in `tests/lines/recordings.rs`.

    use super::*;
    use crate::random::Random;
    use std::io::Cursor as Bytes;

    const SEED: &str = "# kd recording 1\n# connection tcp:x:1\n0.000001 = opened tcp:x:1\n0.1 > 62\n\
        0.2 < 30303030 0700f000 00088080\n0.2 > 69696969 04000000 0000\n12.345678 < aa00ff\n13 = closed by the other end\n\
        14 = opened tcp:x:1\n14.5 > 6262\n14.7 < 01\n14.9 > 63\n";

    #[test]
    fn damaged_recordings_are_refused_or_played_to_an_end() {
        let pieces: &[&[u8]] = &[
            b"\n",
            b"> ",
            b"< ",
            b"= opened x\n",
            b"= closed x\n",
            b"62",
            b"0.1 ",
            b"# ",
            b"9999999999",
            &[0],
            &[0xff],
        ];
        let mut random = Random(7);
        let (mut played, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let recording = random.mutate(SEED.as_bytes(), pieces);
            let before = random.below(3);
            match Replay::new(Path::new("x"), false, before, || Ok(Bytes::new(&recording))) {
                Ok(replay) => {
                    played += 1;
                    play(replay, recording.len());
                }
                Err(_) => refused += 1,
            }
        }
        assert!(played > 1000 && refused > 1000, "{played} played, {refused} refused: the mutations are no test");
    }

    /// Sends what the undamaged recording's debugger sent, and reads until nothing comes without it.
    fn play(mut replay: Replay<Bytes<&Vec<u8>>>, length: usize) {
        let mut cx = Context::from_waker(Waker::noop());
        for bytes in [b"b".as_slice(), b"iiii\x04\0\0\0\0\0", b"bb", b"c"] {
            let _ = Pin::new(&mut replay).poll_write(&mut cx, bytes);
            for reads in 0.. {
                assert!(reads < length, "the replay has no end");
                let mut buffer = [0; 16];
                let mut buffer = ReadBuf::new(&mut buffer);
                let polled = Pin::new(&mut replay).poll_read(&mut cx, &mut buffer);
                if !matches!(polled, Poll::Ready(Ok(()))) || buffer.filled().is_empty() {
                    break;
                }
            }
        }
    }
}
