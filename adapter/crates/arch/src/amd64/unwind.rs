//! Unwinding x64 stacks.

use crate::{Context, Machine, UnwindError, UnwindImage, Unwound};
use memory::ReadVirtual;

pub(super) fn unwind(
    _context: &Context,
    _image: Option<&dyn UnwindImage>,
    _memory: &dyn ReadVirtual,
) -> Result<Unwound, UnwindError> {
    Err(UnwindError::NotSupported { machine: Machine::Amd64 })
}
