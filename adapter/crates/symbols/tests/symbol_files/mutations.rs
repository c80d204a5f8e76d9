//! Damaged symbol files: whatever the bytes, everything can be asked without a panic, a hang, or more memory than there
//! is reason for.

use crate::compressed::compressed;
use crate::listing;
use crate::sample::path;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};
use symbols::SymbolFile;

const MUTATIONS: u64 = 20_000;
/// Of each kind of thing that many are listed.
const LIMIT: usize = 3;
/// No listing may take longer, however slow the machine.
const TIME_LIMIT: Duration = Duration::from_secs(10);

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

/// A file to damage, and the parts of it that are worth it.
#[derive(Clone)]
struct Seed {
    bytes: Vec<u8>,
    parts: Vec<Range<usize>>,
}

/// The pages of each stream, so that short streams are damaged as often as long ones.
fn plain(build: &str) -> Seed {
    let bytes = fs::read(path("driver").join(build).join("sampledrv.pdb")).unwrap();
    let msf = ms_pdb::msf::Msf::open_with_file(bytes.clone()).unwrap();
    let page_size = usize::from(msf.page_size());
    // The header, and the directory: the header names the page that names the directory's pages.
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let directory = word(word(52) * page_size) * page_size;
    let mut parts = vec![32..64, directory..directory + word(44).min(page_size)];
    for stream in 1..msf.num_streams() {
        let (size, pages) = msf.stream_size_and_pages(stream).unwrap();
        let mut left = size as usize;
        for &page in pages {
            let start = page as usize * page_size;
            parts.push(start..start + left.min(page_size));
            left = left.saturating_sub(page_size);
        }
    }
    Seed { bytes, parts }
}

fn seeds() -> Vec<Seed> {
    let compressed = compressed("O0");
    // Behind the signature.
    let header = 32..80;
    // The directory and the table of chunks come last.
    let end = compressed.len() - 400..compressed.len();
    let compressed = Seed { parts: vec![header, end, 0..compressed.len()], bytes: compressed };
    let [plain, optimized] = ["O0", "O2"].map(plain);
    // Most damage to a compressed file is found at once: the others get more.
    vec![plain.clone(), optimized.clone(), plain, optimized, compressed]
}

/// Changes a few bytes, mostly to values that bounds are checked against, or cuts the file.
fn mutate(seed: &Seed, random: &mut Random) -> Vec<u8> {
    let mut bytes = seed.bytes.clone();
    for _ in 0..=random.below(3) {
        let part = seed.parts[random.below(seed.parts.len())].clone();
        let at = part.start + random.below(part.len());
        let value = match random.below(10) {
            0 => 0,
            1 => u64::MAX,
            2 => 0x7fff_ffff,
            3 => 0x8000_0000,
            4 => bytes.len() as u64,
            5 => 0x1000,
            6 => u64::from(bytes[at].wrapping_add(1)),
            7 => u64::from(bytes[at].wrapping_sub(1)),
            _ => random.below(usize::MAX) as u64,
        };
        let width = [1, 2, 4, 8][random.below(4)].min(bytes.len() - at);
        bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    }
    if random.below(50) == 0 {
        bytes.truncate(random.below(bytes.len()));
    }
    bytes
}

#[test]
fn no_damage_is_fatal() {
    let seeds = seeds();
    let (mut refused, mut problems) = (0, 0);
    for number in 0..MUTATIONS {
        let random = &mut Random::new(number);
        let bytes = mutate(&seeds[random.below(seeds.len())], random);
        let start = Instant::now();
        match SymbolFile::from_bytes(bytes, Path::new("damaged.pdb")) {
            Ok(file) => {
                listing::list(&file, LIMIT);
                problems += usize::from(!file.problems().is_empty());
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
        assert!(start.elapsed() < TIME_LIMIT, "mutation {number} takes {:?}", start.elapsed());
    }
    println!("{MUTATIONS} mutations: {refused} refused, {problems} opened with problems");
    assert!(refused > 0 && problems > 0);
}
