//! Damaged images: whatever the bytes, everything about an image can be asked without a panic, a hang, or more memory
//! than there is reason for.

use crate::folder::{Folder, cabinet};
use crate::pe_builder::*;
use crate::sample::sample;
use crate::target::Memory;
use memory::VirtualAddress;
use std::sync::Arc;
use std::time::{Duration, Instant};
use symbols::pe::{Exports, ImageFile, MemoryImage, PeHeaders, ReadImage, debug_directory, pdb_identity};
use symbols::{SearchLog, SymbolPath, SymbolSearch};

const MUTATIONS: u64 = 20_000;
const BASE: u64 = 0xffff_f804_1000_0000;

/// `xorshift64*`: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }
}

/// Images with something in every directory that is read, and where in the file these lie.
fn seeds() -> Vec<Vec<u8>> {
    let built = |machine, kind| {
        let mut builder = PeBuilder::new(machine);
        builder.section(".text", CODE, vec![0xcc; 0x300]);
        builder.pdb(guid(1), 1, "built.pdb");
        builder.exports(1, &[(Ok(0x1000), &["A", "B"]), (Err("OTHER.C"), &["C"]), (Ok(0x1010), &[])]);
        builder.relocations(&[(0x1000, kind), (0x1ffc, kind), (0x2000, kind)]);
        builder.section_of(".bss", WRITABLE, Vec::new(), 0x5000);
        builder.build()
    };
    vec![built(X64, DIR64), built(X86, HIGHLOW), built(ARM64, DIR64), sample("O0").image]
}

/// Changes a few bytes, mostly to values that bounds are checked against, or cuts the file.
fn mutate(file: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        // Half of the changes go to the headers, where most is decided.
        let region = if random.below(2) == 0 { file.len().min(0x300) } else { file.len() };
        let at = random.below(region);
        let value: u64 = match random.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => 0x7fff_ffff,
            3 => 0x8000_0000,
            4 => file.len() as u64,
            5 => 0x1000,
            _ => random.below(usize::MAX) as u64,
        };
        let width = [1, 2, 4, 8][random.below(4)];
        for (target, byte) in file[at..].iter_mut().zip(value.to_le_bytes()).take(width) {
            *target = byte;
        }
    }
    if random.below(10) == 0 {
        let length = random.below(file.len());
        file.truncate(length);
    }
}

/// Asks everything there is to ask of an image.
fn exercise(image: &dyn ReadImage, headers: &PeHeaders) {
    let entries = debug_directory(image, headers).unwrap_or_default();
    entries.iter().for_each(|entry| assert!(entry.kind_name() != Some("")));
    let _ = pdb_identity(image, headers);
    if let Ok(exports) = Exports::read(image, headers) {
        assert!(exports.exports.len() <= 0x2_0000);
        let text: usize = exports.exports.iter().filter_map(|export| export.name.as_ref()).map(String::len).sum();
        assert!(text <= 0x200_0000);
    }
    headers.exception_directory();
    for rva in [0, 0x1000, 0x1ff8, 0x2ffc, headers.entry_point, headers.size_of_image, u32::MAX - 7] {
        let mut bytes = [0; 64];
        if let Err(error) = image.read_rva(rva, &mut bytes) {
            assert!(error.read < bytes.len());
        }
        headers.section_at(rva);
        headers.is_constant(rva..rva.saturating_add(64));
    }
}

#[test]
fn damaged_images_are_refused_or_read_but_never_fatal() {
    let seeds = seeds();
    let (mut opened, mut refused) = (0, 0);
    let start = Instant::now();
    for number in 0..MUTATIONS {
        let mut random = Random::new(number + 1);
        let mut file = seeds[random.below(seeds.len())].clone();
        mutate(&mut file, &mut random);
        let one = Instant::now();
        let memory = Memory::new().with(BASE, file.clone());
        let in_memory = MemoryImage::new(&memory, VirtualAddress(BASE));
        if let Ok(headers) = PeHeaders::read(&in_memory) {
            exercise(&in_memory, &headers);
        }
        match ImageFile::from_bytes(file, "damaged".into()).map(Arc::new) {
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty() && error.ntstatus() >> 28 == 0xc);
            }
            Ok(image) => {
                opened += 1;
                exercise(&*image, image.headers());
                let _ = (image.pdb_identity(), image.exports());
                if let Ok(loaded) = image.loaded_at(VirtualAddress(BASE)) {
                    exercise(&loaded, image.headers());
                }
            }
        }
        assert!(one.elapsed() < Duration::from_secs(2), "mutation {number} took {:?}", one.elapsed());
    }
    // Neither all nor none: the mutations reach behind the headers.
    assert!(opened > MUTATIONS / 4 && refused > MUTATIONS / 20, "{opened} opened, {refused} refused");
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

#[test]
fn damaged_cabinets_are_refused_or_unpacked_but_never_fatal() {
    let mut builder = PeBuilder::new(X64);
    builder.section(".text", CODE, (0..0x9000_u32).map(|at| ((at * at) >> 7) as u8).collect());
    let packed = cabinet("damaged.sys", &builder.build());
    let folder = Folder::new();
    let search = SymbolSearch::new(SymbolPath::parse(&folder.text()), SymbolPath::default());
    let mut found = 0;
    for number in 0..500 {
        let mut file = packed.clone();
        mutate(&mut file, &mut Random::new(number + 1));
        folder.put("damaged.sy_", &file);
        search.refresh();
        let mut log = SearchLog::default();
        found += usize::from(search.find_image("damaged.sys", None, true, &mut log).is_some());
    }
    assert!((1..500).contains(&found), "{found}");
}
