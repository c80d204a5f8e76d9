//! What debugging costs on the wire, in bytes, round trips and time: measured between the real adapter and the sample
//! kernel. `cargo test --test wire_cost -- --nocapture` prints the figures.

#![cfg(unix)]

use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, arguments, line_of, machine};
use tests::line::{Address, Line, Traffic};

/// The live driver says so when it has begun to work.
const LOADED: &str = "livedrv: DriverEntry returned 00000000";
/// The line is quiet when nothing was sent for so long.
const QUIET: Duration = Duration::from_millis(30);

/// What something may cost at most; `None` for what isn't limited.
#[derive(Clone, Copy, Default)]
struct Limit {
    bytes: Option<u64>,
    round_trips: Option<u64>,
    time: Option<Duration>,
}

impl Limit {
    const NONE: Self = Self { bytes: None, round_trips: None, time: None };

    const fn bytes(bytes: u64) -> Self {
        Self { bytes: Some(bytes), ..Self::NONE }
    }

    const fn and_round_trips(self, round_trips: u64) -> Self {
        Self { round_trips: Some(round_trips), ..self }
    }

    const fn time(time: Duration) -> Self {
        Self { time: Some(time), ..Self::NONE }
    }
}

/// A session over a line that counts.
struct Counted {
    session: LiveSession,
    line: Line,
    failures: Vec<String>,
}

impl Counted {
    /// A kernel that runs, and a client that hasn't said anything yet.
    fn new(build: &str) -> Option<(Self, Value)> {
        let mut minint = machine(build, "", false)?;
        minint.wait_for_console(LOADED, Instant::now() + Duration::from_secs(30));
        let line = Line::new(&Address::any_port(), Address::Unix(minint.kd_socket()));
        let mut arguments = arguments(&minint, build);
        let Address::Tcp(address) = line.address() else { panic!("a port was asked for") };
        arguments["connection"] = format!("tcp:{address}").into();
        let session = LiveSession::new(minint, Client::start());
        Some((Self { session, line, failures: Vec::new() }, arguments))
    }

    /// A session that has attached, without measuring that.
    fn attached(build: &str) -> Option<Self> {
        let (mut counted, arguments) = Self::new(build)?;
        counted.session.begin(arguments);
        counted.session.configure();
        counted.session.stopped("entry");
        Some(counted)
    }

    /// Waits until nothing goes over the line any more.
    fn wait_for_quiet(&mut self) {
        let mut before = self.line.mark();
        loop {
            self.session.client.idle(QUIET);
            let now = self.line.mark();
            if now == before {
                return;
            }
            before = now;
        }
    }

    /// Does something, prints what it cost and holds that to the limit.
    fn measure<T>(&mut self, what: &str, limit: Limit, run: impl FnOnce(&mut Self) -> T) -> T {
        self.wait_for_quiet();
        let (mark, begin) = (self.line.mark(), Instant::now());
        let result = run(self);
        let (cost, time) = (self.line.since(mark), begin.elapsed());
        self.account(what, limit, cost, time);
        result
    }

    fn account(&mut self, what: &str, limit: Limit, cost: Traffic, time: Duration) {
        let (bytes, round_trips) = (cost.bytes(), cost.round_trips);
        println!(
            "| {what:<64} | {bytes:>6} | {:>7} | {round_trips:>11} | {:>8.1} |",
            cost.packets(),
            time.as_secs_f64() * 1e3
        );
        let too_much = limit.bytes.is_some_and(|limit| bytes > limit)
            || limit.round_trips.is_some_and(|limit| round_trips > limit)
            || limit.time.is_some_and(|limit| time > limit);
        if too_much {
            let of = |limit: Option<u64>| limit.map_or("any".to_owned(), |limit| limit.to_string());
            let (most_bytes, most_trips) = (of(limit.bytes), of(limit.round_trips));
            self.failures.push(format!(
                "{what}: {bytes} bytes ({most_bytes} allowed), {round_trips} round trips ({most_trips}), {time:?} ({:?})",
                limit.time
            ));
        }
    }

    fn heading() {
        println!("| {:<64} | {:>6} | {:>7} | {:>11} | {:>8} |", "what", "bytes", "packets", "round trips", "ms");
        println!("| {} | -----: | ------: | ----------: | -------: |", "-".repeat(64));
    }

    fn end(self) {
        assert!(self.failures.is_empty(), "{:#?}", self.failures);
    }

    /// A step of a thread by line or by instruction, until its `stopped`.
    fn step(&mut self, thread: &Value, command: &str, granularity: &str) {
        self.session.client.ask(command, json!({"threadId": thread, "granularity": granularity}));
        self.session.stopped("step");
    }

    /// Sets one breakpoint, on the line of the live driver's source file that has this text. Returns its address.
    fn set_breakpoint(&mut self, file: &str, text: &str) -> u64 {
        let set = self.session.set_breakpoints(file, json!([{"line": line_of(file, text)}]));
        assert_eq!(set[0]["verified"], true, "{set:?}");
        let address = set[0]["instructionReference"].as_str().expect("a verified one has an address");
        u64::from_str_radix(address.trim_start_matches("0x"), 16).expect("a number")
    }

    /// Waits until the running target has a breakpoint instruction at `address`, and nothing more is done for that.
    fn wait_for_breakpoint(&mut self, address: u64) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.session.minint.memory(address, 1).as_deref() != Some(&[0xcc]) {
            assert!(Instant::now() < deadline, "{address:#x} has no breakpoint instruction");
            self.session.client.idle(Duration::from_millis(5));
        }
        self.wait_for_quiet();
    }

    /// Lets the target run to a breakpoint, and returns the thread that stops there.
    fn go_to_breakpoint(&mut self) -> Value {
        self.session.go();
        self.session.stopped("breakpoint")["threadId"].clone()
    }

    /// What an editor asks for at a stop: threads, 20 frames, the scopes of the innermost and all that is in them.
    fn look_around(&mut self, thread: &Value) -> Vec<Value> {
        self.session.client.ask("threads", json!({}));
        let frames = self.session.stack(thread);
        let scopes = self.session.client.ask("scopes", json!({"frameId": frames[0]["id"]}))["scopes"].clone();
        let mut rows = Vec::new();
        for scope in scopes.as_array().expect("a list") {
            let arguments = json!({"variablesReference": scope["variablesReference"]});
            let variables = self.session.client.ask("variables", arguments)["variables"].clone();
            rows.extend(variables.as_array().expect("a list").iter().cloned());
        }
        assert!(!frames.is_empty() && rows.len() > 5, "{frames:#?} {rows:#?}");
        frames.into_iter().chain(rows).collect()
    }
}

/// A line that no round comes to.
const NEVER: (&str, &str) = ("live.c", "KeCancelTimer(&LiveTimer);");
/// Once in 8 rounds of one worker: each 125 ms.
const SOMETIMES: (&str, &str) = ("work.c", "LiveCounter += 1;");
/// How long the editor waits for it to be let go.
const DETACH: Duration = Duration::from_millis(200);
/// Where all locals have their values.
const LOCALS: (&str, &str) = ("work.c", "// all locals are here");

#[test]
fn attaching_looking_stepping_and_detaching_cost_little() {
    let Some((mut counted, arguments)) = Counted::new("O0") else { return };
    Counted::heading();
    counted.measure("attach to a running kernel, to `stopped`", Limit::bytes(4 << 10), |counted| {
        counted.session.begin(arguments);
        counted.session.configure();
        counted.session.stopped("entry");
    });
    let view = Limit::bytes(6 << 10).and_round_trips(20);
    let thread = json!(1);
    counted.measure("threads, 20 frames, scopes, variables: where it was attached to", view, |counted| {
        counted.look_around(&thread)
    });
    counted.session.go();
    counted.measure("a breakpoint set in a running target, which runs on", Limit::bytes(1 << 10), |counted| {
        let address = counted.set_breakpoint(NEVER.0, NEVER.1);
        counted.wait_for_breakpoint(address);
    });
    counted.measure("a breakpoint set in a running target, to its hit's `stopped`", Limit::NONE, |counted| {
        counted.set_breakpoint(SOMETIMES.0, SOMETIMES.1);
        counted.session.stopped("breakpoint");
    });
    counted.session.set_breakpoints(NEVER.0, json!([]));
    counted.session.go();
    counted.wait_for_quiet();
    counted.measure("from the target's stop to `stopped`", Limit::NONE.and_round_trips(2), |counted| {
        counted.session.stopped("breakpoint");
    });
    counted.set_breakpoint(LOCALS.0, LOCALS.1);
    let thread = counted.go_to_breakpoint();
    let first =
        counted.measure("threads, 20 frames, scopes, variables: in a function with 17 locals", view, |counted| {
            counted.look_around(&thread)
        });
    let again =
        counted.measure("the same again at the same stop", Limit::bytes(0), |counted| counted.look_around(&thread));
    assert_eq!(first, again);
    // Another worker would come there meanwhile.
    counted.session.set_breakpoints("work.c", json!([]));
    counted.step(&thread, "stepIn", "instruction");
    let instruction = Limit::bytes(1536).and_round_trips(4);
    for what in ["first", "second"] {
        counted.measure(&format!("a step by instruction, the {what}"), instruction, |counted| {
            counted.step(&thread, "stepIn", "instruction");
        });
    }
    counted.measure("a breakpoint set in a halted target, and a step", Limit::bytes(1 << 10), |counted| {
        counted.set_breakpoint(NEVER.0, NEVER.1);
        counted.step(&thread, "stepIn", "instruction");
    });
    let line = Limit::NONE.and_round_trips(12);
    for what in ["first", "second", "third"] {
        counted.measure(&format!("a step over a source line, the {what}"), line, |counted| {
            counted.step(&thread, "next", "line");
        });
    }
    counted.measure("a step out", line, |counted| counted.step(&thread, "stepOut", "line"));
    counted.measure("threads, 20 frames, scopes, variables: after it", view, |counted| counted.look_around(&thread));
    counted.session.go();
    let begin = Instant::now();
    counted.measure("a break-in, to `stopped`", Limit::NONE, |counted| {
        counted.session.client.ask("pause", json!({"threadId": 1}));
        counted.session.stopped("pause");
    });
    // On a host that isn't busy, that takes a tick of the target's clock, 10 ms, and less than as much again.
    let detach = Limit::time(DETACH.max(10 * begin.elapsed()));
    counted.session.go();
    counted.measure("detach from a running target with a breakpoint", detach, |counted| {
        counted.session.client.ask("disconnect", json!({}));
    });
    assert!(counted.session.minint.is_running());
    counted.end();
}

#[test]
fn at_115200_baud_a_step_shows_its_line_in_half_a_second() {
    let Some(mut counted) = Counted::attached("O0") else { return };
    // One worker alone comes here.
    counted.set_breakpoint("work.c", "LiveStatistics.Rounds += 1;");
    let thread = counted.go_to_breakpoint();
    counted.session.stack(&thread);
    counted.line.set_baud(Some(115_200));
    Counted::heading();
    let mut times: Vec<Duration> = Vec::new();
    for command in ["next", "stepIn", "next", "next", "stepOut"] {
        let begin = Instant::now();
        counted.measure(&format!("{command} at 115200 baud, and the stack"), Limit::NONE, |counted| {
            counted.step(&thread, command, "line");
            let frames = counted.session.stack(&thread);
            assert_eq!(frames[0]["source"]["name"], "work.c");
        });
        times.push(begin.elapsed());
    }
    // A busy host may delay one or the other.
    times.sort();
    assert!(times[times.len() / 2] < Duration::from_millis(500), "{times:?}");
    counted.line.set_baud(None);
    counted.measure("detach from a halted target", Limit::time(DETACH), |counted| {
        counted.session.client.ask("disconnect", json!({}));
    });
    counted.end();
}
