//! Each kind of value in each style.

use super::super::Style;
use super::world::{DEVICE, STRINGS, World};
use crate::evaluate::{Piece, Place};

/// What an expression's value is in an editor, in an editor that asks for hexadecimal, in `dt` and in `dv`.
#[track_caller]
fn check(world: &World, table: &[(&str, [&str; 4])]) {
    let styles = [Style::Editor { hex: false }, Style::Editor { hex: true }, Style::Dt, Style::Dv];
    for (expression, expected) in table {
        let node = world.node(expression);
        let found = styles.map(|style| world.view().summary(&node, style));
        assert_eq!(found, *expected, "{expression}");
    }
}

/// What a variable that needn't have a value is in an editor.
#[track_caller]
fn check_variable(world: &World, name: &str, expected: &str) {
    assert_eq!(world.summary(&world.variable_node(name)), expected);
}

#[test]
fn integers_are_decimal_for_editors_and_prefixed_by_the_debuggers() {
    check(
        &World::new(),
        &[
            ("drv!Device.Signature", ["1346456915", "0x50414d53", "0x50414d53", "0x50414d53"]),
            ("drv!Device.Corners[0].X", ["-100", "0xffffff9c", "0n-100", "0n-100"]),
            ("drv!Device.Matrix[0][2]", ["3", "0x3", "0n3", "0n3"]),
            ("drv!Device.Id.Data1", ["1262764368", "0x4b444150", "0x4b444150", "0x4b444150"]),
            ("(unsigned char)1", ["1", "0x1", "0x1 ''", "0x1 ''"]),
            ("7u", ["7", "0x7", "7", "7"]),
            ("0x1234567890ui64", ["78187493520", "0x1234567890", "0x00000012`34567890", "0x00000012`34567890"]),
            ("drv!Device.Wide", ["0x112233445566778899aabbccddeeff00"; 4]),
        ],
    );
}

#[test]
fn characters_booleans_and_fractions_are_shown_as_such() {
    check(
        &World::new(),
        &[
            ("drv!Device.Grade", ["66 'B'", "0x42 'B'", "66 'B'", "0n66 'B'"]),
            ("drv!Device.Enabled", ["1", "0x1", "0x1 ''", "0x1 ''"]),
            ("(unsigned char)0", ["0", "0x0", "0 ''", "0 ''"]),
            ("(char)-78", ["-78", "0xb2", "-78 ''", "0n-78 ''"]),
            ("drv!Device.Unit[3]", ["178 '²'", "0xb2 '²'", "0xb2 '²'", "0xb2 '²'"]),
            ("drv!Device.Ok", ["true", "true", "1", "true"]),
            ("drv!Device.Scale", ["0.5"; 4]),
            ("drv!Device.Ratio", ["2.25"; 4]),
            ("(float)0.1", ["0.1"; 4]),
            ("1e300", ["1e300"; 4]),
        ],
    );
}

#[test]
fn enums_are_named_and_what_they_do_not_name_is_said() {
    check(
        &World::new(),
        &[
            ("drv!Device.State", ["Running (2)", "Running (0x2)", "2 ( Running )", "Running (0n2)"]),
            ("drv!Device.Color", ["Red (-1)", "Red (-1)", "0n-1 ( Red )", "Red (0n-1)"]),
            ("drv!Device.Wanted", ["Failed (16)", "Failed (0x10)", "10 ( Failed )", "Failed (0n16)"]),
            (
                "(_STATE)3",
                [
                    "3 (no value of the enum)",
                    "0x3 (no value of the enum)",
                    "3 (No matching name)",
                    "0n3 (No matching name)",
                ],
            ),
        ],
    );
}

#[test]
fn sets_of_flags_are_taken_apart_and_other_enums_are_not() {
    check(
        &World::new(),
        &[
            (
                "drv!Device.Rights",
                ["Read | Execute (5)", "Read | Execute (0x5)", "5 ( Read | Execute )", "Read | Execute (0n5)"],
            ),
            ("(_RIGHTS)0", ["None (0)", "None (0x0)", "0 ( None )", "None (0n0)"]),
            ("(_RIGHTS)15", ["All (15)", "All (0xf)", "f ( All )", "All (0n15)"]),
            (
                "(_RIGHTS)0x42",
                ["Write | 0x40 (66)", "Write | 0x40 (0x42)", "42 ( Write | 0x40 )", "Write | 0x40 (0n66)"],
            ),
        ],
    );
    let world = World::with("enum _RANK int First=1 Second=2 Third=3 Fourth=4\nenum _KIND int Disk=1 Tape=2 Other=16");
    for expression in ["(_RANK)5", "(_RANK)6", "(_KIND)3", "(_KIND)17"] {
        assert!(world.summary(&world.node(expression)).ends_with("(no value of the enum)"), "{expression}");
    }
}

#[test]
fn bit_fields_are_cut_out_with_their_sign() {
    check(
        &World::new(),
        &[
            ("drv!Device.Ready", ["1", "0x1", "0y1", "0y1"]),
            ("drv!Device.Level", ["5", "0x5", "0y101", "0y101"]),
            ("drv!Device.Spare", ["2748", "0xabc", "0y101010111100 (0xabc)", "0y101010111100 (0xabc)"]),
            ("drv!Device.Delta", ["-3", "0x1d", "0y11101 (0x1d)", "0y11101 (0x1d)"]),
        ],
    );
}

#[test]
fn pointers_name_what_they_point_at() {
    let mut world = World::new();
    world.global("drv!Spaces", "char*", STRINGS + 0x1000);
    world.memory.push((STRINGS + 0x1000, (STRINGS + 0x2000).to_le_bytes().to_vec()));
    let store = "0xfffff800`10001010 drv!Store+0x10";
    let text = "0xffff8000`00001040 \"kdap project\"";
    let lost = "0xffff8000`00003000 <not in the dump>";
    check(
        &world,
        &[
            ("drv!Device.Operation", [store, store, "0xfffff800`10001010     long  drv!Store+10", store]),
            ("drv!Device.Label", [text; 4]),
            ("drv!Spaces", [lost; 4]),
            (
                "drv!Device.Self",
                [
                    "0xfffff800`10003000 drv!Device",
                    "0xfffff800`10003000 drv!Device",
                    "0xfffff800`10003000 _DEVICE  drv!Device+0",
                    "0xfffff800`10003000 drv!Device",
                ],
            ),
            (
                "drv!Device.Handle",
                ["0x00000000`12345678", "0x00000000`12345678", "0x00000000`12345678 _HANDLE", "0x00000000`12345678"],
            ),
            ("(_DEVICE *)0", ["0x00000000`00000000", "0x00000000`00000000", "(null)", "0x00000000`00000000"]),
            (
                "&drv!Device.Corners[0].X",
                [
                    "0xfffff800`10003050 drv!Device+0x50 -> -100",
                    "0xfffff800`10003050 drv!Device+0x50 -> 0xffffff9c",
                    "0xfffff800`10003050  -> 0n-100",
                    "0xfffff800`10003050 drv!Device+0x50 -> 0n-100",
                ],
            ),
            (
                "(_DEVICE **)&drv!Device.Self",
                [
                    "0xfffff800`100030b0 drv!Device+0xb0 -> 0xfffff800`10003000 drv!Device",
                    "0xfffff800`100030b0 drv!Device+0xb0 -> 0xfffff800`10003000 drv!Device",
                    "0xfffff800`100030b0  -> 0xfffff800`10003000 _DEVICE  drv!Device+0",
                    "0xfffff800`100030b0 drv!Device+0xb0 -> 0xfffff800`10003000 drv!Device",
                ],
            ),
            ("(_UNICODE_STRING *)&drv!Device.Name", {
                let text = "0xfffff800`10003018 \"\\Device\\Sample0\"";
                [text, text, "0xfffff800`10003018 _UNICODE_STRING \"\\Device\\Sample0\"", text]
            }),
        ],
    );
}

#[test]
fn what_nt_gives_a_meaning_is_shown_by_it() {
    check(
        &World::new(),
        &[
            (
                "drv!Device.Name",
                [
                    "\"\\Device\\Sample0\"",
                    "\"\\Device\\Sample0\"",
                    "_UNICODE_STRING \"\\Device\\Sample0\"",
                    "struct _UNICODE_STRING \"\\Device\\Sample0\"",
                ],
            ),
            (
                "drv!Device.Vendor",
                ["\"kdap project\"", "\"kdap project\"", "_STRING \"kdap project\"", "struct _STRING \"kdap project\""],
            ),
            (
                "drv!Device.Created",
                [
                    "132574714030719018",
                    "0x1d700000000002a",
                    "_LARGE_INTEGER 0x01d70000`0000002a",
                    "union _LARGE_INTEGER 0x1d700000000002a",
                ],
            ),
            (
                "drv!Device.Id",
                [
                    "{4B444150-0001-4002-8003-6B6461700405}",
                    "{4B444150-0001-4002-8003-6B6461700405}",
                    "_GUID {4b444150-0001-4002-8003-6b6461700405}",
                    "struct _GUID {4b444150-0001-4002-8003-6b6461700405}",
                ],
            ),
            (
                "drv!Device.Entries",
                [
                    "{Flink=0xfffff800`10003090, Blink=0xfffff800`10003090}",
                    "{Flink=0xfffff800`10003090, Blink=0xfffff800`10003090}",
                    "_LIST_ENTRY [ 0xfffff800`10003090 - 0xfffff800`10003090 ]",
                    "struct _LIST_ENTRY [ 0xfffff800`10003090 - 0xfffff800`10003090 ]",
                ],
            ),
        ],
    );
}

#[test]
fn a_status_is_named_only_as_a_hint() {
    let status = "0xc00000a3 (as NTSTATUS: STATUS_DEVICE_NOT_READY)";
    check(&World::new(), &[("drv!Device.LastStatus", [status, status, "0n-1073741661", "0n-1073741661"])]);
}

#[test]
fn arrays_and_records_are_shown_by_their_beginning() {
    check(
        &World::new(),
        &[
            ("drv!Device.Corners[0]", ["{X=-100, Y=200}", "{X=0xffffff9c, Y=0xc8}", "_POINT", "struct _POINT"]),
            (
                "drv!Device.Corners",
                [
                    "{{X=-100, Y=200}, {X=300, Y=-400}}",
                    "{{X=0xffffff9c, Y=0xc8}, {X=0x12c, Y=0xfffffe70}}",
                    "[2] _POINT",
                    "struct _POINT [2]",
                ],
            ),
            (
                "drv!Device.Matrix",
                [
                    "{{1, 2, 3}, {-4, -5, -6}}",
                    "{{0x1, 0x2, 0x3}, {0xfffc, 0xfffb, 0xfffa}}",
                    "[2] [3] 0n1",
                    "short [2][3]",
                ],
            ),
            ("drv!Device.Tag", ["\"beta\"", "\"beta\"", "[8]  \"beta\"", "char [8] \"beta\""]),
            ("drv!Device.Image", ["\"System\"", "\"System\"", "[8]  \"System\"", "unsigned char [8] \"System\""]),
            ("drv!Device.Unit", ["\"m/s²\"", "\"m/s²\"", "[4]  \"m/s²\"", "wchar_t [4] \"m/s²\""]),
            (
                "drv!Device.AsBytes",
                ["{190, 186, 254, 202}", "{0xbe, 0xba, 0xfe, 0xca}", "[4] 0xbe ''", "unsigned char [4]"],
            ),
        ],
    );
    let world = World::new();
    assert_eq!(
        world.summary(&world.node("drv!Device")),
        "{Signature=1346456915, State=Running (2), Color=Red (-1), LastStatus=0xc00000a3 (as NTSTATUS: \
         STATUS_DEVICE_NOT_READY), ...}"
    );
}

#[test]
fn damaged_strings_say_what_is_wrong() {
    let mut world = World::new();
    let strings = [
        ([40u16, 32], STRINGS, "<damaged: Length 0x28 is more than MaximumLength 0x20>"),
        ([7, 8], STRINGS, "<damaged: Length 0x7 is odd>"),
        ([8, 8], 0, "<damaged: Length is 0x8, but Buffer is NULL>"),
        ([0, 0], 0, "\"\""),
        ([8, 8], 0x1000, "<not in the dump>"),
        ([0x200, 0x200], STRINGS + 0x120, "\"慡慡慡慡慡慡慡慡慡慡慡慡慡慡慡慡\" <ffff8000`00001140: not in the dump>"),
    ];
    for (index, ([length, maximum], buffer, expected)) in strings.into_iter().enumerate() {
        let address = 0x5000 + 16 * index as u64;
        let pieces: [&[u8]; 4] = [&length.to_le_bytes(), &maximum.to_le_bytes(), &[0; 4], &buffer.to_le_bytes()];
        world.memory.push((address, pieces.concat()));
        world.global("string", "_UNICODE_STRING", address);
        check_variable(&world, "string", expected);
        world.variables.pop();
    }
}

#[test]
fn long_texts_are_cut_and_texts_without_an_end_say_why() {
    let mut world = World::new();
    world.memory.push((0x9000, vec![b'x'; 300]));
    for (name, spelling, pointer) in [("cut", "char*", 0x9000u64), ("endless", "char*", STRINGS + 0x50)] {
        world.variable(name, spelling, Place::Constant(pointer.to_le_bytes().to_vec()));
    }
    check_variable(&world, "cut", &format!("0x00000000`00009000 \"{}…\"", "x".repeat(256)));
    let endless = format!("0xffff8000`00001050 \"{}\" <ffff8000`00001140: not in the dump>", "a".repeat(0xf0));
    check_variable(&world, "endless", &endless);
    world.global("array", "char[300]", 0x9000);
    check_variable(&world, "array", &format!("\"{}…\"", "x".repeat(256)));
}

#[test]
fn what_has_no_value_says_why() {
    let mut world = World::new();
    world.variable("gone", "int", Place::Unavailable("optimized away".to_owned()));
    check_variable(&world, "gone", "<optimized away>");
    world.variable("far", "_POINT", Place::Memory(memory::VirtualAddress(0x10)));
    check_variable(&world, "far", "<not in the dump>");
    world.variable("number", "int", Place::Memory(memory::VirtualAddress(0x10)));
    check_variable(&world, "number", "<not in the dump>");
    let edge = Place::Memory(memory::VirtualAddress(DEVICE + 0xde));
    world.variable("edge", "int", edge);
    check_variable(&world, "edge", "<fffff800`100030e0: not in the dump>");
    let half = Piece { offset: 0, size: 4, place: Place::Constant(vec![9, 0, 0, 0]) };
    world.variable("half", "_POINT", Place::Pieces(vec![half]));
    check_variable(&world, "half", "{X=9, Y=????????}");
    world.variable("opaque", "_HANDLE", Place::Memory(memory::VirtualAddress(DEVICE)));
    check_variable(&world, "opaque", "<_HANDLE is declared, but not defined>");
}
