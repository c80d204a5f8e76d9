//! Memory, virtual and physical, and control space: `ReadVirtualMemory`, `WriteVirtualMemory`, `ReadPhysicalMemory`, `WritePhysicalMemory`,
//! `ReadControlSpace`, `WriteControlSpace`.
//!
//! ```text
//! 16 u64 TargetBaseAddress · 24 u32 TransferCount · 28 u32 ActualBytes; the bytes follow the structure
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;
use crate::fields::count;

/// A read of memory or of control space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMemory {
    /// Virtual address. Of control space: on AMD64 0 `KPCR`, 1 `KPRCB`, 2 `KSPECIAL_REGISTERS`, 3 `KTHREAD` of the request's processor; on
    /// X86 an offset into its `KPROCESSOR_STATE`.
    pub address: u64,
    /// Bytes wanted. A target gives at most [`MAX_DATA`](super::MAX_DATA).
    pub count: u32,
}

/// A write of memory or of control space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteMemory {
    /// As in [`ReadMemory`].
    pub address: u64,
    /// The bytes. Of control space: only what was read, was asked for and is meant; all else that a structure's answer held may be junk.
    pub data: Vec<u8>,
}

/// A read of physical memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPhysicalMemory {
    /// Physical address.
    pub address: u64,
    /// Bytes wanted.
    pub count: u32,
    /// How the target maps the page: 0 as it likes, 1 cached, 2 uncached, 3 write-combined. Stands in `ActualBytes`.
    pub caching: u32,
}

/// A write of physical memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritePhysicalMemory {
    /// Physical address.
    pub address: u64,
    /// The bytes.
    pub data: Vec<u8>,
    /// As in [`ReadPhysicalMemory`].
    pub caching: u32,
}

fn is_echoed(address: u64, count: u32, answer: &Manipulate) -> bool {
    answer.u64(16) == address && answer.u32(24) == count
}

/// A failed read may carry a count and bytes: the status decides. Control space may be answered with the structure's full size.
fn read_answer(asked: u32, answer: &Manipulate) -> Result<Answer, DecodeError> {
    let status = answer.status();
    let taken = if status.is_success() { answer.u32(28).min(asked) } else { 0 };
    Ok(Answer::Memory { status, data: answer.announced(taken)?.to_vec() })
}

fn written_answer(data: &[u8], answer: &Manipulate) -> Answer {
    let status = answer.status();
    let written = if status.is_success() { answer.u32(28).min(count(data)) } else { 0 };
    Answer::Written { status, count: written }
}

fn write(address: u64, transfer: u32, actual: u32, to: &mut Manipulate) {
    to.put_u64(16, address);
    to.put_u32(24, transfer);
    to.put_u32(28, actual);
}

impl Body for ReadMemory {
    fn write(&self, to: &mut Manipulate) {
        write(self.address, self.count, 0, to);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16), count: from.u32(24) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.address, self.count, answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        read_answer(self.count, answer)
    }
}

impl Body for WriteMemory {
    fn write(&self, to: &mut Manipulate) {
        write(self.address, count(&self.data), 0, to);
        to.data.clone_from(&self.data);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16), data: from.announced(from.u32(24))?.to_vec() })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.address, count(&self.data), answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(written_answer(&self.data, answer))
    }
}

impl Body for ReadPhysicalMemory {
    fn write(&self, to: &mut Manipulate) {
        write(self.address, self.count, self.caching, to);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16), count: from.u32(24), caching: from.u32(28) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.address, self.count, answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        read_answer(self.count, answer)
    }
}

impl Body for WritePhysicalMemory {
    fn write(&self, to: &mut Manipulate) {
        write(self.address, count(&self.data), self.caching, to);
        to.data.clone_from(&self.data);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16), data: from.announced(from.u32(24))?.to_vec(), caching: from.u32(28) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.address, count(&self.data), answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(written_answer(&self.data, answer))
    }
}
