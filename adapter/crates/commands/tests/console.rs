//! `.process .effmach .echo .logopen .logfile .logclose !error .help`. Processes are those of
//! `samples/crash/O2.expected.json`; names of NTSTATUS values and of Win32 errors those of MS-ERREF.

mod support;

use std::fs;
use support::{check, check_lines, output, sample, survive_nonsense, triage};

#[test]
fn memory_is_seen_as_the_implicit_process_sees_it() {
    let session = &mut sample();
    check(session, ".process", "Implicit process is now ffffa980`00000150");
    check(session, ".process /p fffff803`100282f8", "Implicit process is now fffff803`100282f8");
    check(session, ".process", "Implicit process is now fffff803`100282f8");
    check(session, "r $proc", "$proc=fffff803100282f8");
    check_lines(session, "u nt!KeBugCheckEx L1", &["nt!KeBugCheckEx:"]);
    check(session, ".process 0", "Implicit process is now ffffa980`00000150");
    // Not a process: what would be its page tables don't map the kernel.
    let refused = output(session, ".process nt!KeBugCheckEx");
    assert!(refused.contains("invalid page directories"), "{refused}");
    check_lines(session, "u nt!KeBugCheckEx L1", &["nt!KeBugCheckEx:"]);
    check(session, ".process", "Implicit process is now ffffa980`00000150");
}

#[test]
fn a_small_dump_has_no_other_address_spaces() {
    let Some(mut session) = triage() else { return };
    check(&mut session, ".process", "Implicit process is now ffffc08b`dce94180");
    let refused = output(&mut session, ".process /p ffffc08b`dce94180");
    assert!(refused.contains("a small dump holds no page tables"), "{refused}");
}

#[test]
fn the_effective_machine_is_the_target_s() {
    let session = &mut sample();
    check(session, ".effmach", "Effective machine: x64 (AMD64)");
    check(session, ".effmach amd64", "Effective machine: x64 (AMD64)");
    assert!(output(session, ".effmach x86").contains("can't be switched to x86"));
}

#[test]
fn text_is_echoed_and_comments_are_not() {
    let session = &mut sample();
    check(session, ".echo one; two", "one; two");
    assert_eq!(output(session, ".echo \"  quoted\""), "  quoted\n");
    check(session, "* k", "");
    assert_eq!(commands::line::split(".sympath a;b"), [".sympath a;b"]);
}

#[test]
fn error_codes_have_names() {
    let session = &mut sample();
    check(session, "!error c0000005", "Error code: (NTSTATUS) 0xc0000005 (3221225477) - STATUS_ACCESS_VIOLATION");
    check(session, "!error 103 1", "Error code: (NTSTATUS) 0x103 (259) - STATUS_PENDING");
    check(
        session,
        "!error 0xffffffffc0000022",
        "Error code: (NTSTATUS) 0xc0000022 (3221225506) - STATUS_ACCESS_DENIED",
    );
    check(session, "!error 5", "Error code: (Win32) 0x5 (5) - ERROR_ACCESS_DENIED");
    check(
        session,
        "!error 80070057",
        "Error code: (HRESULT of Win32) 0x80070057 (2147942487) - ERROR_INVALID_PARAMETER",
    );
    check(session, "!error c1234567", "Error code: (NTSTATUS) 0xc1234567 (3240314215) - unknown");
    assert!(output(session, "!error 123456789a").contains("more than 32 bits"));
}

#[test]
fn help_knows_every_command() {
    let session = &mut sample();
    let all = output(session, ".help");
    assert_eq!(all.lines().count(), commands::table::COMMANDS.len());
    for command in commands::table::COMMANDS {
        let name = command.names[0];
        check_lines(session, &format!(".help {name}"), &[&*format!("usage: {}", command.usage)]);
    }
    check(session, ".help nothing", "no command is called 'nothing'; .help lists them");
}

#[test]
fn the_log_file_has_what_the_console_shows() {
    let session = &mut sample();
    let folder = std::env::temp_dir().join(format!("kdap-log-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the log");
    let path = folder.join("session.log");
    let shown = path.display().to_string();
    check(session, ".logfile", "No log file open");
    check(session, &format!(".logopen {shown}"), &format!("Opened log file '{shown}'"));
    check(session, ".logfile", &format!("Log '{shown}' open"));
    output(session, "kc 1");
    output(session, "nonsense");
    check(session, ".logclose", &format!("Closing open log file {shown}"));
    output(session, "kc 2");
    let expected = format!(
        "0: kd> .logopen {shown}\nOpened log file '{shown}'\n0: kd> .logfile\nLog '{shown}' open\n\
         0: kd> kc 1\n # Call Site\n00 nt!KeBugCheckEx\n\
         0: kd> nonsense\nno command is called 'nonsense'; .help lists them\nClosing open log file {shown}\n"
    );
    assert_eq!(fs::read_to_string(&path).expect("the log"), expected);
    check(session, &format!(".logappend {shown}"), &format!("Opened log file '{shown}'"));
    let stamped = output(session, &format!(".logopen /t {shown}"));
    let process = format!("session_{:04x}_", std::process::id());
    assert!(stamped.starts_with(&format!("Closing open log file {shown}\nOpened log file '")), "{stamped}");
    assert!(stamped.contains(&process), "{stamped}");
    output(session, ".logclose");
    assert!(fs::read_to_string(&path).expect("the log").starts_with(&expected), "what was there is kept");
    fs::remove_dir_all(&folder).expect("the folder goes");
}

#[test]
fn nonsense_is_answered() {
    let words = &["/p", "/t", "/a", "c0000005", "1", "x64", ".frame", "k", "fffff803`100282f8", "nt!KeBugCheckEx"];
    for name in [".process", ".effmach", ".echo", "!error", ".help", "*", ".logclose", ".logfile", "?", ""] {
        survive_nonsense(&mut sample(), name, words);
    }
}
