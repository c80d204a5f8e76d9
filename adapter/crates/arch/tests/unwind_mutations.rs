//! Damaged unwind data: 20,000 seeded mutations of an image's function table, unwind data and code. Whatever comes out,
//! no panic, and no more reads than the bounds on chains, codes and searches allow.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's failure")]

mod support;

use arch::amd64::unwind::{UnwindInfo, functions};
use arch::{Context, Machine, UnwindError, UnwindImage};
use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Range;
use support::Image;
use support::build::*;

const MUTATIONS: usize = 20_000;
/// A function table of 4 entries is searched in 3 reads; a chain has at most 32 links, each with up to 32 indirections
/// and 2 reads for its unwind data; an epilogue's jump follows two chains more.
const MOST_READS: usize = 3 * 32 * (32 + 2) + 10;
const STACK: Range<u64> = 0x10_0000..0x20_0000;

/// Counts what is read.
struct Counting {
    image: Image,
    reads: Cell<usize>,
}

impl UnwindImage for Counting {
    fn base(&self) -> VirtualAddress {
        self.image.base
    }

    fn size(&self) -> u32 {
        self.image.size()
    }

    fn exception_directory(&self) -> Range<u32> {
        self.image.exception_directory()
    }

    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        self.image.read_rva(rva, buffer)
    }
}

struct Stack;

impl ReadVirtual for Stack {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        if !STACK.contains(&address.0) {
            return Err(ReadError { address: address.0, read: 0, failure: ReadFailure::VirtualNotInDump });
        }
        buffer.fill(address.0 as u8);
        Ok(())
    }
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.next() % (range.end - range.start)
    }
}

/// Both versions, all operations, a chain, an indirect entry, epilogues of all kinds.
fn image() -> Image {
    let slots = vec![
        code(0x20, SAVE, RSI),
        0x10,
        code(0x20, SAVE_FAR, RDI),
        0x80,
        0,
        code(0x1c, SAVE_XMM, 6),
        2,
        code(0x1c, SAVE_XMM_FAR, 7),
        0x30,
        0,
        code(0x18, SET_FPREG, 0),
        code(0x10, ALLOC_LARGE, 0),
        0x20,
        code(0x08, ALLOC_LARGE, 1),
        0x40,
        0,
        code(0x04, ALLOC_SMALL, 3),
        code(0x02, PUSH, R12),
        code(0x01, PUSH, RBP),
        code(0, PUSH_MACHFRAME, 1),
    ];
    let everything = Info { version: 1, flags: 1, prologue_size: 0x20, frame: (RBP, 2), slots, tail: vec![0x1000] };
    let slots = vec![
        code(3, EPILOG, 1),
        code(0x20, EPILOG, 0),
        code(4, ALLOC_SMALL, 4),
        code(2, PUSH, R12),
        code(1, PUSH, RBX),
    ];
    let version_2 = Info { version: 2, prologue_size: 4, slots, ..Info::default() };
    let tail = vec![0x1000, 0x1040, 0x2000];
    let chained =
        Info { version: 1, flags: 4, prologue_size: 5, slots: vec![code(5, SAVE, RSI), 6], tail, ..Info::default() };
    let code =
        [&[0x48, 0x83, 0xc4, 0x28, 0x5b, 0x41, 0x5c, 0xc3][..], &[0xe9, 0, 0, 0, 0], &[0x48, 0xff, 0xe0]].concat();
    let builder = (0..16).fold(Builder::new(), |builder, index| builder.bytes(0x1000 + 0x10 * index, &code));
    builder
        .info(0x2000, &everything)
        .info(0x2080, &version_2)
        .info(0x20c0, &chained)
        .function(0x1000, 0x1040, 0x2000)
        .function(0x1040, 0x1080, 0x2080)
        .function(0x1080, 0x10c0, 0x20c0)
        .function(0x10c0, 0x1100, PDATA + 1)
        .build()
}

#[test]
fn damaged_unwind_data_neither_panics_nor_runs_away() {
    let original = image();
    let mut random = Random(0x6b64_6170);
    let mut outcomes = BTreeMap::<&str, usize>::new();
    let mut most_reads = 0;
    for _ in 0..MUTATIONS {
        let mut image = original.clone();
        for _ in 0..random.within(1..6) {
            let places = [0x1000..0x1100, 0x2000..0x2100, u64::from(PDATA)..u64::from(PDATA) + 48];
            let place = &places[random.within(0..3) as usize];
            image.bytes[random.within(place.clone()) as usize] = random.next() as u8;
        }
        if random.within(0..50) == 0 {
            image.exception_directory = random.next() as u32..random.next() as u32;
        }
        let image = Counting { image, reads: Cell::new(0) };
        most_reads = most_reads.max(unwind_once(&image, &mut random, &mut outcomes));
        // A directory of any size may be listed; its first entries are enough here.
        for entry in functions(&image).take(8).flatten() {
            for code in UnwindInfo::read(&image, entry.unwind_data).iter().flat_map(UnwindInfo::codes) {
                let _: Result<_, UnwindError> = code;
            }
        }
    }
    println!("{outcomes:?}, at most {most_reads} reads");
    assert!(most_reads <= MOST_READS, "{most_reads} reads");
    for outcome in ["unwound", "malformed", "unreadable", "version", "stack"] {
        assert!(outcomes.contains_key(outcome), "no mutation led to {outcome}: {outcomes:?}");
    }
}

/// Unwinds somewhere in the image, notes what came of it, and says how much was read.
fn unwind_once(image: &Counting, random: &mut Random, outcomes: &mut BTreeMap<&str, usize>) -> usize {
    let mut context = Context::new(Machine::Amd64.architecture());
    let registers = context.architecture().registers();
    for (id, _) in (0u16..).map(arch::RegisterId).zip(registers) {
        context.set(id, u128::from(random.within(STACK)) & !7);
    }
    let address = image.base().offset(random.within(0x1000..0x1100));
    if random.within(0..2) == 0 {
        context.set_return_address(address);
    } else {
        context.set(context.architecture().instruction_pointer(), u128::from(address.0));
    }
    let outcome = match context.architecture().unwind(&context, Some(image), &Stack) {
        Ok(_) => "unwound",
        Err(UnwindError::Malformed { .. }) => "malformed",
        Err(UnwindError::Unreadable { .. }) => "unreadable",
        Err(UnwindError::UnknownVersion { .. }) => "version",
        Err(UnwindError::StackUnreadable { .. } | UnwindError::StackDoesNotGrow { .. }) => "stack",
        Err(_) => "other",
    };
    *outcomes.entry(outcome).or_default() += 1;
    image.reads.get()
}
