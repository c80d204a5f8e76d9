//! Physical memory in a dump: which pages there are, and where in the file they lie.

mod bitmap;
mod complete;
mod ranges;
mod runs;

use crate::error::Defect;
use crate::file::{FileBytes, FileRange};
use crate::fill::fill;
use crate::format::Format;
use crate::layout::Layout;
use bitmap::Bitmap;
use memory::{PAGE_SIZE, PhysicalAddress, ReadError, ReadFailure, ReadPhysical};
use runs::Runs;
use std::sync::Arc;

/// One more than the largest page frame number that any architecture has: addresses have 64 bits.
const PFN_LIMIT: u64 = 1 << 52;

/// The physical pages of a dump.
///
/// Opening reads a header and, of formats with runs, the runs; nothing is built page by page. A page is found by
/// binary search over the runs, or, in a bitmap, by counting the bits before it with the help of an index that one
/// quick pass over the bitmap makes on first use (an eighth of the bitmap's size: 256 KiB for 64 GiB of memory).
#[derive(Debug)]
pub struct PhysicalMemory {
    file: Arc<FileBytes>,
    pages: Pages,
    /// Where in the file the first page lies.
    first_page: u64,
    claim: Option<PageClaim>,
}

#[derive(Debug)]
enum Pages {
    Runs(Runs),
    Bitmap(Bitmap),
}

/// A field that says how many pages there are.
#[derive(Clone, Copy, Debug)]
struct PageClaim {
    what: &'static str,
    offset: u64,
    pages: u64,
}

/// Physical pages that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhysicalRange {
    /// First byte of the first page.
    pub start: PhysicalAddress,
    /// How many pages of 4 KiB.
    pub pages: u64,
}

impl PhysicalMemory {
    /// The memory of a dump of kind `format`; `None` for kinds that have none.
    pub(crate) fn open(file: &Arc<FileBytes>, layout: &Layout, format: Format) -> Result<Option<Self>, Defect> {
        let memory = |(pages, first_page, claim)| Self { file: file.clone(), pages, first_page, claim };
        match format {
            Format::Complete => complete::read(file, layout).map(memory).map(Some),
            Format::KernelSummary => bitmap::read_summary(file, layout).map(memory).map(Some),
            Format::BitmapFull | Format::BitmapKernel | Format::Automatic => {
                bitmap::read_bitmap(file, layout).map(memory).map(Some)
            }
            Format::RangeKernel | Format::RangeKernelAndUser | Format::RangeComplete => {
                ranges::read(file, layout, format).map(memory).map(Some)
            }
            Format::HeaderOnly | Format::Triage => Ok(None),
        }
    }

    /// All pages, ascending, as ranges of pages that follow each other.
    pub fn ranges(&self) -> Box<dyn Iterator<Item = PhysicalRange> + '_> {
        match &self.pages {
            Pages::Runs(runs) => Box::new(runs.ranges()),
            Pages::Bitmap(bitmap) => Box::new(bitmap.ranges(&self.file)),
        }
    }

    /// How many pages of 4 KiB there are.
    pub fn page_count(&self) -> u64 {
        match &self.pages {
            Pages::Runs(runs) => runs.page_count(),
            Pages::Bitmap(bitmap) => bitmap.page_count(&self.file),
        }
    }

    /// What is wrong with the pages: fewer in the file than described, or a count that contradicts the description.
    pub(crate) fn defects(&self) -> Vec<Defect> {
        let counted = self.page_count();
        let miscounted = self.claim.filter(|claim| claim.pages != counted).map(|claim| Defect::Contradiction {
            what: claim.what,
            offset: claim.offset,
            found: claim.pages,
            expected: counted,
        });
        let length = counted.saturating_mul(PAGE_SIZE);
        let truncated = (self.first_page.saturating_add(length) > self.file.size()).then_some(Defect::PastEnd {
            what: "the contents of the memory pages",
            offset: self.first_page,
            length,
            size: self.file.size(),
        });
        miscounted.into_iter().chain(truncated).collect()
    }

    /// Where the byte at `address` lies, and how many bytes follow it both in memory and in the file.
    fn locate(&self, address: PhysicalAddress) -> Option<FileRange> {
        let page = address.pfn().0;
        let (index, pages) = match &self.pages {
            Pages::Runs(runs) => runs.find(page)?,
            Pages::Bitmap(bitmap) => (bitmap.index_of(&self.file, page)?, 1),
        };
        let offset = index.checked_mul(PAGE_SIZE)?.checked_add(self.first_page)?;
        let within = address.page_offset();
        Some(FileRange {
            offset: offset.checked_add(within)?,
            length: pages.saturating_mul(PAGE_SIZE).saturating_sub(within),
        })
    }
}

impl ReadPhysical for PhysicalMemory {
    fn read_physical(&self, address: PhysicalAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        fill(&self.file, address.0, buffer, |at| {
            let at = PhysicalAddress(at);
            self.locate(at).ok_or(ReadFailure::PhysicalNotInDump(at.page_start()))
        })
    }
}
