//! The sample crashes with parts of the driver paged out or on their way out.

use super::number;
use super::stacks::{check_stack, frames};
use engine::stack::{Certainty, FoundBy};
use engine::target::OpenOptions;
use engine::{ContextSource, Session};
use memory::{ReadFailure, ReadVirtualExt, VirtualAddress};
use serde_json::Value;
use std::path::PathBuf;
use symbols::{ImageStatus, MatchedBy, Module, Origin, SymbolStatus};
use tests::dump_writer::{Format, Gone, Machine};
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

const PAGE: u64 = 0x1000;
const PAGED_OUT: Gone = Gone::PagedOut { file: 0, offset: 0x777 };

/// One of the crashes, and where its driver is.
struct Crash {
    build: Build,
    machine: Machine,
    expected: Value,
    base: u64,
    size: u64,
    folder: TemporaryFolder,
}

impl Crash {
    fn new(build: Build) -> Self {
        let (machine, expected) = (build.machine(), build.expected());
        let [base, size] = ["base", "size_of_image"].map(|fact| number(&expected["modules"][1][fact]));
        Self { build, machine, expected, base, size, folder: TemporaryFolder::new() }
    }

    /// Writes the dump and opens it; `symbol_path` are folders.
    fn open(&self, symbol_path: &[PathBuf]) -> Session {
        let dump = self.folder.file("sample.dmp", &self.machine.write(Format::BitmapKernel));
        let symbol_path: Vec<_> = symbol_path.iter().map(|folder| folder.display().to_string()).collect();
        Session::open(&dump, &OpenOptions { symbol_path: symbol_path.join(";"), ..OpenOptions::default() }).unwrap()
    }

    /// The kernel's folder, and one that has the driver's symbols and not its image.
    fn symbols_without_image(&self) -> [PathBuf; 2] {
        let [kernel, driver] = self.build.folders();
        let folder = self.folder.path().join("symbols");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy(driver.join("sampledrv.pdb"), folder.join("sampledrv.pdb")).unwrap();
        [kernel, folder]
    }

    fn check_stacks(&self, session: &Session) {
        let all = frames(&self.expected["stack"]);
        let behind_trap = all.iter().position(|frame| frame.get("trap_frame").is_some()).unwrap() + 1;
        check_stack(session, ContextSource::Processor(0), all);
        check_stack(session, ContextSource::Exception, &all[behind_trap..]);
    }
}

fn driver(session: &Session) -> &Module {
    session.target().modules().by_name("sampledrv").unwrap()
}

#[test]
fn a_module_whose_header_is_paged_out_is_known_by_its_loader_entry() {
    for build in Build::ALL {
        let mut crash = Crash::new(build);
        crash.machine.map_gone(crash.base, PAGED_OUT);
        let session = crash.open(&build.folders());
        crash.check_stacks(&session);
        let module = driver(&session);
        assert!(module.header().unwrap_err().to_string().contains("paged out"), "{:?}", module.header());
        let [_, folder] = build.folders();
        let image = Origin::Image(folder.join("sampledrv.sys"));
        let SymbolStatus::Pdb { matched, .. } = module.symbol_status() else { panic!("{:?}", module.symbol_status()) };
        assert_eq!(*matched, MatchedBy::Identity(image.clone()));
        assert_eq!(module.facts().header, Some(image));
    }
}

#[test]
fn without_an_image_a_paged_out_header_leaves_guesses_that_say_so() {
    for build in Build::ALL {
        let mut crash = Crash::new(build);
        crash.machine.map_gone(crash.base, PAGED_OUT);
        let session = crash.open(&crash.symbols_without_image());
        let module = driver(&session);
        assert!(module.symbols().is_none(), "nothing tells which symbols belong to it");
        let stack = session.stack_of(ContextSource::Exception).unwrap();
        assert_eq!(module.image_status(), ImageStatus::NotFound);
        let (first, callers) = stack.frames.split_first().unwrap();
        assert_eq!((first.found_by, first.certainty), (FoundBy::Context, Certainty::Exact));
        assert_eq!(callers.first().map(|frame| frame.found_by), Some(FoundBy::Scan));
        assert!(callers.iter().all(|frame| frame.certainty == Certainty::Guessed));
        // Up to the guess, everything is as exact as before.
        let all = session.stack_of(ContextSource::Processor(0)).unwrap();
        let exact = all.frames.iter().take_while(|frame| frame.certainty == Certainty::Exact).count();
        let expected = frames(&crash.expected["stack"]);
        let trap = expected.iter().position(|frame| frame.get("trap_frame").is_some()).unwrap();
        assert_eq!(exact, trap + 2, "the frames up to the trap, and the one that it interrupted");
    }
}

#[test]
fn a_driver_in_transition_is_read_where_it_still_is() {
    for build in Build::ALL {
        let mut crash = Crash::new(build);
        let present = crash.open(&build.folders());
        let pages = (crash.base..crash.base + crash.size).step_by(PAGE as usize);
        let pages: Vec<_> = pages
            .filter_map(|at| Some((at, present.target().own_memory().bytes(VirtualAddress(at), PAGE as usize).ok()?)))
            .collect();
        assert!(pages.len() as u64 > crash.size / PAGE / 2, "most of the driver is there");
        for (at, bytes) in pages {
            crash.machine.map_in_transition(at, &bytes);
        }
        let session = crash.open(&crash.symbols_without_image());
        crash.check_stacks(&session);
        let SymbolStatus::Pdb { matched, .. } = driver(&session).symbol_status() else { panic!("no symbols") };
        assert_eq!(*matched, MatchedBy::Identity(Origin::TargetMemory));
    }
}

#[test]
fn code_that_is_paged_out_comes_from_the_image() {
    for build in Build::ALL {
        let mut crash = Crash::new(build);
        let code = number(&crash.expected["exception"]["address"]) & !(PAGE - 1);
        let present = crash.open(&build.folders());
        let section = driver(&present).header().unwrap().section_at((code - crash.base) as u32).unwrap();
        let size = section.size() as usize;
        let before = present.target().own_memory().bytes(VirtualAddress(code), size).unwrap();
        crash.machine.map_gone(code, PAGED_OUT);
        let session = crash.open(&build.folders());
        let missing = session.target().own_memory().bytes(VirtualAddress(code), 1).unwrap_err();
        assert!(matches!(missing.failure, ReadFailure::PagedOut { file: 0, offset: 0x777, .. }), "{missing}");
        // Relocated, the image's code is what was in memory.
        assert!(session.target().bytes(VirtualAddress(code), size).unwrap() == before);
        crash.check_stacks(&session);
    }
}

#[test]
fn data_that_is_paged_out_is_not_taken_from_the_image() {
    let mut crash = Crash::new(Build::O2);
    let data = number(&crash.expected["globals"]["SampleDevice"]);
    crash.machine.map_gone(data, PAGED_OUT);
    let session = crash.open(&Build::O2.folders());
    let missing = session.target().u32(VirtualAddress(data)).unwrap_err();
    assert!(matches!(missing.failure, ReadFailure::PagedOut { .. }), "{missing}");
}
