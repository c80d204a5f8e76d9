//! Sessions over a bad line: whatever it drops, changes, repeats or delays, what is shown is true, nothing hangs, and the
//! kernel runs at the end. The truth is what QEMU's monitor says, and the sources.
//!
//! `KDAP_LOSSY_SESSIONS` says how many (10), `KDAP_LOSSY_SEED` with which seed they begin (1):
//! `tests/lossy.sh 300`.

#![cfg(unix)]

use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use symbols::SymbolFile;
use tests::dap_client::Client;
use tests::dap_client::live::{LiveSession, arguments, line_of, runs_without_breakpoints};
use tests::line::{Address, Damage, Fault, Line};
use tests::minint::{KERNEL_BASE, Minint};
use tests::random::Random;

/// Where the first driver is loaded.
const DRIVER_BASE: u64 = 0xffff_f803_2000_0000;
/// `_KPRCB.ProcessorState.ContextFrame` of Windows 10 (19041), and where in a CONTEXT its registers lie.
const CONTEXT_FRAME: u64 = 0x100 + 0xf0;
const REGISTERS: [(&str, usize); 17] = [
    ("rax", 0x78),
    ("rcx", 0x80),
    ("rdx", 0x88),
    ("rbx", 0x90),
    ("rsp", 0x98),
    ("rbp", 0xa0),
    ("rsi", 0xa8),
    ("rdi", 0xb0),
    ("r8", 0xb8),
    ("r9", 0xc0),
    ("r10", 0xc8),
    ("r11", 0xd0),
    ("r12", 0xd8),
    ("r13", 0xe0),
    ("r14", 0xe8),
    ("r15", 0xf0),
    ("rip", 0xf8),
];
/// What LiveLocals sets its locals to, as an editor shows it.
const LOCALS: [(&str, &str); 7] = [
    ("negative", "-300"),
    ("large", "-78187493530"),
    ("ratio", "0.75"),
    ("half", "0.5"),
    ("kind", "LiveControl (2)"),
    ("text", "\"live text\""),
    ("numbers", "{10, 20, 30, 40}"),
];
/// How often something is asked that the line's faults may spoil.
const ATTEMPTS: usize = 6;

fn samples(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path).canonicalize().expect("the samples are here")
}

fn address(base: u64, pdb: &str, name: &str) -> u64 {
    let file = SymbolFile::open(&samples(pdb)).expect("the sample's symbols");
    base + u64::from(file.find(name).first().unwrap_or_else(|| panic!("no {name}")).rva)
}

/// The machine, and what is known of it without the line.
struct Truth {
    ticks: u64,
    statistics: u64,
    processor_block: u64,
    images: Vec<(u64, PathBuf)>,
}

impl Truth {
    fn new() -> Self {
        let driver = |name| address(DRIVER_BASE, "livedrv/O0/livedrv.pdb", name);
        Self {
            ticks: driver("LiveTicks"),
            statistics: driver("LiveStatistics"),
            processor_block: address(KERNEL_BASE, "minint/bin/ntkrnlmp.pdb", "KiProcessorBlock"),
            images: vec![
                (KERNEL_BASE, samples("minint/bin/ntkrnlmp.exe")),
                (DRIVER_BASE, samples("livedrv/O0/livedrv.sys")),
            ],
        }
    }

    fn number(minint: &Minint, address: u64) -> u64 {
        u64::from_le_bytes(minint.memory(address, 8).expect("it is mapped").try_into().expect("eight bytes"))
    }

    /// The registers that a halted processor had.
    fn registers(&self, minint: &Minint, processor: u64) -> Vec<(&'static str, u64)> {
        let prcb = Self::number(minint, self.processor_block + processor * 8);
        let context = minint.memory(prcb + CONTEXT_FRAME, 0x100).expect("the processor's block is mapped");
        let register = |at: usize| u64::from_le_bytes(context[at..at + 8].try_into().expect("eight bytes"));
        REGISTERS.iter().map(|(name, at)| (*name, register(*at))).collect()
    }

    /// Whether the live driver's clock goes on.
    fn runs(&self, minint: &Minint) -> bool {
        let ticks = || Self::number(minint, self.ticks) as u32;
        let (before, deadline) = (ticks(), Instant::now() + Duration::from_secs(10));
        while ticks() == before && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        ticks() != before
    }
}

/// One session over a bad line.
struct Bad<'a> {
    session: LiveSession,
    line: Line,
    truth: &'a Truth,
    /// What wasn't shown, with the reason that was given.
    unreadable: Vec<String>,
    /// Requests that had to be asked again.
    again: Vec<String>,
    /// Events that were looked at.
    seen: usize,
}

impl Bad<'_> {
    /// Asks until it is done: what the line spoilt is refused with a reason.
    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        for _ in 0..ATTEMPTS {
            match self.session.client.request(command, arguments.clone()) {
                Ok(body) => return body,
                Err(why) => {
                    self.again.push(format!("{command}: {why}"));
                    self.session.client.idle(Duration::from_millis(300));
                }
            }
        }
        panic!("{command} {arguments} isn't done: {:#?}\n{}", self.again, self.session.output());
    }

    /// The next stop, whatever its reason.
    fn stop(&mut self) -> Value {
        let body = self.session.client.event("stopped", self.seen);
        let is_stopped = |event: &Value| event["event"] == "stopped";
        let at = self.session.client.events().iter().skip(self.seen).position(is_stopped).expect("it was waited for");
        self.seen += at + 1;
        body
    }

    /// Lets the target go by a request, and waits for its stop. Where the line spoils the request, nobody knows whether it
    /// goes on: then it is paused.
    fn until_stop(&mut self, command: &str, arguments: Value) -> Value {
        self.seen = self.session.client.events().len();
        if let Err(why) = self.session.client.request(command, arguments) {
            self.again.push(format!("{command}: {why}"));
            let stopped = |events: &[Value]| events.iter().any(|event| event["event"] == "stopped");
            for _ in 0..ATTEMPTS {
                self.session.client.idle(Duration::from_millis(500));
                if stopped(&self.session.client.events()[self.seen..])
                    || self.session.client.request("stackTrace", json!({"threadId": 1, "levels": 1})).is_ok()
                {
                    break;
                }
                let _ = self.session.client.request("pause", json!({"threadId": 1}));
            }
            if !stopped(&self.session.client.events()[self.seen..]) {
                return json!({"reason": "unknown", "threadId": 1});
            }
        }
        self.stop()
    }

    fn is(&mut self, what: &str, shown: &Value, truth: &str) {
        let shown = shown.as_str().unwrap_or_default();
        if shown.starts_with('<') && shown.len() > 4 {
            self.unreadable.push(format!("{what}: {shown}"));
        } else {
            assert_eq!(shown, truth, "{what}: {:#?}\n{}", self.again, self.session.output());
        }
    }

    /// Goes on until a breakpoint on this line stops a thread, and returns the thread.
    fn go_to(&mut self, text: &str) -> Value {
        let line = line_of("work.c", text);
        let set = self.ask(
            "setBreakpoints",
            json!({"source": {"path": tests::dap_client::live::source("work.c")}, "breakpoints": [{"line": line}]}),
        );
        assert_eq!((&set["breakpoints"][0]["verified"], &set["breakpoints"][0]["line"]), (&json!(true), &json!(line)));
        for _ in 0..ATTEMPTS {
            let stop = self.until_stop("continue", json!({"threadId": 1}));
            if stop["reason"] == "breakpoint" {
                let thread = stop["threadId"].clone();
                assert_eq!(self.top(&thread)["line"], line, "{stop}");
                return thread;
            }
            // A spoilt request has led elsewhere.
            assert!(!self.again.is_empty(), "{stop}: {}", self.session.output());
        }
        panic!("the breakpoint isn't reached: {:#?}\n{}", self.again, self.session.output());
    }

    fn frames(&mut self, thread: &Value) -> Vec<Value> {
        let body = self.ask("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 20}));
        body["stackFrames"].as_array().expect("a list").clone()
    }

    fn top(&mut self, thread: &Value) -> Value {
        self.frames(thread).swap_remove(0)
    }

    /// The frames are those of the sources, as far as they are there; where they end, the reason is told.
    fn check_stack(&mut self, thread: &Value, functions: &[&str]) {
        let frames = self.frames(thread);
        for (frame, function) in frames.iter().zip(functions) {
            let name = frame["name"].as_str().expect("a name");
            if name.starts_with("the stack ends here: ") && name.contains("can't be read") {
                self.unreadable.push(name.to_owned());
                return;
            }
            assert!(name.starts_with(function), "{name} and not {function}: {:#?}", self.again);
        }
        assert!(frames.len() >= functions.len(), "{frames:#?}");
    }

    fn rows(&mut self, reference: &Value) -> Vec<Value> {
        let body = self.ask("variables", json!({"variablesReference": reference}));
        body["variables"].as_array().expect("a list").clone()
    }

    fn scope(&mut self, frame: &Value, name: &str) -> Vec<Value> {
        let scopes = self.ask("scopes", json!({"frameId": frame["id"]}));
        let scopes = scopes["scopes"].as_array().expect("a list").clone();
        let scope = scopes.iter().find(|scope| scope["name"] == name).expect("every frame has it");
        self.rows(&scope["variablesReference"])
    }

    fn check_locals(&mut self, thread: &Value) {
        let frame = self.top(thread);
        let rows = self.scope(&frame, "Locals");
        for (name, value) in LOCALS {
            let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {rows:#?}"));
            self.is(name, &row["value"], value);
        }
    }

    fn check_registers(&mut self, thread: &Value) {
        let truth = self.truth.registers(&self.session.minint, thread.as_u64().expect("a number") - 1);
        let frame = self.top(thread);
        let mut rows = Vec::new();
        for group in self.scope(&frame, "Registers") {
            rows.extend(self.rows(&group["variablesReference"]));
        }
        for (name, value) in truth {
            let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {rows:#?}"));
            let shown = row["value"].as_str().expect("a value").split(' ').next().unwrap_or_default().to_owned();
            let number = u64::from_str_radix(shown.trim_start_matches("0x"), 16);
            assert_eq!(number, Ok(value), "{name} {row}: {:#?}", self.again);
        }
        assert_eq!(frame["instructionPointerReference"], rows_value(&rows, "rip"));
    }

    /// Memory as it is shown is the machine's.
    fn check_memory(&mut self, random: &mut Random) {
        let stack = self.truth.registers(&self.session.minint, 0)[4].1;
        for base in [DRIVER_BASE + 0x5000, self.truth.statistics & !0xff, stack, KERNEL_BASE] {
            let (at, count) = (base + random.below(64) as u64, 1 + random.below(300));
            let body = self.ask("readMemory", json!({"memoryReference": format!("{at:#x}"), "count": count}));
            let bytes = decode_base64(body["data"].as_str().unwrap_or_default());
            let Some(truth) = self.session.minint.memory(at, count) else { continue };
            assert_eq!(bytes[..], truth[..bytes.len()], "{at:#x}: {body} {:#?}", self.again);
            if bytes.len() < count {
                self.unreadable.push(format!("{} bytes at {at:#x}", count - bytes.len()));
            }
        }
    }

    /// What went over the link last.
    fn link(&mut self) -> Vec<Value> {
        let lines = self.session.client.ask("kd/trace", json!({}))["lines"].as_array().expect("a list").clone();
        lines[lines.len().saturating_sub(60)..].to_vec()
    }

    /// Cuts the line in one of the ways that it can come back from.
    fn cut(&mut self) {
        self.line.cut();
        self.session.client.idle(Duration::from_millis(700));
    }

    fn run(&mut self, random: &mut Random, cuts: bool) {
        let thread = self.go_to("// all locals are here");
        if cuts {
            self.cut();
        }
        let below = ["livedrv!LiveLocals", "livedrv!LiveHandleRequest", "livedrv!LiveDispatch", "livedrv!LiveRound"];
        self.check_stack(&thread, &below);
        self.check_locals(&thread);
        self.check_registers(&thread);
        self.check_memory(random);
        // One worker alone comes here.
        let thread = self.go_to("LiveStatistics.Rounds += 1;");
        self.check_stack(&thread, &["livedrv!LiveRecord", "livedrv!LiveRound", "livedrv!LiveWorkLoop"]);
        let mut line = line_of("work.c", "LiveStatistics.Rounds += 1;");
        for _ in 0..3 {
            let before = self.again.len();
            let stop = self.until_stop("next", json!({"threadId": thread}));
            if stop["reason"] == "step" {
                line += 1;
            } else {
                assert!(self.again.len() > before, "{stop}: {}", self.session.output());
                break;
            }
            assert_eq!(self.top(&thread)["line"], line, "{stop}");
            self.check_registers(&thread);
        }
        for _ in 0..2 {
            self.until_stop("stepIn", json!({"threadId": thread, "granularity": "instruction"}));
        }
        self.check_registers(&thread);
        self.check_memory(random);
        self.ask(
            "setBreakpoints",
            json!({"source": {"path": tests::dap_client::live::source("work.c")}, "breakpoints": []}),
        );
        if self.session.client.request("continue", json!({"threadId": 1})).is_ok() {
            let runs = self.truth.runs(&self.session.minint);
            assert!(runs, "the kernel stands still: {:#?}\n{}", self.link(), self.session.output());
        }
        if cuts {
            self.cut();
        }
        self.seen = self.session.client.events().len();
        if self.session.client.request("pause", json!({"threadId": 1})).is_ok() {
            let stop = self.stop();
            self.check_registers(&stop["threadId"]);
            self.check_memory(random);
        }
    }
}

fn rows_value(rows: &[Value], name: &str) -> Value {
    let row = rows.iter().find(|row| row["name"] == name).expect("it is there");
    row["value"].as_str().and_then(|value| value.split(' ').next()).into()
}

fn decode_base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'=').map(digit).collect();
    let bytes = |group: &[u8]| {
        let bits = group.iter().fold(0u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - group.len()));
        bits.to_be_bytes()[1..group.len()].to_vec()
    };
    digits.chunks(4).flat_map(bytes).collect()
}

fn damage(seed: u64, one_in: u32) -> Damage {
    let stall = Fault::Stall(Duration::from_millis(20));
    Damage::new(seed).with_wrong_bytes(one_in).with(Fault::Split, one_in / 2).with(stall, one_in * 4)
}

/// What a session came to.
fn session(minint: Minint, truth: &Truth, seed: u64) -> Minint {
    let mut random = Random::new(seed);
    let one_in = if seed % 3 == 0 { 1000 } else { 10_000 };
    let cuts = seed % 5 == 0;
    let begin = Instant::now();
    let line = Line::new(&Address::any_port(), Address::Unix(minint.kd_socket()));
    line.set_damage(Some(&damage(seed, one_in)));
    let mut arguments = arguments(&minint, "O0");
    let Address::Tcp(address) = line.address() else { panic!("a port was asked for") };
    arguments["connection"] = format!("tcp:{address}{}", if cuts { ",reconnect" } else { "" }).into();
    let session = LiveSession::new(minint, Client::start());
    let mut bad = Bad { session, line, truth, unreadable: Vec::new(), again: Vec::new(), seen: 0 };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        bad.session.begin(arguments);
        bad.session.configure();
        bad.stop();
        bad.run(&mut random, cuts);
    }));
    if let Err(failure) = outcome {
        for processor in 0..2 {
            eprintln!("processor {processor}: {:x?}", bad.session.minint.registers(processor));
        }
        let link = catch_unwind(AssertUnwindSafe(|| bad.link()));
        eprintln!("the link: {:#?}\nasked again: {:#?}\n{}", link.unwrap_or_default(), bad.again, bad.session.output());
        resume_unwind(failure);
    }
    let Bad { session, line, unreadable, again, .. } = bad;
    let faults = line.faults();
    let LiveSession { client, minint, .. } = session;
    assert!(client.disconnect().expect("it is our child").success());
    drop(line);
    runs_without_breakpoints(&minint, &truth.images);
    assert!(truth.runs(&minint), "the kernel stands still");
    println!(
        "seed {seed}: {faults} faults at 1 byte in {one_in}{}, {} unreadable, {} asked again, {:.1} s",
        if cuts { " and cuts" } else { "" },
        unreadable.len(),
        again.len(),
        begin.elapsed().as_secs_f64()
    );
    for text in unreadable.iter().chain(&again) {
        println!("    {text}");
    }
    minint
}

#[test]
fn sessions_over_a_bad_line_show_what_is_true_and_leave_the_kernel_running() {
    let number = |name, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let first: u64 = number("KDAP_LOSSY_SEED", 1);
    let Some(mut minint) = LiveSession::booted("O0", "") else { return };
    let truth = Truth::new();
    for seed in first..first + number("KDAP_LOSSY_SESSIONS", 10) {
        println!("seed {seed}");
        minint = session(minint, &truth, seed);
    }
}
