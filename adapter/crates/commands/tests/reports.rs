//! What holds for every report: its fields can be told apart, in JSON as in text.

mod support;

use commands::report::{Piece, Record};
use std::collections::HashSet;
use support::sample;

const COMMANDS: &[&str] = &[
    "k",
    "kvnfP",
    "kb",
    "kc",
    ".frame /r 0",
    "r",
    "u",
    "ub",
    "uf sampledrv!SampleStore",
    "uf /c sampledrv!SampleStart",
    "u 10",
    "lm",
    "lmv",
    "lmtfc",
    "lmp",
    ".frame b",
    "x *",
    "x /v /t sampledrv!*",
    "x nt!Ke*",
    "ln nt!KeBugCheckEx",
    "ln sampledrv!SampleStore+4d",
    "!lmi nt",
    "!lmi sampledrv",
    "!sym",
    "!sym noisy",
    ".reload /f",
    ".sympath",
    ".exepath",
    "~",
    "~* r rip",
    ".process",
    "!pte @rip",
    "!pte nt",
    "!pte 0",
    "!pte @rsp 1",
    "!vtop 0 @rip",
    "!vtop 0 0",
    "!ptov",
    "!dc 400000 L8",
    "!db 0 L3",
    "!du 0",
    ".effmach",
    ".echo text",
    ".logfile",
    "!error c0000005",
    "!error 5",
    ".help",
    ".help k",
    ".ecxr",
    "!analyze -v",
    "vertarget",
    "version",
    ".bugcheck",
];

#[test]
fn every_field_of_a_record_has_a_name_of_its_own_in_camel_case() {
    let session = &mut sample();
    for command in COMMANDS {
        let report = commands::execute(session, command).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert!(!report.records.is_empty(), "{command} answers nothing");
        report.records.iter().for_each(|record| check_fields(command, record));
    }
}

#[track_caller]
fn check_fields(command: &str, record: &Record) {
    let mut seen = HashSet::new();
    for piece in &record.pieces {
        let Piece::Field { name, .. } = piece else { continue };
        assert!(seen.insert(name), "{command}: two fields of {record:?} are called {name}");
        let camel = name.starts_with(|first: char| first.is_ascii_lowercase()) && !name.contains(['_', ' ']);
        assert!(camel, "{command}: the field {name} of {record:?} is not in camel case");
    }
}
