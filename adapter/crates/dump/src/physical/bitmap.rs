//! Dumps with a bitmap (types 2, 5, 6 and 7): a bit for each physical page says whether the file holds it.
//!
//! Behind the dump's header lies a second one, then the bitmap; the pages whose bit is set follow each other from
//! `HeaderSize` on. There are two such headers (types 2 and 5 to 7):
//!
//! ```text
//! SUMMARY_DUMP32/64, Windows 2000 to 7    bitmap dumps, Windows 8 and later, the same for 32 and 64 bits
//! +00  "SDMPDUMP"                         +00  "SDMPDUMP" (kernel) or "FDMPDUMP" (full)
//! +08  u32 DumpOptions                    +08  u32 DumpOptions
//! +0c  u32 HeaderSize                     +20  u64 HeaderSize
//! +10  u32 BitmapSize, in bits            +28  u64 Pages, the set bits
//! +14  u32 Pages, the set bits            +30  u64 BitmapSize, in bits
//! +18  u32 SizeOfBitMap, again            +38  the bitmap
//! +20  the bitmap (64 bits: +28)
//! ```
//!
//! Sources: `_SUMMARY_DUMP32/64` of the WDK's public symbols as listed in can1357/selene (BSD), `BMP_HEADER64` of
//! Rekall and kdmp-parser (MIT), `_SUMMARY_DUMP` of Volatility 3.

use super::{PageClaim, Pages, PhysicalRange};
use crate::error::{Defect, Signature};
use crate::file::{FileBytes, FileRange, PointerWidth};
use crate::layout::Layout;
use memory::Pfn;
use std::sync::OnceLock;

/// A bitmap in the file, and how many bits are set before each of its blocks.
#[derive(Debug)]
pub(super) struct Bitmap {
    bits: FileRange,
    /// Bits in the bitmap: one more than the largest page frame number.
    size: u64,
    /// How many pages the file holds, as its header says: none is looked for behind them.
    stored: u64,
    /// Made on first use: how many bits are set before each block, and at the end how many in all.
    ranks: OnceLock<Vec<u64>>,
}

/// Bytes of the bitmap that share an entry of the index: what a processor's cache fetches at once.
const BLOCK: u64 = 64;

/// The header and bitmap of a kernel summary dump.
pub(super) fn read_summary(file: &FileBytes, layout: &Layout) -> Result<(Pages, u64, Option<PageClaim>), Defect> {
    let start = layout.size;
    check_signature(file, start, &["SDMPDUMP"])?;
    let bitmap = match layout.width {
        PointerWidth::Bits32 => start + 0x20,
        PointerWidth::Bits64 => start + 0x28,
    };
    let header_size = (start + 0xc, file.u32("HeaderSize", start + 0xc)?.into());
    let size = (start + 0x10, file.u32("BitmapSize", start + 0x10)?.into());
    let pages = PageClaim { what: "Pages", offset: start + 0x14, pages: file.u32("Pages", start + 0x14)?.into() };
    read(file, bitmap, header_size, size, pages)
}

/// The header and bitmap of a bitmap dump.
pub(super) fn read_bitmap(file: &FileBytes, layout: &Layout) -> Result<(Pages, u64, Option<PageClaim>), Defect> {
    let start = layout.size;
    check_signature(file, start, &["SDMPDUMP", "FDMPDUMP"])?;
    let header_size = (start + 0x20, file.u64("HeaderSize", start + 0x20)?);
    let size = (start + 0x30, file.u64("BitmapSize", start + 0x30)?);
    let pages = PageClaim { what: "Pages", offset: start + 0x28, pages: file.u64("Pages", start + 0x28)? };
    read(file, start + 0x38, header_size, size, pages)
}

fn check_signature(file: &FileBytes, offset: u64, expected: &[&'static str]) -> Result<(), Defect> {
    let what = "the header of the bitmap";
    let found = file.slice(what, offset, 8)?;
    if expected.iter().any(|signature| signature.as_bytes() == found) {
        return Ok(());
    }
    let expected = expected.first().copied().unwrap_or_default();
    Err(Defect::Signature { what, offset, found: Signature::of(found), expected })
}

/// Checks the fields (each with its offset) against each other and the file.
fn read(
    file: &FileBytes,
    bitmap: u64,
    (header_size_at, header_size): (u64, u64),
    (size_at, size): (u64, u64),
    claim: PageClaim,
) -> Result<(Pages, u64, Option<PageClaim>), Defect> {
    let bits = FileRange { offset: bitmap, length: size.div_ceil(8) };
    let bits_that_fit = file.size().saturating_sub(bitmap).saturating_mul(8);
    if size > bits_that_fit {
        return Err(Defect::TooLarge { what: "BitmapSize", offset: size_at, found: size, limit: bits_that_fit });
    }
    let end = bitmap + bits.length;
    if header_size < end {
        return Err(Defect::TooSmall { what: "HeaderSize", offset: header_size_at, found: header_size, limit: end });
    }
    if claim.pages > size {
        let PageClaim { what, offset, pages } = claim;
        return Err(Defect::TooLarge { what, offset, found: pages, limit: size });
    }
    let bitmap = Bitmap { bits, size, stored: claim.pages, ranks: OnceLock::new() };
    Ok((Pages::Bitmap(bitmap), header_size, Some(claim)))
}

impl Bitmap {
    /// How many pages lie in the file before page `page`; `None` when the file doesn't hold it.
    pub fn index_of(&self, file: &FileBytes, page: u64) -> Option<u64> {
        if page >= self.size {
            return None;
        }
        let bytes = file.available(self.bits);
        let (byte, bit) = (usize::try_from(page / 8).ok()?, page % 8);
        let last = *bytes.get(byte)?;
        if (last >> bit) & 1 == 0 {
            return None;
        }
        let block = page / 8 / BLOCK;
        let before = bytes.get(usize::try_from(block * BLOCK).ok()?..byte)?;
        let rank = *self.ranks(file).get(usize::try_from(block).ok()?)?;
        let index = rank + ones(before) + u64::from((last & ((1 << bit) - 1)).count_ones());
        Some(index).filter(|index| *index < self.stored)
    }

    /// How many bits are set.
    pub fn page_count(&self, file: &FileBytes) -> u64 {
        self.ranks(file).last().copied().unwrap_or_default()
    }

    fn ranks(&self, file: &FileBytes) -> &[u64] {
        self.ranks.get_or_init(|| {
            let bytes = file.available(self.bits);
            let mut rank = 0;
            let mut ranks = Vec::with_capacity(bytes.len() / BLOCK as usize + 2);
            for block in bytes.chunks(BLOCK as usize) {
                ranks.push(rank);
                rank += ones(block);
            }
            // What lies behind the last page's bit, in the same byte, is no page.
            let padding = match self.size % 8 {
                0 => 0,
                used => bytes.last().map_or(0, |last| last >> used),
            };
            ranks.push(rank - u64::from(padding.count_ones()));
            ranks
        })
    }

    /// The pages whose bits are set.
    pub fn ranges(&self, file: &FileBytes) -> impl Iterator<Item = PhysicalRange> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = self.find(file, next, true)?;
            next = self.find(file, first, false).unwrap_or(self.size);
            Some(PhysicalRange { start: Pfn(first).address(), pages: next - first })
        })
    }

    /// The first bit at or behind `from` that is set (or clear).
    fn find(&self, file: &FileBytes, from: u64, set: bool) -> Option<u64> {
        let bytes = file.available(self.bits);
        let invert = if set { 0 } else { u64::MAX };
        let mut start = from / 64;
        let mut mask = u64::MAX << (from % 64);
        while start * 64 < self.size {
            let word = (word_at(bytes, start) ^ invert) & mask;
            if word != 0 {
                let found = start * 64 + u64::from(word.trailing_zeros());
                return Some(found).filter(|found| *found < self.size);
            }
            mask = u64::MAX;
            start += 1;
        }
        None
    }
}

/// The 64 bits of `bytes` that `index` words lie before; zeroes behind the end.
fn word_at(bytes: &[u8], index: u64) -> u64 {
    let start = usize::try_from(index * 8).unwrap_or(usize::MAX);
    let mut word = [0; 8];
    word.iter_mut().zip(bytes.get(start..).unwrap_or_default()).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// How many bits of `bytes` are set.
fn ones(bytes: &[u8]) -> u64 {
    let words = bytes.chunks_exact(8);
    let rest: u32 = words.remainder().iter().map(|byte| byte.count_ones()).sum();
    let words = words.filter_map(|word| word.try_into().ok()).map(|word| u64::from_le_bytes(word).count_ones());
    words.map(u64::from).sum::<u64>() + u64::from(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap of `size` bits, of which those of `set` are set.
    fn bitmap(size: u64, set: &[u64]) -> (Bitmap, FileBytes) {
        let mut bytes = vec![0; size.div_ceil(8) as usize];
        set.iter().for_each(|bit| bytes[*bit as usize / 8] |= 1 << (bit % 8));
        let bits = FileRange { offset: 0, length: bytes.len() as u64 };
        let stored = set.len() as u64;
        (Bitmap { bits, size, stored, ranks: OnceLock::new() }, FileBytes::Owned(bytes))
    }

    #[test]
    fn a_page_lies_behind_those_with_bits_before_its_own() {
        let set = [0, 7, 8, 63, 64, 511, 512, 513, 1023, 1100, 1601];
        let (bitmap, file) = bitmap(1602, &set);
        for page in 0..1700 {
            let index = set.iter().position(|bit| *bit == page).map(|index| index as u64);
            assert_eq!(bitmap.index_of(&file, page), index, "page {page}");
        }
        assert_eq!(bitmap.page_count(&file), set.len() as u64);
    }

    #[test]
    fn neighbours_are_listed_as_one_range() {
        let (bitmap, file) = bitmap(200, &[0, 1, 62, 63, 64, 65, 130, 199]);
        let ranges: Vec<_> = bitmap.ranges(&file).map(|range| (range.start.pfn().0, range.pages)).collect();
        assert_eq!(ranges, [(0, 2), (62, 4), (130, 1), (199, 1)]);
    }

    #[test]
    fn padding_behind_the_last_page_is_no_page() {
        let (mut bitmap, file) = bitmap(16, &[2, 3, 4, 11]);
        bitmap.size = 11;
        assert_eq!(bitmap.index_of(&file, 11), None);
        assert_eq!(bitmap.page_count(&file), 3);
        assert_eq!(bitmap.ranges(&file).count(), 1);
        assert_eq!(bitmap.ranges(&file).map(|range| range.pages).sum::<u64>(), 3);
    }

    #[test]
    fn pages_behind_the_stored_ones_are_not_taken_from_what_follows_them() {
        let (mut bitmap, file) = bitmap(16, &[1, 2, 3]);
        bitmap.stored = 2;
        assert_eq!(bitmap.index_of(&file, 2), Some(1));
        assert_eq!(bitmap.index_of(&file, 3), None);
    }
}
