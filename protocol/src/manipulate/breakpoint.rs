//! Breakpoint instructions that the target writes: `WriteBreakPoint`, `RestoreBreakPoint`, their `Ex` forms for many at once, and
//! `WriteCustomBreakpoint`.
//!
//! ```text
//! WriteBreakPoint: 16 u64 address · 24 u32 handle      RestoreBreakPoint: 16 u32 handle
//! Ex: 16 u32 BreakPointCount · 20 u32 ContinueStatus, then for each: u64 address, u32 handle, u32 0 / u32 handle
//! ```

use super::{Answer, Body, ContinueStatus, Manipulate};
use crate::fields::{Fields, count};
use crate::{DecodeError, Status};

/// Writes a breakpoint instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBreakPoint {
    /// Virtual address.
    pub address: u64,
}

/// Puts the bytes under a breakpoint instruction back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreBreakPoint {
    /// What [`Answer::Breakpoint`] gave.
    pub handle: u32,
}

/// Writes many. Some targets continue after it: not to be sent unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteBreakPointEx {
    /// Virtual addresses.
    pub addresses: Vec<u64>,
    /// `ContinueStatus`.
    pub continue_status: ContinueStatus,
}

/// Puts the bytes under many back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreBreakPointEx {
    /// What [`Answer::Breakpoints`] gave.
    pub handles: Vec<u32>,
    /// `ContinueStatus`.
    pub continue_status: ContinueStatus,
}

/// Writes a breakpoint instruction of the debugger's choice (`DBGKD_WRITE_CUSTOM_BREAKPOINT`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteCustomBreakpoint {
    /// Virtual address.
    pub address: u64,
    /// The instruction, little-endian.
    pub instruction: u64,
    /// Its bytes.
    pub size: u8,
    /// Alignment of instructions, in bytes.
    pub alignment: u8,
}

impl Body for WriteBreakPoint {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u32(24, 0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Breakpoint { status: answer.status(), handle: answer.u32(24) })
    }
}

impl Body for RestoreBreakPoint {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.handle);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { handle: from.u32(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u32(16) == self.handle
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

impl Body for WriteBreakPointEx {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, u32::try_from(self.addresses.len()).unwrap_or(u32::MAX));
        to.put_u32(20, self.continue_status.0);
        to.data = self.addresses.iter().flat_map(|address| [address.to_le_bytes(), [0; 8]]).flatten().collect();
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let entries = from.announced(from.u32(16).saturating_mul(16))?.chunks_exact(16);
        let addresses = entries.map(|entry| Fields::new("breakpoint", entry).u64(0)).collect::<Result<_, _>>()?;
        Ok(Self { addresses, continue_status: ContinueStatus(from.u32(20)) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        usize::try_from(answer.u32(16)) == Ok(self.addresses.len())
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        if !status.is_success() {
            return Ok(Answer::Breakpoints { status, handles: Vec::new() });
        }
        let entries = answer.announced(count(&answer.data).min(answer.u32(16).saturating_mul(16)))?.chunks_exact(16);
        let handles = entries.map(|entry| Fields::new("breakpoint", entry).u32(8)).collect::<Result<_, _>>()?;
        Ok(Answer::Breakpoints { status, handles })
    }
}

impl Body for RestoreBreakPointEx {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, u32::try_from(self.handles.len()).unwrap_or(u32::MAX));
        to.put_u32(20, self.continue_status.0);
        to.data = self.handles.iter().flat_map(|handle| handle.to_le_bytes()).collect();
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let entries = from.announced(from.u32(16).saturating_mul(4))?.chunks_exact(4);
        let handles = entries.map(|entry| Fields::new("breakpoint", entry).u32(0)).collect::<Result<_, _>>()?;
        Ok(Self { handles, continue_status: ContinueStatus(from.u32(20)) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        usize::try_from(answer.u32(16)) == Ok(self.handles.len())
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

impl Body for WriteCustomBreakpoint {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u64(24, self.instruction);
        to.put_u32(32, 0);
        to.put_u16(36, u16::from_le_bytes([self.size, self.alignment]));
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let [size, alignment] = from.u16(36).to_le_bytes();
        Ok(Self { address: from.u64(16), instruction: from.u64(24), size, alignment })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Breakpoint { status: answer.status(), handle: answer.u32(32) })
    }
}

/// Where an api's answer has its one handle.
pub(super) fn put_handle(to: &mut Manipulate, status: Status, handle: u32) {
    to.set_status(status);
    to.put_u32(if to.api() == 0x315e { 32 } else { 24 }, handle);
}

/// The entries of an `Ex` answer: the request's, with their handles.
pub(super) fn put_handles(to: &mut Manipulate, handles: &[u32]) {
    for (handle, offset) in handles.iter().zip((8..).step_by(16)) {
        crate::fields::put(&mut to.data, offset, &handle.to_le_bytes());
    }
}
