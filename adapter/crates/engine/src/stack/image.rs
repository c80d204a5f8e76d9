//! A loaded module, as unwinding sees it.

use arch::UnwindImage;
use memory::{ReadError, VirtualAddress};
use std::ops::Range;
use symbols::Module;

/// Unwind data and code of a module: from the target's memory, or from the matching image file.
pub(crate) struct ModuleImage<'a>(pub(crate) &'a Module);

impl UnwindImage for ModuleImage<'_> {
    fn base(&self) -> VirtualAddress {
        self.0.base()
    }

    fn size(&self) -> u32 {
        self.0.size()
    }

    fn exception_directory(&self) -> Range<u32> {
        self.0.exception_directory().unwrap_or_default()
    }

    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.0.read_code(rva, buffer).map(|_| ())
    }
}
