//! A whole session of the Windows build, under Wine, over a named pipe that leads to the sample kernel's serial port.
//!
//! `tests/windows.sh --session` builds what it needs and runs it. Without that there is nothing to run.

#![cfg(unix)]

use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, line_of, runs_without_breakpoints, source};
use tests::minint::{Minint, Options};

/// Names the folder with `kdap.exe` and `examples/pipe_bridge.exe`.
const PROGRAMS: &str = "KDAP_WINDOWS_PROGRAMS";

/// How long the machine may take to boot.
const BOOT: Duration = Duration::from_secs(30);

/// `pipe_bridge.exe`, ended when this is dropped.
struct Bridge(Child);

impl Bridge {
    fn start(program: &Path, pipe: &str, port: u16) -> Self {
        let mut command = wine(program);
        command.arg(pipe).arg(format!("127.0.0.1:{port}")).stdin(Stdio::piped());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // Its input's end is the way to end it: Wine's own process isn't all of it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn wine(program: &Path) -> Command {
    let mut command = Command::new("wine");
    command.arg(program);
    command
}

/// A path as a program under Wine has it.
fn windows_path(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    let path = path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    format!("Z:{}", path.display()).replace('/', "\\")
}

/// And the other way round.
fn host_path(path: &Path) -> PathBuf {
    let path = path.to_str().and_then(|path| path.strip_prefix("Z:")).expect("a path that went there");
    path.replace('\\', "/").into()
}

/// A port that nobody listens on: QEMU is to have the same one each time that it is switched on.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback interface");
    listener.local_addr().expect("it has an address").port()
}

fn set_breakpoints(session: &mut LiveSession, lines: &[i64]) -> Value {
    let lines: Vec<Value> = lines.iter().map(|line| json!({"line": line})).collect();
    let arguments = json!({"source": {"path": windows_path(source("work.c"))}, "breakpoints": lines});
    session.client.ask("setBreakpoints", arguments)["breakpoints"].clone()
}

/// Prints how long each part took.
struct Clock(Instant);

impl Clock {
    fn lap(&mut self, what: &str) {
        println!("{:>6.2} s  {what}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

#[test]
fn a_session_over_a_named_pipe_goes_on_after_the_machine_was_switched_off() {
    let Some(programs) = std::env::var_os(PROGRAMS).map(PathBuf::from) else {
        println!("skipped: {PROGRAMS} names no Windows build (tests/windows.sh --session makes one)");
        return;
    };
    let mut clock = Clock(Instant::now());
    let port = free_port();
    let Some(mut minint) = Minint::start(&Options {
        command_line: "/DEBUG /LIVE=100".to_owned(),
        drivers: vec!["livedrv/O0/livedrv.sys".into()],
        kd_port: Some(port),
        ..Options::default()
    }) else {
        return;
    };
    let booted = "livedrv: DriverEntry returned 00000000";
    minint.wait_for_console(booted, Instant::now() + BOOT);
    clock.lap("the machine boots");

    let pipe = format!(r"\\.\pipe\kd-{}", std::process::id());
    let _bridge = Bridge::start(&programs.join("examples/pipe_bridge.exe"), &pipe, port);
    let mut session = LiveSession::new(minint, Client::start_with(wine(&programs.join("kdap.exe"))));
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    let images = [samples.join("minint/bin"), samples.join("livedrv/O0")].map(windows_path);
    session.begin(json!({
        "connection": format!("com:pipe,port={pipe},reconnect"),
        "symbolPath": images,
        "imagePath": images,
        "sourceMap": {"C:\\kdap": windows_path(samples.join(".."))},
    }));
    session.configure();
    session.stopped("entry");
    clock.lap("Wine, attach, stopped");

    let line = line_of("work.c", "result = (ULONG)LiveFactorial(LIVE_DEPTH);");
    let set = set_breakpoints(&mut session, &[line]);
    assert_eq!(set[0]["verified"], true, "{set}");
    session.go();
    let stop = session.stopped("breakpoint");
    assert_eq!(stop["hitBreakpointIds"], json!([set[0]["id"]]));
    let thread = &stop["threadId"];
    let frames = session.stack(thread);
    assert!(
        frames.iter().any(|frame| frame["name"].as_str().unwrap().starts_with("livedrv!LiveWorkLoop")),
        "{frames:#?}"
    );
    assert_eq!(
        (&frames[0]["line"], &frames[0]["source"]["path"]),
        (&json!(line), &json!(windows_path(source("work.c"))))
    );
    let round: u64 = session.value(thread, "Worker->Round").parse().expect("a number");
    assert_eq!(round % 4, 1, "what kind a request is depends on its number");
    clock.lap("a breakpoint, its stack and locals");

    set_breakpoints(&mut session, &[]);
    session.client.ask("stepIn", json!({"threadId": thread}));
    session.stopped("step");
    let (function, _, at) = session.place(thread);
    assert!(function.starts_with("livedrv!LiveFactorial"), "{function}");
    assert_eq!(at, line_of("work.c", "if (Number <= 1) {"));
    session.client.ask("next", json!({"threadId": thread}));
    session.stopped("step");
    clock.lap("two steps");

    session.go();
    session.client.ask("pause", json!({"threadId": 1}));
    session.stopped("pause");
    clock.lap("continue, pause");

    set_breakpoints(&mut session, &[line]);
    session.go();
    session.stopped("breakpoint");
    session.minint.quit();
    clock.lap("the machine is switched off at a breakpoint");
    session.minint.start_again();
    let stop = session.stopped("breakpoint");
    assert_eq!(session.place(&stop["threadId"]).2, line);
    clock.lap("and on: it boots, and the breakpoint is hit again");
    set_breakpoints(&mut session, &[]);
    session.go();
    let mut images = session.images();
    images.iter_mut().for_each(|(_, path)| *path = host_path(path));
    assert!(session.client.disconnect().expect("the adapter was started").success());
    clock.lap("continue, disconnect");
    runs_without_breakpoints(&session.minint, &images);
}
