//! Model-specific registers of the request's processor: `ReadMachineSpecificRegister`, `WriteMachineSpecificRegister`.
//!
//! ```text
//! 16 u32 Msr · 20 u32 DataValueLow · 24 u32 DataValueHigh
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;

/// Reads a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMsr {
    /// Its number.
    pub msr: u32,
}

/// Writes a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriteMsr {
    /// Its number.
    pub msr: u32,
    /// What to write.
    pub value: u64,
}

impl Body for ReadMsr {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.msr);
        put_value(to, 0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { msr: from.u32(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u32(16) == self.msr
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Msr { status: answer.status(), value: answer.u64(20) })
    }
}

impl Body for WriteMsr {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.msr);
        put_value(to, self.value);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { msr: from.u32(16), value: from.u64(20) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u32(16) == self.msr
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

/// The low half comes first.
pub(super) fn put_value(to: &mut Manipulate, value: u64) {
    to.put_u64(20, value);
}
