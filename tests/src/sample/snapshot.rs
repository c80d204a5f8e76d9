//! `crash/*.snap`: the format is described in `samples/README.md`.

use super::memory::Memory;
use super::small_dump;
use crate::dump_writer::{Arch, Exception, Machine};

const PAGE: usize = 0x1000;
const CONTEXT_SIZE: u64 = 0x4d0;
/// `CONTEXT.Rip`.
const CONTEXT_RIP: u64 = 0xf8;
const STATUS_BREAKPOINT: u32 = 0x8000_0003;
const EXCEPTION_NONCONTINUABLE: u32 = 1;
const SYSTEM_THREAD_EXCEPTION_NOT_HANDLED: u32 = 0x7e;
/// In a page's number: the page is all zeros, and its contents aren't in the file.
const ALL_ZEROS: u64 = 1 << 63;

/// Reads a snapshot's fields one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn next(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    fn next_u32(&mut self) -> u32 {
        self.next().try_into().expect("a number of 32 bits")
    }
}

/// The machine of a snapshot. What its dumps say is what Windows writes: the header's context is the exception's where
/// the bug check is about one, the exception record that of the `int 3` in KeBugCheckEx.
pub(super) fn machine(bytes: &[u8]) -> Machine {
    let mut fields = Fields(bytes);
    assert_eq!(fields.take(8), b"KDAPSNAP");
    assert_eq!(fields.next(), 1, "the version");
    let root = fields.next();
    let [debugger_data, module_list, process_list, pfn_database, _kernel_base] = [(); 5].map(|()| fields.next());
    let code = fields.next_u32();
    let parameters = [(); 4].map(|()| fields.next());
    let [bug_check_context, system_time, up_time] = [(); 3].map(|()| fields.next());
    let [major, minor, machine_type, processors] = [(); 4].map(|()| fields.next_u32());
    assert_eq!(machine_type, u32::from(Arch::X64.image_file_machine()));
    // Of the memory's runs, pages that aren't in the snapshot are all zeros.
    for _ in 0..fields.next() {
        fields.take(16);
    }
    let numbers: Vec<u64> = (0..fields.next()).map(|_| fields.next()).collect();
    let contents = numbers.iter().map(|number| match number & ALL_ZEROS {
        0 => fields.take(PAGE).try_into().expect("a page"),
        _ => [0; PAGE],
    });
    let pages: Vec<(u64, [u8; PAGE])> = numbers.iter().map(|number| number & !ALL_ZEROS).zip(contents).collect();
    assert!(fields.0.is_empty(), "bytes behind the last page");

    let mut machine = Machine::from_physical(Arch::X64, root, pages);
    machine.header.kd_debugger_data_block = debugger_data;
    machine.header.ps_loaded_module_list = module_list;
    machine.header.ps_active_process_head = process_list;
    machine.header.pfn_data_base = pfn_database;
    machine.header.system_time = system_time;
    machine.header.system_up_time = up_time;
    machine.header.major_version = major;
    machine.header.build = minor;
    machine.header.processors = processors;
    machine.crash.code = code;
    machine.crash.parameters = parameters;
    let carries_exception = code == SYSTEM_THREAD_EXCEPTION_NOT_HANDLED;
    let context = if carries_exception { parameters[3] } else { bug_check_context };
    let memory = Memory(&machine);
    let address = memory.pointer(bug_check_context + CONTEXT_RIP);
    let context = memory.bytes(context, CONTEXT_SIZE).expect("the context is mapped");
    machine.crash.context = context;
    let (code, flags) = (STATUS_BREAKPOINT, EXCEPTION_NONCONTINUABLE);
    machine.crash.exception = Some(Exception { code, flags, address, parameters: Vec::new() });
    small_dump::fill_in(&mut machine);
    machine
}
