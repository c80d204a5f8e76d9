//! Code of modules, for what looks at much of it: a live target's line carries none that an image's file has here.

use super::Target;
use memory::{ReadError, ReadVirtual, VirtualAddress};

/// A target's code as [`ReadVirtual`]: where a module's image is here, the bytes that a running system doesn't change are
/// the file's; everything else is the target's memory.
#[derive(Clone, Copy)]
pub struct Code<'a>(pub(super) &'a Target);

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
