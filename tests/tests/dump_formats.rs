//! Every dump format of every architecture: what the writer laid out is what the reader gives back.

use arch::{AddressSpace, PagingMode, Translation};
use dump::{Dump, DumpError, FileRange, PointerWidth};
use memory::{PhysicalAddress, ReadFailure, ReadPhysical, ReadPhysicalExt, ReadVirtualExt, VirtualAddress};
use std::path::{Path, PathBuf};
use tests::dump_writer::example::{KERNEL_TEXT, LARGE_TEXT, TRANSITION_TEXT, USER_TEXT, machine, places};
use tests::dump_writer::{Arch, Format, Machine};

fn for_each_dump(mut check: impl FnMut(&Machine, Format, &Dump)) {
    for arch in Arch::ALL {
        let machine = machine(arch);
        for format in Format::ALL.into_iter().filter(|format| format.is_known_for(arch)) {
            let dump = Dump::from_bytes(machine.write(format)).unwrap_or_else(|e| panic!("{arch:?} {format:?}: {e}"));
            assert_eq!(dump.defects(), [], "{arch:?} {format:?}");
            check(&machine, format, &dump);
        }
    }
}

#[test]
fn headers_give_back_their_fields() {
    for_each_dump(|machine, format, dump| {
        let (header, wanted) = (dump.header(), &machine.header);
        let arch = machine.arch;
        assert_eq!(dump.format(), dump::Format::from_dump_type(format as u32).unwrap());
        assert_eq!(header.width == PointerWidth::Bits64, arch.is_64_bit());
        assert_eq!(header.machine, arch.image_file_machine());
        assert_eq!((header.major_version, header.minor_version), (15, 19041));
        assert_eq!(header.directory_table_base, Some(PhysicalAddress(machine.root)));
        assert_eq!(header.pfn_data_base, Some(VirtualAddress(wanted.pfn_data_base)));
        assert_eq!(header.ps_loaded_module_list, Some(VirtualAddress(wanted.ps_loaded_module_list)));
        assert_eq!(header.ps_active_process_head, Some(VirtualAddress(wanted.ps_active_process_head)));
        assert_eq!(header.kd_debugger_data_block, Some(VirtualAddress(wanted.kd_debugger_data_block)));
        assert_eq!(header.processors, Some(2));
        assert_eq!(header.bug_check.map(|bug_check| bug_check.code), Some(machine.crash.code));
        assert_eq!(header.bug_check.map(|bug_check| bug_check.parameters), Some(machine.crash.parameters));
        assert_eq!(header.pae, (!arch.is_64_bit()).then_some(arch == Arch::X86Pae));
        assert_eq!(header.kd_secondary_version, Some(if arch.is_64_bit() { 0 } else { 1 }));
        assert_eq!(header.comment.as_deref(), Some("written by a test"));
        assert_eq!(header.system_time, Some(wanted.system_time));
        assert_eq!(header.system_up_time, Some(wanted.system_up_time));
        assert_eq!((header.product_type, header.suite_mask), (Some(1), Some(0x110)));
        assert_eq!((header.writer_status, header.required_dump_space), (Some(0), Some(0)));
        // These are filler.
        assert_eq!((&header.version_user, header.secondary_data_state), (&None, None));
        assert_eq!((header.attributes, header.boot_id), (None, None));
        assert_eq!(header.mini_dump_fields.is_some(), format == Format::Small);
    });
}

#[test]
fn contexts_and_exceptions_come_back() {
    for_each_dump(|machine, _, dump| {
        let wanted = &machine.crash.context;
        assert_eq!(&dump.context().unwrap()[..wanted.len()], wanted);
        let (exception, wanted) = (dump.exception().unwrap(), machine.crash.exception.as_ref().unwrap());
        assert_eq!((exception.code, exception.flags), (wanted.code, wanted.flags));
        assert_eq!((exception.address, exception.record), (VirtualAddress(wanted.address), VirtualAddress(0)));
        assert_eq!(exception.parameters, wanted.parameters);
    });
}

#[test]
fn what_was_never_written_is_unknown() {
    for arch in Arch::ALL {
        let mut machine = machine(arch);
        machine.crash.context.clear();
        machine.crash.exception = None;
        machine.header.comment = None;
        machine.crash.code = 0x4547_4150;
        machine.header.processors = 0x4547_4150;
        for format in [Format::BitmapFull, Format::Small] {
            let dump = Dump::from_bytes(machine.write(format)).unwrap();
            assert_eq!((dump.context(), dump.exception()), (None, None), "{arch:?} {format:?}");
            assert_eq!((&dump.header().comment, dump.header().bug_check), (&None, None));
            assert_eq!(dump.header().processors, None);
        }
    }
}

#[test]
fn physical_pages_come_back_and_no_others() {
    for_each_dump(|machine, format, dump| {
        let Some(physical) = dump.physical() else {
            assert_eq!(format, Format::Small);
            return;
        };
        let held: Vec<_> = machine.pages_in(format).collect();
        for (page, bytes) in &held {
            assert_eq!(physical.bytes(PhysicalAddress(page * 0x1000), 0x1000).unwrap(), *bytes);
        }
        let missing = machine.pages().filter(|(page, _)| held.iter().all(|(other, _)| other != page));
        let missing: Vec<_> = missing.map(|(page, _)| PhysicalAddress(page * 0x1000)).collect();
        assert_eq!(!missing.is_empty(), format.leaves_out_user_pages());
        for page in missing {
            let error = physical.u8(page.offset(7)).unwrap_err();
            assert_eq!(error.failure, ReadFailure::PhysicalNotInDump(page), "{:?} {format:?}", machine.arch);
        }
        let listed: Vec<_> = physical.ranges().collect();
        assert_eq!(listed.iter().map(|range| range.pages).sum::<u64>(), physical.page_count());
        let in_ranges = |page: u64| {
            listed.iter().any(|range| (range.start.pfn().0..range.start.pfn().0 + range.pages).contains(&page))
        };
        assert!(held.iter().all(|(page, _)| in_ranges(*page)));
        // A complete dump also holds pages between those that are used.
        let exact = !matches!(format, Format::Complete);
        assert!(!exact || physical.page_count() == held.len() as u64, "{format:?}");
    });
}

#[test]
fn a_physical_read_crosses_pages_and_says_where_it_stopped() {
    let mut machine = Machine::new(Arch::X64);
    for page in [0x500, 0x501, 0x503] {
        machine.page_mut(page).fill(page as u8);
    }
    for format in [Format::Complete, Format::BitmapFull, Format::RangeComplete] {
        let dump = Dump::from_bytes(machine.write(format)).unwrap();
        let (bytes, error) = dump.physical().unwrap().prefix(PhysicalAddress(0x0050_0ffe), 0x1100);
        assert_eq!(bytes.len(), 0x1002);
        assert_eq!((bytes[1], bytes[2], bytes[0x1001]), (0, 1, 1));
        let error = error.unwrap();
        assert_eq!((error.address, error.read), (0x0050_2000, 0x1002));
        assert_eq!(error.failure, ReadFailure::PhysicalNotInDump(PhysicalAddress(0x0050_2000)));
    }
}

fn translate(machine: &Machine, physical: &dyn ReadPhysical, address: u64) -> Result<Translation, ReadFailure> {
    let mode = match machine.arch {
        Arch::X86 => PagingMode::X86,
        Arch::X86Pae => PagingMode::X86Pae,
        Arch::X64 => PagingMode::Amd64FourLevel,
        Arch::X64FiveLevel => PagingMode::Amd64FiveLevel,
        Arch::Arm64 => PagingMode::Arm64,
    };
    let arch = arch::Machine::from_image_file_machine(machine.arch.image_file_machine()).unwrap().architecture();
    let space = AddressSpace::new(PhysicalAddress(machine.root), mode);
    arch.translate(physical, space, VirtualAddress(address)).map_err(|error| error.failure)
}

/// Reads virtual memory through the page tables in the dump.
fn read(machine: &Machine, physical: &dyn ReadPhysical, address: u64, size: usize) -> Result<Vec<u8>, ReadFailure> {
    let byte = |at| {
        let translation = translate(machine, physical, at)?;
        physical.u8(translation.physical).map_err(|error| error.failure)
    };
    (address..address + size as u64).map(byte).collect()
}

#[test]
fn virtual_memory_comes_back_through_the_page_tables() {
    for_each_dump(|machine, format, dump| {
        let Some(physical) = dump.physical() else { return };
        let at = places(machine.arch);
        let read = |address, text: &[u8]| read(machine, physical, address, text.len());
        assert_eq!(read(at.kernel, KERNEL_TEXT).unwrap(), KERNEL_TEXT, "{:?} {format:?}", machine.arch);
        assert_eq!(read(at.large, LARGE_TEXT).unwrap(), LARGE_TEXT, "{:?} {format:?}", machine.arch);
        assert_eq!(read(at.transition, TRANSITION_TEXT).unwrap(), TRANSITION_TEXT, "{:?} {format:?}", machine.arch);
        if format.leaves_out_user_pages() {
            assert!(matches!(read(at.user, USER_TEXT), Err(ReadFailure::PhysicalNotInDump(_))));
        } else {
            assert_eq!(read(at.user, USER_TEXT).unwrap(), USER_TEXT);
        }
        let translate = |address| translate(machine, physical, address);
        assert!(translate(at.transition).unwrap().in_transition);
        assert!(!translate(at.kernel).unwrap().in_transition);
        assert_eq!(translate(at.kernel).unwrap().page_size, 0x1000);
        let large = if machine.arch == Arch::X86 { 0x40_0000 } else { 0x20_0000 };
        assert_eq!(translate(at.large).unwrap().page_size, large);
        assert_eq!(translate(at.kernel).unwrap().physical.0, machine.physical_address(at.kernel).unwrap());
        assert!(matches!(translate(at.paged_out), Err(ReadFailure::PagedOut { file: 3, offset: 0x1234, .. })));
        assert!(matches!(translate(at.demand_zero), Err(ReadFailure::DemandZero { .. })));
        assert!(matches!(translate(at.prototype), Err(ReadFailure::Prototype { .. })));
        assert!(matches!(translate(at.unmapped), Err(ReadFailure::NotPresent { .. })));
    });
}

#[test]
fn small_dumps_give_back_their_lists() {
    for_each_dump(|machine, format, dump| {
        assert_eq!(dump.triage().is_some(), format == Format::Small);
        let Some(triage) = dump.triage() else { return };
        assert_eq!(triage.drivers.len(), 2);
        for (driver, wanted) in triage.drivers.iter().zip(&machine.drivers) {
            assert_eq!(driver.name.as_deref(), Some(wanted.name.as_str()));
            assert_eq!((driver.base.0, driver.size), (wanted.base, wanted.size));
            assert_eq!((driver.time_date_stamp, driver.check_sum), (wanted.time_date_stamp, wanted.check_sum));
        }
        let names: Vec<_> = triage.unloaded_drivers.iter().map(|driver| driver.name.as_str()).collect();
        assert_eq!(names, ["dam.sys", "a_long_name."]);
        let wanted = &machine.unloaded_drivers[1];
        assert_eq!(triage.unloaded_drivers[1].start.0, wanted.start);
        assert_eq!(triage.unloaded_drivers[1].end.0, wanted.end);
        assert_eq!(triage.broken_driver.as_deref(), Some("größe.sys"));
        let counters = triage.memory_management.unwrap();
        assert_eq!((counters.special_pool_tag, counters.kernel_verifier), (1, 4));
        assert_eq!((counters.maximum_nonpaged_pool, counters.committed_pages_maximum), (5, 11));
    });
}

#[test]
fn small_dumps_hold_blocks_of_virtual_memory() {
    for_each_dump(|machine, _, dump| {
        let Some(triage) = dump.triage() else { return };
        let (at, memory) = (places(machine.arch), dump.data_blocks().unwrap());
        for (address, text) in [(at.kernel, KERNEL_TEXT), (at.user, USER_TEXT)] {
            assert_eq!(memory.bytes(VirtualAddress(address), text.len()).unwrap(), text);
            let (_, error) = memory.prefix(VirtualAddress(address), text.len() + 1);
            assert_eq!(error.unwrap().failure, ReadFailure::VirtualNotInDump);
        }
        // The stack and the debugger's data block are memory too.
        let (top, stack) = &machine.small.stack;
        assert_eq!(memory.bytes(VirtualAddress(*top), stack.len()).unwrap(), *stack);
        assert_eq!(triage.stack.unwrap().address.0, *top);
        let debugger_data = VirtualAddress(machine.header.kd_debugger_data_block);
        assert_eq!(memory.bytes(debugger_data, 14).unwrap(), machine.small.debugger_data);

        let starts_with = |range: Option<FileRange>, wanted: &[u8]| dump.bytes(range.unwrap()).starts_with(wanted);
        assert!(starts_with(triage.prcb, &machine.small.prcb));
        assert!(starts_with(triage.process, &machine.small.process));
        assert!(starts_with(triage.thread, &machine.small.thread));
        assert!(starts_with(triage.debugger_data, &machine.small.debugger_data));
        assert_eq!(triage.prcb.unwrap().length, machine.small.prcb.len() as u64);
        assert_eq!(triage.address_of(triage.prcb.unwrap()).unwrap().0, machine.small.blocks[0].0);
        assert_eq!(triage.address_of(triage.process.unwrap()), None);

        // Once the thread's address is known, its copy is memory at that address.
        let thread = dump::DataBlock { address: VirtualAddress(at.unmapped), bytes: triage.thread.unwrap() };
        let memory = memory.extended([thread]);
        assert_eq!(memory.bytes(VirtualAddress(at.unmapped), 0x98).unwrap(), machine.small.thread);
        assert_eq!(memory.bytes(VirtualAddress(at.kernel), KERNEL_TEXT.len()).unwrap(), KERNEL_TEXT);
    });
}

#[test]
fn a_real_machines_pages_can_be_written() {
    let original = machine(Arch::X64);
    let pages = original.pages().map(|(page, bytes)| (page, *bytes));
    let mut copy = Machine::from_physical(Arch::X64, original.root, pages);
    copy.crash = original.crash.clone();
    let dump = Dump::from_bytes(copy.write(Format::BitmapFull)).unwrap();
    let at = places(Arch::X64).kernel;
    assert_eq!(read(&copy, dump.physical().unwrap(), at, KERNEL_TEXT.len()).unwrap(), KERNEL_TEXT);
}

fn corpus(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus").join(file);
    if !path.exists() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    Some(path)
}

/// The facts are those of the corpus' manifest, which has them from the kernel's symbols.
#[test]
fn a_real_small_dump_shows_its_crash() {
    let Some(path) = corpus("dumps/triage_x64.dmp") else { return };
    let dump = Dump::open(&path).unwrap();
    let (header, triage) = (dump.header(), dump.triage().unwrap());
    assert_eq!(dump.defects(), []);
    assert_eq!(dump.session_name(), "64-bit Kernel triage dump");
    assert_eq!((header.machine, header.minor_version, header.processors), (0x8664, 19041, Some(16)));
    let bug_check = header.bug_check.unwrap();
    assert_eq!(bug_check.code, 0x1000_007e);
    assert_eq!(bug_check.parameters[0] as u32, 0xc000_0005);
    // 2021-02-21, in seconds from 1601 to 1970 and on.
    let seconds = header.system_time.unwrap() / 10_000_000 - 11_644_473_600;
    assert_eq!(seconds / 86_400, 18_679);

    assert_eq!(triage.drivers.len(), 151);
    let nt = &triage.drivers[0];
    assert_eq!(nt.name.as_deref(), Some(r"\SystemRoot\system32\ntoskrnl.exe"));
    assert_eq!(nt.base.to_string(), "fffff804`7ba00000");
    assert_eq!((nt.time_date_stamp, nt.size), (0x0d83_33e6, 0x0104_6000));
    assert!(triage.drivers.iter().all(|driver| driver.name.is_some() && driver.base.0 >> 40 == 0x00ff_fff8));
    let unloaded: Vec<_> = triage.unloaded_drivers.iter().map(|driver| driver.name.as_str()).collect();
    assert_eq!(unloaded, ["dam.sys", "WdBoot.sys", "hwpolicy.sys", "mcupdate.dll"]);

    // The header's CONTEXT is that of the exception, its exception record that of the `int 3` in KeBugCheckEx.
    assert_eq!(registers(dump.context().unwrap()), ("fffff804`8b58334c".into(), "ffff8504`29892120".into()));
    assert_eq!(dump.exception().unwrap().code, 0x8000_0003);
    assert_eq!(dump.exception().unwrap().address.to_string(), "fffff804`7bdf5a80");
}

/// Instruction and stack pointer of an x64 CONTEXT.
fn registers(context: &[u8]) -> (String, String) {
    let context = arch::Context::from_bytes(arch::Machine::Amd64.architecture(), context).unwrap();
    (context.instruction_pointer().unwrap().to_string(), context.stack_pointer().unwrap().to_string())
}

/// Sizes of the three structures: the manifest. The offsets in `_KPRCB` and `_ETHREAD` are those of the symbols of
/// this very kernel (`CurrentThread` +8, `Number` +24, `Context` +85c0; `_KTHREAD.InitialStack` +28).
#[test]
fn a_real_small_dump_holds_its_processors_and_the_crashing_thread() {
    let Some(path) = corpus("dumps/triage_x64.dmp") else { return };
    let dump = Dump::open(&path).unwrap();
    let triage = dump.triage().unwrap();
    let size = |range: Option<FileRange>| range.unwrap().length;
    assert_eq!((size(triage.prcb), size(triage.thread), size(triage.process)), (44_800, 2_200, 2_624));

    let memory = dump.data_blocks().unwrap();
    let prcbs = memory.blocks().iter().filter(|block| block.bytes.length == 44_800).map(|block| block.address);
    let mut numbers: Vec<_> = prcbs.map(|prcb| memory.u32(prcb.offset(0x24)).unwrap()).collect();
    numbers.sort();
    assert_eq!(numbers, (0..16).collect::<Vec<_>>());

    let prcb = triage.address_of(triage.prcb.unwrap()).unwrap();
    assert_eq!(prcb.to_string(), "fffff804`782d4180");
    let context = VirtualAddress(memory.u64(prcb.offset(0x85c0)).unwrap());
    let context = memory.bytes(context, 0x4d0).unwrap();
    assert_eq!(registers(&context), ("fffff804`7bdf5a80".into(), "ffff8504`29890ee8".into()));

    let thread = VirtualAddress(memory.u64(prcb.offset(8)).unwrap());
    let bytes = triage.thread.unwrap();
    let memory = memory.extended([dump::DataBlock { address: thread, bytes }]);
    let initial_stack = memory.u64(thread.offset(0x28)).unwrap();
    let stack = triage.stack.unwrap();
    assert_eq!(stack.address.to_string(), "ffff8504`29890ee8");
    assert!(stack.address.0 < initial_stack && initial_stack - stack.address.0 < 0x6000);
    assert_eq!(memory.bytes(stack.address, 0x2118).unwrap().len(), 0x2118);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Dump::open(Path::new("no/such/file.dmp")).unwrap_err();
    assert!(matches!(error, DumpError::Io { .. }));
    assert!(error.to_string().starts_with("can't open no/such/file.dmp: "));
}
