//! `u ub uf`. Bytes and instructions of the driver as `llvm-objdump -d samples/driver/O2/sampledrv.sys` shows them (at
//! 140001310 and on; the dump has the image at fffff803`20000000), in the debuggers' spelling.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test's failure")]

mod support;

use commands::report::{Piece, Report, Value};
use engine::Session;
use std::collections::{BTreeMap, BTreeSet};
use support::{check, check_lines, output, sample, survive_nonsense, triage};

#[test]
fn a_listing_goes_on_where_the_last_one_ended() {
    let session = &mut sample();
    check(
        session,
        "u sampledrv!SampleStore L3",
        "
        sampledrv!SampleStore [C:\\kdap\\samples\\driver\\crash.c @ 9]:
        fffff803`20001310 56              push    rsi
        fffff803`20001311 0fb6442438      movzx   eax,byte ptr [rsp+38h]
        fffff803`20001316 458b500c        mov     r10d,dword ptr [r8+0Ch]",
    );
    check(
        session,
        "u",
        "
        sampledrv!SampleStore+0xa [C:\\kdap\\samples\\driver\\crash.c @ 11]:
        fffff803`2000131a 450faf5008      imul    r10d,dword ptr [r8+8]
        fffff803`2000131f 44035204        add     r10d,dword ptr [rdx+4]
        fffff803`20001323 f2410f2a00      cvtsi2sd xmm0,dword ptr [r8]
        fffff803`20001328 f20f598190000000 mulsd   xmm0,qword ptr [rcx+90h]
        fffff803`20001330 448b05e91d0000  mov     r8d,dword ptr [sampledrv!StoreCount (fffff803`20003120)]
        fffff803`20001337 41ffc0          inc     r8d
        fffff803`2000133a 448905df1d0000  mov     dword ptr [sampledrv!StoreCount (fffff803`20003120)],r8d
        fffff803`20001341 c7410402000000  mov     dword ptr [rcx+4],2",
    );
    let second = output(session, "u sampledrv!SampleStore+4 sampledrv!SampleStore+a");
    assert_eq!(second.lines().count(), 4, "the instruction at the end is part of the range: {second}");
}

#[test]
fn without_an_address_a_listing_begins_where_the_frame_executes() {
    let session = &mut sample();
    check_lines(session, "u", &["nt!KeBugCheckEx:", "fffff803`100016c0 48894c2408      mov     qword ptr [rsp+8],rcx"]);
    // The faulting instruction, as expected.md has it (its frames 9 to 11).
    check_lines(session, ".frame b", &[]);
    check_lines(session, "u . L1", &["fffff803`2000135d 458919          mov     dword ptr [r9],r11d"]);
}

#[test]
fn what_lies_before_an_address_begins_at_a_known_start() {
    let session = &mut sample();
    check(
        session,
        "ub sampledrv!SampleStore+4d L3",
        "
        sampledrv!SampleStore+0x3b [C:\\kdap\\samples\\driver\\slot.h @ 16]:
        fffff803`2000134b 4e8b8cc9b8000000 mov     r9,qword ptr [rcx+r9*8+0B8h]
        fffff803`20001353 4589d3          mov     r11d,r10d
        fffff803`20001356 4181f3534d4150  xor     r11d,50414D53h",
    );
    assert!(output(session, "ub").starts_with("sampledrv!SampleStore+"), "it goes on backwards");
    // Data without symbols behind it: no instruction's start is known there.
    let guess = output(session, "ub ffffa980`00002f10");
    assert!(guess.contains("is a guess") || guess.contains("no instructions"), "{guess}");
}

#[test]
fn memory_that_is_not_there_ends_a_listing_with_the_reason() {
    let session = &mut sample();
    let listing = output(session, "u 10");
    assert!(listing.starts_with("00000000`00000010 ??              ??? ("), "{listing}");
    assert_eq!(listing.lines().count(), 1);
}

#[test]
fn a_function_is_listed_block_by_block_with_its_lines() {
    let session = &mut sample();
    let listing = output(session, "uf sampledrv!SampleStore+20");
    let instructions = listing.lines().filter(|line| line.contains(" fffff803`2000")).count();
    // llvm-objdump: 29 instructions from 140001310 to the ret at 14000138e.
    assert_eq!(instructions, 29, "{listing}");
    check_lines(
        session,
        "uf sampledrv!SampleStore",
        &[
            "sampledrv!SampleStore [C:\\kdap\\samples\\driver\\crash.c @ 9]:",
            "    9 fffff803`20001310 56              push    rsi",
            "   10 fffff803`2000135d 458919          mov     dword ptr [r9],r11d",
            "   23 fffff803`2000138e c3              ret",
        ],
    );
    check(
        session,
        "uf /c sampledrv!SampleStart",
        "
        sampledrv!SampleStart (fffff803`20001390)
          sampledrv!SampleStart+0x7f (fffff803`2000140f):
            unresolvable call: call    qword ptr [sampledrv!__imp_DbgPrint (fffff803`20002170)]
          sampledrv!SampleStart+0xa7 (fffff803`20001437):
            unresolvable call: call    qword ptr [rsi+0D0h]",
    );
}

/// Addresses of the instructions that a report lists, in bytes from `base`.
fn listed(report: &Report, base: u64) -> BTreeSet<u64> {
    let address = |piece: &Piece| match piece {
        Piece::Field { name, value: Value::Address(address), .. } if name == "address" => Some(address.0 - base),
        _ => None,
    };
    let instructions = report.records.iter().filter(|record| record.kind == "instruction");
    instructions.flat_map(|record| record.pieces.iter().filter_map(address)).collect()
}

/// The regions of each function, by an independent reader of unwind data: `begin-end ... chain begin-...`, where a region
/// may be chained to one that is chained itself.
fn functions(listing: &str) -> BTreeMap<u64, Vec<(u64, u64)>> {
    let hex = |text: &str| u64::from_str_radix(text, 16).expect("an RVA");
    let region = |line: &str| {
        let (begin, rest) = line.split_once('-').expect("a region");
        (hex(begin), hex(rest.split(' ').next().expect("its end")))
    };
    let chain = |line: &str| line.split_once("chain ").map(|(_, to)| hex(to.split('-').next().expect("a region")));
    let chains: BTreeMap<u64, u64> = listing.lines().filter_map(|line| Some((region(line).0, chain(line)?))).collect();
    let mut functions: BTreeMap<u64, Vec<(u64, u64)>> = BTreeMap::new();
    for (begin, end) in listing.lines().map(region) {
        let mut primary = begin;
        while let Some(next) = chains.get(&primary) {
            primary = *next;
        }
        functions.entry(primary).or_default().push((begin, end));
    }
    functions
}

#[test]
fn a_function_without_symbols_is_found_by_its_jumps_wherever_its_parts_were_moved() {
    let Some(mut session) = triage() else { return };
    let path = support::root().join("../shared/corpus/pe_pdb/Wdf01000.unwind.txt");
    let functions = functions(&std::fs::read_to_string(path).expect("the listing is beside the images"));
    let base = 0xffff_f804_7995_0000;
    let moved = |regions: &&Vec<(u64, u64)>| regions.windows(2).any(|pair| pair[1].0 > pair[0].1 + 0x1000);
    let (mut checked, mut complete) = (0, 0);
    for regions in functions.values().filter(moved) {
        let start = regions[0].0;
        let found = listed(&execute(&mut session, &format!("uf {:x}", base + start)), base);
        checked += 1;
        let last = regions.last().expect("it has regions").0;
        complete += usize::from(found.contains(&last));
        // Code without unwind data (a leaf that is jumped to) may follow; another function must not.
        let other = found.iter().find(|rva| {
            functions.iter().any(|(other, ranges)| {
                *other != start && ranges.iter().any(|(begin, end)| (*begin..*end).contains(*rva))
            })
        });
        assert_eq!(other, None, "uf of the function at {start:#x} ran into another one");
        assert!(found.contains(&start), "uf of the function at {start:#x} lacks its start");
    }
    println!("{checked} functions with moved parts, {complete} of them with their last part");
    assert!(checked > 300 && complete * 10 > checked * 9, "{complete} of {checked}");
}

fn execute(session: &mut Session, command: &str) -> Report {
    commands::execute(session, command).unwrap_or_else(|error| panic!("{command}: {error}"))
}

#[test]
fn nonsense_is_answered() {
    let session = &mut sample();
    for name in ["u", "ub", "uf"] {
        survive_nonsense(session, name, &["/c", "/i", "sampledrv!SampleStore", "L5", "nt!KiPageFault", "L-3", "L?9"]);
    }
}
