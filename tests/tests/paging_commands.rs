//! `!pte`, `!vtop`, `!ptov` and `!db` and its relatives over machines whose page tables a test laid out, and the
//! commands that would change a dump.

use engine::Session;
use engine::target::OpenOptions;
use memory::VirtualAddress;
use tests::dump_writer::example::{self, KERNEL_TEXT, LARGE_TEXT};
use tests::dump_writer::{Arch, Format, Machine};
use tests::temporary::TemporaryFolder;

const ARCHITECTURES: [Arch; 5] = [Arch::X86, Arch::X86Pae, Arch::X64, Arch::X64FiveLevel, Arch::Arm64];

fn open(folder: &TemporaryFolder, machine: &Machine, format: Format) -> Session {
    let dump = folder.file("example.dmp", &machine.write(format));
    Session::open(&dump, &OpenOptions::default()).unwrap()
}

/// The example machine of each architecture, as a dump of all its pages.
fn for_each_machine(check: impl Fn(Arch, &Machine, &mut Session)) {
    for arch in ARCHITECTURES {
        println!("{arch:?}"); // shown where the check fails
        let mut machine = example::machine(arch);
        // What is mapped there tells how many levels there are.
        machine.header.ps_active_process_head = example::places(arch).kernel;
        let folder = TemporaryFolder::new();
        check(arch, &machine, &mut open(&folder, &machine, Format::BitmapFull));
    }
}

/// What the console shows for a line.
fn shown(session: &mut Session, line: &str) -> String {
    match commands::execute(session, line) {
        Ok(report) => commands::report::text(&report),
        Err(error) => format!("{error}\n"),
    }
}

#[track_caller]
fn check(session: &mut Session, line: &str, expected: &[&str]) {
    let text = shown(session, line);
    for part in expected {
        assert!(text.contains(part), "{line}: no {part:?} in\n{text}");
    }
}

#[test]
fn an_address_is_translated_to_where_the_machine_has_it() {
    for_each_machine(|_, machine, session| {
        let at = example::places(machine.arch);
        for address in [at.kernel, at.user, at.large, at.transition] {
            let physical = machine.physical_address(address).unwrap();
            let last = format!("Virtual address {address:x} translates to physical address {physical:x}.");
            let by_current = shown(session, &format!("!vtop 0 {address:x}"));
            assert!(by_current.ends_with(&format!("{last}\n")), "{by_current}");
            // By its root, and where that begins a page by its page frame number, too.
            assert_eq!(shown(session, &format!("!vtop {:x} {address:x}", machine.root)), by_current);
            if machine.root % 0x1000 == 0 {
                assert_eq!(shown(session, &format!("!vtop {:x} {address:x}", machine.root >> 12)), by_current);
            }
        }
        check(
            session,
            &format!("!vtop 0 {:x}", at.unmapped),
            &["zero PTE", "translation fails: PTE 0000000000000000 at"],
        );
        check(session, &format!("!vtop 0 {:x}", at.paged_out), &["translation fails: paged out", "paging file 3"]);
    });
}

#[test]
fn entries_say_what_the_machine_put_into_them() {
    for_each_machine(|arch, machine, session| {
        let at = example::places(arch);
        let pfn = |address| machine.physical_address(address).unwrap() >> 12;
        let pte = |address: u64| format!("!pte {address:x}");
        let sign = |count: usize, letters: &str| format!("pfn {:<count$}{letters}", format!("{:x}", pfn(at.kernel)));
        let page = match arch {
            Arch::X86 => sign(6, "---DA--KWEV"),
            Arch::Arm64 => sign(10, " -RXGADK--V"),
            _ => sign(10, "---DA--KWEV"),
        };
        check(session, &pte(at.kernel), &["VA ", "PDE at ", "PTE at ", &page]);
        let large = format!("LARGE PAGE pfn {:x}\n", pfn(at.large));
        check(session, &pte(at.large), &[&large]);
        let transition = format!(" Transition: {:x}\n", pfn(at.transition));
        check(session, &pte(at.transition), &["not valid\n", &transition, " Protect: 4 - ReadWrite\n"]);
        check(
            session,
            &pte(at.paged_out),
            &["not valid\n", " PageFile:  3\n", " Offset: 1234\n", " Protect: 4 - ReadWrite\n"],
        );
        check(session, &pte(at.demand_zero), &["not valid\n", " DemandZero\n"]);
        check(session, &pte(at.prototype), &["not valid\n", " Proto: ", " Protect: 4 - ReadWrite\n"]);
        let unmapped = shown(session, &pte(at.unmapped));
        assert!(unmapped.ends_with("not valid\n"), "{unmapped}");
        // The table above isn't there: the columns below it have nothing but their places.
        let far = shown(session, &pte(at.kernel + 0x3000_0000));
        assert!(far.ends_with("not valid\n"), "{far}");
    });
}

/// The example's top table doesn't lead back to itself, and without symbols nothing tells the base; on x86 it is fixed.
#[test]
fn without_a_self_map_the_places_of_entries_are_unknown() {
    for_each_machine(|arch, _, session| {
        let kernel = example::places(arch).kernel;
        let place = if arch.is_64_bit() {
            "PTE at ????????????????".to_owned()
        } else {
            let size = if arch == Arch::X86 { 4 } else { 8 };
            format!("PTE at {:08X}", 0xc000_0000 + (kernel >> 12) * size)
        };
        check(session, &format!("!pte {kernel:x}"), &[&place]);
    });
}

#[test]
fn the_self_map_is_found_in_the_top_table() {
    const INDEX: u64 = 0x1a5;
    for arch in [Arch::X64, Arch::Arm64] {
        let mut machine = example::machine(arch);
        let valid = if arch == Arch::Arm64 { 0b11 } else { 0x63 };
        let (page, slot) = (machine.root >> 12, INDEX as usize * 8);
        machine.page_mut(page)[slot..slot + 8].copy_from_slice(&(page << 12 | valid).to_le_bytes());
        let folder = TemporaryFolder::new();
        let session = &mut open(&folder, &machine, Format::BitmapFull);
        let kernel = example::places(arch).kernel;
        let base = 0xffff_0000_0000_0000 | INDEX << 39;
        let entry = base + ((kernel & 0xffff_ffff_ffff) >> 12) * 8;
        let entries = shown(session, &format!("!pte {kernel:x}"));
        assert!(entries.contains(&format!("PTE at {entry:016X}")), "{entries}");
        // By the entry's own address, and read there.
        let page = kernel & !0xfff;
        assert_eq!(shown(session, &format!("!pte {entry:x}")), shown(session, &format!("!pte {page:x}")));
        let value = memory::ReadVirtualExt::u64(session.target(), VirtualAddress(entry)).unwrap();
        assert!(entries.contains(&format!("contains {value:016X}\n")), "{value:x}\n{entries}");
        let literally = shown(session, &format!("!pte {entry:x} 1"));
        assert!(literally.contains(&format!("contains {value:016X}  contains {value:016X}\n")), "{literally}");
    }
}

#[test]
fn a_table_that_is_not_in_the_dump_is_named() {
    for_each_machine(|arch, _, session| {
        let root = 0x7ff_0000;
        let kernel = example::places(arch).kernel;
        check(session, &format!("!vtop {root:x} {kernel:x}"), &["can't be read: it is not in the dump"]);
        check(session, &format!("!ptov {root:x}"), &["WARNING: from ", "can't be read: physical page"]);
    });
}

#[test]
fn all_mapped_pages_are_listed_with_their_addresses() {
    for_each_machine(|arch, machine, session| {
        let at = example::places(arch);
        let text = shown(session, "!ptov");
        for address in [at.kernel, at.user] {
            let (page, physical) = (address & !0xfff, machine.physical_address(address).unwrap() & !0xfff);
            assert!(text.contains(&format!("\n{physical:016x} {page:016x}\n")), "{address:x}\n{text}");
        }
        let size = if arch == Arch::X86 { 4 << 20 } else { 2 << 20 };
        let (page, physical) = (at.large & !(size - 1), machine.physical_address(at.large).unwrap() & !(size - 1));
        let large = format!("\n{physical:016x} {page:016x} ({}MB large page)\n", size >> 20);
        assert!(text.contains(&large), "{text}");
        assert_eq!(text, shown(session, &format!("!ptov {:x}", machine.root)));
        let addresses: Vec<&str> = text.lines().skip(1).filter_map(|line| line.get(17..33)).collect();
        assert!(addresses.is_sorted(), "{text}");
    });
}

#[test]
fn physical_memory_is_displayed_with_its_own_addresses() {
    for_each_machine(|arch, machine, session| {
        let at = machine.physical_address(example::places(arch).kernel).unwrap();
        assert_eq!(KERNEL_TEXT.get(..16), Some(&b"the kernel's tex"[..]));
        let bytes = "74 68 65 20 6b 65 72 6e-65 6c 27 73 20 74 65 78 the kernel's tex";
        assert_eq!(shown(session, &format!("!db [uc] -m {at:x} L10")), format!("#{at:>8x} {bytes}\n"));
        let words = format!("#{at:>8x} 20656874 6e72656b 73276c65 78657420");
        assert_eq!(shown(session, &format!("!dd {at:x} L4")), format!("{words}\n"));
        assert_eq!(shown(session, &format!("!dc [c] {at:x} L4")), format!("{words} the kernel's tex\n"));
        assert_eq!(shown(session, &format!("!dq {at:x} L1")), format!("#{at:>8x} 6e72656b`20656874\n"));
        assert_eq!(shown(session, "!dq L1"), format!("#{:>8x} 78657420`73276c65\n", at + 8));
        let large = machine.physical_address(example::places(arch).large).unwrap();
        let text = String::from_utf8_lossy(&LARGE_TEXT[..7]);
        check(session, &format!("!db {large:x} L7"), &[&text]);
        check(session, "!dw 7ff0000 L2", &["# 7ff0000 ???? ????"]);
        check(session, "!db [x] 0", &["[x] is no kind of caching"]);
    });
}

#[test]
fn a_small_dump_says_that_it_has_no_page_tables() {
    let folder = TemporaryFolder::new();
    let session = &mut open(&folder, &example::machine(Arch::X64), Format::Small);
    for line in ["!pte 1000", "!vtop 0 1000", "!ptov"] {
        check(session, line, &["this target has no page tables to read"]);
    }
}

#[test]
fn a_dump_refuses_to_be_changed_and_says_where() {
    for_each_machine(|arch, _, session| {
        let kernel = example::places(arch).kernel;
        let refusal = format!("Memory access error at {}: a crash dump can't be changed\n", VirtualAddress(kernel));
        for line in
            ["eb {} 1 2", "ezu {} \"a\"", "f {} L10 1 2 3", "m 1000 L1 {}", "m {} L4 {}", "fp {} L8 0", "!ed {} 1"]
        {
            let line = line.replace("{}", &format!("{kernel:x}"));
            match line.as_str() {
                // What is to be copied can't be read.
                "m 1000 L1" => {}
                _ if line.starts_with("m 1000") => {
                    check(session, &line, &["Memory access error at 00000000`00001000: "])
                }
                _ => assert_eq!(shown(session, &line), refusal, "{line}"),
            }
        }
    });
}

#[test]
fn memory_goes_to_a_file_as_far_as_it_can_be_read() {
    for_each_machine(|arch, _, session| {
        let kernel = example::places(arch).kernel;
        let folder = TemporaryFolder::new();
        let path = folder.path().join("a file.bin");
        let name = path.display();
        let length = KERNEL_TEXT.len();
        assert_eq!(
            shown(session, &format!(".writemem \"{name}\" {kernel:x} L{length:x}")),
            format!("Writing {length:x} bytes.\n")
        );
        assert_eq!(std::fs::read(&path).unwrap(), KERNEL_TEXT);
        let refusal = format!("Memory access error at {}: a crash dump can't be changed\n", VirtualAddress(kernel));
        assert_eq!(shown(session, &format!(".readmem \"{name}\" {kernel:x} L4")), refusal);
        check(session, &format!(".readmem \"{name}\" {kernel:x} L1000"), &["has 0x20 bytes only, and not 0x1000"]);
        // Two pages are mapped: the rest of the second one is the last that there is.
        let there = 0x2000 - (kernel & 0xfff);
        let text = shown(session, &format!(".writemem \"{name}\" {kernel:x} L10000"));
        assert!(text.ends_with(&format!("is incomplete, it has the first {there:#x} bytes\n")), "{text}");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), there);
        // Nothing at all can be read: the file stays.
        check(session, &format!(".writemem \"{name}\" 10 L4"), &["Memory access error at 00000000`00000010"]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), there);
    });
}

#[test]
fn long_work_ends_when_asked() {
    for_each_machine(|arch, _, session| {
        let kernel = example::places(arch).kernel;
        session.cancel_flag().cancel();
        for line in ["!ptov", "!pte {} +10000", "f {} L20 1", "m {} L10 {}", "!db 0"] {
            let line =
                line.replace(" +10000", &format!(" {:x}", kernel + 0x10000)).replace("{}", &format!("{kernel:x}"));
            assert_eq!(shown(session, &line), "cancelled\n", "{line}");
        }
    });
}
