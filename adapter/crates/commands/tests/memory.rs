//! `d*` and `s`. What lies where is in `samples/driver/*.c` and `samples/crash/expected.md`; bytes of constants and
//! initialised data can be read from `samples/driver/O0/sampledrv.sys` with any hex viewer.

mod support;

use support::{check, check_lines, output, sample_o0, survive_nonsense, triage};

#[test]
fn bytes_words_and_characters_have_the_documented_columns() {
    let session = &mut sample_o0();
    check(
        session,
        "db sampledrv!SampleDevice L14",
        "
        fffff803`20003038  53 4d 41 50 02 00 00 00-ff ff ff ff a3 00 00 c0  SMAP............
        fffff803`20003048  9b ef cd ab                                      ....",
    );
    check(
        session,
        "dw sampledrv!SampleDevice L9",
        "
        fffff803`20003038  4d53 5041 0002 0000 ffff ffff 00a3 c000
        fffff803`20003048  ef9b",
    );
    check(
        session,
        "dW sampledrv!SampleDevice L3",
        "fffff803`20003038  4d53 5041 0002                           SMAP..",
    );
    check(
        session,
        "dd sampledrv!SampleDevice L5",
        "
        fffff803`20003038  50414d53 00000002 ffffffff c00000a3
        fffff803`20003048  abcdef9b",
    );
    check(
        session,
        "dc sampledrv!SampleDevice L5",
        "
        fffff803`20003038  50414d53 00000002 ffffffff c00000a3  SMAP............
        fffff803`20003048  abcdef9b                             ....",
    );
    let quads = "
        fffff803`200030f0  fffff803`20003020 00000000`00000000
        fffff803`20003100  fffff803`20003028";
    check(session, "dq sampledrv!SampleDevice+b8 L3", quads);
    check(session, "dp sampledrv!SampleDevice+b8 L3", quads);
}

#[test]
fn floating_point_numbers_are_those_of_the_source() {
    let session = &mut sample_o0();
    check(session, "df sampledrv!SampleDevice+88 L1", "fffff803`200030c0               0.5");
    check(session, "dD sampledrv!SampleDevice+90 L1", "fffff803`200030c8                      2.25");
    assert_eq!(output(session, "df sampledrv!SampleDevice").lines().count(), 4);
    assert_eq!(output(session, "dD sampledrv!SampleDevice").lines().count(), 5);
}

#[test]
fn without_a_count_128_bytes_are_displayed() {
    let session = &mut sample_o0();
    for (name, lines) in
        [("db", 8), ("dw", 8), ("dW", 8), ("dc", 8), ("dd", 8), ("dq", 8), ("dp", 8), ("dps", 16), ("dds", 32)]
    {
        assert_eq!(output(session, &format!("{name} sampledrv!SampleDevice")).lines().count(), lines, "{name}");
    }
}

#[test]
fn a_range_ends_with_its_last_byte_or_after_its_count() {
    let session = &mut sample_o0();
    let expected = "fffff803`20003038  53 4d 41 50                                      SMAP";
    check(session, "db fffff80320003038 fffff8032000303b", expected);
    check(session, "db fffff80320003038 L4", expected);
    check(session, "db fffff8032000303c L-4", expected);
    check(session, "dd fffff80320003038 fffff8032000303b", "fffff803`20003038  50414d53");
    check_lines(
        session,
        "db 1000 L10000001",
        &["range error: 0x10000001 objects at 00000000`00001000 are too many (L? allows them)"],
    );
}

#[test]
fn columns_can_be_chosen() {
    let session = &mut sample_o0();
    check(
        session,
        "dd /c1 sampledrv!SampleDevice L2",
        "
        fffff803`20003038  50414d53
        fffff803`2000303c  00000002",
    );
    check_lines(session, "dd /c0 sampledrv!SampleDevice", &["'/c0' is no option"]);
}

#[test]
fn without_an_address_commands_go_on() {
    let session = &mut sample_o0();
    output(session, ".ecxr");
    // The faulting instruction (samples/crash/expected.md) writes ecx to [rax]: 89 08.
    assert!(output(session, "db").starts_with("fffff803`2000170e  89 08 "));
    check(session, "dd sampledrv!SampleDevice L2", "fffff803`20003038  50414d53 00000002");
    check(session, "dd L1", "fffff803`20003040  ffffffff");
    check(session, "db L-2", "fffff803`20003042  ff ff                                            ..");
    check(session, "dd sampledrv!SampleDevice L2", "fffff803`20003038  50414d53 00000002");
    assert!(output(session, "d").starts_with("fffff803`20003040  ffffffff c00000a3 abcdef9b 00007d1d\n"));
    assert!(output(session, "dq").starts_with("fffff803`200030c0  00000000`3f000000 40020000`00000000\n"));
    check(session, "da sampledrv!Vendor", "fffff803`20003010  \"kdap project\"");
    assert!(output(session, "dw").starts_with("fffff803`2000301d  0000 "), "behind the terminating zero");
}

#[test]
fn what_cannot_be_read_is_question_marks() {
    let session = &mut sample_o0();
    check(
        session,
        "db 0 L12",
        "
        00000000`00000000  ?? ?? ?? ?? ?? ?? ?? ??-?? ?? ?? ?? ?? ?? ?? ??  ????????????????
        00000000`00000010  ?? ??                                            ??",
    );
    check(session, "dd 0 L2", "00000000`00000000  ???????? ????????");
    check(session, "dq 0 L1", "00000000`00000000  ????????`????????");
    check(session, "dw 0 L2", "00000000`00000000  ???? ????");
    check_lines(
        session,
        "df 0 L1",
        &["00000000`00000000  ??? (PTE 0000000000000000 at physical 0x41b000 is not valid)"],
    );
    check(session, "dps 0 L1", "00000000`00000000  ????????`????????");
    check(session, "da 0", "00000000`00000000  ??? (PTE 0000000000000000 at physical 0x41b000 is not valid)");
}

/// The stack's last page ends at ffffb100`00027000 (samples/crash/expected.md: KiStartSystemThread's frame lies below);
/// behind it is its guard page.
#[test]
fn a_line_may_be_readable_in_part() {
    let session = &mut sample_o0();
    let output = output(session, "dq ffffb1000002aff8 L2");
    let mut words = output.split_whitespace().skip(1);
    assert!(!words.next().unwrap().contains('?') && words.next() == Some("????????`????????"), "{output}");
}

#[test]
fn text_ends_at_its_zero_and_has_32_characters_a_line() {
    let session = &mut sample_o0();
    check(session, "du poi(sampledrv!SampleDevice+30)", "fffff803`2000205e  \"\\Device\\Sample0\"");
    check(session, "da sampledrv!Vendor L4", "fffff803`20003010  \"kdap\"");
    check(
        session,
        "du /c8 poi(sampledrv!SampleDevice+30)",
        "
        fffff803`2000205e  \"\\Device\\\"
        fffff803`2000206e  \"Sample0\"",
    );
    check(session, "da sampledrv!SampleDevice", "fffff803`20003038  \"SMAP.\"");
    output(session, ".ecxr");
    output(session, ".frame 4");
    let path = output(session, "du poi(@@c++(&RegistryPath->Buffer))");
    let lines: Vec<&str> = path.lines().filter_map(|line| line.split_once("  ")).map(|(_, text)| text).collect();
    assert_eq!(lines, ["\"\\REGISTRY\\MACHINE\\SYSTEM\\Control\"", "\"Set001\\Services\\sampledrv\""]);
}

#[test]
fn words_are_shown_with_symbols_and_what_they_point_at() {
    let session = &mut sample_o0();
    check(
        session,
        "dps sampledrv!SampleDevice+b8 L4",
        "
        fffff803`200030f0  fffff803`20003020 sampledrv!FirstSlot
        fffff803`200030f8  00000000`00000000
        fffff803`20003100  fffff803`20003028 sampledrv!LastSlot
        fffff803`20003108  fffff803`200015d0 sampledrv!SampleStore [C:\\kdap\\samples\\driver\\crash.c @ 9]",
    );
    check(
        session,
        "dpa sampledrv!Labels L3",
        "
        fffff803`20002020  fffff803`2000207e \"alpha\"
        fffff803`20002028  fffff803`20002084 \"beta\"
        fffff803`20002030  fffff803`20002089 \"gamma\"",
    );
    check(
        session,
        "dpu sampledrv!SampleDevice+28 L2",
        "
        fffff803`20003060  00000000`0020001e
        fffff803`20003068  fffff803`2000205e \"\\Device\\Sample0\"",
    );
    check(
        session,
        "dpp sampledrv!SampleDevice+d8 L2",
        "
        fffff803`20003110  ffffa980`00002208 00000000`01500004
        fffff803`20003118  fffff803`20003038 00000002`50414d53",
    );
    check(session, "dds sampledrv!StartCount L1", "fffff803`20003124  00000001");
}

#[test]
fn physical_memory_is_displayed_by_its_own_addresses() {
    let session = &mut sample_o0();
    // The page directory (samples/crash/O0.expected.json, directory_table_base) maps itself nowhere at 0.
    let line = output(session, "dq /p 400000 L1");
    assert!(line.starts_with("00000000`00400000  ") && !line.contains('?'), "{line}");
    check(session, "dq /p 7ffffffffff0 L1", "00007fff`fffffff0  ????????`????????");
    let Some(session) = &mut triage() else { return };
    check(session, "db /p 0", "this target has no physical memory to read");
}

#[test]
fn patterns_are_found_in_the_shape_of_their_type() {
    let session = &mut sample_o0();
    let smap = "fffff803`20003038  53 4d 41 50 02 00 00 00-ff ff ff ff a3 00 00 c0  SMAP............";
    check(session, "s fffff80320003000 L200 53 4d 41 50", smap);
    check(session, "s -b fffff80320003000 L200 'S' 'M' 'A' 'P'", smap);
    check(session, "s-a fffff80320003000 fffff803200031ff \"SMAP\"", smap);
    let double_words = "fffff803`20003038  50414d53 00000002 ffffffff c00000a3  SMAP............";
    check(session, "s -d fffff80320003000 L80 50414d53", double_words);
    check(session, "s -d fffff80320003000 L80 'PAMS'", double_words);
    check(
        session,
        "s -w fffff80320003000 L100 5041",
        "fffff803`2000303a  5041 0002 0000 ffff ffff 00a3 c000 ef9b  AP..............",
    );
    check(
        session,
        "s -q fffff803200030a0 L10 fffff80320003020",
        "fffff803`200030f0  fffff803`20003020 00000000`00000000",
    );
    check(
        session,
        "s -u fffff80320002000 L1000 \"Sample0\"",
        "fffff803`2000206e  0053 0061 006d 0070 006c 0065 0030 0000  S.a.m.p.l.e.0...",
    );
    check(session, "s -d fffff80320003000 L80 414d5302", "");
}

#[test]
fn searches_pass_over_what_is_not_there() {
    let session = &mut sample_o0();
    check(session, "s -[1]a 0 L?ffffffffffffffff \"kdap project\"", "0xfffff803`20003010");
    let Some(session) = &mut triage() else { return };
    // The image name in the crashing process's _EPROCESS (the corpus' MANIFEST.md; offset 5a8 by its layouts).
    check_lines(session, "s -[1]a 0 L?ffffffffffffffff \"System\"", &["0xffffc08b`dce94728"]);
}

#[test]
fn any_text_is_found_from_a_length_on() {
    let session = &mut sample_o0();
    check(session, "s -sa sampledrv!Vendor L10", "fffff803`20003010  \"kdap project\"");
    check(
        session,
        "s -[l5]sa fffff80320002078 L20",
        "
        fffff803`2000207e  \"alpha\"
        fffff803`20002089  \"gamma\"",
    );
    check(session, "s -[1l6]su fffff80320002040 L40", "0xfffff803`2000205e");
}

#[test]
fn hits_can_be_saved_and_searched_again() {
    let session = &mut sample_o0();
    assert_eq!(output(session, "s -[s]b fffff80320003020 L10 33 33").lines().count(), 1);
    check(session, "s -[r1]b 0 L1 33 33 00 00", "0xfffff803`20003028");
    check(session, "s -[r1]b 0 L1 33 34", "");
    check_lines(
        session,
        "s -[sn1]b fffff80320003000 L100 00",
        &["WARNING: Overflow error: only the first 1 hits are saved"],
    );
    check_lines(session, "s -[sr]b 0 L1 0", &["s and r exclude each other"]);
}

#[test]
fn a_raised_flag_ends_a_search() {
    let session = &mut sample_o0();
    session.cancel_flag().cancel();
    check(session, "s -a 0 L?ffffffffffffffff \"kdap\"", "cancelled");
    check(session, "db 0 L10000", "cancelled");
}

#[test]
fn nonsense_is_answered() {
    let session = &mut sample_o0();
    let ranges = &["sampledrv!SampleDevice", "L10", "L?100", "L-8", "/c4", "/p", "fffff80320003000", "nt!KeBugCheckEx"];
    for name in
        ["d", "da", "db", "dc", "dd", "dD", "df", "dp", "dq", "du", "dw", "dW", "dps", "dds", "dpp", "dpa", "dqu"]
    {
        survive_nonsense(session, name, ranges);
    }
    survive_nonsense(
        session,
        "s",
        &["-a", "-[1]b", "-[l4]sa", "-su", "-d", "-q", "L100", "L?ffffff", "fffff80320003000", "\"kd\"", "'a'", "41"],
    );
}
