//! Dumps to try commands on, and the check that each golden goes through.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::expect_used, reason = "a test's failure")]

use commands::report;
use engine::Session;
use engine::target::OpenOptions;
use std::path::{Path, PathBuf};

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).expect("the crate is three folders deep").to_owned()
}

/// `samples/crash/sample.dmp` with the symbols of its kernel and of its driver (-O2).
pub fn sample() -> Session {
    open_sample("sample.dmp", "O2")
}

/// `samples/crash/O0.dmp` with the symbols of its kernel and of its driver (-O0).
pub fn sample_o0() -> Session {
    open_sample("O0.dmp", "O0")
}

fn open_sample(dump: &str, driver: &str) -> Session {
    let samples = root().join("samples");
    let folders = [samples.join("minint/bin"), samples.join("driver").join(driver)];
    let symbol_path = folders.map(|folder| folder.display().to_string()).join(";");
    open(&samples.join("crash").join(dump), symbol_path)
}

/// The triage dump of the corpus beside the repository, with its symbols; says so where it isn't there.
pub fn triage() -> Option<Session> {
    let corpus = root().join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    Some(open(&corpus.join("dumps/triage_x64.dmp"), corpus.join("symbols").display().to_string()))
}

fn open(dump: &Path, symbol_path: String) -> Session {
    let options = OpenOptions { symbol_path, image_path: String::new() };
    Session::open(dump, &options).expect("the dump opens")
}

/// What the console shows for a command, errors included; the repository's folder is written as `{root}`.
pub fn output(session: &mut Session, command: &str) -> String {
    let text = match commands::execute(session, command) {
        Ok(report) => report::text(&report),
        Err(error) => format!("{error}\n"),
    };
    text.replace(&root().display().to_string(), "{root}")
}

/// Checks the whole output of a command. Where `expected` begins with a line end, the blanks that all of its lines begin
/// with don't count.
#[track_caller]
pub fn check(session: &mut Session, command: &str, expected: &str) {
    let lines = expected.strip_prefix('\n').map(|indented| {
        let indents = indented.lines().filter(|line| !line.trim().is_empty());
        let indent = indents.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
        indented.lines().map(|line| line.get(indent..).unwrap_or("")).collect::<Vec<_>>().join("\n")
    });
    let expected = lines.unwrap_or_else(|| expected.to_owned());
    let found = output(session, command);
    assert_eq!(found.trim_end(), expected.trim_end(), "\n\noutput of `{command}`:\n{found}\n");
}

/// Checks the whole output of a command. Each line of `expected` begins with a `|`: blanks matter behind it.
#[track_caller]
pub fn check_columns(session: &mut Session, command: &str, expected: &str) {
    let lines = expected.lines().filter_map(|line| Some(line.split_once('|')?.1));
    let expected: Vec<&str> = lines.collect();
    let found = output(session, command);
    assert_eq!(found.trim_end(), expected.join("\n").trim_end(), "\n\noutput of `{command}`:\n{found}\n");
}

/// Checks that each of `expected` is a line of the output, in this order; other lines may stand between.
#[track_caller]
pub fn check_lines(session: &mut Session, command: &str, expected: &[&str]) {
    let found = output(session, command);
    let mut lines = found.lines();
    for line in expected {
        assert!(lines.any(|found| found == *line), "`{command}` lacks the line\n{line}\n\nit answered:\n{found}\n");
    }
}

/// Runs a command with a few hundred seeded random texts as arguments: it must answer each one, however it likes.
/// `words` are pieces that make sense to the command.
pub fn survive_nonsense(session: &mut Session, name: &str, words: &[&str]) {
    const ROUNDS: usize = 300;
    let mut state = name.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |state, byte| state.rotate_left(8) ^ u64::from(byte));
    let mut next = move |bound: usize| {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    const NOISE: &[&str] = &[
        " ",
        "*",
        "?",
        "[",
        "]",
        "(",
        ")",
        "!",
        "-",
        "/",
        "+",
        "L",
        "L?",
        "=",
        ",",
        "\"",
        "'",
        "`",
        "@",
        "$",
        ".",
        "\\",
        "0",
        "1",
        "ffffffffffffffff",
        "fffff803`10002000",
        "nt",
        "nt!*",
        "ü",
        "\u{0}",
        "@rip",
        "poi(",
        "0n99999999999",
    ];
    for _ in 0..ROUNDS {
        let mut arguments = String::new();
        for _ in 0..next(7) {
            let pieces = if next(2) == 0 { NOISE } else { words };
            let piece = pieces.get(next(pieces.len().max(1))).copied().unwrap_or("");
            arguments.push_str(piece);
            if next(3) == 0 {
                arguments.push(' ');
            }
        }
        output(session, &format!("{name} {arguments}"));
    }
}
