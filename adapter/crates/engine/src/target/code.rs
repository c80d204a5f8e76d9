//! Code of modules, for what looks at much of it: a live target's line carries none that an image's file has here.

use super::Target;
use memory::{ReadError, ReadVirtual, VirtualAddress};
use symbols::CodeSource;

/// A target's code as [`ReadVirtual`]: where a module's image is here, the bytes that a running system doesn't change are
/// the file's; everything else is the target's memory.
#[derive(Clone, Copy)]
pub struct Code<'a>(pub(super) &'a Target);

impl Target {
    /// What the image's file has at an address of a live target's code; `None` where there is no file, or no code.
    pub(crate) fn image_code(&self, address: VirtualAddress, length: usize) -> Option<Vec<u8>> {
        let module = self.live().and_then(|_| self.modules().at(address))?;
        let mut code = vec![0; length];
        let source = module.read_code(module.rva(address)?, &mut code).ok()?;
        (source == CodeSource::Image).then_some(code)
    }
}

impl ReadVirtual for Code<'_> {
    fn read_virtual(&self, address: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
        let Self(target) = *self;
        let module = target.live().and_then(|_| target.modules().at(address));
        match module.and_then(|module| Some((module, module.rva(address)?))) {
            Some((module, rva)) => module.read_code(rva, buffer).map(|_| ()),
            None => target.read_virtual(address, buffer),
        }
    }
}
