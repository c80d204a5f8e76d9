//! `kdap connect` with the sample kernel under QEMU: what the commands show and do is what QEMU's monitor sees.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tests::dap_client::kdap;
use tests::minint::{Minint, Options};

const BOOTED: &str = "minint: 2 processors";
/// How long anything may take before a test calls it a hang.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// `TickCount` in `_KUSER_SHARED_DATA`.
const TICK_COUNT: u64 = 0xffff_f780_0000_0320;

/// `kdap connect`, fed through a pipe.
struct Console {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<String>,
    errors: Option<JoinHandle<String>>,
    commands: u32,
}

impl Console {
    fn connect(minint: &Minint) -> Self {
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples");
        let mut command = Command::new(kdap());
        command.arg("connect").arg(format!("unix:{}", minint.kd_socket().display()));
        command.args(["-y", &format!("{samples}/minint/bin;{samples}/livedrv/O0"), "--timeout", "50"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            text
        });
        let input = child.stdin.take();
        Self { child, input, output: receiver, errors: Some(errors), commands: 0 }
    }

    /// Sends a line and doesn't wait for what comes of it.
    fn send(&mut self, line: &str) {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
    }

    /// What is shown until a line is `last`, that line excluded.
    #[track_caller]
    fn until(&mut self, last: &str) -> String {
        let deadline = Instant::now() + TIME_LIMIT;
        let mut text = String::new();
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.trim_end() == last => return text,
                Ok(line) => text.extend([&line, "\n"]),
                Err(error) => panic!("no line {last:?} ({error}):\n{text}"),
            }
        }
    }

    /// Runs a command, and waits until the target is halted again: what was shown.
    #[track_caller]
    fn run(&mut self, command: &str) -> String {
        self.commands += 1;
        let done = format!("done {}", self.commands);
        self.send(command);
        self.send(&format!(".echo {done}"));
        self.until(&done)
    }

    /// The value behind `name` and what separates it from it.
    #[track_caller]
    fn number(&mut self, command: &str, before: &str) -> u64 {
        let shown = self.run(command);
        let digits = shown.split_once(before).unwrap_or_else(|| panic!("{command}: no {before:?} in:\n{shown}")).1;
        let digits: String = digits.chars().filter(|c| *c != '`').take_while(char::is_ascii_hexdigit).collect();
        u64::from_str_radix(&digits, 16).unwrap_or_else(|error| panic!("{command}: {error}:\n{shown}"))
    }

    #[track_caller]
    fn register(&mut self, name: &str) -> u64 {
        self.number(&format!("r {name}"), &format!("{name}="))
    }

    #[track_caller]
    fn value(&mut self, expression: &str) -> u64 {
        self.number(&format!("? {expression}"), " = ")
    }

    /// Ends the input: whether every command succeeded, and what was said of those that didn't.
    fn end(mut self) -> (bool, String) {
        self.input = None;
        let status = self.child.wait().unwrap();
        (status.success(), self.errors.take().unwrap().join().unwrap())
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A kernel that has booted, and a console that has stopped it.
fn halted(options: &Options) -> Option<(Minint, Console)> {
    let mut minint = Minint::start(options)?;
    let processors = options.processors;
    minint.wait_for_console(&format!("minint: {processors} processors"), Instant::now() + TIME_LIMIT);
    let mut console = Console::connect(&minint);
    let shown = console.run("");
    assert!(shown.contains(&format!("Connected to Windows 19041 x64 target, {processors} processor")), "{shown}");
    assert!(shown.contains("Break instruction exception - code 80000003 (first chance)\nrax="), "{shown}");
    assert!(shown.contains("nt!DbgBreakPointWithStatus:\n"), "{shown}");
    Some((minint, console))
}

fn kernel_alone() -> Options {
    Options { command_line: "/DEBUG".into(), ..Options::default() }
}

/// On more than one processor, the clock's interrupts of all of them run past the same breakpoints.
fn on_one_processor() -> Options {
    Options { processors: 1, ..kernel_alone() }
}

fn word(minint: &Minint, address: u64) -> u64 {
    u64::from_le_bytes(minint.memory(address, 8).expect("it is mapped").try_into().unwrap())
}

/// Time passes for a kernel that isn't halted.
fn runs(minint: &Minint) {
    let (ticks, deadline) = (word(minint, TICK_COUNT), Instant::now() + TIME_LIMIT);
    while word(minint, TICK_COUNT) == ticks {
        assert!(Instant::now() < deadline, "the target doesn't run");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_function_is_stepped_through_and_returned_from() {
    let Some((minint, mut console)) = halted(&on_one_processor()) else { return };
    let entry = console.value("nt!KeClockInterruptNotify");
    console.run("bp nt!KeClockInterruptNotify");
    let stop = console.run("g");
    assert!(stop.starts_with("Breakpoint 0 hit\nrax="), "{stop}");
    assert_eq!(console.register("rip"), entry);
    console.run("bc *");
    // push rsi
    assert_eq!(minint.memory(entry, 1).unwrap(), [0x56]);
    let (rsp, rsi) = (console.register("rsp"), console.register("rsi"));
    let caller = word(&minint, rsp);
    let stack = console.run("k 2");
    assert!(
        stack.contains(&format!("{:08x}`{:08x} nt!KeClockInterruptNotify", caller >> 32, caller as u32)),
        "{stack}"
    );
    console.run("p");
    assert_eq!((console.register("rip"), console.register("rsp")), (entry + 1, rsp - 8));
    assert_eq!(word(&minint, rsp - 8), rsi);
    console.run("t 2");
    assert!(console.register("rip") > entry + 2);
    console.run("pc");
    let call = console.register("rip");
    let bytes = minint.memory(call, 2).unwrap();
    assert!(bytes[0] == 0xe8 || bytes == [0xff, 0x15], "{call:#x}: {bytes:x?}");
    console.run("pt");
    let end = console.register("rip");
    assert_eq!((minint.memory(end, 1).unwrap(), console.register("rsp")), (vec![0xc3], rsp));
    console.run("t");
    assert_eq!(console.register("rip"), caller);
    assert_eq!(console.end(), (true, String::new()));
}

#[test]
fn a_call_is_traced_into_and_left_again() {
    let Some((minint, mut console)) = halted(&on_one_processor()) else { return };
    console.run("bp nt!HalpTimerClockInterrupt; g; bc *");
    console.run("pc");
    let (call, rsp) = (console.register("rip"), console.register("rsp"));
    let length: u64 = if minint.memory(call, 1).unwrap() == [0xe8] { 5 } else { 6 };
    console.run("t");
    assert_eq!(word(&minint, rsp - 8), call + length);
    assert_eq!(console.register("rsp"), rsp - 8);
    console.run("gu");
    assert_eq!((console.register("rip"), console.register("rsp")), (call + length, rsp));
    // The same call again, over it this time, and by its address.
    console.run(&format!("r rip={call:x}"));
    console.run(&format!("pa {:x}", call + length));
    assert_eq!((console.register("rip"), console.register("rsp")), (call + length, rsp));
    assert_eq!(console.end(), (true, String::new()));
}

#[test]
fn what_is_written_is_in_the_target() {
    let Some((minint, mut console)) = halted(&kernel_alone()) else { return };
    let at = console.value("nt!KiBugCheckData");
    assert_eq!(word(&minint, at), 0);
    console.run("ed nt!KiBugCheckData+8 12345678 9abcdef0");
    assert_eq!(word(&minint, at + 8), 0x9abc_def0_1234_5678);
    assert_eq!(console.number("dq nt!KiBugCheckData+8 L1", "  "), 0x9abc_def0_1234_5678);
    console.run("eq nt!KiBugCheckData+8 0");
    assert_eq!(word(&minint, at + 8), 0);
    // The page tables map themselves: what the entry at this address holds.
    let shown = console.run("!pte nt!KiBugCheckData");
    let pde = shown.split_once("PDE at ").unwrap().1.get(..16).unwrap();
    let pde = word(&minint, u64::from_str_radix(pde, 16).unwrap());
    assert!(shown.contains(&format!("contains {pde:016X}")), "{pde:x}\n{shown}");
    // The transmitter of the first serial port.
    console.run("ob 3f8 21;ob 3f8 3f");
    assert!(minint.console().contains("!?"), "{}", minint.console());
    assert_eq!(console.end(), (true, String::new()));
}

#[test]
fn a_watched_instruction_is_reported_before_it_is_executed_and_then_gone_past() {
    let Some((minint, mut console)) = halted(&kernel_alone()) else { return };
    let at = console.value("nt!KeClockInterruptNotify");
    console.run("ba e1 nt!KeClockInterruptNotify");
    let before = word(&minint, TICK_COUNT);
    // Each processor has its clock; one of them counts the ticks, and on a busy host the other one may come first for long.
    let mut hits = 0;
    while hits < 6 || (word(&minint, TICK_COUNT) == before && hits < 100) {
        console.run("g");
        assert_eq!(console.register("rip"), at);
        hits += 1;
    }
    let ticks = word(&minint, TICK_COUNT);
    assert!(ticks > before, "{hits}");
    // The other processor may get there first.
    let steps_past = (0..8).any(|_| {
        console.run("p");
        console.register("rip") != at
    });
    assert!(steps_past);
    // Nobody sees the first of them.
    console.run("bc *; ba e1 nt!KeClockInterruptNotify 30; g");
    assert_eq!(console.register("rip"), at);
    assert!(word(&minint, TICK_COUNT) > ticks, "{ticks}");
    console.run("bc *");
    assert_eq!(console.end(), (true, String::new()));
    runs(&minint);
}

#[test]
fn registers_are_set_in_the_target() {
    let Some((_minint, mut console)) = halted(&kernel_alone()) else { return };
    console.run("bp nt!KeClockInterruptNotify; g; bc *");
    let flags = "?? ((nt!_KPRCB*)@$prcb)->ProcessorState.ContextFrame.ContextFlags";
    let parts = console.number(flags, "0x");
    let old = (console.register("rax"), console.register("r8"));
    console.run("r rax=11223344`55667788, r8=@rax+1");
    console.run("r al=99, ah=66");
    console.run("r efl=@efl");
    // The parts that the target goes on with are not fewer for it.
    assert_eq!(console.number(flags, "0x"), parts);
    assert_eq!(console.register("rax"), 0x1122_3344_5566_6699);
    assert_eq!(console.register("r8"), 0x1122_3344_5566_7789);
    // Asked anew, the target says the same; a push of rsi shows that it is used.
    console.run("r rsi=5a5a5a5a`a5a5a5a5");
    console.run("p");
    assert_eq!(console.register("rax"), 0x1122_3344_5566_6699);
    assert_eq!(console.number("dq @rsp L1", "  "), 0x5a5a_5a5a_a5a5_a5a5);
    console.run(&format!("r rax={:x}, r8={:x}", old.0, old.1));
    let (_, errors) = {
        console.run("r nosuch=1");
        console.run("r dr7=1");
        console.run("r al=100");
        console.run(".frame 1; r rax=1");
        console.end()
    };
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(
        lines,
        [
            "there is no register called 'nosuch'",
            "dr7 can't be set: the debugger keeps its data breakpoints there (ba)",
            "0x100 does not fit into the 8 bits of al",
            "frame 1 is a caller's: only the innermost frame's registers can be set (.frame 0)",
        ]
    );
}

#[test]
fn each_processor_is_looked_at_and_asked() {
    let Some((minint, mut console)) = halted(&kernel_alone()) else { return };
    let blocks = console.value("nt!KiProcessorBlock");
    let mut stacks = Vec::new();
    for processor in 0..2 {
        console.run(&format!("~{processor}s"));
        // CurrentThread of its _KPRCB.
        let thread = word(&minint, word(&minint, blocks + 8 * u64::from(processor)) + 8);
        assert_eq!(console.value("@$thread"), thread);
        stacks.push(console.run("k"));
        let outermost = stacks.last().and_then(|stack| stack.lines().last()).unwrap();
        let threads_begin = ["nt!KiIdleLoop", "nt!KiStartSystemThread"];
        assert!(threads_begin.iter().any(|name| outermost.contains(name)), "processor {processor}: {stacks:#?}");
        let efer = console.number("rdmsr c0000080", "msr[c0000080] = ");
        assert_eq!(efer, minint.registers(processor).value("EFER"));
    }
    assert_ne!(stacks[0], stacks[1]);
    let before = console.number("rdmsr c0000102", "msr[c0000102] = ");
    console.run("wrmsr c0000102 fffff780`12345678");
    assert_eq!(console.number("rdmsr c0000102", "msr[c0000102] = "), 0xffff_f780_1234_5678);
    console.run(&format!("wrmsr c0000102 {before:x}"));
    let trace = console.run(".kdtrace 6");
    assert_eq!(trace.lines().count(), 6);
    assert!(trace.contains("-> STATE_MANIPULATE") && trace.contains("WriteMsr"), "{trace}");
    console.run(".kdtrace on");
    assert!(console.run("rdmsr 1b").contains("ReadMsr"));
    console.run(".kdtrace off");
    assert!(!console.run("rdmsr 1b").contains("ReadMsr"));
    assert_eq!(console.end(), (true, String::new()));
}

#[test]
fn a_target_runs_until_it_is_broken_in_on_and_runs_on_when_the_input_ends() {
    let Some((mut minint, mut console)) = halted(&kernel_alone()) else { return };
    let entry = console.value("nt!KeBugCheckEx");
    let original = minint.memory(entry, 1).unwrap();
    console.run("bp nt!KeBugCheckEx");
    console.send("g");
    let stop = console.run(".breakin");
    assert!(stop.contains("nt!DbgBreakPointWithStatus:\n"), "{stop}");
    let stop = console.run(".restart");
    assert!(stop.contains("nt!DbgBreakPointWithStatus:\n"), "{stop}");
    console.send("g");
    assert_eq!(console.end(), (true, String::new()));
    assert_eq!(minint.memory(entry, 1).unwrap(), original);
    assert!(minint.is_running());
    runs(&minint);
}

#[test]
fn code_that_its_image_has_otherwise_is_shown_as_it_is_also_under_a_breakpoint() {
    let Some((minint, mut console)) = halted(&kernel_alone()) else { return };
    let entry = console.value("nt!KeBugCheckEx");
    assert_ne!(minint.memory(entry, 1).unwrap(), [0x90]);
    console.run("eb nt!KeBugCheckEx 90");
    // Once it has run, nobody remembers that.
    console.send("g");
    console.run(".breakin");
    console.run("bp nt!KeBugCheckEx");
    console.send("g");
    console.run(".breakin");
    assert_eq!(minint.memory(entry, 1).unwrap(), [0xcc]);
    assert_eq!(console.number("db nt!KeBugCheckEx L1", "  "), 0x90);
    console.send("g");
    console.run(".breakin");
    assert_eq!(minint.memory(entry, 1).unwrap(), [0xcc]);
    assert_eq!(console.end(), (true, String::new()));
    assert_eq!(minint.memory(entry, 1).unwrap(), [0x90]);
}

#[test]
fn a_console_that_is_asked_to_end_lets_the_target_go() {
    let Some((minint, mut console)) = halted(&kernel_alone()) else { return };
    let entry = console.value("nt!KeBugCheckEx");
    let original = minint.memory(entry, 1).unwrap();
    console.run("bp nt!KeBugCheckEx");
    console.send("g");
    console.send("r");
    let process = console.child.id().to_string();
    std::thread::sleep(Duration::from_millis(300));
    assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
    console.child.wait().unwrap();
    assert_eq!(minint.memory(entry, 1).unwrap(), original);
    runs(&minint);
}

#[test]
fn a_target_that_is_rebooted_comes_back_with_its_breakpoints() {
    let Some((mut minint, mut console)) = halted(&kernel_alone()) else { return };
    console.run("bp nt!KeClockInterruptNotify");
    let stop = console.run(".reboot");
    assert!(stop.contains("the target restarts\n"), "{stop}");
    assert!(stop.contains("Breakpoint 0 hit\n"), "{stop}");
    console.run("bc *");
    assert!(console.end().0);
    let deadline = Instant::now() + TIME_LIMIT;
    while minint.console().matches(BOOTED).count() < 2 {
        assert!(Instant::now() < deadline, "{}", minint.console());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(minint.is_running());
}

#[test]
fn what_the_target_asks_is_answered_by_the_next_line() {
    let driver = "livedrv/O0/livedrv.sys".into();
    let options = Options { command_line: "/DEBUG /LIVE=500".into(), drivers: vec![driver], ..Options::default() };
    let Some((_minint, mut console)) = halted(&options) else { return };
    console.run("bu livedrv!LiveCountRound; g; bc *");
    console.run("ed livedrv!LiveMode 5");
    console.send("g");
    console.send("to the left");
    console.until("livedrv: which way?");
    console.until("livedrv: answered 'to the left'");
    let stop = console.run(".breakin");
    assert!(stop.contains("Break instruction exception"), "{stop}");
    console.run("ed livedrv!LiveMode 6");
    let stop = console.run("g");
    assert!(stop.contains("\nBugCheck E2, {0, 2, 3, 4}\n"), "{stop}");
    assert!(console.run("!analyze").contains("MANUALLY_INITIATED_CRASH"));
    assert!(console.end().0);
}
