//! Recording a real line, and playing it back.

use crate::support::{Folder, arrives, connector_of, in_time, is_at_its_end, read, refusal};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use transport::{BoxedStream, ConnectError, RecordError, ReplayError};

/// The text of a recording with these lines behind its header.
fn recording(lines: &str) -> String {
    format!("# kd recording 1\n{lines}")
}

async fn replay(path: &Path) -> BoxedStream {
    let (mut connector, _) = connector_of(&format!("replay:{}", path.display()));
    in_time(connector.connect()).await.expect("a recording")
}

/// Both sides of a small session, twice on one connector: what the debugger sends and what it gets.
const SESSION: [(&[u8], &[u8]); 3] = [(b"b", b"00000 state"), (b"iiii ack", b""), (b"read?", &[0, 0xff, 0x62, 10, 13])];

/// Writes a recording of two streams over TCP.
async fn record_session(path: &Path) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let (mut connector, told) = connector_of(&format!("tcp:127.0.0.1:{port},record={}", path.display()));
    for _ in 0..2 {
        let mut stream = in_time(connector.connect()).await.expect("a connection");
        let (mut target, _) = listener.accept().await.expect("a target");
        for (sent, got) in SESSION {
            arrives(&mut stream, &mut target, sent).await;
            arrives(&mut target, &mut stream, got).await;
        }
        drop(target);
        is_at_its_end(&mut stream).await;
    }
    assert_eq!(told.steps().len(), 2, "opened twice: {}", told.text());
}

#[tokio::test]
async fn a_recorded_session_plays_the_target_again() {
    let folder = Folder::new();
    let path = folder.file("session.kdrec");
    record_session(&path).await;
    let (mut connector, _) = connector_of(&format!("replay:{}", path.display()));
    for _ in 0..2 {
        let mut stream = in_time(connector.connect()).await.expect("a recorded stream");
        for (sent, got) in SESSION {
            in_time(stream.write_all(sent)).await.expect("as recorded");
            let mut bytes = vec![0; got.len()];
            in_time(stream.read_exact(&mut bytes)).await.expect("the target's bytes");
            assert_eq!(bytes, got);
        }
        is_at_its_end(&mut stream).await;
    }
    let error = in_time(connector.connect()).await.err().expect("only two streams were recorded");
    assert!(matches!(error, ConnectError::Replay(ReplayError::NoMoreStreams { streams: 2, .. })), "{error}");
}

#[tokio::test]
async fn a_recording_can_be_read_by_people() {
    let folder = Folder::new();
    let path = folder.file("session.kdrec");
    record_session(&path).await;
    let text = read(&path);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("# kd recording 1"));
    assert!(text.contains("# connection tcp:127.0.0.1:"), "{text}");
    // Without the times.
    let said: Vec<&str> = lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(_, said)| said)
        .collect();
    assert!(said[0].starts_with("= opened tcp:127.0.0.1:"), "{text}");
    let stream = ["> 62", "< 30303030 30207374 617465", "> 69696969 2061636b", "> 72656164 3f", "< 00ff620a 0d"];
    assert_eq!(said[1..6], stream);
    assert_eq!(said[6], "= closed by the other end");
    assert_eq!(said.len(), 14, "{text}");
}

#[tokio::test]
async fn what_was_recorded_is_in_the_file_while_the_session_runs() {
    let folder = Folder::new();
    let path = folder.file("session.kdrec");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let (mut connector, _) = connector_of(&format!("tcp:127.0.0.1:{port},record={}", path.display()));
    let mut stream = in_time(connector.connect()).await.expect("a connection");
    let (mut target, _) = listener.accept().await.expect("a target");
    arrives(&mut stream, &mut target, b"b").await;
    in_time(async {
        while !read(&path).ends_with("> 62\n") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    drop(stream);
    drop(connector);
    assert!(read(&path).ends_with("= closed by the debugger\n"), "{}", read(&path));
}

#[tokio::test]
async fn the_targets_bytes_wait_for_the_debuggers() {
    let folder = Folder::new();
    let path = folder.with("a", recording("0.1 < 01\n0.2 > 6262\n0.3 < 02\n0.4 > 63\n0.5 = closed by the other end\n"));
    let mut stream = replay(&path).await;
    assert_eq!(stream.read_u8().await.expect("nothing stands before it"), 1);
    for part in [b"b", b"b"] {
        let early = tokio::time::timeout(Duration::from_millis(30), stream.read_u8()).await;
        assert!(early.is_err(), "{early:?} came before the debugger's bytes");
        stream.write_all(part).await.expect("as recorded");
    }
    assert_eq!(in_time(stream.read_u8()).await.expect("its turn"), 2);
    // The line is cut only after what the debugger sent before.
    assert!(tokio::time::timeout(Duration::from_millis(30), stream.read_u8()).await.is_err());
    stream.write_all(b"c").await.expect("as recorded");
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_reader_that_waits_is_woken_by_the_debuggers_bytes() {
    let folder = Folder::new();
    let path = folder.with("a", recording("0 > 62\n0 < 07\n"));
    let (mut reader, mut writer) = tokio::io::split(replay(&path).await);
    let reading = tokio::spawn(async move { reader.read_u8().await });
    tokio::time::sleep(Duration::from_millis(30)).await;
    writer.write_all(b"b").await.expect("as recorded");
    assert_eq!(in_time(reading).await.expect("a task").expect("the target's byte"), 7);
}

#[tokio::test]
async fn a_debugger_that_goes_another_way_is_told_where() {
    let folder = Folder::new();
    let path = folder.with("a", recording("0 > 62\n0 > 69696969\n0 < 01\n"));
    let mut stream = replay(&path).await;
    let error = stream.write_all(b"biixi").await.expect_err("other bytes than recorded").to_string();
    assert!(error.contains("at byte 3 of what it sends (line 3): it sent 7869, recorded is 6969"), "{error}");
    let error = in_time(stream.read_u8()).await.expect_err("the replay is over").to_string();
    assert!(error.contains("went another way"), "{error}");
}

#[tokio::test]
async fn a_debugger_that_sends_more_than_was_recorded_still_gets_what_was() {
    let folder = Folder::new();
    let path = folder.with("a", recording("0 > 62\n0 < 01\n"));
    let mut stream = replay(&path).await;
    let error = stream.write_all(b"bcd").await.expect_err("more than recorded").to_string();
    assert!(error.contains("ends after 1 bytes of the debugger; it went on with 6364"), "{error}");
    assert_eq!(stream.read_u8().await.expect("recorded"), 1);
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_timed_replay_takes_the_targets_time_and_a_plain_one_does_not() {
    let folder = Folder::new();
    let path = folder.with("a", recording("5 < 01\n5.3 < 02\n"));
    let (mut connector, _) = connector_of(&format!("replay:{}", path.display()));
    let mut stream = in_time(connector.connect()).await.expect("a recording");
    let start = Instant::now();
    assert_eq!(in_time(stream.read_u16()).await.expect("both bytes"), 0x0102);
    assert!(start.elapsed() < Duration::from_millis(250), "{:?}", start.elapsed());

    let path = folder.with("a", recording("5 = opened x\n5 < 01\n5.3 < 02\n"));
    let (mut connector, _) = connector_of(&format!("replay:{},timed", path.display()));
    let mut stream = in_time(connector.connect()).await.expect("a recording");
    let start = Instant::now();
    assert_eq!(in_time(stream.read_u16()).await.expect("both bytes"), 0x0102);
    assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_line_that_was_cut_off_does_not_count() {
    let folder = Folder::new();
    let mut stream = replay(&folder.with("a", recording("0 < 01\n0 < 02"))).await;
    assert_eq!(stream.read_u8().await.expect("a whole line"), 1);
    is_at_its_end(&mut stream).await;
}

#[tokio::test]
async fn a_file_that_is_no_recording_is_refused_with_the_line() {
    let folder = Folder::new();
    let long = recording(&format!("0 < {}\n", "00".repeat(20_000)));
    for (text, message) in [
        ("", "line 1: this is no recording"),
        ("hello\n", "line 1: this is no recording: the first line must be `# kd recording 1`"),
        ("# kd recording 2\n", "line 1: this is no recording"),
        (&recording("x < 00\n"), "line 2: `x` is no time"),
        (&recording("0 < 00\n1e9 < 00\n"), "line 3: `1e9` is no time"),
        (&recording("0 00\n"), "line 2: behind the time there must be `>`, `<` or `=`"),
        (&recording("0 < 0\n"), "line 2: `0` is no byte string"),
        (&recording("# x\n\n0 < 00zz\n"), "line 4: `00zz` is no byte string"),
        (&recording("0 <\n"), "line 2: no bytes"),
        (&long, "line 2: longer than 16384 bytes"),
        (&long.replace('\n', " "), "line 1: longer than 16384 bytes"),
    ] {
        let error = refusal(&format!("replay:{}", folder.with("a", text).display())).await.to_string();
        assert!(error.contains(message), "{error}");
    }
    let error = refusal(&format!("replay:{}", folder.with("a", recording("")).display())).await.to_string();
    assert!(error.contains("holds 0 stream(s)"), "{error}");
    for other in [folder.file("absent"), folder.file(".")] {
        let error = refusal(&format!("replay:{}", other.display())).await;
        assert!(matches!(error, ConnectError::Replay(ReplayError::Failed { .. })), "{error}");
    }
}

#[tokio::test]
async fn only_a_recording_is_overwritten_and_never_the_one_that_is_played() {
    let folder = Folder::new();
    let mine = folder.with("thesis.txt", "years of work");
    let played = folder.with("a", recording("0 < 01\n"));
    let record = |file: &Path| format!("replay:{},record={}", played.display(), file.display());
    let error = refusal(&record(&mine)).await;
    assert!(matches!(error, ConnectError::Record(RecordError::NotARecording { .. })), "{error}");
    assert_eq!(read(&mine), "years of work");
    let error = refusal(&record(&played)).await;
    assert!(matches!(error, ConnectError::Record(RecordError::SameAsReplay { .. })), "{error}");
    assert_eq!(read(&played), recording("0 < 01\n"));
    let error = refusal(&record(&folder.file("no/such/folder"))).await;
    assert!(matches!(error, ConnectError::Record(RecordError::Failed { .. })), "{error}");

    let older = folder.with("b", recording("0 < 02\n"));
    let (mut connector, _) = connector_of(&record(&older));
    let mut stream = in_time(connector.connect()).await.expect("a recording replaces an older one");
    assert_eq!(stream.read_u8().await.expect("recorded"), 1);
    drop((stream, connector));
    assert!(read(&older).contains("< 01\n") && !read(&older).contains("< 02\n"), "{}", read(&older));
}
