//! Commands for live targets, where there is none; what they do with one is in `tests/tests/live_commands.rs`.

mod support;

use support::{check, output, sample, survive_nonsense};

#[test]
fn a_dump_does_not_run() {
    let session = &mut sample();
    let before = output(session, "r");
    for command in [
        "g",
        "gh",
        "gn",
        "gN",
        "gu",
        "g 1000",
        "g = @rip",
        "p",
        "t",
        "pr",
        "p 5",
        "pa @rip",
        "ta @rip",
        "pc",
        "pct",
        "pt",
        "ph",
        "tc",
        "tct",
        "tt",
        "th",
        ".breakin",
        ".reboot",
        ".crash",
        ".restart",
        "rdmsr c0000080",
        "wrmsr 10 1",
        "ib 60",
        "ow 60 1",
        "r rax = 1",
    ] {
        check(session, command, "a crash dump can't run");
    }
    check(session, ".kdtrace", "a crash dump has no link");
    assert_eq!(output(session, "r"), before);
}

#[test]
fn arguments_that_make_no_sense_are_told_before_anything_is_done() {
    let session = &mut sample();
    for (command, why) in [
        ("gu 5", "extra characters: '5'"),
        (".reboot now", "extra characters: 'now'"),
        ("rdmsr", "a number is missing"),
        ("rdmsr 100000000", "0x100000000 is no register's number: it has 32 bits"),
        ("wrmsr 10", "a value is missing"),
        ("ib", "a port is missing"),
        ("ob 60 100", "0x100 has more than 1 bytes"),
        ("r rax =", "a value is missing"),
    ] {
        let found = output(session, command);
        assert_eq!(found.lines().next(), Some(why), "{command}");
    }
}

#[test]
fn several_registers_are_set_in_one_command() {
    let session = &mut sample();
    check(session, "r $t1 = 5, $t2=@$t1+1 @$t3 = 7", "");
    check(session, "r $t1, $t2, $t3", "$t1=0000000000000005 $t2=0000000000000006 $t3=0000000000000007");
    check(session, "r $t20 = 1", "$t20 can't be set: only $t0 to $t19 can");
}

#[test]
fn source_options_are_shown_as_they_are_set() {
    let session = &mut sample();
    check(session, "l-", "Source options are 0:\n    None");
    check(session, "l+t", "Source options are 1:\n     1/t - Step/trace by source line");
    let both =
        "Source options are 3:\n     1/t - Step/trace by source line\n     2/l - List source line for LN and prompt";
    check(session, "l+l", both);
    check(session, "l+", both);
    check(session, "l-t", "Source options are 2:\n     2/l - List source line for LN and prompt");
    check(session, "l-*", "Source options are 0:\n    None");
    check(session, "l+s", "l+s isn't supported: the editor shows sources");
}

#[test]
fn nonsense_is_survived() {
    let session = &mut sample();
    for name in ["g", "p", "pa", "pc", "gu", "l+", "rdmsr", "wrmsr", "ib", "od", ".kdtrace", "r", ".pagein", ".crash"] {
        survive_nonsense(session, name, &["= ", "5", "@rip", "rax", "on", "off", "$t1", "\"k\""]);
    }
}
