//! The sample crashes with parts of NT's own lists missing: what is left is shown, and the loss is said.

use super::number;
use analysis::nt::unloaded_modules;
use engine::Session;
use engine::target::OpenOptions;
use memory::VirtualAddress;
use tests::dump_writer::{Format, Gone, Machine};
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

const PAGED_OUT: Gone = Gone::PagedOut { file: 0, offset: 0x777 };
/// A page of the kernel's half that nothing uses.
const FREE_PAGE: u64 = 0xffff_a9ff_0000_0000;

fn open(folder: &TemporaryFolder, build: Build, machine: &Machine) -> Session {
    let dump = folder.file("sample.dmp", &machine.write(Format::BitmapKernel));
    Session::open(&dump, &OpenOptions { symbol_path: build.symbol_path(), ..OpenOptions::default() }).unwrap()
}

fn shown(session: &mut Session, line: &str) -> String {
    commands::report::text(&commands::execute(session, line).unwrap())
}

#[test]
fn a_processor_names_its_thread_by_address_when_the_thread_is_gone() {
    for build in Build::ALL {
        let (mut machine, expected) = (build.machine(), build.expected());
        let thread = number(&expected["processors"][0]["thread"]);
        machine.map_gone(thread & !0xfff, PAGED_OUT);
        let folder = TemporaryFolder::new();
        let session = &mut open(&folder, build, &machine);
        let text = shown(session, "~0");
        let expected =
            format!("  Thread {} Cid ??? (_ETHREAD.Cid.UniqueProcess can't be read: ", VirtualAddress(thread));
        assert!(text.contains(&expected) && text.contains("paged out"), "{text}");
    }
}

#[test]
fn an_entry_that_can_not_be_read_ends_the_unloaded_modules_with_a_warning() {
    for build in Build::ALL {
        let mut machine = build.machine();
        let folder = TemporaryFolder::new();
        let session = open(&folder, build, &machine);
        let target = session.target();
        let ring = target.kernel().global("MmUnloadedDrivers").unwrap();
        let (physical, space) = (target.physical_memory().unwrap(), target.address_space().unwrap());
        let at = target.architecture().translate(physical, space, ring).unwrap().physical;

        // Two entries up to the end of the page: UNICODE_STRING, start, end, time; the second one's name is nowhere.
        let name: Vec<u8> = "gone.sys".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let first = FREE_PAGE + 0x1000 - 2 * 40;
        let entry = |buffer: u64, start: u64| {
            let length = name.len() as u64;
            [length | length << 16, buffer, start, start + 0x5000, 0].map(u64::to_le_bytes).concat()
        };
        machine.map(FREE_PAGE, &name);
        machine.map(first, &entry(FREE_PAGE, 0xffff_f803_3000_0000));
        machine.map(first + 40, &entry(FREE_PAGE + 0x5000, 0xffff_f803_3100_0000));
        let slot = at.page_offset() as usize;
        machine.page_mut(at.pfn().0)[slot..slot + 8].copy_from_slice(&first.to_le_bytes());

        let session = &mut open(&folder, build, &machine);
        let found = unloaded_modules::list(&session.target().kernel()).unwrap();
        let names: Vec<&str> = found.modules.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["gone.sys", "<unknown>"]);
        let text = shown(session, "lm");
        let warning = "WARNING: the list of unloaded modules is incomplete: nt!MmUnloadedDrivers[2] can't be read: ";
        assert!(text.contains(warning), "{text}");
        assert!(text.contains("fffff803`30000000 fffff803`30005000   gone.sys\n"), "{text}");
        assert!(text.contains("fffff803`31000000 fffff803`31005000   <unknown>\n"), "{text}");
        // Whoever asks for one module isn't told about others.
        assert!(!shown(session, "lm m sampledrv").contains("WARNING"));
    }
}
