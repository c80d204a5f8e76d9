//! `dt`: fields, elements of arrays, lists and names that are selected. Where the truth is from is in `types.rs`.

mod support;

use support::{check, check_columns, output, sample_o0};

#[test]
fn arrays_of_a_type_are_shown_element_by_element() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt -ca3 ULONG sampledrv!SampleDevice",
        "
            |[0] 0x50414d53
            |[1] 2
            |[2] 0xffffffff",
    );
    check(session, "dt . sampledrv!FirstSlot", "Using sym ULONG\n0x1111");
    check_columns(
        session,
        "dt -a2 sampledrv!_SAMPLE_POINT sampledrv!SampleDevice+60",
        "
            |[0] @ fffff803`20003098
            |---------------------------------------------
            |   +0x000 X                : 0n-100
            |   +0x004 Y                : 0n200
            |
            |[1] @ fffff803`200030a0
            |---------------------------------------------
            |   +0x000 X                : 0n300
            |   +0x004 Y                : 0n-400",
    );
    check(session, "dt CHAR[5] sampledrv!Vendor", "[5]  \"kdap \"");
}

#[test]
fn a_list_is_followed_by_its_link() {
    let session = &mut sample_o0();
    let expected = "
            |Link.Flink at 0xffffa980`00002ef0
            |---------------------------------------------
            |   +0x000 Id    : 0x64
            |   +0x018 Label : [8]  \"alpha\"
            |
            |Link.Flink at 0xffffa980`00002f20
            |---------------------------------------------
            |   +0x000 Id    : 0xc8
            |   +0x018 Label : [8]  \"beta\"
            |
            |Link.Flink at 0xffffa980`00002f50
            |---------------------------------------------
            |   +0x000 Id    : 0x12c
            |   +0x018 Label : [8]  \"gamma\"
            |
            |Link.Flink at 0xfffff803`200030d0
            |---------------------------------------------
            |This may be the list's head: sampledrv!SampleDevice+0xa0
            |   +0x000 Id    : 0xcafebabe
            |   +0x018 Label : [8]  \"\\x03\"";
    check_columns(
        session,
        "dt -l Link.Flink sampledrv!_SAMPLE_ENTRY (poi(sampledrv!SampleDevice+a0)-8) Id Label",
        expected,
    );
    let entries = output(session, "dt -l Link sampledrv!_SAMPLE_ENTRY (poi(sampledrv!SampleDevice+a0)-8) Id Label");
    assert_eq!(
        entries,
        output(session, "dt sampledrv!_SAMPLE_ENTRY -l Link.Flink poi(sampledrv!SampleDevice+a0)-8 Id Label")
            .replace("Link.Flink at", "Link at")
    );
    check(
        session,
        "dt -l Id sampledrv!_SAMPLE_ENTRY sampledrv!SampleDevice",
        "-l Id: it is unsigned long, no pointer to the next record",
    );
}

#[test]
fn names_are_listed_by_pattern_size_and_prefix() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt sampledrv!*S*t*",
        "
            |fffff803`20002000  sampledrv!SampleInterfaceId
            |fffff803`20003020  sampledrv!FirstSlot
            |fffff803`20003028  sampledrv!LastSlot
            |fffff803`20003124  sampledrv!StartCount
            |          sampledrv!_UNICODE_STRING
            |          sampledrv!_SAMPLE_STATE
            |          sampledrv!_STRING
            |          sampledrv!_SAMPLE_POINT
            |          sampledrv!_LIST_ENTRY
            |          sampledrv!_SAMPLE_SLOT
            |          sampledrv!_SAMPLE_ENTRY",
    );
    check_columns(
        session,
        "dt -v -s 8 sampledrv!*",
        "
            |Enumerating symbols matching sampledrv!*, Size = 0x8
            |Address   Size Symbol
            |fffff803`20003020   008 sampledrv!FirstSlot
            |fffff803`20003028   008 sampledrv!LastSlot
            |           008 sampledrv!_LARGE_INTEGER::<unnamed-tag>
            |           008 sampledrv!_LARGE_INTEGER
            |           008 sampledrv!_SAMPLE_POINT
            |           008 sampledrv!_SAMPLE_SLOT",
    );
    check_columns(
        session,
        "dt -y sampledrv!_SAMPLE_S",
        "
            |          sampledrv!_SAMPLE_STATE
            |          sampledrv!_SAMPLE_SLOT
            |   SampleIdle = 0n0
            |   SampleStarting = 0n1
            |   SampleRunning = 0n2
            |   SampleFailed = 0n16",
    );
    check(session, "dt sampledrv!nothing*", "no type or variable matches sampledrv!nothing*");
    check(session, "dt sampledrv!_NOTHING", "Symbol sampledrv!_NOTHING not found.");
}

#[test]
fn fields_are_selected_by_name_path_prefix_and_index() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt sampledrv!SampleDevice Grade State",
        "
            |   +0x004 State : 2 ( SampleRunning )
            |   +0x07d Grade : 66 'B'",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice Value.",
        "
            |   +0x098 Value  :
            |      +0x000 AsUlong : 0xcafebabe
            |      +0x000 AsBytes : [4] 0xbe ''
            |      +0x000 Low    : 0xbabe
            |      +0x002 High   : 0xcafe",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice Flags.Level Corners[1].Y",
        "
            |   +0x010 Flags        :
            |      +0x000 Level        : 0y101
            |   +0x068 Corners[1]   :
            |      +0x004 Y            : 0n-400",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice S*",
        "
            |   +0x000 Signature : 0x50414d53
            |   +0x004 State : 2 ( SampleRunning )
            |   +0x088 Scale : 0.5
            |   +0x0b8 Slots : [3] 0xfffff803`20003020 _SAMPLE_SLOT  sampledrv!FirstSlot+0
            |   +0x0e0 Self : 0xfffff803`20003038 _SAMPLE_DEVICE  sampledrv!SampleDevice+0",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice -y Ve -yoi Ra",
        "
            |Vendor : _STRING \"kdap project\"
            |Ratio : 2.25",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice -a Slots -a2 Unit",
        "
            |   +0x07e Unit  :
            |    [00] 0x6d
            |    [01] 0x2f
            |   +0x0b8 Slots :
            |    [00] 0xfffff803`20003020 _SAMPLE_SLOT  sampledrv!FirstSlot+0
            |    [01] (null)
            |    [02] 0xfffff803`20003028 _SAMPLE_SLOT  sampledrv!LastSlot+0",
    );
    check_columns(
        session,
        "dt sampledrv!SampleDevice Self.State",
        "
            |   +0x0e0 Self       : 0xfffff803`20003038 _SAMPLE_DEVICE  sampledrv!SampleDevice+0
            |      +0x004 State      : 2 ( SampleRunning )",
    );
    check(session, "dt sampledrv!SampleDevice Foo", "_SAMPLE_DEVICE has no field 'Foo', nor is that an address");
}
