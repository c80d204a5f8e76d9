//! The sample kernel lives with `/LIVE`: its clock ticks, its threads run, and the live driver does what a debugger asks.

#![cfg(unix)]

use kd_protocol::{Answer, Continue2, ContinueStatus, ControlSet, LoadSymbols, Request, StateChange, StateChangeKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use symbols::SymbolFile;
use tests::minint::{KERNEL_BASE, Minint, Options};
use tests::wire::{Wire, exception};

const STATUS_BREAKPOINT: u32 = 0x8000_0003;
const STATUS_ASSERTION_FAILURE: u32 = 0xc000_0420;
const STATUS_ACCESS_VIOLATION: u32 = 0xc000_0005;
const LIVE_STATUS: u32 = 0xe04b_4441;
const LOADED: &str = "livedrv: DriverEntry returned 00000000";

/// Of Windows 10 (19041).
const KPRCB_CURRENT_THREAD: u64 = 0x8;
const KTHREAD_PROCESS: u64 = 0x220;
const EPROCESS_IMAGE_FILE_NAME: u64 = 0x5a8;

/// Where app.exe's code lies: `APP_CODE` of samples/minint/ps/user.c.
const APP_CODE: u64 = 0x7ff6_a000_1000;

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn samples(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples").join(path)
}

fn rva(pdb: &str, symbol: &str) -> u64 {
    let file = SymbolFile::open(&samples(pdb)).unwrap();
    match file.find(symbol).as_slice() {
        [symbol] => symbol.rva.into(),
        symbols => panic!("{symbol}: {symbols:?}"),
    }
}

fn kernel(symbol: &str) -> u64 {
    KERNEL_BASE + rva("minint/bin/ntkrnlmp.pdb", symbol)
}

/// A debugger on a kernel in which the live driver runs.
struct Live {
    /// Switched on as long as this is there.
    _minint: Minint,
    wire: Wire,
    base: u64,
    build: &'static str,
}

impl Live {
    /// Boots with the debugger there from the start, which the driver's load event tells where it is.
    fn boot(build: &'static str, options: &str) -> Option<Self> {
        let minint = Minint::start(&Options {
            command_line: format!("/DEBUG /LIVE=100{options}"),
            drivers: ["livedrv", "driver"].map(|folder| driver(folder, build)).into(),
            paused: true,
            ..Options::default()
        })?;
        let mut wire = Wire::connect(&minint.kd_socket());
        wire.begin_to_attach();
        minint.resume();
        assert_eq!(load(&wire.wait_for_stop()).base, KERNEL_BASE);
        wire.go(false);
        let driver = next_load(&mut wire);
        assert!(driver.path.ends_with(b"livedrv.sys"), "{driver:?}");
        Some(Self { _minint: minint, wire, base: driver.base, build })
    }

    /// The same, and the driver's workers have begun.
    fn running(build: &'static str, options: &str) -> Option<Self> {
        let mut live = Self::boot(build, options)?;
        live.wire.go(false);
        live.wait_for_print(LOADED, 1);
        live.wire.break_in();
        Some(live)
    }

    fn symbol(&self, name: &str) -> u64 {
        self.base + rva(&format!("livedrv/{}/livedrv.pdb", self.build), name)
    }

    fn number(&mut self, name: &str) -> u32 {
        let address = self.symbol(name);
        u32::from_le_bytes(self.wire.read(address, 4).unwrap().try_into().unwrap())
    }

    /// Has the driver do something in its next round, and lets the machine run.
    fn mode(&mut self, mode: u32, argument: u64) {
        let [to_argument, to_mode] = ["LiveArgument", "LiveMode"].map(|name| self.symbol(name));
        self.wire.write(to_argument, &argument.to_le_bytes());
        self.wire.write(to_mode, &mode.to_le_bytes());
        self.go();
    }

    /// Goes on, behind a breakpoint instruction if the machine stands at one of its own.
    fn go(&mut self) {
        go(&mut self.wire);
    }

    /// Goes on, and has the kernel's handlers look at the exception.
    fn go_not_handled(&mut self) {
        let control_set =
            ControlSet::Amd64 { trace_flag: false, dr7: 0x400, current_symbol_start: 0, current_symbol_end: 0 };
        let request = Continue2 { status: ContinueStatus::EXCEPTION_NOT_HANDLED, control_set };
        assert_eq!(self.wire.ask(Request::Continue2(request)), Answer::Acknowledged);
    }

    /// Waits until the target has printed `text` that often.
    fn wait_for_print(&mut self, text: &str, times: usize) {
        let deadline = soon();
        while self.wire.printed().matches(text).count() < times {
            assert!(Instant::now() < deadline, "no {text:?}: {}", self.wire.printed());
            self.wire.idle(Duration::from_millis(10));
        }
    }

    fn expect_exception(&mut self, code: u32) -> StateChange {
        let stop = self.wire.wait_for_stop();
        assert_eq!(exception(&stop), code, "{:#x}; printed: {}", exception(&stop), self.wire.printed());
        stop
    }
}

fn driver(folder: &str, build: &str) -> PathBuf {
    let name = if folder == "driver" { "sampledrv" } else { folder };
    format!("{folder}/{build}/{name}.sys").into()
}

fn load(stop: &StateChange) -> LoadSymbols {
    match &stop.kind {
        StateChangeKind::LoadSymbols(load) => load.clone(),
        other => panic!("no load-symbols event: {other:?}"),
    }
}

fn go(wire: &mut Wire) {
    let mut context = wire.context();
    if wire.read(context.rip(), 1) == Ok(vec![0xcc]) {
        context.set_rip(context.rip() + 1);
        wire.set_context(context);
    }
    wire.go(false);
}

/// Waits for the next module event. A break-in byte that was sent once more is heard late on a busy host.
fn next_load(wire: &mut Wire) -> LoadSymbols {
    loop {
        match wire.wait_for_stop().kind {
            StateChangeKind::LoadSymbols(load) => return load,
            StateChangeKind::Exception { record, .. } if record.code == STATUS_BREAKPOINT => go(wire),
            other => panic!("no load-symbols event: {other:?}"),
        }
    }
}

#[test]
fn without_a_debugger_the_driver_is_loaded_after_the_boot_and_runs() {
    let drivers = vec![driver("livedrv", "O2")];
    let options = Options { command_line: "/LIVE=300".into(), drivers, ..Options::default() };
    let Some(mut minint) = Minint::start(&options) else { return };
    minint.wait_for_console(LOADED, soon());
    let symbol = |name: &str| 0xffff_f803_2000_0000 + rva("livedrv/O2/livedrv.pdb", name);
    let number = |name| u32::from_le_bytes(minint.memory(symbol(name), 4).unwrap().try_into().unwrap());
    for name in ["LiveCounter", "LiveTicks", "LiveStatistics"] {
        let (before, deadline) = (number(name), soon());
        while number(name) == before {
            assert!(Instant::now() < deadline, "{name} stays {before}");
        }
    }
}

#[test]
fn one_processor_is_enough() {
    let options = Options {
        command_line: "/LIVE=100".into(),
        drivers: vec![driver("livedrv", "O0")],
        processors: 1,
        ..Options::default()
    };
    let Some(mut minint) = Minint::start(&options) else { return };
    minint.wait_for_console(LOADED, soon());
}

#[test]
fn the_driver_does_what_its_mode_says_and_goes_on() {
    for build in ["O0", "O2"] {
        let Some(mut live) = Live::running(build, "") else { return };
        let prints = [
            (1, 4711, "livedrv: argument 4711\n"),
            (4, 0x20, "livedrv: 0000000000000020 can't be written: handled\n"),
            (8, 0, "livedrv: line 200 of 200\n"),
            (10, 0, "livedrv: status e04b4441 handled, 1 __finally\n"),
            (12, 3, "livedrv: quotient 333\n"),
            (13, 0, "livedrv: in a DPC, tick "),
        ];
        for (mode, argument, text) in prints {
            live.mode(mode, argument);
            live.wait_for_print(text, 1);
            live.wire.break_in();
            assert_eq!(live.number("LiveMode"), 0);
        }
        assert_eq!(live.wire.printed().matches("livedrv: line ").count(), 200);
    }
}

#[test]
fn the_driver_stops_where_its_mode_says() {
    for build in ["O0", "O2"] {
        let Some(mut live) = Live::running(build, "") else { return };
        live.mode(2, 0);
        let stop = live.expect_exception(STATUS_ASSERTION_FAILURE);
        assert_eq!(live.wire.read(stop.program_counter, 2).unwrap(), [0xcd, 0x2c]);
        let mut context = live.wire.context();
        context.set_rip(stop.program_counter + 2);
        live.wire.set_context(context);
        live.wire.go(false);
        live.wait_for_print("livedrv: behind the assertion\n", 1);
        live.wire.break_in();

        live.mode(3, 0);
        live.expect_exception(STATUS_BREAKPOINT);
        live.mode(9, 0);
        let stop = live.expect_exception(STATUS_BREAKPOINT);
        assert!((live.base..live.base + 0x1_0000).contains(&stop.program_counter), "{:#x}", stop.program_counter);
        live.go();
        live.wait_for_print("livedrv: behind the int 3\n", 1);
        live.wire.break_in();
    }
}

/// /GLOBALFLAG=1 is FLG_STOP_ON_EXCEPTION: the debugger hears of first chances.
#[test]
fn an_exception_that_the_debugger_passes_on_is_handled_in_the_driver() {
    let Some(mut live) = Live::running("O2", " /GLOBALFLAG=1") else { return };
    for (mode, code, text) in
        [(4, STATUS_ACCESS_VIOLATION, "can't be written: handled"), (10, LIVE_STATUS, "1 __finally")]
    {
        live.mode(mode, 0);
        let stop = live.expect_exception(code);
        assert!(matches!(stop.kind, StateChangeKind::Exception { first_chance: true, .. }), "{stop:?}");
        live.go_not_handled();
        live.wait_for_print(text, 1);
        live.wire.break_in();
    }
}

#[test]
fn the_driver_is_unloaded_and_loaded_elsewhere() {
    let Some(mut live) = Live::running("O2", "") else { return };
    for _ in 0..3 {
        let before = live.base;
        live.mode(7, 0);
        let unload = next_load(&mut live.wire);
        assert!(unload.unload, "{unload:?}");
        live.wire.go(false);
        let loaded = next_load(&mut live.wire);
        assert!(!loaded.unload && loaded.base != before, "{loaded:?}");
        assert!(live.wire.read(before, 2).is_err(), "the old image is gone");
        live.base = loaded.base;
        live.wire.go(false);
        live.wire.idle(Duration::from_millis(300));
        live.wire.break_in();
        assert_ne!(live.number("LiveStatistics"), 0, "it runs again");
    }
}

#[test]
fn a_breakpoint_in_a_driver_is_there_before_its_first_instruction_and_hit_in_each_round() {
    for build in ["O0", "O2"] {
        let Some(mut live) = Live::boot(build, "") else { return };
        // Of worker 0 alone: both processors could be at another function's first instruction at once.
        let [entry, round] = ["DriverEntry", "LiveCountRound"].map(|name| live.symbol(name));
        live.wire.write_breakpoint(entry);
        live.wire.go(false);
        assert_eq!(live.expect_exception(STATUS_BREAKPOINT).program_counter, entry);
        for _ in 0..4 {
            live.wire.write_breakpoint(round);
            live.wire.go(false);
            let stop = live.expect_exception(STATUS_BREAKPOINT);
            assert_eq!(stop.program_counter, round);
            // A step beyond, so that the breakpoint can be written again.
            live.wire.go(true);
            let stepped = live.wire.wait_for_stop();
            assert_ne!(stepped.program_counter, round);
        }
    }
}

#[test]
fn the_clock_breaks_in_while_a_thread_runs_in_user_mode() {
    let Some(mut live) = Live::running("O2", "") else { return };
    let pointer = |wire: &mut Wire, at| u64::from_le_bytes(wire.read(at, 8).unwrap().try_into().unwrap());
    let block = kernel("KiProcessorBlock");
    let (mut users, deadline) = (0, soon());
    while users < 3 {
        assert!(Instant::now() < deadline, "{users} times in user mode");
        live.go();
        live.wire.idle(Duration::from_millis(20));
        let processor = live.wire.break_in().processor;
        let prcb = pointer(&mut live.wire, block + u64::from(processor) * 8);
        let thread = pointer(&mut live.wire, prcb + KPRCB_CURRENT_THREAD);
        let process = pointer(&mut live.wire, thread + KTHREAD_PROCESS);
        if live.wire.read(process + EPROCESS_IMAGE_FILE_NAME, 8).unwrap() == b"app.exe\0" {
            // Its user half is mapped: the code begins with `sub rsp, 28h`.
            assert_eq!(live.wire.read(APP_CODE, 4).unwrap(), [0x48, 0x83, 0xec, 0x28]);
            users += 1;
        }
    }
}
