//! Breakpoints that the target counts by itself (`bl` shows them as internal): `SetInternalBreakPoint`, `GetInternalBreakPoint`.
//!
//! ```text
//! 16 u64 BreakpointAddress · 24 u32 Flags · then, in answers: 28 u32 Calls · 32 u32 MaxCallsPerPeriod · 36 u32 MinInstructions ·
//! 40 u32 MaxInstructions · 44 u32 TotalInstructions
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;

/// Sets or changes one. Not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetInternalBreakPoint {
    /// Virtual address.
    pub address: u64,
    /// 1 counts without measuring, 2 one-shot, 4 off, 8 removed.
    pub flags: u32,
}

/// Asks for the counts of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetInternalBreakPoint {
    /// Virtual address.
    pub address: u64,
}

/// The counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InternalBreakpoint {
    /// As in [`SetInternalBreakPoint`].
    pub flags: u32,
    /// Calls.
    pub calls: u32,
    /// Calls in the busiest period.
    pub max_calls_per_period: u32,
    /// Instructions of the shortest call.
    pub min_instructions: u32,
    /// Instructions of the longest call.
    pub max_instructions: u32,
    /// Instructions in all.
    pub total_instructions: u32,
}

impl InternalBreakpoint {
    pub(super) fn write(&self, to: &mut Manipulate) {
        let fields = [
            self.flags,
            self.calls,
            self.max_calls_per_period,
            self.min_instructions,
            self.max_instructions,
            self.total_instructions,
        ];
        for (value, offset) in fields.into_iter().zip((24..).step_by(4)) {
            to.put_u32(offset, value);
        }
    }
}

impl Body for SetInternalBreakPoint {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
        to.put_u32(24, self.flags);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16), flags: from.u32(24) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

impl Body for GetInternalBreakPoint {
    fn write(&self, to: &mut Manipulate) {
        to.put_u64(16, self.address);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { address: from.u64(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u64(16) == self.address
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let breakpoint = InternalBreakpoint {
            flags: answer.u32(24),
            calls: answer.u32(28),
            max_calls_per_period: answer.u32(32),
            min_instructions: answer.u32(36),
            max_instructions: answer.u32(40),
            total_instructions: answer.u32(44),
        };
        Ok(Answer::InternalBreakpoint { status: answer.status(), breakpoint })
    }
}
