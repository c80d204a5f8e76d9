//! Functions as unwind data knows them: where their regions begin, and which region is the first.

use crate::session::Session;
use crate::stack::ModuleImage;
use arch::amd64::unwind::{UnwindInfo, UnwindTail, find_function};
use arch::{Machine, UnwindImage};
use memory::VirtualAddress;

/// Regions that may be chained to each other; the longest chains of real images have three.
const CHAIN_LIMIT: usize = 32;

/// A region of a function, whose parts the compiler may have put anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its first byte: an instruction begins here.
    pub start: VirtualAddress,
    /// Behind its last byte.
    pub end: VirtualAddress,
    /// The first byte of the function that it is part of.
    pub function: VirtualAddress,
}

/// The region that `address` lies in. `None` where unwind data tells nothing: it isn't there, the function needs none
/// (a leaf), or it is that of a processor whose unwind data isn't read yet.
pub fn region_at(session: &Session, address: VirtualAddress) -> Option<Region> {
    if session.target().architecture().machine() != Machine::Amd64 {
        return None;
    }
    let module = session.target().modules().at(address)?;
    let image = ModuleImage(module);
    let region = find_function(&image, module.rva(address)?).ok()??;
    let mut primary = region.resolve(&image).ok()?;
    for _ in 0..CHAIN_LIMIT {
        match UnwindInfo::read(&image, primary.unwind_data).ok()?.tail {
            UnwindTail::Chained(next) => primary = next.resolve(&image).ok()?,
            UnwindTail::None | UnwindTail::Handler(_) => {
                let address = |rva: u32| image.base().offset(rva.into());
                let (start, end, function) = (address(region.begin), address(region.end), address(primary.begin));
                return Some(Region { start, end, function });
            }
        }
    }
    None
}
