//! `record=`: a line's bytes, both ways, into a file. The format is in `recording.rs`.
//!
//! A thread writes. The streams hand it what passes through them and never wait for it: when the disk is full, or so
//! slow that [`QUEUE`] entries are waiting, the recording ends with what it has, and says so.

use crate::connection::{Connection, Endpoint};
use crate::connector::{BoxedStream, Tell};
use crate::error::RecordError;
use crate::recording::{Content, Direction, Entry, HEADER, MAX_BYTES, one_line};
use crate::step::Step;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Entries that may wait for the disk, each of [`MAX_BYTES`] at most: 16 MiB.
const QUEUE: usize = 4096;
/// Why it stops when they are more.
const TOO_SLOW: &str = "the disk is too slow for it";
/// How long the end of a session waits for the last entries to be written.
const LAST_WRITES: Duration = Duration::from_secs(1);

/// A recording under way; clones write to the same file.
#[derive(Clone)]
pub(crate) struct Recording(Arc<Shared>);

struct Shared {
    started: Instant,
    ending: Arc<Ending>,
    /// `None` once the recording has stopped.
    queue: Mutex<Option<SyncSender<Entry>>>,
    /// Closed by the thread when it has written everything.
    written: Mutex<Receiver<()>>,
}

/// Why a recording stopped before its session did.
struct Ending {
    path: PathBuf,
    tell: Tell,
    reason: OnceLock<String>,
}

impl Ending {
    /// Tells it, the first time.
    fn stop(&self, reason: String) {
        if self.reason.set(reason.clone()).is_ok() {
            (self.tell)(Step::RecordingStopped { path: self.path.clone(), reason });
        }
    }
}

impl Recording {
    /// Creates the file, or empties it if it is a recording.
    pub(crate) fn create(path: &Path, connection: &Connection, tell: Tell) -> Result<Self, RecordError> {
        let failed = |source| RecordError::Failed { path: path.to_owned(), source };
        if let Endpoint::Replay { path: played, .. } = &connection.endpoint {
            let same = path.canonicalize().is_ok_and(|path| played.canonicalize().is_ok_and(|played| path == played));
            if same {
                return Err(RecordError::SameAsReplay { path: path.to_owned() });
            }
        }
        if !may_be_replaced(path).map_err(failed)? {
            return Err(RecordError::NotARecording { path: path.to_owned() });
        }
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        write_header(&mut file, connection).map_err(failed)?;
        Self::start(file, path, tell).map_err(failed)
    }

    fn start(file: impl Write + Send + 'static, path: &Path, tell: Tell) -> io::Result<Self> {
        let (queue, entries) = sync_channel(QUEUE);
        let (done, written) = sync_channel(0);
        let ending = Arc::new(Ending { path: path.to_owned(), tell, reason: OnceLock::new() });
        let thread_ending = ending.clone();
        std::thread::Builder::new().name("record".to_owned()).spawn(move || {
            let _done: SyncSender<()> = done;
            if let Err(error) = write_entries(file, &entries, &thread_ending) {
                thread_ending.stop(error.to_string());
            }
        })?;
        Ok(Self(Arc::new(Shared {
            started: Instant::now(),
            ending,
            queue: Mutex::new(Some(queue)),
            written: Mutex::new(written),
        })))
    }

    fn bytes(&self, direction: Direction, bytes: &[u8]) {
        for chunk in bytes.chunks(MAX_BYTES) {
            self.add(Content::Bytes(direction, chunk.to_vec()));
        }
    }

    fn add(&self, content: Content) {
        let shared = &self.0;
        let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Entry { at: shared.started.elapsed(), content };
        let Some(Err(refused)) = queue.as_ref().map(|queue| queue.try_send(entry)) else { return };
        // A thread that has ended tells why itself.
        if matches!(refused, TrySendError::Full(_)) {
            shared.ending.stop(TOO_SLOW.to_owned());
        }
        // A recording with a hole would be worse than one that ends.
        *queue = None;
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        *self.queue.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.recv_timeout(LAST_WRITES) == Err(RecvTimeoutError::Timeout) {
            self.ending.stop("the last entries could not be written in time".to_owned());
        }
    }
}

/// Whether nothing but a recording is lost by creating this file.
fn may_be_replaced(path: &Path) -> io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(file) if file.is_file() => {
            let mut start = Vec::new();
            File::open(path)?.take(HEADER.len() as u64).read_to_end(&mut start)?;
            Ok(start.is_empty() || start == HEADER.as_bytes())
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn write_header(file: &mut impl Write, connection: &Connection) -> io::Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let connection = one_line(&connection.to_string());
    writeln!(file, "{HEADER}")?;
    writeln!(file, "# kdap {}, begun {} s after 1970 (UTC)", env!("CARGO_PKG_VERSION"), now.as_secs())?;
    writeln!(file, "# connection {connection}")?;
    writeln!(file, "# seconds, then > to the target, < from the target, = a note")?;
    file.flush()
}

/// Writes until nobody can add entries any more. What is written is handed to the system whenever nothing is waiting:
/// killing the process loses little.
fn write_entries(mut file: impl Write, entries: &Receiver<Entry>, ending: &Ending) -> io::Result<()> {
    let mut last = Duration::ZERO;
    while let Ok(entry) = entries.recv() {
        file.write_all(entry.to_line().as_bytes())?;
        last = entry.at;
        while let Ok(entry) = entries.try_recv() {
            file.write_all(entry.to_line().as_bytes())?;
            last = entry.at;
        }
        file.flush()?;
    }
    if let Some(reason) = ending.reason.get() {
        let end = Entry { at: last, content: Content::Note(format!("the recording stops here: {reason}")) };
        file.write_all(end.to_line().as_bytes())?;
    }
    file.flush()
}

/// A stream whose bytes are recorded.
pub(crate) struct Recorded {
    stream: BoxedStream,
    recording: Recording,
    closed: bool,
}

impl Recorded {
    pub(crate) fn new(stream: BoxedStream, recording: Recording, endpoint: &Endpoint) -> Self {
        recording.add(Content::Opened(endpoint.to_string()));
        Self { stream, recording, closed: false }
    }

    fn close(&mut self, how: &str) {
        if !self.closed {
            self.closed = true;
            self.recording.add(Content::Closed(how.to_owned()));
        }
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        self.close("by the debugger");
    }
}

impl AsyncRead for Recorded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let had_room = buffer.remaining() > 0;
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        match &polled {
            Poll::Ready(Ok(())) => match buffer.filled().get(before..) {
                Some(bytes) if !bytes.is_empty() => self.recording.bytes(Direction::FromTarget, bytes),
                _ if had_room => self.close("by the other end"),
                _ => {}
            },
            Poll::Ready(Err(error)) => self.close(&format!("by an error: {error}")),
            Poll::Pending => {}
        }
        polled
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        match &polled {
            Poll::Ready(Ok(written)) => {
                self.recording.bytes(Direction::ToTarget, bytes.get(..*written).unwrap_or_default());
            }
            Poll::Ready(Err(error)) => self.close(&format!("by an error: {error}")),
            Poll::Pending => {}
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    //! Disks that are full or too slow; files are recorded in `tests/lines/recordings.rs`.

    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// A recording to `file`, its path in what it tells.
    fn record(file: impl Write + Send + 'static) -> (Recording, Receiver<Step>) {
        let (tell, told): (Sender<Step>, _) = channel();
        let tell = Mutex::new(tell);
        let tell: Tell = Arc::new(move |step| tell.lock().unwrap().send(step).unwrap_or_default());
        (Recording::start(file, Path::new("x.kdrec"), tell).expect("a thread"), told)
    }

    fn stopped(reason: &str) -> Step {
        Step::RecordingStopped { path: "x.kdrec".into(), reason: reason.to_owned() }
    }

    struct FullDisk;

    impl Write for FullDisk {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::other("no space left"))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_ends_the_recording_and_is_told_once() {
        let (recording, told) = record(FullDisk);
        recording.bytes(Direction::ToTarget, b"b");
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(stopped("no space left")));
        for _ in 0..2 * QUEUE {
            recording.bytes(Direction::ToTarget, b"b");
        }
        drop(recording);
        assert_eq!(told.try_iter().count(), 0);
    }

    /// Takes one line, and the others when it is let.
    struct SlowDisk {
        let_go: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for SlowDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.let_go.recv();
            let _ = self.written.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_slow_disk_does_not_stall_the_line_and_the_recording_has_no_hole() {
        let (go, let_go) = channel();
        let (written, lines) = channel();
        let (recording, told) = record(SlowDisk { let_go, written });
        let sent = QUEUE + 100;
        for number in 0..sent {
            recording.bytes(Direction::FromTarget, &(number as u32).to_be_bytes());
        }
        assert_eq!(told.try_recv(), Ok(stopped(TOO_SLOW)));
        drop(go);
        drop(recording);
        assert_eq!(told.try_iter().count(), 0, "told once");
        let lines: Vec<String> = lines.iter().map(|line| String::from_utf8(line).unwrap()).collect();
        let (end, entries) = lines.split_last().expect("lines");
        assert!(end.contains("= the recording stops here: the disk is too slow"), "{end}");
        assert!((QUEUE..sent).contains(&entries.len()), "{} entries", entries.len());
        for (number, line) in entries.iter().enumerate() {
            assert!(line.ends_with(&format!(" < {number:08x}\n")), "{line}");
        }
    }
}
