//! Work on ranges of memory that the target does by itself: `SearchMemory`, `FillMemory`, `QueryMemory`. Many targets don't have them.
//!
//! ```text
//! SearchMemory: 16 u64 SearchAddress, FoundAddress in the answer · 24 u64 SearchLength · 32 u32 PatternLength; the pattern follows
//! FillMemory:   16 u64 Address · 24 u32 Length · 28 u16 Flags · 30 u16 PatternLength; the pattern follows
//! QueryMemory:  16 u64 Address · 24 u64 Reserved · 32 u32 AddressSpace · 36 u32 Flags
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;
use crate::fields::count;

/// Looks for a pattern. May take long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchMemory {
    /// Virtual address of the first byte.
    pub address: u64,
    /// Bytes to look through.
    pub length: u64,
    /// What to look for.
    pub pattern: Vec<u8>,
}

/// Fills memory with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillMemory {
    /// Virtual or physical address.
    pub address: u64,
    /// Bytes to fill.
    pub length: u32,
    /// 1 virtual, 2 physical.
    pub flags: u16,
    /// What to repeat.
    pub pattern: Vec<u8>,
}

/// Asks what an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryMemory {
    /// Virtual address.
    pub address: u64,
}

impl Body for SearchMemory {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u64(24, self.length);
        to.put_u32(32, count(&self.pattern));
        to.data.clone_from(&self.pattern);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let pattern = from.announced(from.u32(32))?.to_vec();
        Ok(Self { address: from.u64(16), length: from.u64(24), pattern })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        // FoundAddress stands where the address stood.
        answer.u64(24) == self.length && answer.u32(32) == count(&self.pattern)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        Ok(Answer::Found { status, address: status.is_success().then(|| answer.u64(16)) })
    }
}

impl Body for FillMemory {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u32(24, self.length);
        to.put_u16(28, self.flags);
        to.put_u16(30, u16::try_from(self.pattern.len()).unwrap_or(u16::MAX));
        to.data.clone_from(&self.pattern);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let pattern = from.announced(u32::from(from.u16(30)))?.to_vec();
        Ok(Self { address: from.u64(16), length: from.u32(24), flags: from.u16(28), pattern })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        // Length becomes what was filled.
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let filled = if status.is_success() { answer.u32(24).min(self.length) } else { 0 };
        Ok(Answer::Written { status, count: filled })
    }
}

impl Body for QueryMemory {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u64(24, 0);
        to.put_u32(32, 0);
        to.put_u32(36, 0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::QueriedMemory { status: answer.status(), address_space: answer.u32(32), flags: answer.u32(36) })
    }
}
