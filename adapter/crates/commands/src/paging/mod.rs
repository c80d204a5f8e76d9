//! `!pte`, `!vtop`, `!ptov`: how virtual addresses are translated.
//!
//! | file | what |
//! | --- | --- |
//! | `entries.rs` | `!pte`: the entries that an address is translated by |
//! | `columns.rs` | their text: a column for each level |
//! | `vtop.rs` | `!vtop`: the walk from the root to the physical address |
//! | `ptov.rs` | `!ptov`: all pages that page tables map |

mod columns;
mod entries;
mod ptov;
mod vtop;

use crate::command::{Command, CommandError};
use arch::AddressSpace;
use engine::Session;
use memory::{PhysicalAddress, ReadPhysical, ReadPhysicalExt};

/// `!pte`
pub static ENTRIES: Command = Command {
    names: &["!pte"],
    usage: "!pte address [1|end address]",
    summary: "Displays the page table entries of an address, of a PTE's address, or of each page of a range; 1: of what lies there",
    run: entries::run,
};

/// `!vtop`
pub static VIRTUAL_TO_PHYSICAL: Command = Command {
    names: &["!vtop"],
    usage: "!vtop [0|page frame number|directory base] address",
    summary: "Translates a virtual address by the current page tables (0), or by those with another root",
    run: vtop::run,
};

/// `!ptov`
pub static PHYSICAL_TO_VIRTUAL: Command = Command {
    names: &["!ptov"],
    usage: "!ptov [0|page frame number|directory base]",
    summary: "Lists all pages that page tables map: physical and virtual addresses",
    run: ptov::run,
};

/// The current page tables, and the memory that they are in.
fn page_tables(session: &Session) -> Result<(&dyn ReadPhysical, AddressSpace), CommandError> {
    let target = session.target();
    let missing =
        || CommandError::Failed("this target has no page tables to read: it holds virtual memory only".into());
    Ok((target.physical_memory().ok_or_else(missing)?, target.address_space().ok_or_else(missing)?))
}

/// The page tables whose root the user gave: nothing or 0 for the current ones, a directory base, or its page frame
/// number.
///
/// The documentation asks for the number, and the originals take both. What ends with three zeroes is a directory base;
/// else it is a page frame number, unless there is no such page (PAE's directory bases aren't at the start of a page).
fn with_root(physical: &dyn ReadPhysical, space: AddressSpace, root: Option<u64>) -> AddressSpace {
    let Some(root) = root.filter(|root| *root != 0) else { return space };
    let page = PhysicalAddress(root.wrapping_mul(memory::PAGE_SIZE));
    let is_base = root % memory::PAGE_SIZE == 0 || page.pfn().0 != root || physical.u8(page).is_err();
    AddressSpace { root: if is_base { PhysicalAddress(root) } else { page }, ..space }
}
