//! Breakpoints on the sample crash. Addresses are those of LLVM's tools, section `.text` being at RVA 0x1000:
//! `llvm-pdbutil dump -l -publics samples/driver/O2/sampledrv.pdb` and, of inlined code,
//! `llvm-symbolizer --obj=samples/driver/O2/sampledrv.sys`.

use super::*;
use crate::ContextSource;
use crate::session::Session;
use crate::target::OpenOptions;
use arch::debug_registers::{Access, Watched};
use memory::VirtualAddress;
use std::path::{Path, PathBuf};
use symbols::ModuleEntry;

const DRIVER: u64 = 0xffff_f803_2000_0000;
const CRASH_C: &str = r"C:\kdap\samples\driver\crash.c";

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples")
}

/// The crash of the optimized driver, in the frame of the exception.
fn session() -> Session {
    let folders = ["minint/bin", "driver/O2"].map(|folder| samples().join(folder).display().to_string());
    let options = OpenOptions { symbol_path: folders.join(";"), image_path: String::new() };
    let mut session = Session::open(&samples().join("crash/sample.dmp"), &options).unwrap();
    session.select_context(ContextSource::Exception).unwrap();
    session
}

fn line(file: &str, line: u32) -> Spec {
    Spec::SourceLine(SourceLineSpec { module: None, file: file.to_owned(), line, column: None })
}

fn set(session: &mut Session, spec: Spec, options: Options) -> u32 {
    let id = session.breakpoints.set(None, spec, options);
    session.resolve_breakpoints();
    id
}

fn driver(rva: u64) -> VirtualAddress {
    VirtualAddress(DRIVER + rva)
}

fn addresses(session: &Session, id: u32) -> Vec<VirtualAddress> {
    session.breakpoints.get(id).unwrap().locations.iter().map(|location| location.address).collect()
}

fn why(session: &Session, id: u32) -> Unresolved {
    session.breakpoints.get(id).unwrap().unresolved.clone().unwrap()
}

/// Sets a breakpoint, and checks that it is at these RVAs of the driver.
#[track_caller]
fn check(session: &mut Session, spec: Spec, rvas: &[u64]) -> u32 {
    let text = format!("{spec:?}");
    let id = set(session, spec, Options::default());
    let expected: Vec<VirtualAddress> = rvas.iter().map(|rva| driver(*rva)).collect();
    let unresolved = &session.breakpoints.get(id).unwrap().unresolved;
    assert_eq!(addresses(session, id), expected, "{text}: {unresolved:?}");
    id
}

fn unload_driver(session: &mut Session) -> ModuleEntry {
    let module = session.target_mut().modules_mut().remove(VirtualAddress(DRIVER)).unwrap();
    session.resolve_breakpoints();
    module.entry().clone()
}

fn load(session: &mut Session, module: ModuleEntry) {
    session.target_mut().modules_mut().add(module);
    session.resolve_breakpoints();
}

fn hit(session: &mut Session, cause: Cause) -> Vec<Judged> {
    session.judge_hits(cause, 0, Some(VirtualAddress(0xffff_a980_0000_23f0)))
}

/// The verdicts of so many hits of the breakpoint instruction at an RVA of the driver.
fn verdicts(session: &mut Session, rva: u64, count: usize) -> Vec<Verdict> {
    let hits = (0..count).flat_map(|_| hit(session, Cause::Code(driver(rva))));
    hits.map(|judged| judged.verdict).collect()
}

#[test]
fn a_source_line_is_where_its_code_begins() {
    let session = &mut session();
    check(session, line(CRASH_C, 34), &[0x13d5]);
    check(session, line("c:/KDAP/samples/driver/Crash.c", 45), &[0x144f]);
    check(session, line("crash.c", 9), &[0x1310]);
    // Its code is in two pieces: before the loop and at its end.
    check(session, line("crash.c", 35), &[0x13e6]);
    check(session, Spec::parse("`sampledrv!crash.c:42`", true), &[0x143d]);
}

#[test]
fn a_line_without_code_moves_to_the_next_one_and_says_so() {
    let session = &mut session();
    let id = check(session, line(CRASH_C, 38), &[0x1401]);
    let expected = SourcePlace { file: CRASH_C.to_owned(), line: 40, column: None, same_path: true };
    assert_eq!(session.breakpoints.get(id).unwrap().locations[0].line, Some(expected));
    let behind = set(session, line(CRASH_C, 1000), Options::default());
    assert_eq!(why(session, behind), Unresolved::NoCode { file: CRASH_C.to_owned(), line: 1000 });
}

#[test]
fn lines_with_code_are_those_of_the_line_tables() {
    let session = &mut session();
    let lines = |file: &str, lines| -> Vec<u32> {
        session.lines_with_code(file, lines).into_iter().map(|place| place.line).collect()
    };
    assert_eq!(lines("crash.c", 27..=37), [27, 29, 30, 31, 34, 35, 36, 37]);
    assert_eq!(lines(CRASH_C, 38..=39), [0_u32; 0]);
    assert_eq!(lines("nosuch.c", 1..=100), [0_u32; 0]);
}

#[test]
fn inlined_code_is_found_wherever_it_was_inlined() {
    let session = &mut session();
    check(session, line("slot.h", 10), &[0x135d]);
    check(session, Spec::parse("`sampledrv!ntdef.h:71`", true), &[0x1142]);
    check(session, line(r"C:\kdap\samples\driver\driver.c", 53), &[0x1021]); // the kernel has a driver.c, too
    // The kernel has the same header's function, in many places.
    let id = set(session, line("ntdef.h", 71), Options::default());
    let modules: Vec<_> = session.breakpoints.get(id).unwrap().locations.iter().map(|at| at.module.clone()).collect();
    let count = |name: &str| modules.iter().flatten().filter(|module| module.name == name).count();
    assert_eq!(count("sampledrv"), 1);
    assert!(count("nt") > 1, "{modules:?}");
}

#[test]
fn symbols_are_loaded_only_of_modules_that_may_matter() {
    let options = OpenOptions { symbol_path: String::new(), image_path: String::new() };
    let mut session = Session::open(&samples().join("crash/sample.dmp"), &options).unwrap();
    let store = format!("srv*{}", samples().join("driver/O2").display());
    let search = |path: &str| {
        let path = symbols::SymbolPath::parse(path);
        std::sync::Arc::new(symbols::SymbolSearch::new(path.clone(), path))
    };
    session.target_mut().modules_mut().set_search(search(&store));
    let driver_is_loaded = |session: &Session| session.target().modules().by_name("sampledrv").unwrap().is_loaded();
    set(&mut session, line("other.c", 1), Options::default());
    set(&mut session, Spec::function("SampleStart"), Options::default());
    set(&mut session, Spec::function("nt!Foo"), Options::default());
    assert!(!driver_is_loaded(&session));
    // Its symbols lie in a folder of the symbol path.
    let folder = samples().join("driver/O2").display().to_string();
    session.target_mut().modules_mut().set_search(search(&folder));
    let id = set(&mut session, line("crash.c", 34), Options::default());
    assert!(driver_is_loaded(&session));
    assert_eq!(addresses(&session, id), [driver(0x13d5)]);
}

#[test]
fn a_client_s_path_is_mapped_and_one_that_only_ends_alike_says_so() {
    let session = &mut session();
    session.settings.source_map = vec![(r"C:\kdap".to_owned(), "/home/me/kdap".to_owned())];
    let mapped = check(session, line("/home/me/kdap/samples/driver/crash.c", 34), &[0x13d5]);
    let guessed = check(session, line("/home/you/driver/crash.c", 34), &[0x13d5]);
    let same_path = |id| session.breakpoints.get(id).unwrap().locations[0].line.as_ref().unwrap().same_path;
    assert!(same_path(mapped) && !same_path(guessed));
    let missing = set(session, line("/home/me/kdap/samples/driver/cash.c", 34), Options::default());
    assert!(matches!(why(session, missing), Unresolved::NoSource(_)) && why(session, missing).is_deferred());
}

#[test]
fn functions_are_found_by_name_and_by_pattern() {
    let session = &mut session();
    check(session, Spec::function("sampledrv!SampleStart"), &[0x1390]);
    check(session, Spec::function("SampleStore"), &[0x1310]);
    // Not SampleDevice, SampleDevices and SampleInterfaceId, which are data.
    check(session, Spec::function("sampledrv!Sample*"), &[0x1290, 0x1310, 0x1390]);
    check(session, Spec::function("sampledrv!SampleStart+4"), &[0x1394]);
    check(session, Spec::parse("sampledrv!SampleStart+1f", false), &[0x13af]);
    let none = set(session, Spec::function("sampledrv!Nothing*"), Options::default());
    assert_eq!(why(session, none), Unresolved::NoFunction("sampledrv!Nothing*".to_owned()));
    let many = set(session, Spec::function("nt!*"), Options::default());
    assert!(matches!(why(session, many), Unresolved::TooMany { most: MAX_LOCATIONS, .. }));
}

#[test]
fn a_deferred_breakpoint_comes_and_goes_with_its_module() {
    let session = &mut session();
    let module = unload_driver(session);
    let by_line = set(session, line(CRASH_C, 34), Options::default());
    let by_name = set(session, Spec::parse("sampledrv!SampleStart", true), Options::default());
    let by_pattern = set(session, Spec::function("sampledrv!SampleSt*"), Options::default());
    assert_eq!(why(session, by_line), Unresolved::NoSource(CRASH_C.to_owned()));
    assert_eq!(why(session, by_name), Unresolved::ModuleNotLoaded("sampledrv".to_owned()));
    assert!(session.breakpoints.wanted().code.is_empty());
    session.breakpoints.take_changes();

    load(session, module);
    let all = [by_line, by_name, by_pattern];
    assert_eq!(session.breakpoints.take_changes(), all.map(|id| Change { id, what: What::Verified }));
    let wanted: Vec<_> = session.breakpoints.wanted().code.into_iter().collect();
    assert_eq!(wanted, [driver(0x1310), driver(0x1390), driver(0x13d5)]);

    unload_driver(session);
    assert_eq!(session.breakpoints.take_changes(), all.map(|id| Change { id, what: What::Lost }));
    assert!(session.breakpoints.wanted().code.is_empty());
}

#[test]
fn an_address_ends_with_its_module_unless_it_is_the_client_s() {
    let session = &mut session();
    let fixed = check(session, Spec::parse("sampledrv!SampleStart", false), &[0x1390]);
    let list = vec![(Spec::Address(driver(0x1390)), Options::default())];
    let ids = session.breakpoints.set_list(ClientList::Instructions, list);
    session.resolve_breakpoints();
    session.breakpoints.take_changes();
    let module = unload_driver(session);
    let lost = |id| Change { id, what: What::Lost };
    let removed = Change { id: fixed, what: What::Removed };
    assert_eq!(session.breakpoints.take_changes(), [lost(ids[0]), removed]);
    // The address means nothing any more, whatever is loaded there.
    load(session, module);
    assert!(addresses(session, ids[0]).is_empty() && session.breakpoints.get(fixed).is_none());
}

#[test]
fn a_bp_that_can_not_be_found_is_looked_for_again() {
    let session = &mut session();
    let module = unload_driver(session);
    let id = set(session, Spec::parse("sampledrv!SampleStart", false), Options::default());
    load(session, module);
    assert_eq!(addresses(session, id), [driver(0x1390)]);
    unload_driver(session);
    assert!(session.breakpoints.get(id).is_some());
}

#[test]
fn a_restart_forgets_addresses_and_keeps_names() {
    let session = &mut session();
    let named = check(session, Spec::parse("SampleStart", false), &[0x1390]);
    let by_line = check(session, line(CRASH_C, 34), &[0x13d5]);
    let address = check(session, Spec::Address(driver(0x1394)), &[0x1394]);
    let pool = Spec::Data { at: Expression::masm("ffffb10000026ac0", false), size: 8, access: Access::Write };
    let pool = set(session, pool, Options::default());
    assert_eq!(addresses(session, pool), [VirtualAddress(0xffff_b100_0002_6ac0)]);
    session.breakpoints.target_restarted();
    assert_eq!(session.breakpoints.wanted(), Wanted::default());
    session.resolve_breakpoints();
    assert_eq!(addresses(session, named), [driver(0x1390)]);
    assert_eq!(addresses(session, by_line), [driver(0x13d5)]);
    // Bytes would be destroyed that belong to who knows what.
    assert!(session.breakpoints.get(address).is_none() && session.breakpoints.get(pool).is_none());
}

#[test]
fn numbers_are_the_lowest_free_ones_and_lists_keep_theirs() {
    let session = &mut session();
    let spec = |rva| (Spec::Address(driver(rva)), Options::default());
    assert_eq!(session.breakpoints.set_list(ClientList::Instructions, vec![spec(1), spec(2), spec(3)]), [0, 1, 2]);
    assert_eq!(session.breakpoints.set(None, spec(9).0, Options::default()), 3);
    assert_eq!(session.breakpoints.set_list(ClientList::Instructions, vec![spec(4), spec(3), spec(1)]), [1, 2, 0]);
    assert_eq!(session.breakpoints.set_list(ClientList::Functions, Vec::new()), Vec::<u32>::new());
    session.breakpoints.remove(0);
    assert_eq!(session.breakpoints.set(None, spec(9).0, Options::default()), 0);
    let ids: Vec<u32> = session.breakpoints.iter().map(|breakpoint| breakpoint.id).collect();
    assert_eq!(ids, [0, 1, 2, 3]);
}

#[test]
fn conditions_hits_and_owners_decide_about_a_stop() {
    let session = &mut session();
    let at = Spec::Address(driver(0x1390));
    let with = |change: &dyn Fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        options
    };
    let condition = |text: &str| with(&|options| options.condition = Some(Condition::new(text)));
    // Whether each hit stops.
    let check = |session: &mut Session, options: Options, expected: &[bool]| {
        let id = set(session, at.clone(), options);
        let expected: Vec<Verdict> =
            expected.iter().map(|stops| if *stops { Verdict::Stop } else { Verdict::GoOn }).collect();
        assert_eq!(verdicts(session, 0x1390, expected.len()), expected);
        session.breakpoints.remove(id);
    };
    check(session, Options::default(), &[true, true]);
    // `Slot` is the null pointer that the driver wrote through, see `crash/expected.md`.
    check(session, condition("Slot == 0"), &[true]);
    check(session, condition("Slot != 0"), &[false]);
    check(session, condition("? sampledrv!SampleStart & 1"), &[false]);
    let third = with(&|options| options.hit_condition = Some(HitCondition::Every(2)));
    check(session, third, &[false, true, false, true]);
    let other = Some(VirtualAddress(1));
    check(session, with(&|options| options.binding.thread = other), &[false]);
    check(session, with(&|options| options.binding.process = other), &[false]);
    check(session, with(&|options| options.binding.processor = Some(1)), &[false]);
    let this = Some(VirtualAddress(0xffff_a980_0000_0150));
    check(session, with(&|options| options.binding.process = this), &[true]);
}

#[test]
fn a_condition_without_a_value_stops_and_says_why() {
    let session = &mut session();
    let options = Options { condition: Some(Condition::new("NoSuchName > 1")), ..Options::default() };
    set(session, Spec::Address(driver(0x1390)), options);
    let [Verdict::Failed(why)] = &verdicts(session, 0x1390, 1)[..] else { panic!("it must fail") };
    assert!(why.contains("NoSuchName"), "{why}");
}

#[test]
fn a_log_message_says_values_and_goes_on() {
    let session = &mut session();
    let message = LogMessage::new("slot {Slot->Writes}, {{value}} {Value}, {? sampledrv+10}").unwrap();
    let options = Options { log_message: Some(message), ..Options::default() };
    set(session, Spec::Address(driver(0x1390)), options);
    let [Verdict::Log(text)] = &verdicts(session, 0x1390, 1)[..] else { panic!("it must log") };
    // Value is 0x201fd52, see `crash/expected.md`; what lies behind the null pointer can't be read.
    assert!(text.ends_with("{value} 33684818, 0xfffff80320000010"), "{text}");
    assert!(text.starts_with("slot <"), "{text}");
}

#[test]
fn a_one_shot_is_gone_after_it_stopped() {
    let session = &mut session();
    let hit_condition = Some(HitCondition::AtLeast(2));
    let options = Options { one_shot: true, hit_condition, commands: Some("k".to_owned()), ..Options::default() };
    let id = set(session, Spec::Address(driver(0x1390)), options);
    let at = || Cause::Code(driver(0x1390));
    let judged = |verdict, commands: Option<&str>, removed| {
        vec![Judged { id, verdict, commands: commands.map(str::to_owned), removed }]
    };
    assert_eq!(hit(session, at()), judged(Verdict::GoOn, None, false));
    assert_eq!(hit(session, at()), judged(Verdict::Stop, Some("k"), true));
    assert_eq!(hit(session, at()), []);
}

#[test]
fn every_breakpoint_at_an_address_is_judged_but_none_that_is_off() {
    let session = &mut session();
    let false_condition = Options { condition: Some(Condition::new("0")), ..Options::default() };
    let ids = [Options::default(), false_condition, Options::default()]
        .map(|options| set(session, Spec::Address(driver(0x1390)), options));
    session.breakpoints.set_enabled(ids[2], false);
    let judged = hit(session, Cause::Code(driver(0x1390)));
    let judged: Vec<(u32, bool)> = judged.iter().map(|judged| (judged.id, judged.verdict.stops())).collect();
    assert_eq!(judged, [(ids[0], true), (ids[1], false)]);
    assert_eq!(hit(session, Cause::Code(driver(0x1394))), []);
}

/// A data breakpoint at an RVA of the driver.
fn data(rva: u64, size: u8, access: Access) -> Spec {
    Spec::Data { at: Expression::masm(format!("sampledrv+{rva:x}"), false), size, access }
}

#[test]
fn data_breakpoints_share_four_debug_registers() {
    let session = &mut session();
    for rva in [0x3000, 0x3008, 0x3000, 0x3010, 0x3018, 0x3020] {
        set(session, data(rva, 8, Access::Write), Options::default());
    }
    let wanted = session.breakpoints.wanted();
    let watched = |rva| Watched { address: driver(rva), size: 8, access: Access::Write };
    assert_eq!(wanted.watched, [0x3000, 0x3008, 0x3010, 0x3018].map(|rva| Some(watched(rva))));
    assert_eq!(wanted.refused, [Refused { id: 5, watched: watched(0x3020), in_use_by: vec![0, 1, 3, 4] }]);
    assert!(wanted.refused[0].to_string().ends_with("which breakpoints 0, 1, 3, 4 use"));
    assert_eq!(wanted.accessed(0xffff_0ff5), [watched(0x3000), watched(0x3010)]);

    let judged = hit(session, Cause::Data(wanted.accessed(0xffff_0ff1)));
    assert_eq!(judged.iter().map(|judged| judged.id).collect::<Vec<_>>(), [0, 2]);
    session.breakpoints.remove(1);
    assert!(session.breakpoints.wanted().refused.is_empty());
}

#[test]
fn what_debug_registers_can_not_watch_has_no_location() {
    let session = &mut session();
    let misaligned = set(session, data(0x3004, 8, Access::Write), Options::default());
    assert!(matches!(why(session, misaligned), Unresolved::Watch(_)));
    let port = Spec::Data { at: Expression::masm("3f8", false), size: 4, access: Access::Io };
    let port = set(session, port, Options::default());
    assert_eq!(addresses(session, port), [VirtualAddress(0x3f8)]);
}
