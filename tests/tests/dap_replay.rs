//! A session with a live kernel that was recorded is played again, without the kernel.

#![cfg(unix)]

use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tests::dap_client::live::{arguments, line_of, source};
use tests::dap_client::{Client, TIME_LIMIT, capabilities};
use tests::minint::{Minint, Options};
use tests::temporary::TemporaryFolder;

/// A client that goes where it was sent, and notes what it sees there.
///
/// It doesn't ask for threads: how many of their names are read depends on how fast the target answers.
struct Tour {
    client: Client,
    /// Where in the events the last `stopped` was.
    seen: usize,
    notes: Vec<Value>,
}

impl Tour {
    /// `initialize`, `attach`, and the stop that follows.
    fn begin(arguments: Value) -> Self {
        let mut tour = Self { client: Client::start(), seen: 0, notes: Vec::new() };
        tour.client.ask("initialize", capabilities());
        tour.client.ask("attach", arguments);
        tour.client.event("initialized", 0);
        tour.client.ask("configurationDone", Value::Null);
        tour.stop();
        tour
    }

    /// The whole of it, up to a target that stands again.
    fn walk(&mut self) {
        let line = line_of("work.c", "result = (ULONG)LiveFactorial(LIVE_DEPTH);");
        self.breakpoints(json!([{"line": line, "condition": "Worker->Round % 8 == 1"}]));
        self.go();
        let thread = self.stop();
        // The other worker isn't to come in between.
        self.breakpoints(json!([]));
        for command in ["stepIn", "next", "next", "stepOut"] {
            self.client.ask(command, json!({"threadId": thread}));
            self.stop();
        }
        self.set("livedrv!LiveArgument", "4711");
        self.set("livedrv!LiveMode", "1");
        self.go();
        self.wait_for_print("livedrv: argument 4711\n");
        self.client.ask("pause", json!({"threadId": 1}));
        self.stop();
    }

    /// Waits for the next stop, notes it with what an editor fetches then, and returns its thread.
    fn stop(&mut self) -> Value {
        let stop = self.client.event("stopped", self.seen);
        let is_stopped = |event: &Value| event["event"] == "stopped";
        let at = self.client.events().iter().skip(self.seen).position(is_stopped).expect("it was waited for");
        self.seen += at + 1;
        let thread = stop["threadId"].clone();
        self.notes.push(stop);
        self.note("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 20}));
        let frame = self.note("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 1}));
        let scopes = self.note("scopes", json!({"frameId": frame["stackFrames"][0]["id"]}));
        self.note("variables", json!({"variablesReference": scopes["scopes"][0]["variablesReference"]}));
        thread
    }

    fn go(&mut self) {
        self.note("continue", json!({"threadId": 1}));
    }

    fn set(&mut self, expression: &str, value: &str) {
        self.note("setExpression", json!({"expression": expression, "value": value}));
    }

    fn breakpoints(&mut self, breakpoints: Value) {
        self.note("setBreakpoints", json!({"source": {"path": source("work.c")}, "breakpoints": breakpoints}));
    }

    fn note(&mut self, command: &str, arguments: Value) -> Value {
        let body = self.client.ask(command, arguments);
        self.notes.push(json!({command: body}));
        body
    }

    /// What was shown in the console under a category.
    fn output(&self, category: &str) -> String {
        let bodies = self.client.events().iter().map(|event| &event["body"]);
        let outputs = bodies.filter(|body| body["category"] == category);
        outputs.filter_map(|body| body["output"].as_str()).collect()
    }

    fn wait_for_print(&mut self, text: &str) {
        let deadline = Instant::now() + TIME_LIMIT;
        while !self.output("stdout").contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in {}", self.output("stdout"));
            self.client.idle(Duration::from_millis(20));
        }
    }

    /// `disconnect`; everything that was seen, with the target's own words last.
    fn end(mut self) -> Vec<Value> {
        self.notes.push(json!(self.output("stdout")));
        assert!(self.client.disconnect().expect("the adapter was started").success());
        self.notes
    }
}

/// Records a session with the sample kernel. Returns the arguments of `attach` that play it, and what was seen in it; `None` where
/// there is no QEMU.
fn record(file: &Path, session: impl FnOnce(&mut Tour)) -> Option<(Value, Vec<Value>)> {
    let mut minint = Minint::start(&Options {
        command_line: "/DEBUG /LIVE=100".to_owned(),
        drivers: vec!["livedrv/O0/livedrv.sys".into()],
        // On another one, the other worker would run past the same places.
        processors: 1,
        ..Options::default()
    })?;
    minint.wait_for_console("livedrv: DriverEntry returned 00000000", Instant::now() + Duration::from_secs(30));
    let mut arguments = arguments(&minint, "O0");
    arguments["record"] = json!(file);
    let mut tour = Tour::begin(arguments.clone());
    session(&mut tour);
    let notes = tour.end();
    arguments["connection"] = json!(format!("replay:{}", file.display()));
    arguments.as_object_mut().expect("an object").remove("record");
    Some((arguments, notes))
}

#[test]
fn a_recorded_session_is_seen_again_without_its_target() {
    let folder = TemporaryFolder::new();
    let file = folder.path().join("session.kdrec");
    let Some((arguments, recorded)) = record(&file, Tour::walk) else { return };
    let functions: Vec<&str> = recorded
        .iter()
        .filter(|note| note["stackTrace"]["totalFrames"].is_number())
        .filter_map(|note| note["stackTrace"]["stackFrames"][0]["name"].as_str())
        .collect();
    assert!(functions.iter().any(|name| name.starts_with("livedrv!LiveFactorial")), "{functions:?}");

    let mut tour = Tour::begin(arguments.clone());
    tour.walk();
    let played = tour.end();
    for (number, (recorded, played)) in recorded.iter().zip(&played).enumerate() {
        assert_eq!(played, recorded, "note {number}");
    }
    assert_eq!(played.len(), recorded.len());
}

#[test]
fn a_debugger_that_goes_another_way_than_the_recorded_one_is_told_so() {
    let folder = TemporaryFolder::new();
    let file = folder.path().join("session.kdrec");
    let Some((arguments, _)) = record(&file, |_| ()) else { return };
    let mut tour = Tour::begin(arguments);
    // Shared user data, which nobody has looked at.
    let shared = json!({"memoryReference": "0xfffff78000000320", "count": 8});
    assert_eq!(tour.client.ask("readMemory", shared)["unreadableBytes"], 8);
    tour.client.event("terminated", 0);
    assert!(tour.output("important").contains("the debugger went another way"), "{}", tour.output("important"));
}
