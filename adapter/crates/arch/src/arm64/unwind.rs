//! Unwinding ARM64 stacks: not there yet, and says so instead of guessing.

use crate::{Machine, UnwindError, Unwound};

/// Always [`UnwindError::NotSupported`].
pub(super) fn unwind() -> Result<Unwound, UnwindError> {
    Err(UnwindError::NotSupported { machine: Machine::Arm64 })
}
