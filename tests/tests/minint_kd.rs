//! The sample kernel is a target of the KD protocol: what it says of itself on the wire is what QEMU's monitor sees.

#![cfg(unix)]

use kd_protocol::{LoadSymbols, StateChange, StateChangeKind, Status};
use std::time::{Duration, Instant};
use tests::line::{Address, Line};
use tests::minint::{KERNEL_BASE, Minint, Options};
use tests::temporary::TemporaryFolder;
use tests::wire::{Wire, exception};

const BOOTED: &str = "minint: 2 processors";
const STATUS_BREAKPOINT: u32 = 0x8000_0003;
const STATUS_SINGLE_STEP: u32 = 0x8000_0004;

fn options() -> Options {
    Options { command_line: "/DEBUG".into(), ..Options::default() }
}

/// A kernel that has booted without a debugger.
fn running() -> Option<Minint> {
    let mut minint = Minint::start(&options())?;
    minint.wait_for_console(BOOTED, Instant::now() + Duration::from_secs(30));
    Some(minint)
}

/// One that a debugger has then broken in on.
fn halted() -> Option<(Minint, Wire, StateChange)> {
    let minint = running()?;
    let mut wire = Wire::connect(&minint.kd_socket());
    let stop = wire.attach();
    Some((minint, wire, stop))
}

/// The instruction behind the break-in's own breakpoint, which is not to be hit again.
fn step_over_break_in(wire: &mut Wire) {
    let mut context = wire.context();
    context.set_rip(context.rip() + 1);
    wire.set_context(context);
}

fn load_symbols(stop: StateChange) -> LoadSymbols {
    match stop.kind {
        StateChangeKind::LoadSymbols(load) => load,
        other => panic!("no load-symbols event: {other:?}"),
    }
}

#[test]
fn a_running_kernel_stops_at_a_breakpoint_instruction_when_it_is_broken_in_on() {
    let Some((minint, mut wire, stop)) = halted() else { return };
    assert_eq!(exception(&stop), STATUS_BREAKPOINT);
    assert_eq!(stop.number_processors, 2);
    assert_eq!(wire.read(stop.program_counter, 1).unwrap(), [0xcc]);
    assert_eq!(minint.memory(stop.program_counter, 1).unwrap(), [0xcc]);
}

#[test]
fn a_halted_kernel_reports_the_same_to_the_next_debugger() {
    let Some((minint, mut wire, stop)) = halted() else { return };
    // The ids are out of step for whoever comes next.
    wire.version();
    drop(wire);
    let mut wire = Wire::connect(&minint.kd_socket());
    assert_eq!(wire.attach(), stop);
    assert_eq!(wire.version().machine, 0x8664);
}

#[test]
fn a_debugger_that_is_there_first_hears_of_the_kernel_image() {
    let Some(minint) = Minint::start(&Options { paused: true, ..options() }) else { return };
    let mut wire = Wire::connect(&minint.kd_socket());
    wire.begin_to_attach();
    minint.resume();
    let load = load_symbols(wire.wait_for_stop());
    assert_eq!(load.base, KERNEL_BASE);
    assert!(!load.unload);
    assert!(String::from_utf8(load.path).unwrap().to_lowercase().ends_with("ntoskrnl.exe"));
    assert_eq!(wire.version().kernel_base, KERNEL_BASE);
}

#[test]
fn the_version_is_that_of_the_kernel_in_memory() {
    let Some((minint, mut wire, _)) = halted() else { return };
    let version = wire.version();
    assert_eq!(version.machine, 0x8664);
    assert!(matches!(version.protocol, 5 | 6), "{version:?}");
    assert!(version.flags.pointers_are_64_bit() && version.flags.multiprocessor());
    assert_eq!(version.kernel_base, KERNEL_BASE);
    assert_eq!(wire.read(version.kernel_base, 2).unwrap(), b"MZ");
    // PsLoadedModuleList's first entry is the kernel, whose base is at 0x30 of its KLDR_DATA_TABLE_ENTRY.
    let pointer = |address| minint.memory(address, 8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
    let first = pointer(version.loaded_module_list).unwrap();
    assert_eq!(pointer(first + 0x30), Some(KERNEL_BASE));
    // The debugger data begins with a list entry and "KDBG".
    let data = pointer(version.debugger_data_list).unwrap();
    assert_eq!(minint.memory(data + 0x10, 4).unwrap(), b"KDBG");
}

#[test]
fn memory_on_the_wire_is_the_monitor_s() {
    let Some((minint, mut wire, _)) = halted() else { return };
    for address in [KERNEL_BASE, KERNEL_BASE + 0x1000, KERNEL_BASE + 0x1ffd] {
        for count in [1, 0x200, 3944] {
            let read = wire.read(address, count).unwrap();
            assert!(read == minint.memory(address, count as usize).unwrap(), "{address:#x} {count:#x}");
        }
    }
    for address in [0, 0xffff_9000_0000_0000] {
        let status = wire.read(address, 8).unwrap_err();
        assert!(!status.is_success(), "{address:#x}: {status}");
    }
}

#[test]
fn memory_that_is_written_changes_and_nothing_beside_it() {
    let Some((minint, mut wire, _)) = halted() else { return };
    let before = wire.read(KERNEL_BASE + 2, 16).unwrap();
    wire.write(KERNEL_BASE + 5, b"kdap");
    let expected = [&before[..3], b"kdap", &before[7..]].concat();
    assert_eq!(minint.memory(KERNEL_BASE + 2, 16).unwrap(), expected);
    assert_eq!(wire.read(KERNEL_BASE + 2, 16).unwrap(), expected);
}

#[test]
fn the_context_is_where_the_report_says() {
    let Some((minint, mut wire, stop)) = halted() else { return };
    let context = wire.context();
    assert_eq!(context.rip(), stop.program_counter);
    // A return address into the kernel is on top of the stack: the breakpoint instruction has a function of its own.
    let caller = u64::from_le_bytes(minint.memory(context.rsp(), 8).unwrap().try_into().unwrap());
    assert!((KERNEL_BASE..KERNEL_BASE + 0x20_0000).contains(&caller), "{caller:#x}");
}

#[test]
fn every_processor_has_a_context_in_the_kernel() {
    let Some((_minint, mut wire, stop)) = halted() else { return };
    assert_eq!(wire.context(), wire.context_of(stop.processor));
    let [first, second] = [0, 1].map(|processor| wire.context_of(processor));
    assert_ne!(first.rsp(), second.rsp());
    for context in [first, second] {
        assert!((KERNEL_BASE..KERNEL_BASE + 0x20_0000).contains(&context.rip()), "{:#x}", context.rip());
    }
}

#[test]
fn a_kernel_that_goes_on_can_be_broken_in_on_again() {
    let Some((_minint, mut wire, _)) = halted() else { return };
    for _ in 0..3 {
        step_over_break_in(&mut wire);
        wire.go(false);
        assert_eq!(exception(&wire.break_in()), STATUS_BREAKPOINT);
    }
    assert_eq!(wire.version().kernel_base, KERNEL_BASE);
}

#[test]
fn a_step_is_one_instruction() {
    let Some((minint, mut wire, stop)) = halted() else { return };
    let context = wire.context();
    let caller = u64::from_le_bytes(minint.memory(context.rsp(), 8).unwrap().try_into().unwrap());
    step_over_break_in(&mut wire);
    let ret = minint.memory(stop.program_counter + 1, 1).unwrap();
    assert_eq!(ret, [0xc3], "a ret is behind the break-in's breakpoint");
    wire.go(true);
    let stop = wire.wait_for_stop();
    assert_eq!(exception(&stop), STATUS_SINGLE_STEP);
    assert_eq!(stop.program_counter, caller);
    let stepped = wire.context();
    assert_eq!((stepped.rip(), stepped.rsp()), (caller, context.rsp() + 8));
}

#[test]
fn a_written_breakpoint_is_hit_and_leaves_nothing() {
    let Some((minint, mut wire, _)) = halted() else { return };
    let context = wire.context();
    let caller = u64::from_le_bytes(minint.memory(context.rsp(), 8).unwrap().try_into().unwrap());
    let code = minint.memory(caller, 16).unwrap();
    let handle = wire.write_breakpoint(caller);
    assert_eq!(minint.memory(caller, 1).unwrap(), [0xcc]);
    step_over_break_in(&mut wire);
    wire.go(false);
    let stop = wire.wait_for_stop();
    assert_eq!((exception(&stop), stop.program_counter), (STATUS_BREAKPOINT, caller));
    // As on Windows: what lies where the kernel stops has been taken out, and its handle is known no more.
    assert_eq!(minint.memory(caller, 16).unwrap(), code);
    assert_eq!(wire.restore_breakpoint(handle), Status::UNSUCCESSFUL);
    wire.go(false);
    assert_eq!(exception(&wire.break_in()), STATUS_BREAKPOINT);
}

#[test]
fn a_breakpoint_that_is_restored_is_not_hit() {
    let Some((minint, mut wire, stop)) = halted() else { return };
    let context = wire.context();
    let caller = u64::from_le_bytes(minint.memory(context.rsp(), 8).unwrap().try_into().unwrap());
    let code = minint.memory(caller, 16).unwrap();
    let handle = wire.write_breakpoint(caller);
    assert_eq!(wire.restore_breakpoint(handle), Status::SUCCESS);
    assert_eq!(minint.memory(caller, 16).unwrap(), code);
    step_over_break_in(&mut wire);
    wire.go(false);
    assert_eq!(wire.break_in().program_counter, stop.program_counter);
}

#[test]
fn a_reboot_begins_anew() {
    let Some((minint, mut wire, _)) = halted() else { return };
    wire.write(KERNEL_BASE + 2, b"gone");
    wire.reboot();
    let load = load_symbols(wire.wait_for_stop());
    assert_eq!(load.base, KERNEL_BASE);
    assert_ne!(minint.memory(KERNEL_BASE + 2, 4).unwrap(), b"gone");
    assert_eq!(wire.version().kernel_base, KERNEL_BASE);
    wire.go(false);
    let deadline = Instant::now() + Duration::from_secs(30);
    // It boots on, and tells both the console and the debugger.
    while minint.console().matches(BOOTED).count() < 2 {
        assert!(Instant::now() < deadline, "{}", minint.console());
        wire.idle(Duration::from_millis(20));
    }
    assert!(wire.printed().contains(BOOTED), "{}", wire.printed());
}

/// The same machine with a line between it and the debugger. The folder has the line's socket.
fn halted_over_a_line() -> Option<(Minint, Line, TemporaryFolder, StateChange)> {
    let minint = running()?;
    let folder = TemporaryFolder::new();
    let line = Line::new(&Address::Unix(folder.path().join("line")), Address::Unix(minint.kd_socket()));
    let stop = Wire::connect(&folder.path().join("line")).attach();
    Some((minint, line, folder, stop))
}

#[test]
fn a_line_counts_what_is_asked() {
    let Some((_minint, line, folder, _)) = halted_over_a_line() else { return };
    let mut wire = Wire::connect(&folder.path().join("line"));
    wire.attach();
    let mark = line.mark();
    wire.version();
    let version = line.since(mark);
    assert_eq!(version.round_trips, 1);
    // An acknowledgement, and an answer that is a header, 56 bytes and the trailing byte; a slow line repeats.
    assert!(version.to_host.packets >= 2 && version.to_host.bytes >= 16 + 73, "{version:?}");
    wire.read(KERNEL_BASE, 0x400).unwrap();
    assert_eq!(line.since(mark).round_trips, 2);
    assert!(line.since(mark).to_host.bytes >= 2 * (16 + 73) + 0x400, "{:?}", line.since(mark));
}

#[test]
fn a_kernel_whose_line_was_cut_waits_for_the_next_debugger() {
    let Some((_minint, line, folder, stop)) = halted_over_a_line() else { return };
    for _ in 0..2 {
        let mut wire = Wire::connect(&folder.path().join("line"));
        assert_eq!(wire.attach(), stop);
        assert_eq!(wire.version().kernel_base, KERNEL_BASE);
        line.cut();
    }
}
