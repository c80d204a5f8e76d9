//! A real small dump of Windows 10 (`../shared/corpus`): bug check 0x1000007E in amdppm.sys.
//!
//! The truth is what is published of that crash: registers, module list and the frames of its stack, and what the
//! corpus' manifest says from the symbols of that very kernel. nt's image isn't to be had: above the drivers, the stack
//! is a guess, and has to say so.

use engine::crash::ExceptionSource;
use engine::evaluate::{Syntax, evaluate};
use engine::stack::{Certainty, FoundBy, Frame, FrameDescription};
use engine::target::OpenOptions;
use engine::{ContextSource, Session};
use memory::VirtualAddress;
use std::path::Path;
use symbols::SymbolStatus;
use symbols::pe::Section;

fn open() -> Option<Session> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let dump = corpus.join("dumps/triage_x64.dmp");
    if !dump.is_file() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    let symbol_path = corpus.join("symbols").display().to_string();
    Some(Session::open(&dump, &OpenOptions { symbol_path, ..OpenOptions::default() }).unwrap())
}

#[test]
fn all_modules_are_listed() {
    let Some(session) = open() else { return };
    let target = session.target();
    assert_eq!(target.modules().len(), 151);
    let nt = target.modules().by_name("nt").unwrap();
    assert_eq!(nt.base().to_string(), "fffff804`7ba00000");
    assert_eq!(target.kernel_base(), Some(nt.base()));
    assert_eq!((nt.size(), nt.entry().time_date_stamp), (0x0104_6000, Some(0x0d83_33e6)));
    assert!(nt.symbols().is_some());
    assert!(matches!(nt.symbol_status(), SymbolStatus::Pdb { .. }), "{:?}", nt.symbol_status());
    assert_eq!(target.problems(), &[] as &[String]);
}

#[test]
fn every_processor_has_its_saved_context_and_the_first_crashed() {
    let Some(session) = open() else { return };
    let processors = session.processors();
    assert_eq!((processors.all.len(), processors.crashed, processors.numbers_known), (16, Some(0), true));
    let modules = session.target().modules();
    for (number, processor) in (0..).zip(&processors.all) {
        assert_eq!(processor.number, number);
        let context = processor.context(session.target()).unwrap();
        // All were in the kernel: one in its bug check, the others where the freeze found them.
        let (rip, rsp) = (context.instruction_pointer().unwrap(), context.stack_pointer().unwrap());
        assert!(modules.at(rip).is_some_and(|module| module.name() == "nt" || number != 0), "{number}: {rip}");
        assert_eq!(rsp.0 >> 47, 0x1_ffff, "{number}: {rsp}");
    }
    let crashed = session.context_of(ContextSource::Processor(0)).unwrap();
    let rip = crashed.instruction_pointer().unwrap();
    assert_eq!(rip.to_string(), "fffff804`7bdf5a80");
    assert_eq!(modules.name_of(rip).unwrap().to_string(), "nt!KeBugCheckEx");
    assert_eq!(crashed.stack_pointer().unwrap().to_string(), "ffff8504`29890ee8");
}

#[test]
fn the_exception_is_that_of_the_bug_checks_parameters() {
    let Some(session) = open() else { return };
    let crash = session.crash().unwrap();
    assert_eq!(crash.bug_check.code, 0x1000_007e);
    let exception = crash.exception.as_ref().unwrap();
    assert_eq!(exception.saved, ExceptionSource::Context(VirtualAddress(crash.bug_check.parameters[3])));
    let record = exception.record.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((record.code, record.address.to_string()), (0xc000_0005, "fffff804`8b58334c".into()));
    let context = exception.context.as_ref().unwrap();
    assert_eq!(context.instruction_pointer(), Some(record.address));
    let name = session.target().modules().name_of(record.address).unwrap();
    assert_eq!(name.to_string(), "amdppm!WriteIoMemRawEx+0x70");
}

/// Frames that unwind data lead to: function and stack pointer. Wdf01000 has no symbols.
const FRAMES: [(&str, &str); 16] = [
    ("amdppm!WriteIoMemRawEx", "2120"),
    ("amdppm!WriteGenAddrEx", "2150"),
    ("amdppm!WriteGenAddrMaybeHiddenEx", "2180"),
    ("amdppm!InitAcpiCpc", "21b0"),
    ("amdppm!ProcLibDeviceStart", "2210"),
    ("amdppm!EvtDevicePrepareHardware", "2340"),
    ("Wdf01000", "2380"),
    ("Wdf01000", "23d0"),
    ("Wdf01000", "2410"),
    ("Wdf01000", "2460"),
    ("Wdf01000", "24a0"),
    ("Wdf01000", "2530"),
    ("Wdf01000", "25a0"),
    ("Wdf01000", "2630"),
    ("Wdf01000", "2660"),
    ("Wdf01000", "26d0"),
];

fn call_site(session: &Session, frame: &Frame) -> String {
    FrameDescription::of(frame, session.target().modules()).call_site()
}

#[test]
fn the_exceptions_stack_is_unwound_through_the_drivers() {
    let Some(session) = open() else { return };
    let stack = session.stack_of(ContextSource::Exception).unwrap();
    for (index, (frame, (function, stack_pointer))) in stack.frames.iter().zip(FRAMES).enumerate() {
        let found = call_site(&session, frame);
        assert!(found == function || found.starts_with(&format!("{function}+0x")), "frame {index}: {found}");
        assert_eq!(frame.stack_pointer.to_string(), format!("ffff8504`2989{stack_pointer}"), "frame {index}: {found}");
        assert_eq!(frame.certainty, Certainty::Exact, "frame {index}");
        let wanted = if index == 0 { FoundBy::Context } else { FoundBy::UnwindData };
        assert_eq!(frame.found_by, wanted, "frame {index}");
    }
}

#[test]
fn above_the_drivers_nt_is_named_and_marked_as_guessed() {
    let Some(session) = open() else { return };
    let stack = session.stack_of(ContextSource::Exception).unwrap();
    // What unwind data of the outermost driver frame lead to is the first frame in nt, and certain.
    let (first, guessed) = stack.frames[FRAMES.len()..].split_first().unwrap();
    assert_eq!(first.certainty, Certainty::Exact);
    assert!(call_site(&session, first).starts_with("nt!"), "{}", call_site(&session, first));
    assert!(!guessed.is_empty());
    for frame in guessed {
        assert_eq!((frame.certainty, frame.found_by), (Certainty::Guessed, FoundBy::Scan));
        assert_may_be_code(&session, frame.instruction_pointer);
    }
    let names: Vec<_> = guessed.iter().map(|frame| call_site(&session, frame)).collect();
    assert!(names.iter().all(|name| name.contains('!')), "{names:?}");
    assert!(names.iter().filter(|name| name.starts_with("nt!")).count() * 2 > names.len(), "{names:?}");
}

/// Guesses don't lie in headers and data, as far as a header says where these are.
fn assert_may_be_code(session: &Session, address: VirtualAddress) {
    let module = session.target().modules().at(address).unwrap();
    let header = module.header().ok().or_else(|| module.image().map(|image| image.headers()));
    let section = header.map(|header| header.section_at(module.rva(address).unwrap()));
    assert!(section.is_none_or(|section| section.is_some_and(Section::is_executable)), "{address}");
}

#[test]
fn the_crashed_processors_own_stack_starts_in_the_bug_check() {
    let Some(session) = open() else { return };
    let stack = session.stack_of(ContextSource::Processor(0)).unwrap();
    assert_eq!(call_site(&session, &stack.frames[0]), "nt!KeBugCheckEx");
    // At a function's first instruction the return address is on top of the stack: that needs no unwind data.
    assert_eq!((stack.frames[1].found_by, stack.frames[1].certainty), (FoundBy::FunctionEntry, Certainty::Exact));
    assert_eq!(stack.frames[0].return_address, Some(stack.frames[1].instruction_pointer));
    assert_eq!(stack.frames[1].instruction_pointer.to_string(), "fffff804`7be0f4e1");
    for frame in &stack.frames[2..] {
        assert_eq!(frame.certainty, Certainty::Guessed);
        assert_may_be_code(&session, frame.instruction_pointer);
    }
}

#[test]
fn the_kernels_structures_have_sensible_values() {
    let Some(session) = open() else { return };
    let kernel = session.target().kernel();
    let processor = session.processors().get(0).unwrap();
    let prcb = kernel.structure("_KPRCB", *processor.prcb.as_ref().unwrap()).unwrap();
    assert_eq!(prcb.address().to_string(), "fffff804`782d4180");
    assert_eq!(prcb.field("Number").unwrap().integer().unwrap(), 0);
    assert_eq!(prcb.field("MajorVersion").unwrap().integer().unwrap(), 1);
    assert_eq!(prcb.field("VendorString").unwrap().character_array().unwrap(), "AuthenticAMD");

    let thread = kernel.structure("_ETHREAD", prcb.field("CurrentThread").unwrap().pointer().unwrap()).unwrap();
    let thread_number = |path: &str| thread.field(path).unwrap().integer().unwrap();
    assert_eq!((thread_number("Cid.UniqueProcess"), thread_number("Cid.UniqueThread")), (4, 264));
    let stack = thread_number("Tcb.StackLimit")..thread_number("Tcb.StackBase");
    let rsp = processor.context(session.target()).unwrap().stack_pointer().unwrap();
    assert!(stack.contains(&rsp.0), "{rsp} is not in {stack:x?}");
    assert_eq!(processor.stacks, [VirtualAddress(stack.start)..VirtualAddress(stack.end)]);

    let process = kernel.structure("_EPROCESS", VirtualAddress(thread_number("Tcb.ApcState.Process"))).unwrap();
    assert_eq!(process.field("ImageFileName").unwrap().character_array().unwrap(), "System");
    assert_eq!(process.field("UniqueProcessId").unwrap().integer().unwrap(), 4);

    let identity = processor.thread.as_ref().unwrap();
    assert_eq!((identity.thread, identity.process_id, identity.thread_id), (thread.address(), 4, 264));
    let identity = identity.process.as_ref().unwrap();
    assert_eq!((identity.process, &*identity.image_file_name), (process.address(), "System"));
}

/// Every processor's block says its own number.
#[test]
fn every_processors_block_has_its_number() {
    let Some(session) = open() else { return };
    let kernel = session.target().kernel();
    for processor in &session.processors().all {
        let prcb = kernel.structure("_KPRCB", *processor.prcb.as_ref().unwrap()).unwrap();
        assert_eq!(prcb.field("Number").unwrap().integer().unwrap(), u64::from(processor.number));
    }
}

#[test]
fn expressions_reach_the_crashing_thread_and_process() {
    let Some(session) = open() else { return };
    let scope = session.expression_scope();
    let number = |expression: &str, syntax| evaluate(expression, syntax, &scope).unwrap().as_u64(&scope).unwrap();
    assert_eq!(number("poi(nt!KiProcessorBlock)", Syntax::Masm), 0xffff_f804_782d_4180);
    let process = "((nt!_EPROCESS *)((nt!_ETHREAD *)@$thread)->Tcb.ApcState.Process)";
    assert_eq!(number(&format!("{process}->UniqueProcessId"), Syntax::Cpp), 4);
    assert_eq!(number(&format!("(unsigned __int64){process}"), Syntax::Cpp), number("@$proc", Syntax::Masm));
    assert_eq!(number("((nt!_ETHREAD *)@$thread)->Cid.UniqueThread", Syntax::Cpp), 264);
}

/// What isn't in the dump is said to be missing: another processor's idle thread has no copy.
#[test]
fn threads_that_are_not_in_the_dump_are_said_to_be_missing() {
    let Some(session) = open() else { return };
    for processor in &session.processors().all[1..] {
        let error = processor.thread.as_ref().unwrap_err().to_string();
        assert!(error.ends_with("not in the dump"), "{}: {error}", processor.number);
    }
}
