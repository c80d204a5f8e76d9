//! The target goes on: `Continue` and `Continue2`. Neither is answered.
//!
//! `Continue2` is packed to four bytes, and each machine has a layout of its own:
//!
//! ```text
//! 16 u32 ContinueStatus
//! AMD64  20 u32 TraceFlag · 24 u64 Dr7 · 32 u64 CurrentSymbolStart · 40 u64 CurrentSymbolEnd
//! X86    20 u32 TraceFlag · 24 u32 Dr7 · 28 u32 CurrentSymbolStart · 32 u32 CurrentSymbolEnd
//! ARM64  20 u32 Continue · 24 u32 TraceFlag · 28 u64 CurrentSymbolStart · 36 u64 CurrentSymbolEnd
//! ```
//!
//! The layouts are those of `_AMD64_DBGKD_CONTROL_SET` and its siblings in the kernel's public symbols.

use super::{Answer, Body, Manipulate};
use crate::DecodeError;

/// What becomes of the exception (`NTSTATUS` values `DBG_...`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContinueStatus(pub u32);

impl ContinueStatus {
    /// `DBG_EXCEPTION_HANDLED`.
    pub const EXCEPTION_HANDLED: Self = Self(0x0001_0001);
    /// `DBG_CONTINUE`.
    pub const CONTINUE: Self = Self(0x0001_0002);
    /// `DBG_EXCEPTION_NOT_HANDLED`: the target's own handlers see it.
    pub const EXCEPTION_NOT_HANDLED: Self = Self(0x8001_0001);
}

/// Goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continue {
    /// What becomes of the exception.
    pub status: ContinueStatus,
}

/// Goes on, with debug registers and the trace flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Continue2 {
    /// What becomes of the exception.
    pub status: ContinueStatus,
    /// Registers, in the layout of the target's machine. The wrong machine's layout writes debug registers from junk.
    pub control_set: ControlSet,
}

/// `DBGKD_ANY_CONTROL_SET`. Where there is `dr7`, its bit 10 (0x400) has to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlSet {
    /// `AMD64_DBGKD_CONTROL_SET`.
    Amd64 {
        /// Stop after one instruction.
        trace_flag: bool,
        /// Debug control register of all processors.
        dr7: u64,
        /// With `current_symbol_end`, the range that tracing on the target stays silent in; 0 and 0 for none.
        current_symbol_start: u64,
        /// End of that range.
        current_symbol_end: u64,
    },
    /// `X86_DBGKD_CONTROL_SET`.
    X86 {
        /// Stop after one instruction.
        trace_flag: bool,
        /// Debug control register of all processors.
        dr7: u32,
        /// As on AMD64.
        current_symbol_start: u32,
        /// As on AMD64.
        current_symbol_end: u32,
    },
    /// `ARM64_DBGKD_CONTROL_SET`.
    Arm64 {
        /// `Continue`.
        proceed: u32,
        /// Stop after one instruction.
        trace_flag: bool,
        /// As on AMD64.
        current_symbol_start: u64,
        /// As on AMD64.
        current_symbol_end: u64,
    },
}

impl ControlSet {
    /// How the layout of a machine (`IMAGE_FILE_MACHINE_...` of the version) is read; `None` for machines without a known one.
    pub fn read(machine: u16, from: &Manipulate) -> Option<Self> {
        match machine {
            0x8664 => Some(Self::Amd64 {
                trace_flag: from.u32(20) != 0,
                dr7: from.u64(24),
                current_symbol_start: from.u64(32),
                current_symbol_end: from.u64(40),
            }),
            0x014c => Some(Self::X86 {
                trace_flag: from.u32(20) != 0,
                dr7: from.u32(24),
                current_symbol_start: from.u32(28),
                current_symbol_end: from.u32(32),
            }),
            0xaa64 => Some(Self::Arm64 {
                proceed: from.u32(20),
                trace_flag: from.u32(24) != 0,
                current_symbol_start: from.u64(28),
                current_symbol_end: from.u64(36),
            }),
            _ => None,
        }
    }

    fn write(&self, to: &mut Manipulate) {
        match *self {
            Self::Amd64 { trace_flag, dr7, current_symbol_start, current_symbol_end } => {
                to.put_u32(20, u32::from(trace_flag));
                to.put_u64(24, dr7);
                to.put_u64(32, current_symbol_start);
                to.put_u64(40, current_symbol_end);
            }
            Self::X86 { trace_flag, dr7, current_symbol_start, current_symbol_end } => {
                to.put_u32(20, u32::from(trace_flag));
                to.put_u32(24, dr7);
                to.put_u32(28, current_symbol_start);
                to.put_u32(32, current_symbol_end);
            }
            Self::Arm64 { proceed, trace_flag, current_symbol_start, current_symbol_end } => {
                to.put_u32(20, proceed);
                to.put_u32(24, u32::from(trace_flag));
                to.put_u64(28, current_symbol_start);
                to.put_u64(36, current_symbol_end);
            }
        }
    }
}

impl Body for Continue {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.status.0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { status: ContinueStatus(from.u32(16)) })
    }

    fn is_echoed(&self, _: &Manipulate) -> bool {
        true
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

impl Body for Continue2 {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.status.0);
        self.control_set.write(to);
    }

    /// The layout isn't told: AMD64's is taken. A target of another machine uses [`ControlSet::read`].
    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        let machine = 0x8664;
        let control_set = ControlSet::read(machine, from)
            .ok_or(DecodeError::UnknownApi { structure: "control set", api: u32::from(machine) })?;
        Ok(Self { status: ContinueStatus(from.u32(16)), control_set })
    }

    fn is_echoed(&self, _: &Manipulate) -> bool {
        true
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}
