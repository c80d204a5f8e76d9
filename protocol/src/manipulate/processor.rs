//! Another partition reports (`SwitchPartition`). `SwitchProcessor` has nothing of its own: the wanted processor stands in the request's
//! header, and the answer is a new state change.

use super::{Answer, Body, Manipulate};
use crate::DecodeError;

/// `DBGKD_SWITCH_PARTITION`. The answer is a new state change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchPartition {
    /// The wanted partition.
    pub partition: u32,
}

impl Body for SwitchPartition {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.partition);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { partition: from.u32(16) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        answer.u32(16) == self.partition
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}
