//! Small dumps: what a session makes of copies whose addresses the dump doesn't say.

use super::{number, stacks};
use engine::target::OpenOptions;
use engine::{ContextSource, Session};
use memory::{ReadVirtualExt, VirtualAddress};
use std::sync::Arc;
use symbols::{SymbolPath, SymbolSearch};
use tests::dump_writer::{Format, Machine};
use tests::sample::Build;
use tests::temporary::TemporaryFolder;

const BUILD: Build = Build::O2;

fn open(machine: &Machine, symbol_path: String) -> (Session, TemporaryFolder) {
    let folder = TemporaryFolder::new();
    let dump = folder.file("small.dmp", &machine.write(Format::Small));
    (Session::open(&dump, &OpenOptions { symbol_path, ..OpenOptions::default() }).unwrap(), folder)
}

/// The crashing processor's `_KPRCB`, thread and process, as the JSON has them.
fn crashing_processor() -> [u64; 3] {
    let expected = BUILD.expected();
    ["prcb", "thread", "process"].map(|fact| number(&expected["processors"][0][fact]))
}

fn check_crashing_thread(session: &Session) {
    let [prcb, thread, process] = crashing_processor();
    let processor = session.processors().get(0).unwrap();
    assert_eq!(processor.prcb.as_ref().unwrap().0, prcb);
    let identity = processor.thread.as_ref().unwrap();
    assert_eq!((identity.thread.0, identity.process.as_ref().unwrap().process.0), (thread, process));
    stacks::check_stack(session, ContextSource::Processor(0), stacks::frames(&BUILD.expected()["stack"]));
}

/// Takes the blocks that start at `address` out of the dump.
fn remove_block(machine: &mut Machine, address: u64) {
    let before = machine.small.blocks.len();
    machine.small.blocks.retain(|(start, _)| *start != address);
    assert!(machine.small.blocks.len() < before);
}

#[test]
fn a_processor_that_only_its_copy_holds_is_found_by_its_number() {
    let mut machine = BUILD.machine();
    remove_block(&mut machine, crashing_processor()[0]);
    let (session, _folder) = open(&machine, BUILD.symbol_path());
    check_crashing_thread(&session);
}

#[test]
fn copies_are_placed_once_symbols_lead_to_them() {
    let (mut session, _folder) = open(&BUILD.machine(), String::new());
    let error = session.processors().all[0].thread.as_ref().unwrap_err().to_string();
    assert_eq!(error, "the symbols of nt are not loaded");
    let search = SymbolSearch::new(SymbolPath::parse(&BUILD.symbol_path()), SymbolPath::parse(""));
    session.target_mut().modules_mut().set_search(Arc::new(search));
    session.target_mut().modules_mut().reload_all(false);
    check_crashing_thread(&session);
}

/// A copy ends where the next thing in the file starts, which may be behind the structure's end.
#[test]
fn what_follows_a_copy_is_not_taken_for_memory() {
    let mut machine = BUILD.machine();
    let size = machine.small.thread.len() as u64;
    machine.small.thread.extend([0x55; 0x100]);
    let (session, _folder) = open(&machine, BUILD.symbol_path());
    let end = VirtualAddress(crashing_processor()[1]).offset(size);
    assert!(session.target().u8(end.back(1)).is_ok());
    assert_eq!(session.target().u8(end).unwrap_err().failure, memory::ReadFailure::VirtualNotInDump);
}

#[test]
fn without_the_table_of_processors_the_crashed_one_is_still_there() {
    let mut machine = BUILD.machine();
    let processor_block = machine.small.blocks[0].0;
    remove_block(&mut machine, processor_block);
    let (session, _folder) = open(&machine, BUILD.symbol_path());
    let processors = session.processors();
    assert_eq!((processors.all.len(), processors.crashed, processors.numbers_known), (1, Some(0), false));
    let error = processors.all[0].thread.as_ref().unwrap_err().to_string();
    assert!(error.contains("KiProcessorBlock[0]") && error.ends_with("not in the dump"), "{error}");
    // The header's registers are the exception's: the stack from there is as exact as ever.
    let all = stacks::frames(&BUILD.expected()["stack"]).to_vec();
    let behind_trap = all.iter().position(|frame| frame.get("trap_frame").is_some()).unwrap() + 1;
    stacks::check_stack(&session, ContextSource::Processor(0), &all[behind_trap..]);
}
