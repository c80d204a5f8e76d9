//! Dumps of x86 and ARM64 machines: registers, memory and modules open; stacks say that they can't be walked yet.

use engine::stack::{Certainty, FoundBy, StackEnd};
use engine::target::OpenOptions;
use engine::{ContextSource, Session};
use memory::{ReadVirtualExt, VirtualAddress};
use tests::dump_writer::example::{self, KERNEL_TEXT, LARGE_TEXT, TRANSITION_TEXT};
use tests::dump_writer::{Arch, Format, Machine};
use tests::temporary::TemporaryFolder;

const ARCHITECTURES: [Arch; 3] = [Arch::X86, Arch::X86Pae, Arch::Arm64];
const KERNEL_SIZE: u32 = 0x0104_6000;
const KERNEL_STAMP: u32 = 0x0d83_33e6;

/// The example machine, with the header of a kernel where its kernel is.
fn machine(arch: Arch) -> Machine {
    let mut machine = example::machine(arch);
    machine.map(arch.kernel_address(), &image_header(arch));
    machine
}

/// The headers of an image without sections (PE format specification).
fn image_header(arch: Arch) -> Vec<u8> {
    let mut header = vec![0; 0x200];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes()); // e_lfanew
    put(0x80, b"PE\0\0");
    put(0x84, &arch.image_file_machine().to_le_bytes());
    put(0x88, &KERNEL_STAMP.to_le_bytes());
    let (magic, size): (u16, u16) = if arch.is_64_bit() { (0x20b, 0x70) } else { (0x10b, 0x60) };
    put(0x94, &size.to_le_bytes()); // SizeOfOptionalHeader
    put(0x98, &magic.to_le_bytes());
    put(0x98 + 0x38, &KERNEL_SIZE.to_le_bytes()); // SizeOfImage
    header
}

/// Opens a dump of each kind that such machines write.
fn for_each_dump(check: impl Fn(Arch, Format, &Machine, &Session)) {
    for arch in ARCHITECTURES {
        let machine = machine(arch);
        for format in Format::ALL.into_iter().filter(|format| format.is_known_for(arch)) {
            println!("{arch:?} {format:?}"); // shown where the check fails
            let folder = TemporaryFolder::new();
            let dump = folder.file("example.dmp", &machine.write(format));
            check(arch, format, &machine, &Session::open(&dump, &OpenOptions::default()).unwrap());
        }
    }
}

#[test]
fn the_crashed_processors_registers_are_those_of_the_header() {
    for_each_dump(|arch, _, _, session| {
        let base = arch.kernel_address();
        let processors = session.processors();
        assert_eq!((processors.all.len(), processors.crashed, processors.numbers_known), (1, Some(0), false));
        let context = session.context_of(ContextSource::Processor(0)).unwrap();
        assert_eq!(context.instruction_pointer(), Some(VirtualAddress(base + 0x5a80)));
        assert_eq!(context.stack_pointer(), Some(VirtualAddress(base + 0x9_0ee8)));
    });
}

#[test]
fn memory_is_read_by_each_architectures_page_tables() {
    for_each_dump(|arch, format, _, session| {
        let at = example::places(arch);
        let small = format == Format::Small;
        let texts = [(at.kernel, KERNEL_TEXT), (at.large, LARGE_TEXT), (at.transition, TRANSITION_TEXT)];
        for (address, text) in texts {
            let read = session.target().bytes(VirtualAddress(address), text.len());
            match read {
                Ok(bytes) => assert_eq!(bytes, text),
                // The writer puts into small dumps only what it maps as ordinary pages.
                Err(error) => assert!(small && address != at.kernel, "{error}"),
            }
        }
        let error = session.target().u8(VirtualAddress(at.paged_out)).unwrap_err().to_string();
        assert!(error.contains(if small { "not in the dump" } else { "paging file 3, offset 0x1234" }), "{error}");
    });
}

#[test]
fn modules_are_listed_as_far_as_the_dump_goes_without_symbols() {
    for_each_dump(|arch, format, machine, session| {
        let target = session.target();
        let found: Vec<_> = target.modules().iter().map(|module| (module.base().0, module.size())).collect();
        if format == Format::Small {
            let wanted: Vec<_> = machine.drivers.iter().map(|driver| (driver.base, driver.size)).collect();
            assert_eq!((found, target.problems()), (wanted, [].as_slice()));
        } else {
            assert_eq!(found, [(arch.kernel_address(), KERNEL_SIZE)]);
            let nt = target.modules().by_name("nt").unwrap();
            assert_eq!(nt.entry().time_date_stamp, Some(KERNEL_STAMP));
            assert!(!target.problems().is_empty(), "it is said that the list of modules wasn't read");
        }
    });
}

#[test]
fn stacks_say_that_they_can_not_be_walked_yet() {
    for_each_dump(|_, _, _, session| {
        let stack = session.stack_of(ContextSource::Processor(0)).unwrap();
        let architecture = session.target().architecture().machine();
        assert_eq!(stack.end, StackEnd::NotSupported(architecture));
        assert_eq!(stack.end.to_string(), format!("stacks of {architecture} targets can't be walked yet"));
        assert_eq!(stack.frames.len(), 1);
        assert_eq!((stack.frames[0].found_by, stack.frames[0].certainty), (FoundBy::Context, Certainty::Exact));
    });
}
