//! `dt`. Types and values of the sample are those of `samples/driver/sample.h` and `driver.c`; offsets of its structures
//! those of `llvm-pdbutil dump -types samples/driver/O0/sampledrv.pdb`. The triage dump's structures have the offsets of
//! the corpus' `layouts/`, and hold what its MANIFEST.md tells: "System", process 4, thread 264.

mod support;

use support::{check, check_columns, check_lines, output, sample, sample_o0, survive_nonsense, triage};

#[test]
fn a_type_alone_is_shown_with_the_types_of_its_fields() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt sampledrv!_SAMPLE_DEVICE",
        "
            |   +0x000 Signature        : Uint4B
            |   +0x004 State            : _SAMPLE_STATE
            |   +0x008 Color            : _SAMPLE_COLOR
            |   +0x00c LastStatus       : Int4B
            |   +0x010 Flags            : _SAMPLE_FLAGS
            |   +0x028 Name             : _UNICODE_STRING
            |   +0x038 Vendor           : _STRING
            |   +0x048 Created          : _LARGE_INTEGER
            |   +0x050 InterfaceId      : _GUID
            |   +0x060 Corners          : [2] _SAMPLE_POINT
            |   +0x070 Matrix           : [2] [3] Int2B
            |   +0x07c Enabled          : UChar
            |   +0x07d Grade            : Char
            |   +0x07e Unit             : [4] Uint2B
            |   +0x088 Scale            : Float
            |   +0x090 Ratio            : Float
            |   +0x098 Value            : _SAMPLE_VALUE
            |   +0x0a0 Entries          : _LIST_ENTRY
            |   +0x0b0 EntryCount       : Uint4B
            |   +0x0b8 Slots            : [3] Ptr64 _SAMPLE_SLOT
            |   +0x0d0 Operation        : Ptr64     long
            |   +0x0d8 DriverObject     : Ptr64 _DRIVER_OBJECT
            |   +0x0e0 Self             : Ptr64 _SAMPLE_DEVICE",
    );
    check_columns(
        session,
        "dt _SAMPLE_ENTRY",
        "
            |sampledrv!_SAMPLE_ENTRY
            |   +0x000 Id               : Uint4B
            |   +0x004 Value            : _SAMPLE_VALUE
            |   +0x008 Link             : _LIST_ENTRY
            |   +0x018 Label            : [8] Char",
    );
    check_columns(
        session,
        "dt -v sampledrv!_SAMPLE_FLAGS",
        "
            |struct _SAMPLE_FLAGS, 8 elements, 0x18 bytes
            |   +0x000 Ready            : Bitfield Pos 0, 1 Bit
            |   +0x000 Level            : Bitfield Pos 1, 3 Bits
            |   +0x000 Retries          : Bitfield Pos 4, 4 Bits
            |   +0x000 Reserved         : Bitfield Pos 8, 24 Bits
            |   +0x004 Delta            : Bitfield Pos 0, 5 Bits
            |   +0x004 Trend            : Bitfield Pos 5, 11 Bits
            |   +0x008 Serial           : Bitfield Pos 0, 40 Bits
            |   +0x010 Wanted           : Bitfield Pos 0, 6 Bits",
    );
    check_columns(
        session,
        "dt sampledrv!_SAMPLE_STATE",
        "
            |   SampleIdle = 0n0
            |   SampleStarting = 0n1
            |   SampleRunning = 0n2
            |   SampleFailed = 0n16",
    );
    check(session, "dt ULONG", "Uint4B");
    assert_eq!(output(session, "dt sampledrv!_sample_point"), output(session, "dt sampledrv!_SAMPLE_POINT"));
}

#[test]
fn a_variable_is_shown_with_its_values() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt sampledrv!SampleDevice",
        "
            |   +0x000 Signature        : 0x50414d53
            |   +0x004 State            : 2 ( SampleRunning )
            |   +0x008 Color            : 0n-1 ( ColorRed )
            |   +0x00c LastStatus       : 0n-1073741661
            |   +0x010 Flags            : _SAMPLE_FLAGS
            |   +0x028 Name             : _UNICODE_STRING \"\\Device\\Sample0\"
            |   +0x038 Vendor           : _STRING \"kdap project\"
            |   +0x048 Created          : _LARGE_INTEGER 0x01d70000`0000002a
            |   +0x050 InterfaceId      : _GUID {4b444150-0001-4002-8003-6b6461700405}
            |   +0x060 Corners          : [2] _SAMPLE_POINT
            |   +0x070 Matrix           : [2] [3] 0n1
            |   +0x07c Enabled          : 0x1 ''
            |   +0x07d Grade            : 66 'B'
            |   +0x07e Unit             : [4] 0x6d
            |   +0x088 Scale            : 0.5
            |   +0x090 Ratio            : 2.25
            |   +0x098 Value            : _SAMPLE_VALUE
            |   +0x0a0 Entries          : _LIST_ENTRY [ 0xffffa980`00002ef8 - 0xffffa980`00002f58 ]
            |   +0x0b0 EntryCount       : 3
            |   +0x0b8 Slots            : [3] 0xfffff803`20003020 _SAMPLE_SLOT  sampledrv!FirstSlot+0
            |   +0x0d0 Operation        : 0xfffff803`200015d0     long  sampledrv!SampleStore+0
            |   +0x0d8 DriverObject     : 0xffffa980`00002208 _DRIVER_OBJECT
            |   +0x0e0 Self             : 0xfffff803`20003038 _SAMPLE_DEVICE  sampledrv!SampleDevice+0",
    );
    let by_type = output(session, "dt sampledrv!_SAMPLE_DEVICE sampledrv!SampleDevice");
    assert_eq!(by_type, output(session, "dt sampledrv!SampleDevice"));
    assert_eq!(by_type, output(session, "dt fffff80320003038 sampledrv!_SAMPLE_DEVICE"));
    assert_eq!(format!("sampledrv!SampleDevice\n{by_type}"), output(session, "dt fffff80320003038"));
    check(session, "dt sampledrv!StartCount", "1");
}

#[test]
fn everything_inside_a_record_can_be_shown() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt -b sampledrv!SampleDevice",
        "
            |   +0x000 Signature        : 0x50414d53
            |   +0x004 State            : 2 ( SampleRunning )
            |   +0x008 Color            : 0n-1 ( ColorRed )
            |   +0x00c LastStatus       : 0n-1073741661
            |   +0x010 Flags            : _SAMPLE_FLAGS
            |      +0x000 Ready            : 0y1
            |      +0x000 Level            : 0y101
            |      +0x000 Retries          : 0y1001
            |      +0x000 Reserved         : 0y101010111100110111101111 (0xabcdef)
            |      +0x004 Delta            : 0y11101 (0x1d)
            |      +0x004 Trend            : 0y01111101000 (0x3e8)
            |      +0x008 Serial           : 0y0001001000110100010101100111100010011010 (0x123456789a)
            |      +0x010 Wanted           : 10 ( SampleFailed )
            |   +0x028 Name             : _UNICODE_STRING \"\\Device\\Sample0\"
            |      +0x000 Length           : 0x1e
            |      +0x002 MaximumLength    : 0x20
            |      +0x008 Buffer           : 0xfffff803`2000205e
            |   +0x038 Vendor           : _STRING \"kdap project\"
            |      +0x000 Length           : 0xc
            |      +0x002 MaximumLength    : 0xd
            |      +0x008 Buffer           : 0xfffff803`20003010
            |   +0x048 Created          : _LARGE_INTEGER 0x01d70000`0000002a
            |      +0x000 LowPart          : 0x2a
            |      +0x004 HighPart         : 0n30867456
            |      +0x000 u                : _LARGE_INTEGER::<unnamed-tag>
            |         +0x000 LowPart          : 0x2a
            |         +0x004 HighPart         : 0n30867456
            |      +0x000 QuadPart         : 0n132574714030719018
            |   +0x050 InterfaceId      : _GUID {4b444150-0001-4002-8003-6b6461700405}
            |      +0x000 Data1            : 0x4b444150
            |      +0x004 Data2            : 1
            |      +0x006 Data3            : 0x4002
            |      +0x008 Data4            :
            |       [00] 0x80 ''
            |       [01] 0x3 ''
            |       [02] 0x6b 'k'
            |       [03] 0x64 'd'
            |       [04] 0x61 'a'
            |       [05] 0x70 'p'
            |       [06] 0x4 ''
            |       [07] 0x5 ''
            |   +0x060 Corners          :
            |    [00]
            |      +0x000 X                : 0n-100
            |      +0x004 Y                : 0n200
            |    [01]
            |      +0x000 X                : 0n300
            |      +0x004 Y                : 0n-400
            |   +0x070 Matrix           :
            |    [00] [3] 0n1
            |    [01] [3] 0n-4
            |   +0x07c Enabled          : 0x1 ''
            |   +0x07d Grade            : 66 'B'
            |   +0x07e Unit             :
            |    [00] 0x6d
            |    [01] 0x2f
            |    [02] 0x73
            |    [03] 0xb2
            |   +0x088 Scale            : 0.5
            |   +0x090 Ratio            : 2.25
            |   +0x098 Value            : _SAMPLE_VALUE
            |      +0x000 AsUlong          : 0xcafebabe
            |      +0x000 AsBytes          :
            |       [00] 0xbe ''
            |       [01] 0xba ''
            |       [02] 0xfe ''
            |       [03] 0xca ''
            |      +0x000 Low              : 0xbabe
            |      +0x002 High             : 0xcafe
            |   +0x0a0 Entries          : _LIST_ENTRY [ 0xffffa980`00002ef8 - 0xffffa980`00002f58 ]
            |      +0x000 Flink            : 0xffffa980`00002ef8
            |      +0x008 Blink            : 0xffffa980`00002f58
            |   +0x0b0 EntryCount       : 3
            |   +0x0b8 Slots            :
            |    [00] 0xfffff803`20003020
            |    [01] (null)
            |    [02] 0xfffff803`20003028
            |   +0x0d0 Operation        : 0xfffff803`200015d0
            |   +0x0d8 DriverObject     : 0xffffa980`00002208
            |   +0x0e0 Self             : 0xfffff803`20003038",
    );
}

#[test]
fn recursion_goes_as_deep_as_it_is_told() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt -r1 sampledrv!_SAMPLE_ENTRY",
        "
            |   +0x000 Id               : Uint4B
            |   +0x004 Value            : _SAMPLE_VALUE
            |      +0x000 AsUlong          : Uint4B
            |      +0x000 AsBytes          : [4] UChar
            |      +0x000 Low              : Uint2B
            |      +0x002 High             : Uint2B
            |   +0x008 Link             : _LIST_ENTRY
            |      +0x000 Flink            : Ptr64 _LIST_ENTRY
            |      +0x008 Blink            : Ptr64 _LIST_ENTRY
            |   +0x018 Label            : [8] Char",
    );
    // The list's head is at SampleDevice+a0 (sample.h); its Flink leads to the member at +8 of the first entry.
    check_columns(
        session,
        "dt -r2 sampledrv!_SAMPLE_ENTRY poi(sampledrv!SampleDevice+a0)-8",
        "
            |   +0x000 Id               : 0x64
            |   +0x004 Value            : _SAMPLE_VALUE
            |      +0x000 AsUlong          : 0x1010101
            |      +0x000 AsBytes          : [4] 0x1 ''
            |      +0x000 Low              : 0x101
            |      +0x002 High             : 0x101
            |   +0x008 Link             : _LIST_ENTRY [ 0xffffa980`00002f28 - 0xfffff803`200030d8 ]
            |      +0x000 Flink            : 0xffffa980`00002f28 _LIST_ENTRY
            |         +0x000 Flink            : 0xffffa980`00002f58 _LIST_ENTRY
            |         +0x008 Blink            : 0xffffa980`00002ef8 _LIST_ENTRY
            |      +0x008 Blink            : 0xfffff803`200030d8 _LIST_ENTRY  sampledrv!SampleDevice+a0
            |         +0x000 Flink            : 0xffffa980`00002ef8 _LIST_ENTRY
            |         +0x008 Blink            : 0xffffa980`00002f58 _LIST_ENTRY
            |   +0x018 Label            : [8]  \"alpha\"",
    );
}

#[test]
fn locals_are_shown_with_where_they_are() {
    let session = &mut sample();
    output(session, ".ecxr");
    output(session, ".frame 2");
    check(session, "dt value", "Local var @ r10d Type unsigned long\n0x201fd52");
    check(session, "dt Letter", "Local var @ 0xffffb1000002ad28 Type char\n75 'K'");
    check(session, "dt letter", "Local var @ 0xffffb1000002ad28 Type char\n75 'K'");
    check(session, "dt Index", "Local var @ <unavailable> Type unsigned long\n??? (not live at this instruction)");
    check_columns(
        session,
        "dt Device Grade",
        "
            |Local var @ rcx Type _SAMPLE_DEVICE*
            |0xfffff803`20003038
            |   +0x07d Grade : 66 'B'",
    );
}

#[test]
fn types_are_shown_in_full() {
    let session = &mut sample_o0();
    check_columns(
        session,
        "dt -v sampledrv!SampleDevice Flags Entries Self",
        "
            |struct _SAMPLE_DEVICE, 23 elements, 0xe8 bytes
            |   +0x010 Flags   : struct _SAMPLE_FLAGS, 8 elements, 0x18 bytes
            |   +0x0a0 Entries : struct _LIST_ENTRY, 2 elements, 0x10 bytes
            | [ 0xffffa980`00002ef8 - 0xffffa980`00002f58 ]
            |   +0x0e0 Self    : 0xfffff803`20003038 struct _SAMPLE_DEVICE, 23 elements, 0xe8 bytes  sampledrv!SampleDevice+0",
    );
    assert!(output(session, "dt -h").starts_with("dt [-a[n] "));
}

#[test]
fn what_cannot_be_read_says_why() {
    check_columns(
        &mut sample_o0(),
        "dt sampledrv!_SAMPLE_POINT 10",
        "
            |   +0x000 X                : ??? (PTE 0000000000000000 at physical 0x41b000 is not valid)
            |   +0x004 Y                : ??? (PTE 0000000000000000 at physical 0x41b000 is not valid)",
    );
}

#[test]
fn the_triage_dump_s_process_and_thread_have_sensible_values() {
    let Some(session) = &mut triage() else { return };
    check_columns(
        session,
        "dt nt!_EPROCESS @$proc Pcb.Header ImageFileName UniqueProcessId ActiveProcessLinks",
        "
            |   +0x000 Pcb                :
            |      +0x000 Header             : _DISPATCHER_HEADER
            |   +0x440 UniqueProcessId    : 0x00000000`00000004 Void
            |   +0x448 ActiveProcessLinks : _LIST_ENTRY [ 0xffffc08b`dcf0f488 - 0xfffff804`7c61e200 ]
            |   +0x5a8 ImageFileName      : [15]  \"System\"",
    );
    check_columns(
        session,
        "dt nt!_ETHREAD @$thread Cid.UniqueThread StartAddress",
        "
            |   +0x450 StartAddress     : 0xfffff804`7bc25870 Void  nt!ExpWorkerThread+0
            |   +0x478 Cid              :
            |      +0x008 UniqueThread     : 0x00000000`00000108 Void",
    );
    check_lines(
        session,
        "dt _eprocess @$proc",
        &["nt!_EPROCESS", "   +0x440 UniqueProcessId  : 0x00000000`00000004 Void"],
    );
    check_lines(session, "dt nt!_K*", &["          nt!_KTRAP_FRAME", "          nt!_KPRCB"]);
    let all = output(session, "dt nt!_KPRCB");
    assert!(all.lines().count() > 300 && all.lines().all(|line| line.starts_with("   +0x")), "{all}");
    check(
        session,
        "dt nt!PsInitialSystemProcess",
        "nt!PsInitialSystemProcess has no type: its module's symbols are public. Name a type, and it as the address: \
         dt type nt!PsInitialSystemProcess",
    );
}

/// Every processor's number is its index in `KiProcessorBlock`, and each is in the dump (the corpus' MANIFEST.md).
#[test]
fn the_triage_dump_s_processors_have_their_numbers() {
    let Some(session) = &mut triage() else { return };
    let processors = session.processors();
    let crashed = processors.crashed.expect("the crashed processor is known");
    let prcb = processors.all[crashed as usize].prcb.as_ref().expect("its _KPRCB is known").0;
    check_columns(
        session,
        &format!("dt nt!_KPRCB {prcb:x} Number MajorVersion"),
        &format!("|   +0x024 Number       : {crashed}\n|   +0x08a MajorVersion : 1"),
    );
}

#[test]
fn nonsense_is_answered() {
    let words = &[
        "sampledrv!_SAMPLE_DEVICE",
        "sampledrv!SampleDevice",
        "-r",
        "-r2",
        "-b",
        "-v",
        "-a",
        "-a3",
        "-y",
        "-n",
        "-l",
        "-s",
        "-o",
        "Link.Flink",
        "Self.",
        "Corners[1]",
        "S*",
        "..",
        "fffff80320003038",
        "_SAMPLE_*",
        "Device",
        "CHAR[8]",
        "(unsigned long)",
    ];
    let session = &mut sample_o0();
    output(session, ".ecxr");
    output(session, ".frame 2");
    survive_nonsense(session, "dt", words);
}
