//! A session with the sample kernel, alive under QEMU, as an editor has it.

use super::{Client, capabilities};
use crate::minint::{Minint, Options};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
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
pub fn machine(build: &str, options: &str, paused: bool) -> Option<Minint> {
    Minint::start(&Options {
        command_line: format!("/DEBUG /LIVE=100{options}"),
        drivers: vec![samples("livedrv").join(build).join("livedrv.sys").canonicalize().expect("the driver is here")],
        paused,
        ..Options::default()
    })
}

/// Arguments of `attach` for the machine. `KDAP_LOGS` names a folder where each session leaves its adapter's log.
pub fn arguments(minint: &Minint, build: &str) -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let workspace = samples("..").canonicalize().expect("the workspace is here");
    let log = std::env::var_os("KDAP_LOGS").map(|folder| {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Path::new(&folder).join(format!("{}-{number}.log", std::process::id()))
    });
    json!({
        "logFile": &log,
        "trace": log.map(|_| "trace"),
        "connection": format!("unix:{}", minint.kd_socket().display()),
        "symbolPath": [samples("minint/bin"), samples("livedrv").join(build)],
        "imagePath": [samples("minint/bin"), samples("livedrv").join(build)],
        "sourceMap": {"C:\\kdap": workspace},
    })
}

/// Waits until the machine's kernel runs again, whose code must be that of its images.
pub fn runs_without_breakpoints(minint: &Minint, images: &[(u64, PathBuf)]) {
    assert!(!images.is_empty(), "the modules have files here");
    for (base, path) in images {
        let file = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (rva, code) in code_sections(&file) {
            let there = minint.memory(base + rva, code.len()).expect("code is mapped");
            let changed: Vec<u64> =
                (base + rva..).zip(code.iter().zip(&there)).filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
            assert!(changed.is_empty(), "{}: changed at {changed:x?}", path.display());
        }
    }
    // Time passes for a kernel that isn't halted.
    let ticks = || minint.memory(SHARED_DATA_TICK_COUNT, 8).expect("the kernel's clock is mapped");
    let (before, deadline) = (ticks(), Instant::now() + Duration::from_secs(5));
    while ticks() == before {
        assert!(Instant::now() < deadline, "the kernel stands still");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `_KUSER_SHARED_DATA.TickCount`.
const SHARED_DATA_TICK_COUNT: u64 = 0xffff_f780_0000_0320;

/// The sections of an image that hold code: where they are loaded, and their bytes.
fn code_sections(file: &[u8]) -> Vec<(u64, &[u8])> {
    const EXECUTE: u32 = 0x2000_0000;
    let u32_at = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let u16_at = |at: usize| usize::from(u16::from_le_bytes(file[at..at + 2].try_into().expect("two bytes")));
    let header = u32_at(0x3c) as usize;
    let sections = header + 24 + u16_at(header + 20);
    let section = |index: usize| {
        let at = sections + 40 * index;
        let (virtual_size, rva, raw_size, raw) = (u32_at(at + 8), u32_at(at + 12), u32_at(at + 16), u32_at(at + 20));
        let size = virtual_size.min(raw_size) as usize;
        (u32_at(at + 36) & EXECUTE != 0).then(|| (u64::from(rva), &file[raw as usize..raw as usize + size]))
    };
    (0..u16_at(header + 6)).filter_map(section).collect()
}

impl LiveSession {
    /// A kernel that has booted and runs, attached to: it is halted then. `None` where there is no QEMU.
    pub fn running(build: &str) -> Option<Self> {
        Some(Self::attached(Self::booted(build, "")?, build))
    }

    /// A kernel that has booted and runs, with more options on its command line. `None` where there is no QEMU.
    pub fn booted(build: &str, options: &str) -> Option<Minint> {
        let mut minint = machine(build, options, false)?;
        minint.wait_for_console("livedrv: DriverEntry returned 00000000", Instant::now() + Duration::from_secs(30));
        Some(minint)
    }

    /// Such a kernel, attached to: it is halted then.
    pub fn attached(minint: Minint, build: &str) -> Self {
        let arguments = arguments(&minint, build);
        let mut session = Self::new(minint, Client::start());
        session.begin(arguments);
        session.configure();
        session.stopped("entry");
        session
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

    /// How many of the events came up to the last `stopped` that was waited for.
    pub fn seen(&self) -> usize {
        self.seen
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
    pub fn leave(mut self) {
        let images = self.images();
        let Self { client, minint, .. } = self;
        assert!(client.disconnect().expect("the adapter was started").success());
        runs_without_breakpoints(&minint, &images);
    }

    /// The modules: where they are, and their files here.
    pub fn images(&mut self) -> Vec<(u64, PathBuf)> {
        let modules = self.client.ask("modules", json!({}));
        let modules = modules["modules"].as_array().expect("a list").iter();
        let image = |module: &Value| {
            let base = module["id"].as_str()?.strip_prefix("0x")?;
            Some((u64::from_str_radix(base, 16).ok()?, module["path"].as_str()?.into()))
        };
        modules.filter_map(image).collect()
    }

    /// Has the live driver do something in its next round, once the target goes on.
    pub fn set_mode(&mut self, mode: u32, argument: u64) {
        for (name, value) in [("LiveArgument", argument), ("LiveMode", mode.into())] {
            let expression = format!("livedrv!{name}");
            self.client.ask("setExpression", json!({"expression": expression, "value": value.to_string()}));
        }
    }

    /// The same, while the target runs.
    pub fn set_mode_while_running(&mut self, mode: u32) {
        self.client.ask("pause", json!({"threadId": 1}));
        self.stopped("pause");
        self.set_mode(mode, 0);
        self.go();
    }

    /// Sets the breakpoints of a source file of the live driver, and returns what became of them.
    pub fn set_breakpoints(&mut self, file: &str, breakpoints: Value) -> Vec<Value> {
        let arguments = json!({"source": {"path": source(file)}, "breakpoints": breakpoints});
        let body = self.client.ask("setBreakpoints", arguments);
        body["breakpoints"].as_array().expect("a list").clone()
    }

    /// Lets it go on to the line of `work.c` with this text, where nobody is stopped any more after that: the thread that
    /// came there.
    pub fn run_to(&mut self, text: &str) -> Value {
        let thread = self.break_at(text);
        self.set_breakpoints("work.c", json!([]));
        thread
    }

    /// Lets it go on to a breakpoint on the line of `work.c` with this text: the thread that came there.
    pub fn break_at(&mut self, text: &str) -> Value {
        self.set_breakpoints("work.c", json!([{"line": line_of("work.c", text)}]));
        self.go();
        self.stopped("breakpoint")["threadId"].clone()
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
