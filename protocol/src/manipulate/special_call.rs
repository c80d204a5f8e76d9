//! Functions that the target's own tracing steps over with care: `QuerySpecialCalls`, `SetSpecialCall`, `ClearSpecialCalls`.
//!
//! ```text
//! SetSpecialCall: 16 u64 address · QuerySpecialCalls' answer: 16 u32 NumberOfSpecialCalls, then u64 for each
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;
use crate::fields::Fields;

/// Adds a function. Not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSpecialCall {
    /// Virtual address.
    pub address: u64,
}

impl Body for SetSpecialCall {
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
        Ok(Answer::Status(answer.status()))
    }
}

/// The list in an answer to `QuerySpecialCalls`.
pub(super) fn answer(answer: &Manipulate) -> Result<Answer, DecodeError> {
    let status = answer.status();
    let bytes = if status.is_success() { answer.announced(answer.u32(16).saturating_mul(8))? } else { &[] };
    let addresses = bytes.chunks_exact(8).map(|entry| Fields::new("special calls", entry).u64(0));
    Ok(Answer::SpecialCalls { status, addresses: addresses.collect::<Result<_, _>>()? })
}
