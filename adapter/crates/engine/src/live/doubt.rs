//! Answers over a line that has shown damage.
//!
//! KD's check sum is a plain sum of bytes: those that changed places pass it, and so do bytes between a zero that was lost and
//! another one that was doubled. Contexts and stacks are full of zeros, and at one damaged byte in a thousand such answers
//! come. What does no harm to ask is therefore asked there until two answers are the same.

use super::link::{Link, LinkError};
use crate::cancel::CancelFlag;
use kd_protocol::{Answer, Request};
use std::time::Duration;

/// A line is doubted so long after it has shown damage.
pub(super) const DOUBT: Duration = Duration::from_secs(600);
/// Answers that are compared at most.
const MAX_ANSWERS: usize = 6;

impl Link {
    /// Asks the target and waits for the answer. With `cancel`, the wait ends when the flag is raised, and when somebody else
    /// needs the engine and nothing is heard.
    ///
    /// # Errors
    /// [`LinkError`]; an answer with an error status is none.
    pub(super) fn request(
        &self,
        about: (u16, u16, u64),
        request: Request,
        cancel: Option<&CancelFlag>,
    ) -> Result<Answer, LinkError> {
        let mut answers = vec![self.request_once(about, request.clone(), cancel)?];
        if !request.is_repeatable() || !self.is_doubtful() {
            return answers.pop().ok_or(LinkError::GaveWay);
        }
        while answers.len() < MAX_ANSWERS {
            let next = self.request_once(about, request.clone(), cancel)?;
            if answers.contains(&next) {
                return Ok(next);
            }
            tracing::info!(?request, "answers differ: the line is damaged");
            answers.push(next);
        }
        Err(LinkError::Doubtful)
    }
}
