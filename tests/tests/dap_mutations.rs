//! Damaged messages against the real binary with a real target: it lives on, and answers each request once.

use serde_json::{Value, json};
use std::time::Duration;
use tests::dap_client::{Client, frame, sample_o0};

const MESSAGES: u64 = 2000;

/// SplitMix64: few lines, and the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u64) as usize]
    }
}

/// Requests of every kind, as an editor sends them.
fn requests(frame: &Value) -> Vec<(&'static str, Value)> {
    let (id, pc) = (&frame["id"], &frame["instructionPointerReference"]);
    vec![
        ("threads", json!({})),
        ("stackTrace", json!({"threadId": 1, "startFrame": 0, "levels": 20, "format": {"module": true, "line": true}})),
        ("scopes", json!({"frameId": id})),
        (
            "variables",
            json!({"variablesReference": 1, "start": 0, "count": 100, "filter": "named", "format": {"hex": true}}),
        ),
        ("evaluate", json!({"expression": "Device->Corners[1].X", "frameId": id, "context": "watch"})),
        ("evaluate", json!({"expression": "dt sampledrv!_SAMPLE_DEVICE", "frameId": id, "context": "repl"})),
        ("completions", json!({"text": "db nt!Ke", "column": 9, "line": 1, "frameId": id})),
        ("modules", json!({"startModule": 0, "moduleCount": 3})),
        ("loadedSources", json!({})),
        ("source", json!({"sourceReference": 1, "source": {"sourceReference": 1}})),
        ("breakpointLocations", json!({"source": {"sourceReference": 1, "name": "nt!f"}, "line": 1, "endLine": 9})),
        ("stepInTargets", json!({"frameId": id})),
        ("stepIn", json!({"threadId": 1, "targetId": 1})),
        ("disassemble", json!({"memoryReference": pc, "offset": 0, "instructionOffset": -50, "instructionCount": 100})),
        ("readMemory", json!({"memoryReference": pc, "offset": -16, "count": 64})),
        ("exceptionInfo", json!({"threadId": 1})),
        ("locations", json!({"locationReference": 1})),
        ("setBreakpoints", json!({"source": {"path": "/a.c"}, "breakpoints": [{"line": 3}]})),
        ("setFunctionBreakpoints", json!({"breakpoints": [{"name": "f"}]})),
        ("kd/command", json!({"command": "k; r", "frameId": id})),
        ("next", json!({"threadId": 1, "granularity": "instruction"})),
        ("cancel", json!({"requestId": 7, "progressId": "progress-7"})),
    ]
}

/// Values that no argument should have.
fn odd_values() -> Vec<Value> {
    let text = "((((((((((((((((((((((((((((((((((((((((";
    vec![
        json!(null),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!(""),
        json!("😀"),
        json!("0xffffffffffffffff"),
        json!("-0x1"),
        json!("\u{0}"),
        json!(text.repeat(200)),
        json!([]),
        json!({}),
        json!([[[[[]]]]]),
        json!({"a": {"b": [1, "c"]}}),
    ]
}

/// Changes one argument, or all of them.
fn damage(random: &mut Random, arguments: &mut Value, odd: &[Value]) {
    let Some(fields) = arguments.as_object_mut().filter(|fields| !fields.is_empty()) else {
        *arguments = random.pick(odd).clone();
        return;
    };
    let names: Vec<String> = fields.keys().cloned().collect();
    let name = random.pick(&names);
    match random.below(8) {
        0 => drop(fields.remove(name)),
        1 => *arguments = random.pick(odd).clone(),
        _ => drop(fields.insert(name.clone(), random.pick(odd).clone())),
    }
}

#[test]
fn odd_arguments_are_answered_and_the_session_lives_on() {
    let mut client = Client::start();
    let stopped = client.attach(sample_o0().arguments);
    let stack = client.ask("stackTrace", json!({"threadId": stopped["threadId"]}));
    let requests = requests(&stack["stackFrames"][10]);
    let odd = odd_values();
    let mut random = Random(7);
    for _ in 0..MESSAGES / 20 {
        let seqs: Vec<i64> = (0..20)
            .map(|_| {
                let (command, mut arguments) = random.pick(&requests).clone();
                damage(&mut random, &mut arguments, &odd);
                client.post(command, arguments)
            })
            .collect();
        for seq in seqs {
            // Done or refused: what counts is that there is an answer, which the client checks.
            let _ = client.response(seq);
        }
    }
    assert_eq!(client.ask("threads", Value::Null)["threads"].as_array().unwrap().len(), 2);
    assert!(client.disconnect().unwrap().success());
}

#[test]
fn damaged_bytes_are_passed_over() {
    let mut client = Client::start();
    client.attach(sample_o0().arguments);
    let mut random = Random(11);
    for _ in 0..200 {
        let mut message = frame(br#"{"seq":"none","type":"request","command":"threads"}"#);
        for _ in 0..=random.below(3) {
            let at = random.below(message.len() as u64) as usize;
            message[at] = random.below(256) as u8;
        }
        // A length that is too long by now takes some of what follows with it, at most this much.
        message.extend_from_slice(&[b'\n'; 200]);
        client.send_raw(&message);
    }
    client.send_raw(&[b'\n'; 100_000]);
    client.idle(Duration::from_millis(100));
    client.ask("threads", Value::Null);
    assert!(client.disconnect().unwrap().success());
}
