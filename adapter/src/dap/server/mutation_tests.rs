//! Damaged messages, in process: 20,000 of them, seeded. No panic, no hang, and each request is answered exactly once.

use super::framing::{self, Decoder};
use super::log::SessionLog;
use super::message::Incoming;
use super::serve;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

const SESSIONS: u64 = 200;
const MESSAGES_PER_SESSION: u64 = 100;
/// A session that takes longer hangs.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// SplitMix64: few lines, and the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Well-formed requests to start from.
fn requests() -> Vec<Value> {
    let requests = [
        ("initialize", json!({"adapterID": "kd", "linesStartAt1": true, "supportsProgressReporting": true})),
        ("attach", json!({"dumpFile": "/nowhere/a.dmp", "symbolPath": ["a", "b"], "trace": false})),
        ("configurationDone", json!({})),
        ("threads", Value::Null),
        ("stackTrace", json!({"threadId": 1, "startFrame": 0, "levels": 20, "format": {"module": true}})),
        ("scopes", json!({"frameId": 1})),
        ("variables", json!({"variablesReference": 1, "start": 0, "count": 100, "filter": "indexed"})),
        ("evaluate", json!({"expression": "nt!KeBugCheckEx+10", "frameId": 1, "context": "repl"})),
        ("readMemory", json!({"memoryReference": "0xfffff8047bdf5a80", "offset": -16, "count": 64})),
        ("disassemble", json!({"memoryReference": "0x1000", "instructionOffset": -50, "instructionCount": 100})),
        ("setBreakpoints", json!({"source": {"path": "/a.c"}, "breakpoints": [{"line": 3, "condition": "{"}]})),
        ("source", json!({"sourceReference": 3, "source": {"sourceReference": 3}})),
        ("stepInTargets", json!({"frameId": 1})),
        ("stepIn", json!({"threadId": 1, "targetId": 2, "granularity": "line"})),
        ("cancel", json!({"requestId": 3, "progressId": "progress-1"})),
        ("noSuchRequest", json!([1, "zwei", {"drei": 3.5}])),
    ];
    requests.map(|(command, arguments)| json!({"type": "request", "command": command, "arguments": arguments})).into()
}

/// One message's bytes, damaged in one to three places; sometimes in its header.
fn damaged(random: &mut Random, seq: u64, requests: &[Value]) -> Vec<u8> {
    let mut request = random.pick(requests).clone();
    request["seq"] = seq.into();
    let mut body = request.to_string().into_bytes();
    for _ in 0..random.below(3) {
        damage(random, &mut body);
    }
    let mut message = framing::encode(&body);
    if random.below(8) == 0 {
        message.truncate(random.below(message.len()));
        damage(random, &mut message);
    }
    message
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    const PIECES: [&[u8]; 14] = [
        b"null",
        b"-1",
        b"9223372036854775808",
        b"1e999",
        b"\"\"",
        b"{}",
        b"[[[[[[[[",
        b"\"\\ud800\"",
        b"\xff",
        b"\0",
        b"\"type\":\"event\",",
        b"Content-Length: 7\r\n\r\n",
        b"\r\n",
        b"true",
    ];
    let at = random.below(bytes.len());
    let end = (at + random.below(12)).min(bytes.len());
    match random.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 => drop(bytes.drain(at..end)),
        2 => bytes.truncate(at),
        3 => drop(bytes.splice(at..at, random.pick(&PIECES).iter().copied())),
        4 => drop(bytes.splice(at..end, random.pick(&PIECES).iter().copied())),
        _ => bytes.extend_from_within(at..end),
    }
}

/// How often each number must be answered, found out with the decoders alone.
fn expected_answers(input: &[u8]) -> BTreeMap<i64, usize> {
    let mut decoder = Decoder::default();
    decoder.push(input);
    let mut expected = BTreeMap::new();
    while let Some(body) = decoder.next_body() {
        let seq = body.ok().and_then(|body| match Incoming::decode(&body) {
            Ok(Incoming::Request(request)) => Some(request.seq),
            Ok(Incoming::Other) => None,
            Err(undecodable) => undecodable.seq,
        });
        if let Some(seq) = seq {
            *expected.entry(seq).or_default() += 1;
        }
    }
    expected
}

/// Sends `input` in pieces and returns all that comes back until the session ends.
async fn session(input: &[u8], random: &mut Random) -> Vec<Value> {
    let (client, server) = duplex(1 << 16);
    let (server_input, server_output) = tokio::io::split(server);
    let (mut from_server, mut to_server) = tokio::io::split(client);
    let write = async {
        let mut rest = input;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at((1 + random.below(4000)).min(rest.len()));
            // The session may have ended already.
            if to_server.write_all(piece).await.is_err() {
                return;
            }
            rest = behind;
        }
        // A damaged length may have swallowed the `disconnect`: the end of the input ends the session, too.
        let _ = to_server.shutdown().await;
    };
    let read = async {
        let mut output = Vec::new();
        from_server.read_to_end(&mut output).await.unwrap();
        output
    };
    let ((), output, ()) =
        tokio::join!(write, read, serve(server_input, server_output, SessionLog::silent(), std::future::pending()));
    let mut decoder = Decoder::default();
    decoder.push(&output);
    let messages = std::iter::from_fn(|| decoder.next_body());
    let messages =
        messages.map(|body| serde_json::from_slice(&body.expect("what is sent is framed")).unwrap()).collect();
    assert_eq!(decoder.end(), None);
    messages
}

#[test]
fn damaged_messages_are_answered_once_or_passed_over() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let requests = requests();
    for seed in 0..SESSIONS {
        let mut random = Random(seed);
        let mut input: Vec<u8> = Vec::new();
        for number in 1..=MESSAGES_PER_SESSION {
            input.extend(damaged(&mut random, number, &requests));
        }
        input.extend(framing::encode(br#"{"seq":1000000,"type":"request","command":"disconnect"}"#));
        let output = runtime.block_on(async {
            tokio::time::timeout(TIME_LIMIT, session(&input, &mut random)).await.expect("the session ends")
        });
        let mut answers: BTreeMap<i64, usize> = BTreeMap::new();
        for (index, message) in output.iter().enumerate() {
            assert_eq!(message["seq"], index + 1, "seed {seed}: numbers rise by one");
            if message["type"] == "response" {
                *answers.entry(message["request_seq"].as_i64().unwrap()).or_default() += 1;
            }
        }
        assert_eq!(answers, expected_answers(&input), "seed {seed}");
    }
}
