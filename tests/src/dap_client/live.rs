//! A session with the sample kernel, alive under QEMU, as an editor has it.

use super::{Client, capabilities};
use crate::minint::{Minint, Options};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The kernel in QEMU, and a client of the adapter that debugs it.
pub struct LiveSession {
    /// The client. Ends before the machine does.
    pub client: Client,
    /// The machine.
    pub minint: Minint,
    /// Where in the events the last `stopped` was.
    seen: usize,
}

/// A folder or file among the samples.
fn samples(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path)
}

/// The live driver's source file, as an editor opens it.
pub fn source(name: &str) -> String {
    let path = samples("livedrv").join(name);
    let path = path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    path.to_string_lossy().into_owned()
}

/// The number, from 1, of the only line of the live driver's source file that has this text.
pub fn line_of(file: &str, text: &str) -> i64 {
    let content = std::fs::read_to_string(source(file)).expect("the samples' sources are here");
    let lines: Vec<i64> = (1..).zip(content.lines()).filter(|(_, line)| line.contains(text)).map(|(n, _)| n).collect();
    match lines.as_slice() {
        [line] => *line,
        lines => panic!("{text:?} is on lines {lines:?} of {file}"),
    }
}

/// Starts the kernel with the live driver in one of its builds; `None` where there is no QEMU.
pub fn machine(build: &str, paused: bool) -> Option<Minint> {
    Minint::start(&Options {
        command_line: "/DEBUG /LIVE=100".to_owned(),
        drivers: vec![samples("livedrv").join(build).join("livedrv.sys").canonicalize().expect("the driver is here")],
        paused,
        ..Options::default()
    })
}

/// Arguments of `attach` for the machine.
pub fn arguments(minint: &Minint, build: &str) -> Value {
    let workspace = samples("..").canonicalize().expect("the workspace is here");
    json!({
        "connection": format!("unix:{}", minint.kd_socket().display()),
        "symbolPath": [samples("minint/bin"), samples("livedrv").join(build)],
        "imagePath": [samples("minint/bin"), samples("livedrv").join(build)],
        "sourceMap": {"C:\\kdap": workspace},
    })
}

impl LiveSession {
    /// A kernel that has booted and runs, attached to: it is halted then.
    pub fn running(build: &str) -> Option<Self> {
        let mut minint = machine(build, false)?;
        minint.wait_for_console("livedrv: DriverEntry returned 00000000", Instant::now() + Duration::from_secs(30));
        let arguments = arguments(&minint, build);
        let mut session = Self { client: Client::start(), minint, seen: 0 };
        session.begin(arguments);
        session.configure();
        session.stopped("entry");
        Some(session)
    }

    /// A machine and a client that hasn't said anything yet.
    pub fn new(minint: Minint, client: Client) -> Self {
        Self { client, minint, seen: 0 }
    }

    /// `initialize` and `attach`, up to the point where breakpoints may be set.
    pub fn begin(&mut self, arguments: Value) {
        self.client.ask("initialize", capabilities());
        self.client.ask("attach", arguments);
        self.client.event("initialized", 0);
    }

    /// `configurationDone`.
    pub fn configure(&mut self) {
        self.client.ask("configurationDone", Value::Null);
    }

    /// Waits for the next `stopped`, which must have this reason, and returns its body.
    pub fn stopped(&mut self, reason: &str) -> Value {
        let body = self.client.event("stopped", self.seen);
        let is_stopped = |event: &Value| event["event"] == "stopped";
        let at = self.client.events().iter().skip(self.seen).position(is_stopped).expect("it was waited for");
        self.seen += at + 1;
        assert_eq!(body["reason"], reason, "{body}: {}", self.output());
        assert_eq!(body["allThreadsStopped"], true, "{body}");
        body
    }

    /// `continue`, which must say that all goes on.
    pub fn go(&mut self) {
        let body = self.client.ask("continue", json!({"threadId": 1}));
        assert_eq!(body["allThreadsContinued"], true);
    }

    /// The number of the general registers of a thread's innermost frame.
    pub fn registers(&mut self, thread: &Value) -> Value {
        let frame = self.stack(thread).swap_remove(0);
        let scopes = self.client.ask("scopes", json!({"frameId": frame["id"]}));
        let scopes = scopes["scopes"].as_array().expect("a list");
        let registers = scopes.iter().find(|scope| scope["name"] == "Registers").expect("a frame has registers");
        let groups = self.client.ask("variables", json!({"variablesReference": registers["variablesReference"]}));
        groups["variables"][0]["variablesReference"].clone()
    }

    /// Ends the session by `disconnect`: the machine runs, and the code in it is that of its images.
    pub fn leave(self) {
        let Self { client, mut minint, .. } = self;
        assert!(client.disconnect().expect("the adapter was started").success());
        assert!(minint.is_running());
    }

    /// Sets the breakpoints of a source file of the live driver, and returns what became of them.
    pub fn set_breakpoints(&mut self, file: &str, breakpoints: Value) -> Vec<Value> {
        let arguments = json!({"source": {"path": source(file)}, "breakpoints": breakpoints});
        let body = self.client.ask("setBreakpoints", arguments);
        body["breakpoints"].as_array().expect("a list").clone()
    }

    /// The frames of a thread.
    pub fn stack(&mut self, thread: &Value) -> Vec<Value> {
        let body = self.client.ask("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 20}));
        body["stackFrames"].as_array().expect("a list").clone()
    }

    /// Where a thread stands: function, file name and line.
    pub fn place(&mut self, thread: &Value) -> (String, String, i64) {
        let frame = self.stack(thread).swap_remove(0);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let function = text(&frame["name"]);
        let function = function.split('+').next().unwrap_or_default().to_owned();
        (function, text(&frame["source"]["name"]), frame["line"].as_i64().unwrap_or_default())
    }

    /// An expression's value in the innermost frame of a thread.
    pub fn value(&mut self, thread: &Value, expression: &str) -> String {
        let frame = self.stack(thread).swap_remove(0);
        let arguments = json!({"expression": expression, "frameId": frame["id"], "context": "watch"});
        self.client.ask("evaluate", arguments)["result"].as_str().expect("a text").to_owned()
    }

    /// All that was shown in the console.
    pub fn output(&self) -> String {
        let outputs = self.client.events().iter().filter(|event| event["event"] == "output");
        outputs.filter_map(|event| event["body"]["output"].as_str()).collect()
    }

    /// Waits until the console has shown `text`.
    pub fn wait_for_output(&mut self, text: &str) {
        let deadline = Instant::now() + super::TIME_LIMIT;
        while !self.output().contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in {}", self.output());
            self.client.idle(Duration::from_millis(20));
        }
    }
}
