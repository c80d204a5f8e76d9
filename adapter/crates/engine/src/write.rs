//! Changing the target's memory.

use crate::live::LinkError;
use crate::session::Session;
use memory::{PhysicalAddress, VirtualAddress};

/// A write that failed, at the first byte that wasn't written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {failure}", VirtualAddress(*address))]
pub struct WriteError {
    /// Address (virtual or physical, as asked) of the first byte that wasn't written.
    pub address: u64,
    /// Bytes that were written before it: those of the target have changed.
    pub written: usize,
    /// What stood in the way.
    pub failure: WriteFailure,
}

/// What stands in the way of a write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailure {
    /// What is debugged is a file that tells what was.
    #[error("a crash dump can't be changed")]
    Dump,
    /// The live target wasn't asked, or refused.
    #[error(transparent)]
    Target(LinkError),
}

impl Session {
    /// Writes `bytes` to the target's virtual memory, as the current address space sees it.
    ///
    /// # Errors
    /// The first byte that couldn't be written, and why; those before it are written.
    pub fn write_virtual(&mut self, address: VirtualAddress, bytes: &[u8]) -> Result<(), WriteError> {
        match self.target().live() {
            Some(live) => {
                let result = live.write_virtual(address, bytes);
                self.forget_conclusions();
                result
            }
            None => refuse(address.0, bytes),
        }
    }

    /// Writes `bytes` to the target's physical memory.
    ///
    /// # Errors
    /// The first byte that couldn't be written, and why; those before it are written.
    pub fn write_physical(&mut self, address: PhysicalAddress, bytes: &[u8]) -> Result<(), WriteError> {
        match self.target().live() {
            Some(live) => {
                let result = live.write_physical(address, bytes);
                self.forget_conclusions();
                result
            }
            None => refuse(address.0, bytes),
        }
    }
}

/// What a dump says to every write.
fn refuse(address: u64, bytes: &[u8]) -> Result<(), WriteError> {
    match bytes {
        [] => Ok(()),
        _ => Err(WriteError { address, written: 0, failure: WriteFailure::Dump }),
    }
}
