//! Setting and listing breakpoints on the sample crash: the table doesn't need a target that runs.
//!
//! Lines of `bl` have the form of MS-documented "bl (Breakpoint List)" (`0 e 010049e0     0001 (0001)  0:**** stst!main`)
//! and, of data, "Time Travel Debugging - Sample App Walkthrough" (`0053fdd4 w 4 0001 (0001)`), without the thread that
//! kernel mode doesn't show. Addresses are those of `llvm-pdbutil dump -l -publics samples/driver/O2/sampledrv.pdb`.

use super::{list, select, set};
use crate::command::CommandError;
use crate::report::{self, Report};
use engine::Session;
use engine::breakpoints::{Breakpoint, Spec};
use engine::target::OpenOptions;
use memory::VirtualAddress;
use std::path::Path;

fn session() -> Session {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../samples");
    let symbol_path = format!("{0}/minint/bin;{0}/driver/O2", samples.display());
    let options = OpenOptions { symbol_path, image_path: String::new() };
    Session::open(&samples.join("crash/sample.dmp"), &options).unwrap()
}

fn run(session: &mut Session, line: &str) -> Result<Report, CommandError> {
    let call = crate::line::find(line).unwrap();
    match call.name {
        "bm" => set::pattern(session, call.arguments),
        "ba" => set::access(session, call.letters, call.arguments),
        "bl" => list::run(session, call.arguments),
        "bc" => select::each(session, call.arguments, "usage", |table, id| {
            table.remove(id);
        }),
        "bd" => select::each(session, call.arguments, "usage", |table, id| {
            table.set_enabled(id, false);
        }),
        name => set::code(session, name, call.letters, call.arguments),
    }
}

/// Runs commands that say nothing.
#[track_caller]
fn quietly(session: &mut Session, lines: &[&str]) {
    for line in lines {
        assert_eq!(report::text(&run(session, line).unwrap()), "", "{line}");
    }
}

/// Checks the whole output of a command; each line of `expected` begins with a `|`.
#[track_caller]
fn check(session: &mut Session, line: &str, expected: &str) {
    let expected: Vec<&str> = expected.lines().filter_map(|line| Some(line.split_once('|')?.1)).collect();
    let found = report::text(&run(session, line).unwrap());
    assert_eq!(found.lines().map(str::trim_end).collect::<Vec<_>>(), expected, "{line}:\n{found}");
}

#[track_caller]
fn refuse(session: &mut Session, line: &str, why: &str) {
    let error = run(session, line).unwrap_err().to_string();
    assert!(error.contains(why), "{line}: {error}");
    assert!(session.breakpoints.is_empty(), "{line}");
}

fn only(session: &Session) -> &Breakpoint {
    session.breakpoints.iter().next().unwrap()
}

#[test]
fn breakpoints_are_listed_as_documented() {
    let session = &mut session();
    quietly(session, &["bp sampledrv!SampleStart", "bp7 sampledrv!SampleStore+6 5 \"k; .echo \\\"a;b\\\"\"", "bd 7"]);
    quietly(session, &["ba w8 sampledrv+3000", "ba i4 3f8", "bp /p 1234 /t 5678 fffff80320001000"]);
    check(
        session,
        "bl /L",
        r#"
        | 0 e fffff803`20001390     0001 (0001) sampledrv!SampleStart
        | 1 e fffff803`20003000 w 8 0001 (0001) sampledrv!SampleDevices
        | 2 e 00000000`000003f8 i 4 0001 (0001)
        | 3 e fffff803`20001000     0001 (0001) sampledrv!DriverEntry
        |     Match thread data 00000000`00005678
        |     Match process data 00000000`00001234
        | 7 d fffff803`20001316     0005 (0005) sampledrv!SampleStore+0x6 "k; .echo "a;b"""#,
    );
    check(
        session,
        "bl 0",
        r"
        | 0 e fffff803`20001390  [C:\kdap\samples\driver\crash.c @ 27]     0001 (0001) sampledrv!SampleStart",
    );
}

#[test]
fn passes_count_down() {
    let session = &mut session();
    quietly(session, &["bp /1 sampledrv!SampleStart 3"]);
    let hit = |session: &mut Session| {
        session.judge_hits(engine::breakpoints::Cause::Code(VirtualAddress(0xffff_f803_2000_1390)), 0, None)
    };
    assert!(!hit(session)[0].verdict.stops());
    check(session, "bl /L", "| 0 e fffff803`20001390     0002 (0003) sampledrv!SampleStart");
    assert!(!hit(session)[0].verdict.stops());
    assert!(hit(session)[0].verdict.stops());
    check(session, "bl", "");
}

#[test]
fn what_can_not_be_found_yet_is_deferred_and_says_so() {
    let session = &mut session();
    check(session, "bp nodrv!Foo", "|Bp expression 'nodrv!Foo' could not be resolved, adding deferred bp");
    check(session, "bm nodrv!F*", "|Bp expression 'nodrv!F*' could not be resolved, adding deferred bp");
    check(session, "bu `nodrv!a b.c:12`", "|Bp expression 'a b.c:12' could not be resolved, adding deferred bp");
    check(
        session,
        "bl",
        "
        | 0 eu                      0001 (0001) (nodrv!Foo)
        |     Unresolved: the module nodrv is not loaded yet
        | 1 eu                      0001 (0001) (nodrv!F*)
        |     Unresolved: the module nodrv is not loaded yet
        | 2 eu                      0001 (0001) (`nodrv!a b.c:12`)
        |     Unresolved: the module nodrv is not loaded yet",
    );
}

/// MS-documented "bp, bu, bm (Set Breakpoint)": `  4: 0040d070 MyProgram!memcpy`.
#[test]
fn a_pattern_sets_a_breakpoint_at_each_function() {
    let session = &mut session();
    quietly(session, &["bp sampledrv!DriverEntry"]);
    check(
        session,
        "bm sampledrv!samplest* \"k\"",
        "
        |  1: fffff803`20001310 sampledrv!SampleStore
        |  2: fffff803`20001390 sampledrv!SampleStart",
    );
    let commands = session.breakpoints.iter().filter(|breakpoint| breakpoint.options.commands.is_some());
    assert_eq!(commands.count(), 2);
}

#[test]
fn the_same_place_again_is_defined_anew() {
    let session = &mut session();
    quietly(session, &["bp sampledrv!SampleStart 5"]);
    check(session, "bp sampledrv!SampleStart", "|breakpoint 0 redefined");
    check(session, "bp0 sampledrv!SampleStore", "|breakpoint 0 redefined");
    check(session, "bl /L", "| 0 e fffff803`20001310     0001 (0001) sampledrv!SampleStore");
}

#[test]
fn without_an_address_it_is_the_current_instruction() {
    let session = &mut session();
    quietly(session, &["bp \"k\""]);
    let expected = session.frame().unwrap().instruction_pointer;
    assert_eq!(only(session).locations[0].address, expected);
    assert_eq!(only(session).options.commands.as_deref(), Some("k"));
}

#[test]
fn conditions_are_listed_below() {
    let session = &mut session();
    quietly(session, &["bp /w \"Index == 1\" `crash.c:34`"]);
    assert!(matches!(only(session).spec, Spec::SourceLine(_)));
    check(
        session,
        "bl /L",
        "
        | 0 e fffff803`200013d5     0001 (0001) sampledrv!SampleStart+0x45
        |     Condition: Index == 1",
    );
}

#[test]
fn breakpoints_are_named_in_every_documented_way() {
    let session = &mut session();
    let mut check = |text: &str, expected: &[u32]| {
        for id in 0..12 {
            session.breakpoints.set(Some(id), Spec::parse(&format!("sampledrv+{id}"), false), Default::default());
        }
        session.breakpoints.set(Some(3), Spec::parse("nt!KeBugCheckEx", true), Default::default());
        session.resolve_breakpoints();
        run(session, &format!("bc {text}")).unwrap();
        let cleared: Vec<u32> = (0..12).filter(|id| session.breakpoints.get(*id).is_none()).collect();
        assert_eq!(cleared, expected, "{text}");
    };
    check("*", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    check("1 3,5", &[1, 3, 5]);
    check("0-2, 10", &[0, 1, 2, 10]);
    check("[0n10+1]", &[11]);
    check("\"nt!Ke*\"", &[3]);
    check("9-30", &[9, 10, 11]);
}

#[test]
fn what_makes_no_sense_is_refused_and_sets_nothing() {
    let session = &mut session();
    refuse(session, "bp /x nt!KeBugCheckEx", "unknown option '/x'");
    refuse(session, "bp nt!KeBugCheckEx \"k", "a \" is missing");
    refuse(session, "bp nt!KeBugCheckEx 1 2", "extra characters");
    refuse(session, "bp @nosuch", "Bad register");
    refuse(session, "ba w8 sampledrv+3004", "multiple of the size");
    refuse(session, "ba w3 sampledrv+3000", "the size must be 1, 2, 4 or 8");
    refuse(session, "ba e4 sampledrv+1000", "the size must be 1");
    refuse(session, "ba x4 sampledrv+1000", "'x' is no access");
    refuse(session, "bm", "a pattern is missing");
    refuse(session, "bm nt!*", "more than the 32 breakpoints");
    refuse(session, "bc 7", "breakpoint 7 does not exist");
    refuse(session, "bc", "which breakpoints?");
}

#[test]
fn a_data_breakpoint_too_many_is_told_at_once() {
    let session = &mut session();
    quietly(session, &["ba w1 sampledrv", "ba r2 sampledrv+2", "ba e1 sampledrv+1000", "ba w4 sampledrv+3000"]);
    check(
        session,
        "ba w8 sampledrv+3008",
        "|WARNING: breakpoint 4 at fffff803`20003008 can't be set: the processor has 4 debug registers, which breakpoints 0, 1, 2, 3 use",
    );
}

#[test]
fn a_dump_has_no_breakpoints_and_takes_none() {
    let session = &mut session();
    for line in ["bp nt!KeBugCheckEx", "bu x!y", "bm nt!*", "ba w1 nt", "bc *", "bd *", "be *", "sxe av", "sxr"] {
        let error = crate::execute(session, line).unwrap_err().to_string();
        assert!(error.contains("a crash dump doesn't run"), "{line}: {error}");
    }
    assert_eq!(report::text(&crate::execute(session, "bl").unwrap()), "");
}

#[test]
fn nonsense_is_answered() {
    const PIECES: &[&str] = &[
        "nt",
        "!",
        "*",
        "Ke",
        " ",
        "/1",
        "/p",
        "/w",
        "\"",
        "\\",
        "`",
        ":",
        "1",
        "-",
        ",",
        "[",
        "]",
        "+",
        "w8",
        "e1",
        "@$ip",
        "ü",
        "crash.c",
        "poi(",
        ")",
        "{",
        "}",
        "ffffffffffffffff",
    ];
    let session = &mut session();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |bound: usize| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for round in 0..600 {
        let name = ["bp ", "bu ", "bm ", "ba ", "bl ", "bc ", "bd "][next(7)];
        let arguments: String = (0..next(8)).map(|_| PIECES[next(PIECES.len())]).collect();
        // Whatever comes of it, it comes.
        let _ = run(session, &format!("{name}{arguments}"));
        if round % 20 == 0 {
            run(session, "bl").unwrap();
            run(session, "bc *").unwrap();
            assert!(session.breakpoints.is_empty());
        }
    }
}
