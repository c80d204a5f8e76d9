//! Complete dumps (type 1): `PHYSICAL_MEMORY_DESCRIPTOR` in the header says which pages follow it.
//!
//! `NumberOfRuns`, `NumberOfPages`, then for each run `BasePage` and `PageCount` (published in Microsoft's Windows
//! metadata). The pages follow the header, those of each run after those of the run before.

use super::runs::{RunDescription, Runs};
use super::{PageClaim, Pages};
use crate::error::Defect;
use crate::file::FileBytes;
use crate::header::is_filler;
use crate::layout::{Layout, PHYSICAL_MEMORY_BLOCK_SIZE};

pub(super) fn read(file: &FileBytes, layout: &Layout) -> Result<(Pages, u64, Option<PageClaim>), Defect> {
    let offset = layout.physical_memory_block;
    let word = layout.width.bytes();
    let count = file.u32("NumberOfRuns", offset)?;
    if is_filler(count) {
        return Err(Defect::NeverWritten { what: "NumberOfRuns", offset });
    }
    let runs_that_fit = (PHYSICAL_MEMORY_BLOCK_SIZE - 2 * word) / (2 * word);
    if u64::from(count) > runs_that_fit {
        return Err(Defect::TooLarge { what: "NumberOfRuns", offset, found: count.into(), limit: runs_that_fit });
    }
    let mut runs = Vec::new();
    for index in 1..=u64::from(count) {
        let offset = offset + index * 2 * word;
        runs.push(RunDescription {
            offset,
            first: file.pointer("BasePage", offset, layout.width)?,
            count: file.pointer("PageCount", offset + word, layout.width)?,
        });
    }
    let claim = PageClaim {
        what: "NumberOfPages",
        offset: offset + word,
        pages: file.pointer("NumberOfPages", offset + word, layout.width)?,
    };
    Ok((Pages::Runs(Runs::new(runs)?), layout.size, Some(claim)))
}
