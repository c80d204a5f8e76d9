//! Damaged dumps: what is refused says what is wrong where; what is opened shows what is left. And 20,000 mutations, the
//! same ones each time, of which none may panic, hang, or take memory that its file doesn't warrant.

use arch::{AddressSpace, PagingMode};
use dump::{Dump, FileRange};
use memory::{PhysicalAddress, ReadFailure, ReadPhysicalExt, ReadVirtualExt, VirtualAddress};
use std::time::{Duration, Instant};
use tests::dump_writer::contexts::context;
use tests::dump_writer::{Arch, Crash, Driver, Exception, Format, Machine, UnloadedDriver, example};
use tests::random::Random;

/// What opening says of `arch`'s dump in `format` with the bytes `new` at `offset`.
fn refusal(arch: Arch, format: Format, offset: usize, new: &[u8]) -> String {
    let mut file = example::machine(arch).write(format);
    file[offset..offset + new.len()].copy_from_slice(new);
    Dump::from_bytes(file).expect_err("refused").to_string()
}

#[test]
fn a_refused_file_says_what_is_wrong_where() {
    use Arch::{X64, X86};
    use Format::*;
    let u64 = |value: u64| value.to_le_bytes().to_vec();
    let cases = [
        (
            X64,
            Complete,
            4,
            b"DU65".to_vec(),
            r#"not a kernel crash dump: it starts with "PAGEDU65", not with "PAGEDUMP" or "PAGEDU64""#,
        ),
        (X64, Complete, 0xf98, vec![11], "DumpType at offset 0xf98 is 0xb: no such kind of kernel dump is known"),
        (
            X86,
            Complete,
            0xf88,
            vec![10],
            "DumpType at offset 0xf88 is 0xa: how a 32-bit machine writes this kind is not known",
        ),
        (X86, Complete, 0xf88, b"PAGE".to_vec(), "DumpType at offset 0xf88 was never filled in"),
        (X64, Complete, 0x32, vec![1], "MachineImageType at offset 0x30 is 0x18664, more than 0xffff"),
        (X64, Complete, 0x88, b"PAGE".to_vec(), "NumberOfRuns at offset 0x88 was never filled in"),
        (X64, Complete, 0x88, vec![43], "NumberOfRuns at offset 0x88 is 0x2b, more than 0x2a"),
        (X86, Complete, 0x64, vec![200], "NumberOfRuns at offset 0x64 is 0xc8, more than 0x56"),
        (
            X64,
            Complete,
            0x98,
            u64(u64::MAX),
            "the run's last page at offset 0x98 is 0xffffffffffffffff, more than 0x10000000000000",
        ),
        (X64, Complete, 0xa0, u64(9), "the run of 0x2 pages from 0x18f at offset 0xa8 overlaps another run"),
        (
            X64,
            BitmapFull,
            0x2000,
            b"GDMP".to_vec(),
            r#"the header of the bitmap at offset 0x2000 is "GDMPDUMP", not "SDMPDUMP""#,
        ),
        (X64, BitmapFull, 0x2030, u64(1 << 40), "BitmapSize at offset 0x2030 is 0x10000000000, more than 0x7fe40"),
        (X64, BitmapFull, 0x2020, u64(0x2040), "HeaderSize at offset 0x2020 is 0x2040, less than 0x20b9"),
        (X64, BitmapFull, 0x2028, u64(1 << 20), "Pages at offset 0x2028 is 0x100000, more than 0x406"),
        (X86, KernelSummary, 0x1010, vec![0xff; 4], "BitmapSize at offset 0x1010 is 0xffffffff, more than 0x57f00"),
        (
            X64,
            RangeComplete,
            0x2004,
            b"SDMP".to_vec(),
            r#"the header of the ranges at offset 0x2004 is "SDMPDUMP", not "RDMPDUMP""#,
        ),
        (
            X64,
            RangeComplete,
            0x2000,
            vec![0x41],
            "the header of the ranges at offset 0x2000 is 0x41, but the rest of the file makes it 0x40",
        ),
        (
            X64,
            RangeComplete,
            0x2018,
            u64(0x3000),
            "FirstPageOffset at offset 0x2018 is 0x3000, but the rest of the file makes it 0x20a0",
        ),
        (
            X64,
            RangeComplete,
            0x2030,
            u64(1 << 60),
            "the run's last page at offset 0x2030 is 0x1000000000000005, more than 0x10000000000000",
        ),
    ];
    let expected: Vec<_> = cases.iter().map(|(.., message)| message.to_string()).collect();
    let said: Vec<_> = cases.iter().map(|(arch, format, at, new, _)| refusal(*arch, *format, *at, new)).collect();
    assert_eq!(said.join("\n"), expected.join("\n"));
}

#[test]
fn a_file_that_ends_within_its_headers_is_refused() {
    let file = |format, size| example::machine(Arch::X64).write(format)[..size].to_vec();
    let refused = |format, size| Dump::from_bytes(file(format, size)).unwrap_err().to_string();
    assert_eq!(
        refused(Format::Complete, 0),
        r#"not a kernel crash dump: it starts with "", not with "PAGEDUMP" or "PAGEDU64" (the file is empty)"#
    );
    assert_eq!(
        refused(Format::Complete, 0x1fff),
        "the file ends at 0x1fff: the dump header needs 0x2000 bytes at offset 0x0"
    );
    assert_eq!(
        refused(Format::Small, 0x2040),
        "the file ends at 0x2040: TRIAGE_DUMP needs 0x80 bytes at offset 0x2000"
    );
    assert_eq!(
        refused(Format::BitmapFull, 0x2004),
        "the file ends at 0x2004: the header of the bitmap needs 0x8 bytes at offset 0x2000"
    );
}

#[test]
fn a_truncated_file_opens_says_so_and_reads_as_far_as_it_goes() {
    for arch in Arch::ALL {
        for format in Format::ALL.into_iter().filter(|format| format.is_known_for(arch)) {
            let mut file = example::machine(arch).write(format);
            let size = file.len() - if format == Format::Small { 0x100 } else { 0x800 };
            file.truncate(size);
            let dump = Dump::from_bytes(file).unwrap();
            let text = dump.defects()[0].to_string();
            assert!(text.starts_with(&format!("the file ends at {size:#x}: ")), "{arch:?} {format:?}: {text}");
            let Some(physical) = dump.physical() else { continue };
            let last = physical.ranges().last().unwrap();
            let page = last.start.offset((last.pages - 1) * 0x1000);
            let (bytes, error) = physical.prefix(page, 0x1000);
            assert_eq!((bytes.len(), error.unwrap().failure), (0x800, ReadFailure::EndOfFile(size as u64)));
        }
    }
}

#[test]
fn a_small_dump_with_a_damaged_list_opens_without_it() {
    let check = |field: usize, new: &[u8], drivers: usize, message: &str| {
        let mut file = example::machine(Arch::X64).write(Format::Small);
        file[field..field + new.len()].copy_from_slice(new);
        let dump = Dump::from_bytes(file).unwrap();
        let triage = dump.triage().unwrap();
        assert_eq!(triage.drivers.len(), drivers, "{message}");
        assert!(dump.defects().iter().any(|defect| defect.to_string() == message), "{:#?}", dump.defects());
    };
    let size = example::machine(Arch::X64).write(Format::Small).len();
    check(0x2030, &[0xff; 4], 0, "DriverCount at offset 0x2034 is 0x2, more than 0x0");
    check(0x2008, &[0, 0, 0, 0], 2, r#"the signature at ValidOffset at offset 0x0 is "PAGE", not "TRGD""#);
    let message =
        format!("the file ends at {size:#x}: the small dump (SizeOfDump) needs 0x7fffffff bytes at offset 0x0");
    check(0x2004, &[0xff, 0xff, 0xff, 0x7f], 2, &message);
}

const MUTATIONS: u32 = 20_000;

/// A machine of a few pages.
fn machine(arch: Arch) -> Machine {
    let mut machine = Machine::new(arch);
    let base = arch.kernel_address();
    machine.map(base + 0xff0, &[0x55; 0x20]);
    machine.map(arch.user_address(), b"user");
    machine.crash = Crash {
        code: 0x50,
        parameters: [base, 0, base + 8, 2],
        context: context(arch, base, base + 0x800),
        exception: Some(Exception { code: 0xc000_0005, flags: 0, address: base, parameters: vec![1, 2] }),
    };
    let driver = |name: &str, base| {
        let name = name.to_owned();
        Driver { name, base, size: 0x1000, time_date_stamp: 1, check_sum: 2 }
    };
    machine.drivers = vec![driver(r"\SystemRoot\system32\ntoskrnl.exe", base), driver("b.sys", base + 0x10_0000)];
    machine.unloaded_drivers = vec![UnloadedDriver { name: "c.sys".to_owned(), start: base, end: base + 0x1000 }];
    machine.small.prcb = vec![1; 0x80];
    machine.small.process = vec![2; 0x40];
    machine.small.thread = vec![3; 0x40];
    machine.small.stack = (base + 0x8_0000, vec![4; 0x100]);
    machine.small.debugger_data = vec![5; 0x40];
    machine.small.blocks = vec![(base + 0x9_0000, vec![1; 0x80]), (base + 0x9_0080, vec![7; 0x10])];
    machine.small.broken_driver = Some("b.sys".to_owned());
    machine.small.memory_management = Some(([1, 2, 3, 4], [5, 6, 7, 8, 9, 10, 11]));
    machine
}

/// Changes `file` in one to eight places, mostly where headers are, or its length.
fn mutate(random: &mut Random, file: &mut Vec<u8>) {
    let (header, dump_type) = if file[4..8] == *b"DU64" { (0x2000, 0xf98) } else { (0x1000, 0xf88) };
    if random.below(8) == 0 {
        file[dump_type] = random.below(12) as u8;
    }
    for _ in 0..1 + random.below(8) {
        let size = file.len();
        let at = match random.below(8) {
            0 => random.below(size),
            1 => random.below(header),
            2 => random.one_of(&[0x64, 0x88]) + random.below(0x80),
            3 => header + random.below(0x300),
            _ => header + random.below(0x80),
        };
        let value = match random.below(6) {
            0 => random.number(),
            1 => random.one_of(&[0, 1, u64::MAX, 1 << 31, 1 << 32, 1 << 52, 1 << 63, 0x4547_4150_4547_4150]),
            2 => size as u64 + random.below(0x20) as u64 - 0x10,
            3 => random.below(size) as u64,
            4 => random.number() >> random.below(64),
            _ => random.below(0x100) as u64,
        };
        let width = random.one_of(&[1, 2, 4, 8]);
        let at = if random.below(4) == 0 { at } else { at / width * width };
        let end = (at + width).min(size);
        if at < end {
            file[at..end].copy_from_slice(&value.to_le_bytes()[..end - at]);
        }
    }
    match random.below(16) {
        0 => file.truncate(random.below(file.len())),
        1 => file.truncate(file.len() - random.below(0x20)),
        2 => file.extend((0..random.below(0x100)).map(|byte| byte as u8)),
        _ => {}
    }
}

/// Reads all that the dump says it has: of what can be huge by a damaged count, a part.
fn read_everything(dump: &Dump, random: &mut Random) {
    let read = format!("{:?} {:?} {:?} {:?}", dump.header(), dump.exception(), dump.defects(), dump.session_name());
    assert!(!read.is_empty());
    assert!(dump.context().is_none_or(|context| context.len() <= 3000));
    if let Some(triage) = dump.triage() {
        let ranges = [triage.prcb, triage.thread, triage.process, triage.debugger_data].into_iter().flatten();
        let read: usize = ranges.map(|range| dump.bytes(range).len() + triage.address_of(range).iter().count()).sum();
        assert!(read as u64 <= 5 * dump.size());
        assert!(triage.drivers.len() as u64 <= dump.size() / 0x40);
        assert!(triage.unloaded_drivers.len() as u64 <= dump.size() / 0x20);
        assert_eq!(dump.bytes(FileRange { offset: u64::MAX, length: u64::MAX }), b"");
    }
    if let Some(memory) = dump.data_blocks() {
        for block in memory.blocks() {
            let _ = memory.prefix(block.address, block.bytes.length.min(0x1000) as usize);
            let _ = memory.prefix(block.address.offset(block.bytes.length - 1), 0x10);
        }
        let _ = memory.prefix(VirtualAddress(random.number()), 0x100);
    }
    if let Some(physical) = dump.physical() {
        let mut pages = 0u64;
        for range in physical.ranges().take(10_000) {
            assert!(range.pages > 0);
            pages = pages.saturating_add(range.pages);
            let last = range.start.offset((range.pages - 1) * 0x1000);
            for page in [range.start, last] {
                let (bytes, error) = physical.prefix(page.offset(0xfc0), 0x80);
                assert!(bytes.len() == 0x80 || error.is_some());
            }
        }
        assert!(pages <= physical.page_count());
        let _ = physical.prefix(PhysicalAddress(random.number()), 0x2000);
        walk_page_tables(dump, random);
    }
}

fn walk_page_tables(dump: &Dump, random: &mut Random) {
    let Some((physical, root)) = dump.physical().zip(dump.header().directory_table_base) else { return };
    let Some(machine) = arch::Machine::from_image_file_machine(dump.header().machine) else { return };
    let modes = [
        PagingMode::X86,
        PagingMode::X86Pae,
        PagingMode::Amd64FourLevel,
        PagingMode::Amd64FiveLevel,
        PagingMode::Arm64,
    ];
    for arch in Arch::ALL {
        let space = AddressSpace::new(root, random.one_of(&modes));
        let address = VirtualAddress(arch.kernel_address() + 0xff8);
        if let Ok(translation) = machine.architecture().translate(physical, space, address) {
            let _ = physical.prefix(translation.physical, 0x10);
        }
    }
}

/// The most memory that this process has had, in bytes; `None` where the system doesn't say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[test]
fn damaged_dumps_are_read_as_far_as_they_go_or_refused_with_a_reason() {
    let originals: Vec<_> = Arch::ALL
        .into_iter()
        .flat_map(|arch| Format::ALL.map(|format| (arch, format)))
        .filter(|(arch, format)| format.is_known_for(*arch))
        .map(|(arch, format)| machine(arch).write(format))
        .collect();
    let before = peak_memory();
    let mut random = Random::new(0x6b64_6170);
    let (mut opened, mut refused) = (0, 0);
    for mutation in 0..MUTATIONS {
        let mut file = originals[random.below(originals.len())].clone();
        mutate(&mut random, &mut file);
        let start = Instant::now();
        match Dump::from_bytes(file) {
            Ok(dump) => {
                opened += 1;
                read_everything(&dump, &mut random);
            }
            Err(defect) => {
                refused += 1;
                let reason = defect.to_string();
                assert!(reason.contains("offset 0x") || reason.starts_with("not a kernel crash dump"), "{reason}");
            }
        }
        let took = start.elapsed();
        assert!(took < Duration::from_secs(5), "mutation {mutation} took {took:?}");
    }
    println!("{opened} opened, {refused} refused");
    assert!(opened > MUTATIONS / 4 && refused > MUTATIONS / 8, "{opened} opened, {refused} refused");
    if let Some((before, after)) = before.zip(peak_memory()) {
        assert!(after - before < 64 << 20, "{} MiB more than before", (after - before) >> 20);
    }
}
