//! Reading memory unit by unit: one that can't be read doesn't hide its neighbours.

use crate::command::CommandError;
use crate::report::Value;
use engine::Session;
use memory::VirtualAddress;
use memory::{PhysicalAddress, ReadError, ReadFailure, ReadPhysical, ReadPhysicalExt, ReadVirtual, ReadVirtualExt};

/// The memory that is displayed.
pub(crate) enum Source<'a> {
    /// By the current process's page tables.
    Virtual(&'a dyn ReadVirtual),
    /// Addresses are physical.
    Physical(&'a dyn ReadPhysical),
}

impl<'a> Source<'a> {
    /// The target's memory.
    ///
    /// # Errors
    /// The dump holds no physical memory.
    pub(crate) fn of(session: &'a Session, physical: bool) -> Result<Self, CommandError> {
        let target = session.target();
        if !physical {
            return Ok(Self::Virtual(target));
        }
        let memory = target.physical_memory();
        let memory =
            memory.ok_or_else(|| CommandError::Failed("this target has no physical memory to read".to_owned()))?;
        Ok(Self::Physical(memory))
    }

    /// What can be read of `count` bytes, which the caller bounds, and why it isn't all of them.
    pub(crate) fn prefix(&self, address: VirtualAddress, count: usize) -> (Vec<u8>, Option<ReadError>) {
        match self {
            Self::Virtual(memory) => memory.prefix(address, count),
            Self::Physical(memory) => memory.prefix(PhysicalAddress(address.0), count),
        }
    }

    /// `count` units of `size` bytes each (8 at most); those that can't be read say why.
    pub(super) fn units(&self, address: VirtualAddress, size: usize, count: usize) -> Vec<Result<u64, ReadFailure>> {
        let (bytes, error) = self.prefix(address, size.saturating_mul(count));
        let mut units: Vec<_> = bytes.chunks_exact(size.max(1)).map(|unit| Ok(little_endian(unit))).collect();
        if error.is_some() {
            let rest = units.len()..count;
            units.extend(rest.map(|index| self.unit(address.offset(index.saturating_mul(size) as u64), size)));
        }
        units
    }

    /// One unit of `size` bytes (8 at most).
    pub(super) fn unit(&self, address: VirtualAddress, size: usize) -> Result<u64, ReadFailure> {
        match self.prefix(address, size) {
            (bytes, None) => Ok(little_endian(&bytes)),
            (_, Some(error)) => Err(error.failure),
        }
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

/// A unit as a number of a report.
pub(super) fn value(unit: &Result<u64, ReadFailure>) -> Value {
    match unit {
        Ok(number) => Value::Unsigned(*number),
        Err(failure) => Value::Unknown(failure.to_string()),
    }
}
