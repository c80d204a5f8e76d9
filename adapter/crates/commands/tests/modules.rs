//! `lm x ln !lmi .reload .sympath .exepath !sym`. Bases, sizes, time stamps, check sums, GUIDs and ages of the sample are
//! those of `samples/crash/O2.expected.json` (LLVM's tools read them from the images); addresses and types of symbols
//! those of `llvm-pdbutil dump -symbols -publics samples/driver/O2/sampledrv.pdb`; what is known of the triage dump is in
//! the corpus' MANIFEST.md, and where its kernel's symbols lie in the corpus' layouts. The shapes are those of Microsoft's documentation.

mod support;

use support::{check, check_lines, output, sample, survive_nonsense, triage};

#[test]
fn modules_are_listed_with_what_symbols_they_have() {
    let session = &mut sample();
    check(session, ".reload", "Loading Kernel Symbols\n..\nLoading unloaded module list");
    check(
        session,
        "lm",
        "
        start             end                 module name
        fffff803`10000000 fffff803`10032000   nt         (deferred)
        fffff803`20000000 fffff803`20006000   sampledrv   (deferred)",
    );
    check(
        session,
        "ln sampledrv!StartCount",
        "
        (fffff803`20003124)   sampledrv!StartCount
        Exact matches:
            sampledrv!StartCount = unsigned long",
    );
    check(
        session,
        "lm m s*",
        "
        start             end                 module name
        fffff803`20000000 fffff803`20006000   sampledrv   (private pdb symbols)  {root}/samples/driver/O2/sampledrv.pdb",
    );
    check(
        session,
        "lmvmsampledrv",
        "
        start             end                 module name
        fffff803`20000000 fffff803`20006000   sampledrv   (private pdb symbols)  {root}/samples/driver/O2/sampledrv.pdb
            Loaded symbol file: {root}/samples/driver/O2/sampledrv.pdb
            Mapped memory image file: {root}/samples/driver/O2/sampledrv.sys
            Image path: \\SystemRoot\\System32\\drivers\\sampledrv.sys
            Image name: sampledrv.sys
            Timestamp:        This is a reproducible build file hash, not a timestamp (273c0613)
            CheckSum:         0001019d
            ImageSize:        00006000",
    );
}

#[test]
fn a_listing_of_modules_can_be_narrowed_and_widened() {
    let session = &mut sample();
    check(session, "lm1m", "nt\nsampledrv");
    check(session, "lm 1m a fffff803`20001234", "sampledrv");
    check(session, "lm1m u", "");
    check(session, "lm1mk M *system32*", "sampledrv");
    check_lines(
        session,
        "lmf",
        &["fffff803`20000000 fffff803`20006000   sampledrv \\SystemRoot\\System32\\drivers\\sampledrv.sys"],
    );
    check_lines(session, "lmn", &["fffff803`20000000 fffff803`20006000   sampledrv sampledrv.sys"]);
    check_lines(session, "lmc m nt", &["fffff803`10000000 fffff803`10032000   nt        0001ba2c"]);
    assert!(output(session, "lm y").contains("unknown option 'y'"));
}

#[test]
fn modules_of_a_small_dump_come_from_its_driver_list() {
    let Some(mut session) = triage() else { return };
    let session = &mut session;
    assert_eq!(output(session, "lm1m").lines().count(), 151);
    check_lines(
        session,
        "lm",
        &[
            "fffff804`8b580000 fffff804`8b5bb000   amdppm     (deferred)",
            "Unloaded modules:",
            "fffff804`87de0000 fffff804`87dfc000   dam.sys",
        ],
    );
    // The stamp may be a hash: without its debug directory nobody can tell.
    check_lines(
        session,
        "lmtm nt",
        &["fffff804`7ba00000 fffff804`7ca46000   nt       Tue Mar  8 20:51:50 1977 or a hash (0d8333e6)"],
    );
    assert!(!output(session, "lmo").contains("Unloaded"));
}

#[test]
fn symbols_are_found_by_patterns_and_show_their_types_and_values() {
    let session = &mut sample();
    check(
        session,
        "x sampledrv!Sample[usi]*",
        "
        fffff803`20001290 sampledrv!SampleUnload (struct _DRIVER_OBJECT *)
        fffff803`20001310 sampledrv!SampleStore (struct _SAMPLE_DEVICE *, struct _SAMPLE_ENTRY *, struct _SAMPLE_POINT *, unsigned long, unsigned int64, char)
        fffff803`20001390 sampledrv!SampleStart (struct _SAMPLE_DEVICE *, struct _UNICODE_STRING *, unsigned long)
        fffff803`20002000 sampledrv!SampleInterfaceId = struct _GUID {4b444150-0001-4002-8003-6b6461700405}",
    );
    check(session, "x sampledrv!SampleDevice", "fffff803`20003038 sampledrv!SampleDevice = struct _SAMPLE_DEVICE");
    check(session, "x /1 nt!kebugcheck?x", "nt!KeBugCheckEx");
    check(session, "x /0 sampledrv!SampleD*", "fffff803`20003000\nfffff803`20003038");
    check(
        session,
        "x /2 /A sampledrv!SampleD*",
        "
        fffff803`20003038 sampledrv!SampleDevice
        fffff803`20003000 sampledrv!SampleDevices",
    );
    check(
        session,
        "x /v /t sampledrv!StartCount",
        "prv global fffff803`20003124    4 unsigned long sampledrv!StartCount = 1",
    );
    check(session, "x /f /v sampledrv!*Store", "
        prv func   fffff803`20001310   7f sampledrv!SampleStore (struct _SAMPLE_DEVICE *, struct _SAMPLE_ENTRY *, struct _SAMPLE_POINT *, unsigned long, unsigned int64, char)");
    check(session, "x /d /2 sampledrv!*Store", "");
    check(session, "x nt!KeBugCheckEx", "fffff803`100016c0 nt!KeBugCheckEx (<no parameter info>)");
    check(session, "x foo!*", "no module's name matches 'foo'");
}

#[test]
fn without_a_module_the_variables_of_the_frame_are_examined() {
    let session = &mut sample();
    output(session, ".frame b");
    // expected.md, `SampleStore` at -O2.
    check_lines(
        session,
        "x *",
        &[
            "@rcx              Device = 0xfffff803`20003038 sampledrv!SampleDevice",
            "ffffb100`0002ad20 Cookie = 0x11223344`55667788",
            "@r10              value = 0x201fd52",
            "@xmm0             scaled = 22.5",
            "fffff803`20003120 StoreCount = 1",
        ],
    );
    check(session, "x /v /t Let*", "prv param  ffffb100`0002ad28    1 char Letter = 0n75 'K'");
}

#[test]
fn the_nearest_symbols_stand_on_both_sides_of_an_address() {
    let session = &mut sample();
    check(
        session,
        "ln sampledrv!SampleStore+4d",
        "
        C:\\kdap\\samples\\driver\\slot.h(10)
        (fffff803`20001310)   sampledrv!SampleStore+0x4d   |  (fffff803`20001390)   sampledrv!SampleStart",
    );
    check(session, "ln 1234", "");
    let Some(mut session) = triage() else { return };
    check(
        &mut session,
        "ln nt!KeBugCheckEx",
        "
        (fffff804`7bdf5a80)   nt!KeBugCheckEx   |  (fffff804`7bdf5bb0)   nt!KeContextToKframes
        Exact matches:
            nt!KeBugCheckEx (<no parameter info>)",
    );
}

#[test]
fn a_module_tells_where_its_files_came_from() {
    let session = &mut sample();
    output(session, "x sampledrv!SampleStore; k");
    check_lines(
        session,
        "!lmi sampledrv",
        &[
            "Loaded Module Info: [sampledrv]",
            "         Module: sampledrv",
            "   Base Address: fffff803`20000000",
            "     Image Name: \\SystemRoot\\System32\\drivers\\sampledrv.sys",
            "   Machine Type: 34404 (X64)",
            "           Size: 6000",
            "       CheckSum: 1019d",
            "   Headers from: the target's memory",
            "            PDB: sampledrv.pdb {E93DF303-7E19-C0B4-4C4C-44205044422E}, age 1",
            "    Symbol Type: PDB      - matched by GUID and age, read from the target's memory",
            "                 {root}/samples/driver/O2/sampledrv.pdb {E93DF303-7E19-C0B4-4C4C-44205044422E}, age 1",
            "    Load Report: private symbols & lines",
        ],
    );
}

#[test]
fn a_paged_out_header_is_read_from_the_image_and_the_kernel_is_told_by_addresses() {
    let Some(mut session) = triage() else { return };
    let session = &mut session;
    output(session, ".ecxr");
    output(session, "k");
    check_lines(
        session,
        "!lmi nt",
        &["          Image: NOT FOUND - no matching file", "    Load Report: public symbols"],
    );
    let nt = output(session, "!lmi nt");
    assert!(nt.contains("addresses in the target, not by GUID"), "{nt}");
    let amdppm = output(session, "!lmi amdppm");
    assert!(
        amdppm.contains("matched, but was signed anew: expected timestamp C9C03000, size 3b000, checksum 38e6b"),
        "{amdppm}"
    );
    assert!(amdppm.contains("Headers from: {root}/../shared/corpus/symbols/amdppm.sys/"), "{amdppm}");
}

#[test]
fn mismatching_symbols_are_refused_with_both_values_and_taken_when_insisted() {
    let session = &mut sample();
    // The -O0 driver's PDB has another GUID (O0.expected.json).
    let folder = support::root().join("samples/driver/O0");
    output(session, &format!(".sympath {}", folder.display()));
    check_lines(session, ".reload /f sampledrv", &[]);
    let module = output(session, "!lmi sampledrv");
    assert!(module.contains("Refused: {root}/samples/driver/O0/sampledrv.pdb - mismatched: expected {E93DF303-7E19-C0B4-4C4C-44205044422E} age 1, found {"), "{module}");
    check_lines(session, "lm m sampledrv", &["fffff803`20000000 fffff803`20006000   sampledrv   (no symbols)"]);
    output(session, ".reload /i sampledrv");
    check_lines(
        session,
        "lm m sampledrv",
        &[
            "fffff803`20000000 fffff803`20006000   sampledrv M (private pdb symbols)  {root}/samples/driver/O0/sampledrv.pdb",
        ],
    );
    let module = output(session, "!lmi sampledrv");
    assert!(module.contains("PDB      - mismatched: expected {E93DF303-"), "{module}");
}

#[test]
fn reloading_tells_whose_header_can_not_be_read() {
    let Some(mut session) = triage() else { return };
    let session = &mut session;
    check_lines(
        session,
        ".reload",
        &[
            "Loading Kernel Symbols",
            "Unable to read image header for Ntfs.sys at fffff804`7a320000 - NTSTATUS 0xc0000147",
            "Loading unloaded module list",
            "....",
        ],
    );
    let reloaded = output(session, ".reload");
    let dots: usize =
        reloaded.lines().take_while(|line| !line.contains("unloaded")).map(|line| line.matches('.').count()).sum();
    assert!(dots >= 151, "{reloaded}");
    assert!(!reloaded.contains("amdppm.sys"), "its image is there: {reloaded}");
}

#[test]
fn modules_can_be_taken_out_and_added() {
    let session = &mut sample();
    check(session, ".reload /u sampledrv", "Unloaded sampledrv");
    check(session, "lm1m", "nt");
    check(session, ".reload sampledrv.sys=fffff803`20000000", "");
    check(session, "lm1m", "nt\nsampledrv");
    check(session, "x /2 sampledrv!SampleStore", "fffff803`20001310 sampledrv!SampleStore");
    let unreadable = output(session, ".reload foo.sys=10000");
    assert!(
        unreadable.starts_with("Unable to read image header for foo.sys at 00000000`00010000 - NTSTATUS 0x"),
        "{unreadable}"
    );
    check(session, ".reload", "Loading Kernel Symbols\n..\nLoading unloaded module list");
    check(session, ".reload /f bar", "\"bar\" was not found in the image list; lm lists the modules");
}

#[test]
fn paths_are_shown_changed_and_judged() {
    let session = &mut sample();
    check(session, ".sympath", "Symbol search path is: {root}/samples/minint/bin;{root}/samples/driver/O2");
    check(
        session,
        ".sympath+ srv*https://msdl.microsoft.com/download/symbols",
        "
        WARNING: https://msdl.microsoft.com/download/symbols is not asked: network symbol servers are not supported yet
        Symbol search path is: {root}/samples/minint/bin;{root}/samples/driver/O2;srv*https://msdl.microsoft.com/download/symbols",
    );
    check(
        session,
        ".exepath /no/such/folder",
        "
        WARNING: /no/such/folder is not a folder on this machine
        Executable image search path is: /no/such/folder",
    );
    check_lines(session, ".symfix", &["Symbol search path is: srv**https://msdl.microsoft.com/download/symbols"]);
}

#[test]
fn each_place_is_told_when_the_user_wants_to_know() {
    let session = &mut sample();
    check(session, "!sym", "!sym <noisy/quiet> - quiet mode");
    output(session, ".reload");
    check(session, "!sym noisy", "noisy mode");
    check_lines(
        session,
        "x /1 sampledrv!SampleStore",
        &[
            "DBGHELP: {root}/samples/minint/bin/sampledrv.sys - file not found",
            "DBGHELP: {root}/samples/driver/O2/sampledrv.sys - OK",
            "DBGHELP: {root}/samples/driver/O2/sampledrv.pdb - OK",
            "sampledrv!SampleStore",
        ],
    );
    check(session, "x /1 sampledrv!SampleStart", "sampledrv!SampleStart");
    check(session, "!sym quiet", "quiet mode");
    output(session, ".reload /f");
    check(session, "x /1 sampledrv!SampleStart", "sampledrv!SampleStart");
}

#[test]
fn nonsense_is_answered() {
    let words = &[
        "/f",
        "/i",
        "/u",
        "/v",
        "/t",
        "a",
        "m",
        "sampledrv",
        "nt!Ke*",
        "foo=1000,20",
        "noisy",
        "srv*",
        "1m",
        "M",
        "/s",
    ];
    for name in ["lm", "x", "ln", "!lmi", ".reload", ".sympath", ".sympath+", ".exepath", ".symfix", "!sym"] {
        survive_nonsense(&mut sample(), name, words);
    }
}
