//! The sample kernel boots under QEMU, and the monitor sees what is in it.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use tests::minint::{KERNEL_BASE, Minint, Options};

/// The kernel's last words before it has nothing left to do.
const BOOTED: &str = "minint: 2 processors";

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// The kernel's image file.
fn image() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/minint/bin/ntkrnlmp.exe");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_kernel_says_what_it_does_and_lies_in_memory_as_in_its_file() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    let image = image();
    let headers = minint.memory(KERNEL_BASE, 0x200).unwrap();
    assert_eq!(headers[..2], *b"MZ");
    // The loader writes the address into ImageBase, at 24 of the optional header, 48 of IMAGE_NT_HEADERS64.
    let base = u32::from_le_bytes(image[0x3c..0x40].try_into().unwrap()) as usize + 48;
    assert_eq!(headers[..base], image[..base]);
    assert_eq!(headers[base..base + 8], KERNEL_BASE.to_le_bytes());
    assert_eq!(headers[base + 8..], image[base + 8..0x200]);
}

#[test]
fn memory_that_is_not_mapped_is_none() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    assert_eq!(minint.memory(0, 8), None);
    assert_eq!(minint.memory(0xffff_9000_0000_0000, 8), None);
    assert!(minint.memory(KERNEL_BASE, 8).is_some());
}

#[test]
fn virtual_and_physical_memory_are_the_same_memory() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    minint.pause();
    let entry = |table: u64, shift: u32| {
        let at = (table & 0xf_ffff_ffff_f000) + ((KERNEL_BASE >> shift) & 0x1ff) * 8;
        u64::from_le_bytes(minint.physical_memory(at, 8).unwrap().try_into().unwrap())
    };
    let directory = entry(entry(entry(minint.registers(0).value("CR3"), 39), 30), 21);
    assert_eq!(directory & 0x81, 0x81, "the kernel lies in a large page: {directory:#x}");
    let physical = (directory & 0xf_ffff_ffe0_0000) + (KERNEL_BASE & 0x1f_ffff);
    assert_eq!(minint.physical_memory(physical, 0x1000), minint.memory(KERNEL_BASE, 0x1000));
}

#[test]
fn each_processor_has_its_own_registers() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    minint.pause();
    let image = image();
    let [first, second] = [0, 1].map(|processor| minint.registers(processor));
    assert_ne!(first.value("RSP"), second.value("RSP"));
    assert_eq!(first.value("CR3"), second.value("CR3"));
    for registers in [first, second] {
        let offset = registers.value("RIP").wrapping_sub(KERNEL_BASE);
        assert!(offset < 2 * image.len() as u64, "{registers:x?}");
    }
}

#[test]
fn a_paused_machine_stands_still_until_it_is_resumed() {
    let Some(mut minint) = Minint::start(&Options { paused: true, ..Options::default() }) else { return };
    assert!(!minint.is_running());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(minint.console(), "");
    minint.resume();
    assert!(minint.is_running());
    minint.wait_for_console(BOOTED, soon());
    minint.pause();
    assert!(!minint.is_running());
}

#[test]
fn a_reset_boots_again() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    minint.reset();
    let deadline = soon();
    while minint.console().matches(BOOTED).count() < 2 {
        assert!(!minint.console().contains("Fatal"), "{}", minint.console());
        assert!(Instant::now() < deadline, "{}", minint.console());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn drivers_are_loaded() {
    let drivers = vec!["driver/O2/sampledrv.sys".into()];
    let Some(mut minint) = Minint::start(&Options { drivers, ..Options::default() }) else { return };
    minint.wait_for_console("sampledrv: ", soon());
    minint.wait_for_console("Fatal System Error: 0x0000007e", soon());
}

#[test]
fn one_processor_is_enough() {
    let Some(mut minint) = Minint::start(&Options { processors: 1, ..Options::default() }) else { return };
    minint.wait_for_console("minint: 1 processors", soon());
}

#[test]
fn a_machine_that_was_quit_starts_again_on_the_same_socket() {
    let Some(mut minint) = Minint::start(&Options::default()) else { return };
    minint.wait_for_console(BOOTED, soon());
    let socket = minint.kd_socket();
    std::os::unix::net::UnixStream::connect(&socket).unwrap();
    minint.quit();
    assert!(!minint.is_running());
    std::os::unix::net::UnixStream::connect(&socket).unwrap_err();
    minint.start_again();
    minint.wait_for_console(BOOTED, soon());
    assert_eq!(minint.kd_socket(), socket);
    std::os::unix::net::UnixStream::connect(&socket).unwrap();
}

#[test]
fn no_machine_is_left_behind() {
    let Some(minint) = Minint::start(&Options::default()) else { return };
    let process = minint.process().to_string();
    let exists = || Command::new("kill").args(["-0", &process]).output().unwrap().status.success();
    assert!(exists());
    drop(minint);
    assert!(!exists());
}
