//! Range dumps (types 8, 9 and 10), which the debugger writes since 2022: a list of page ranges follows the header.
//!
//! Undocumented; found out by the authors of kdmp-parser (MIT: `RDMP_HEADER64`, its issues 18 and 27). Behind the
//! 64-bit header, at 0x2000:
//!
//! ```text
//! +00  u32     0x40
//! +04  char[8] "RDMPDUMP"
//! +10  u64     MetadataSize
//! +18  u64     FirstPageOffset      always 0x2020 + MetadataSize
//! +20  u32     NumberOfRanges       in type 10; what 8 and 9 have here is not known
//! +28  u64     TotalNumberOfPages   in type 10, likewise
//! +30  { u64 first page frame number; u64 number of pages }[]
//! ```
//!
//! So the metadata starts at 0x2020 and has the shape of a `PHYSICAL_MEMORY_DESCRIPTOR64`, and the ranges have room up
//! to the first page. In type 10 they end when they add up to `TotalNumberOfPages`; in 8 and 9 a range that starts at
//! page 0 ends them. No 32-bit range dump has been seen.

use super::runs::{RunDescription, Runs};
use super::{PageClaim, Pages};
use crate::error::{Defect, Signature};
use crate::file::{FileBytes, PointerWidth};
use crate::format::Format;
use crate::layout::Layout;

const MARKER: u32 = 0x40;
const SIGNATURE: &str = "RDMPDUMP";
/// Where the metadata starts, counted from the end of the dump's header.
const METADATA: u64 = 0x20;
const RANGES: u64 = METADATA + 0x10;
const RANGE_SIZE: u64 = 0x10;

pub(super) fn read(
    file: &FileBytes,
    layout: &Layout,
    format: Format,
) -> Result<(Pages, u64, Option<PageClaim>), Defect> {
    let start = layout.size;
    if layout.width == PointerWidth::Bits32 {
        let offset = layout.dump_type;
        return Err(Defect::Unknown32Bit { offset, found: file.u32("DumpType", offset)? });
    }
    let signature = file.slice("the signature of the range dump", start + 4, 8)?;
    if signature != SIGNATURE.as_bytes() {
        let found = Signature::of(signature);
        return Err(Defect::Signature {
            what: "the header of the ranges",
            offset: start + 4,
            found,
            expected: SIGNATURE,
        });
    }
    expect("the header of the ranges", start, file.u32("the header of the ranges", start)?.into(), MARKER.into())?;
    let metadata_size = file.u64("MetadataSize", start + 0x10)?;
    let first_page = file.u64("FirstPageOffset", start + 0x18)?;
    expect("FirstPageOffset", start + 0x18, first_page, metadata_size.saturating_add(start + METADATA))?;
    if first_page < start + RANGES {
        let (what, offset) = ("FirstPageOffset", start + 0x18);
        return Err(Defect::TooSmall { what, offset, found: first_page, limit: start + RANGES });
    }
    file.slice("the page ranges", start + RANGES, first_page - (start + RANGES))?;

    let claim = match format {
        Format::RangeComplete => {
            let offset = start + 0x28;
            Some(PageClaim { what: "TotalNumberOfPages", offset, pages: file.u64("TotalNumberOfPages", offset)? })
        }
        _ => None,
    };
    let room = (first_page - (start + RANGES)) / RANGE_SIZE;
    let mut ranges = Vec::new();
    let mut pages: u64 = 0;
    for index in 0..room {
        if claim.is_some_and(|claim| pages >= claim.pages) {
            break;
        }
        let offset = start + RANGES + index * RANGE_SIZE;
        let first = file.u64("the range's first page", offset)?;
        let count = file.u64("the range's number of pages", offset + 8)?;
        if claim.is_none() && first == 0 {
            break;
        }
        pages = pages.saturating_add(count);
        ranges.push(RunDescription { offset, first, count });
    }
    Ok((Pages::Runs(Runs::new(ranges)?), first_page, claim))
}

fn expect(what: &'static str, offset: u64, found: u64, expected: u64) -> Result<(), Defect> {
    if found == expected { Ok(()) } else { Err(Defect::Contradiction { what, offset, found, expected }) }
}
