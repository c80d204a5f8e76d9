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
        let ask = || self.request_once(about, request.clone(), cancel);
        let first = ask()?;
        if request.is_repeatable() && self.is_doubtful() { agreed(first, ask) } else { Ok(first) }
    }
}

/// The answer that comes twice, of `first` and those that `ask` gets.
fn agreed(first: Answer, mut ask: impl FnMut() -> Result<Answer, LinkError>) -> Result<Answer, LinkError> {
    let mut answers = vec![first];
    while answers.len() < MAX_ANSWERS {
        let next = ask()?;
        if answers.contains(&next) {
            return Ok(next);
        }
        tracing::info!(?next, "answers differ: the line is damaged");
        answers.push(next);
    }
    Err(LinkError::Doubtful)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::link::Shared;
    use kd_protocol::packet::{Packet, PacketType};
    use kd_protocol::{Host, Status, Timing};

    fn answer(value: u64) -> Answer {
        Answer::Msr { status: Status::SUCCESS, value }
    }

    /// What comes of these answers, one after the other, and how many of them were asked for.
    fn asked(answers: &[Result<u64, LinkError>]) -> (Result<Answer, LinkError>, usize) {
        let mut answers = answers.iter().cloned().map(|result| result.map(answer));
        let (all, first) = (answers.len(), answers.next().unwrap().unwrap());
        let result = agreed(first, || answers.next().unwrap());
        (result, all - answers.len())
    }

    #[test]
    fn an_answer_counts_when_it_came_twice() {
        assert_eq!(asked(&[Ok(1), Ok(1), Ok(1)]), (Ok(answer(1)), 2));
        assert_eq!(asked(&[Ok(1), Ok(2), Ok(1)]), (Ok(answer(1)), 3));
        assert_eq!(asked(&[Ok(1), Ok(2), Ok(3), Ok(2)]), (Ok(answer(2)), 4));
    }

    #[test]
    fn answers_that_all_differ_are_none() {
        let all: Vec<_> = (0..20).map(Ok).collect();
        assert_eq!(asked(&all), (Err(LinkError::Doubtful), MAX_ANSWERS));
    }

    #[test]
    fn one_answer_alone_is_not_enough_where_the_next_fails() {
        assert_eq!(asked(&[Ok(1), Err(LinkError::Cancelled)]), (Err(LinkError::Cancelled), 2));
    }

    #[test]
    fn a_line_is_in_doubt_from_its_first_damaged_packet_on() {
        let (shared, mut host, mut traced) = (Shared::new(), Host::new(Timing::default()), 0);
        host.attach(Duration::ZERO);
        let print = [0x3230_u32, 0, 0, 0].map(u32::to_le_bytes).concat();
        let mut packet = Packet { packet_type: PacketType::DebugIo, id: 0x8080_0000, payload: print }.encode();
        let doubtful_after = |bytes: &[u8], host: &mut Host, traced: &mut u64| {
            host.receive(Duration::from_secs(1), bytes);
            shared.show(host, Duration::from_secs(1), traced);
            shared.is_doubtful()
        };
        assert!(!doubtful_after(b"text of a boot loader\r\n", &mut host, &mut traced));
        assert!(!doubtful_after(&packet, &mut host, &mut traced));
        packet[20] ^= 1;
        assert!(doubtful_after(&packet, &mut host, &mut traced));
        packet[20] ^= 1;
        assert!(doubtful_after(&packet, &mut host, &mut traced));
    }
}
