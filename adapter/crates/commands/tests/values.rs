//! `? ?? .formats dv`. The values of variables are those that `samples/driver/*.c` gives them; where locals and parameters
//! lie, and at which addresses, is in `samples/crash/expected.md` (LLVM's tools and QEMU say so, not this debugger).

mod support;

use support::{check, check_lines, output, sample, sample_o0, survive_nonsense, triage};

#[test]
fn masm_expressions_are_shown_in_decimal_and_hexadecimal() {
    let session = &mut sample_o0();
    check(session, "? 5", "Evaluate expression: 5 = 00000000`00000005");
    check(session, "?-1", "Evaluate expression: -1 = ffffffff`ffffffff");
    check(session, "? 0n10 + 0y11", "Evaluate expression: 13 = 00000000`0000000d");
    check(session, "? sampledrv!SampleDevice - fffff80320000000", "Evaluate expression: 12344 = 00000000`00003038");
    check(session, "? dwo(sampledrv!SampleDevice)", "Evaluate expression: 1346456915 = 00000000`50414d53");
    check(session, "? nosuch", "Couldn't resolve error at 'nosuch'");
    assert_eq!(output(session, "?"), output(session, ".help"));
}

#[test]
fn cpp_expressions_are_shown_by_their_type() {
    let session = &mut sample_o0();
    check(session, "?? 2 + 3", "int 0n5");
    check(session, "?? sizeof(sampledrv!_SAMPLE_DEVICE)", "unsigned int64 0xe8");
    check(session, "?? 9 / 4.0", "double 2.25");
    check(session, "?? 1 < 2", "bool true");
    check(session, "?? sampledrv!SampleDevice.State", "_SAMPLE_STATE SampleRunning (0n2)");
    check(session, "?? sampledrv!SampleDevice.Grade", "char 0n66 'B'");
    check(session, "?? sampledrv!SampleDevice.Flags.Level", "unsigned long 0y101");
    check(session, "?? sampledrv!SampleDevice.Ratio", "double 2.25");
    check(
        session,
        "?? sampledrv!SampleDevice.Operation",
        "long (*)(_SAMPLE_DEVICE *, _SAMPLE_ENTRY *, _SAMPLE_POINT *, unsigned long, unsigned int64, char) \
         0xfffff803`200015d0 sampledrv!SampleStore",
    );
    check(session, "?? sampledrv!Labels[1]", "char * 0xfffff803`20002084 sampledrv!`string'\n \"beta\"");
    check(
        session,
        "?? *(int *)0",
        "Memory access error at '0': 00000000`00000000: PTE 0000000000000000 at physical 0x41b000 is not valid",
    );
}

#[test]
fn records_are_shown_as_dt_shows_them() {
    let session = &mut sample_o0();
    check(
        session,
        "?? sampledrv!SampleDevice.Corners[1]",
        "
        struct _SAMPLE_POINT
           +0x000 X                : 0n300
           +0x004 Y                : 0n-400",
    );
    check(
        session,
        "?? &sampledrv!SampleDevice.Value",
        "
        union _SAMPLE_VALUE * 0xfffff803`200030d0 sampledrv!SampleDevice+0x98
           +0x000 AsUlong          : 0xcafebabe
           +0x000 AsBytes          : [4] 0xbe ''
           +0x000 Low              : 0xbabe
           +0x002 High             : 0xcafe",
    );
    check(
        session,
        "?? sampledrv!SampleDevice.Corners",
        "
        struct _SAMPLE_POINT [2] 0xfffff803`20003098
           +0x000 X                : 0n-100
           +0x004 Y                : 0n200",
    );
}

#[test]
fn formats_are_those_of_the_target_s_width() {
    check(
        &mut sample_o0(),
        ".formats 1c407e62",
        "
        Evaluate expression:
          Hex:     00000000`1c407e62
          Decimal: 473988706
          Decimal (unsigned) : 473988706
          Octal:   0000000000003420077142
          Binary:  00000000 00000000 00000000 00000000 00011100 01000000 01111110 01100010
          Chars:   .....@~b
          Time:    Mon Jan  7 23:31:46 1985 (UTC)
          Float:   low 6.36908e-022 high 0
          Double:  2.34182e-315",
    );
}

#[test]
fn locals_on_the_stack_have_their_values() {
    let session = &mut sample_o0();
    output(session, ".ecxr");
    assert_eq!(output(session, "dv mixed"), "          mixed = 0x5240b001\n");
    check(
        session,
        "dv /i",
        "
        prv param             Slot = 0x00000000`00000000
        prv param            Value = 0x201fd52
        prv local            mixed = 0x5240b001",
    );
}

#[test]
fn locals_are_shown_with_kind_type_address_and_register() {
    let session = &mut sample_o0();
    output(session, ".ecxr");
    output(session, ".frame 2");
    check(
        session,
        "dv /i /t /V",
        "
        prv param  ffffb100`0002ad18 @rsp+0x38         struct _SAMPLE_DEVICE * Device = 0xfffff803`20003038 sampledrv!SampleDevice
        prv param  ffffb100`0002ad20 @rsp+0x40         struct _SAMPLE_ENTRY * Entry = 0xffffa980`00002f20
        prv param  ffffb100`0002ad28 @rsp+0x48         struct _SAMPLE_POINT * Path = 0xffffb100`0002ad80
        prv param  ffffb100`0002ad34 @rsp+0x54         unsigned long Index = 1
        prv param  ffffb100`0002ad60 @rsp+0x80         unsigned int64 Cookie = 0x11223344`55667788
        prv param  ffffb100`0002ad68 @rsp+0x88         char Letter = 0n75 'K'
        prv local  ffffb100`0002ad14 @rsp+0x34         unsigned long value = 0x201fd52
        prv local  ffffb100`0002ad08 @rsp+0x28         double scaled = 22.5
        prv local  ffffb100`0002ad04 @rsp+0x24         unsigned long writes = 0xffffb100
        prv global fffff803`20003120                   unsigned long StoreCount = 1",
    );
    check(session, "dv /v Le*", "ffffb100`0002ad68          Letter = 0n75 'K'");
    check(session, "dv /i value", "prv local            value = 0x201fd52");
    check(session, "dv /t /a ?r*", "unsigned long writes = 0xffffb100");
    let names = |output: String| -> Vec<String> {
        output.lines().filter_map(|line| Some(line.split_once(" =")?.0.trim().to_owned())).collect()
    };
    let by_address = names(output(session, "dv /a"));
    let descending = names(output(session, "dv /A"));
    assert_eq!(by_address[..3], ["writes", "scaled", "value"]);
    assert!(by_address.iter().eq(descending.iter().rev()));
    assert_eq!(names(output(session, "dv /n"))[..3], ["Cookie", "Device", "Entry"]);
    assert_eq!(names(output(session, "dv /z"))[0], "Letter", "a char is the smallest");
}

#[test]
fn optimized_locals_say_which_register_or_why_there_is_none() {
    let session = &mut sample();
    output(session, ".ecxr");
    output(session, ".frame 2");
    check(
        session,
        "dv /V",
        "
        @rcx              @rcx                       Device = 0xfffff803`20003038 sampledrv!SampleDevice
        @rdx              @rdx                        Entry = 0xffffa980`00002f20
        <unavailable>     <unavailable>                Path = <not live at this instruction>
        <unavailable>     <unavailable>               Index = <not live at this instruction>
        ffffb100`0002ad20 @rsp+0x30                  Cookie = 0x11223344`55667788
        ffffb100`0002ad28 @rsp+0x38                  Letter = 0n75 'K'
        @r10d             @r10d                       value = 0x201fd52
        @xmm0             @xmm0                      scaled = 22.5
        <unavailable>     <unavailable>              writes = <not live at this instruction>
        fffff803`20003120                        StoreCount = 1",
    );
    output(session, ".frame 3");
    check_lines(session, "dv", &["           path = struct _SAMPLE_POINT [3]", "          entry = <optimized away>"]);
    check(
        session,
        "dv /t /i /f sampledrv!DriverEntry \"d*\"",
        "
        prv param  @rcx              struct _DRIVER_OBJECT * DriverObject
        prv local  <unavailable>     struct _SAMPLE_DEVICE * device",
    );
}

#[test]
fn without_private_symbols_there_are_no_locals() {
    let Some(session) = &mut triage() else { return };
    output(session, ".ecxr");
    check(
        session,
        "dv",
        "Unable to enumerate locals: Private symbols (symbols.pri) are required for locals; amdppm has none at \
         fffff804`8b58334c",
    );
}

#[test]
fn nonsense_is_answered() {
    let session = &mut sample_o0();
    output(session, ".ecxr");
    let expressions =
        &["sampledrv!SampleDevice", ".Flags", "->", "(int)", "*", "&", "[1]", "sizeof(", "1.5", "@$proc", "'a'"];
    for name in ["?", "??", ".formats"] {
        survive_nonsense(session, name, expressions);
    }
    survive_nonsense(session, "dv", &["/i", "/t", "/v", "/V", "/a", "/Z", "/f", "sampledrv!SampleStart", "p*"]);
}
