//! Requests: queued, sent one after the other, answered, asked again where that does no harm.

use super::{Event, Executed, Host, Phase, RequestFailure, RequestId, UnderWay};
use crate::manipulate::{AnswerKind, MARK, Manipulate, ReadMemory, Unfitting};
use crate::packet::{BREAK_IN, MAX_PAYLOAD, Packet, PacketType};
use crate::trace::{Awaited, Traced};
use crate::{Answer, Request, StateChange};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};

/// Times that a deadline is moved while bytes keep coming: at 9600 baud a full packet takes 4 s.
const MAX_EXTENSIONS: u32 = 20;

/// The requests that haven't ended.
#[derive(Default)]
pub(super) struct Requests {
    last_id: u64,
    last_mark: u32,
    waiting: VecDeque<Waiting>,
    active: Option<Active>,
    /// What is asked again after the verification that is under way.
    postponed: Option<Active>,
    /// Apis whose answers were seen to echo the bytes of the union that they don't use.
    echoing: BTreeSet<u32>,
}

struct Waiting {
    id: RequestId,
    processor: u16,
    level: u16,
    request: Request,
}

/// The request whose answer is waited for.
struct Active {
    asked: Waiting,
    mark: u32,
    /// Times that it was sent anew.
    attempts: u32,
    acknowledged: bool,
    /// The caller has its end already.
    cancelled: bool,
    unfitting: Option<Unfitting>,
    /// When the answer has to be there; `None` before the acknowledgement, and while the link is reset.
    deadline: Option<Duration>,
    /// Times that the deadline may be moved because bytes are coming.
    extensions: u32,
    /// Is to be sent, again perhaps.
    to_send: bool,
}

impl Requests {
    pub(super) fn new_id(&mut self) -> RequestId {
        self.last_id += 1;
        RequestId(self.last_id)
    }

    pub(super) fn queue(&mut self, id: RequestId, processor: u16, level: u16, request: Request) {
        self.waiting.push_back(Waiting { id, processor, level, request });
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.active.as_ref().and_then(|active| active.deadline)
    }

    /// Whether there was such a request, still without an end.
    pub(super) fn cancel(&mut self, id: RequestId) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| waiting.id != id);
        if self.waiting.len() < before {
            return true;
        }
        let is_it = |active: &&mut Active| active.asked.id == id && !active.cancelled;
        let found = self.active.iter_mut().chain(&mut self.postponed).find(is_it);
        found.is_some_and(|active| {
            active.cancelled = true;
            true
        })
    }

    /// A number that no request before had. It hasn't the break-in byte in it, which a target that runs might hear.
    fn new_mark(&mut self) -> u32 {
        loop {
            self.last_mark = self.last_mark.wrapping_add(1).max(1);
            if !self.last_mark.to_le_bytes().contains(&BREAK_IN) {
                return self.last_mark;
            }
        }
    }
}

/// Whether a request can carry a mark that its answer echoes.
fn is_marked(request: &Request) -> bool {
    request.answer_kind() == AnswerKind::Answer && !matches!(request, Request::GetVersion)
}

impl Active {
    fn new(asked: Waiting) -> Self {
        Self {
            asked,
            mark: 0,
            attempts: 0,
            acknowledged: false,
            cancelled: false,
            unfitting: None,
            deadline: None,
            extensions: MAX_EXTENSIONS,
            to_send: true,
        }
    }

    fn failure(&self) -> RequestFailure {
        match &self.unfitting {
            Some(unfitting) => RequestFailure::Mismatch(unfitting.clone()),
            None => RequestFailure::TimedOut { sent: true, acknowledged: self.acknowledged },
        }
    }
}

/// Names no request of the caller's.
const VERIFICATION: RequestId = RequestId(0);

impl Host {
    /// Asks something that does no harm before anything else. The address is another one each time, and comes back in the answer; nothing
    /// is there on any target, which makes no difference.
    pub(super) fn ask_for_verification(&mut self, processor: u16, level: u16) {
        let address = u64::from(self.requests.new_mark() & 0xffff);
        let request = Request::ReadVirtualMemory(ReadMemory { address, count: 1 });
        let asked = Waiting { id: VERIFICATION, processor, level, request };
        let before = self.requests.active.replace(Active::new(asked));
        self.requests.postponed = self.requests.postponed.take().or(before);
    }

    /// Why a request can't even be queued.
    pub(super) fn refusal(&self, request: &Request) -> Option<RequestFailure> {
        let bytes = request.encode(0, 0).len();
        match self.phase {
            _ if bytes > MAX_PAYLOAD => Some(RequestFailure::TooLong { bytes }),
            Phase::NotConnected => Some(RequestFailure::NotConnected),
            Phase::AwaitingTarget | Phase::Running | Phase::AwaitingAnswer => Some(RequestFailure::NotHalted),
            Phase::Synchronising | Phase::Halted | Phase::Unknown => None,
        }
    }

    pub(super) fn send_request(&mut self, now: Duration) {
        if self.requests.active.is_none() {
            self.requests.active = self.requests.waiting.pop_front().map(Active::new);
        }
        let mark = self.requests.new_mark();
        let Some(active) = self.requests.active.as_mut().filter(|active| active.to_send) else { return };
        let Waiting { request, processor, level, .. } = &active.asked;
        let mut manipulate = Manipulate::new(request.api(), *level, *processor);
        request.write(&mut manipulate);
        if is_marked(request) {
            manipulate.put_u32(MARK, mark);
        }
        active.mark = mark;
        active.attempts += 1;
        active.acknowledged = false;
        active.deadline = None;
        self.under_way = UnderWay::Request;
        active.to_send = !self.link.send(now, PacketType::StateManipulate, manipulate.encode());
    }

    pub(super) fn request_acknowledged(&mut self, now: Duration) {
        let Some(active) = &mut self.requests.active else { return };
        active.acknowledged = true;
        let request = &active.asked.request;
        let wait = if request.is_slow() { self.timing.slow_answer } else { self.timing.answer };
        if request.answer_kind() != AnswerKind::Acknowledgement {
            active.deadline = Some(now.saturating_add(wait));
            return;
        }
        let resumes = request.resumes();
        self.complete(Ok(Answer::Acknowledged));
        if resumes {
            self.stop = None;
            self.phase = Phase::Running;
            self.end_waiting(&RequestFailure::NotHalted);
        }
    }

    /// A packet that isn't an answer has come, and the target sends nothing new before it has what we sent.
    pub(super) fn acknowledged_by_a_new_packet(&mut self, now: Duration) {
        if self.link.acknowledged_otherwise() {
            self.acknowledged(now);
        }
    }

    /// A manipulate packet has come: the answer to the request under way, if it fits.
    pub(super) fn manipulate_answer(&mut self, now: Duration, packet: &Packet) {
        let Some(active) = self.requests.active.as_ref().filter(|active| !active.to_send) else { return };
        let echoing = &self.requests.echoing;
        let fitting = Manipulate::decode(&packet.payload).map_err(Unfitting::from).and_then(|answer| {
            let request = &active.asked.request;
            let api = request.api();
            let taken = request.answer(active.asked.processor, &answer)?;
            let is_echoed = is_marked(request) && answer.u32(MARK) == active.mark;
            if !is_echoed && echoing.contains(&api) {
                Err(Unfitting::Mark { api })
            } else {
                Ok((taken, api, is_echoed))
            }
        });
        match fitting {
            Ok((answer, api, is_echoed)) => {
                if is_echoed {
                    self.requests.echoing.insert(api);
                }
                self.link.acknowledged_otherwise();
                self.complete(Ok(answer));
            }
            Err(unfitting) => {
                self.link.statistics_mut().unfitting += 1;
                self.link.note(now, Traced::Unfitting { reason: unfitting.to_string() });
                self.link.disown(packet);
                if let Some(active) = &mut self.requests.active {
                    active.unfitting = Some(unfitting);
                }
            }
        }
    }

    /// The request under way was one for a new state change, and that has come.
    pub(super) fn complete_by_state_change(&mut self, change: &StateChange) -> bool {
        let is_due = self.requests.active.as_ref().filter(|active| !active.to_send).is_some_and(|active| match &active
            .asked
            .request
        {
            Request::SwitchProcessor => change.processor == active.asked.processor,
            request => request.answer_kind() == AnswerKind::StateChange,
        });
        if is_due {
            self.link.acknowledged_otherwise();
            self.complete(Ok(Answer::Acknowledged));
        }
        is_due
    }

    /// A request that lets the target run is under way, without its acknowledgement.
    pub(super) fn is_resuming(&self) -> bool {
        self.requests.active.as_ref().is_some_and(|active| active.asked.request.resumes() && !active.to_send)
    }

    pub(super) fn advance_request(&mut self, now: Duration) {
        let Some(active) = &mut self.requests.active else { return };
        if active.deadline.take_if(|deadline| *deadline <= now).is_none() {
            return;
        }
        // A long answer on a slow line is still coming.
        if let Some(gap_ends) = self.link.receiving_until().filter(|gap_ends| *gap_ends > now) {
            if active.extensions > 0 {
                active.extensions -= 1;
                active.deadline = Some(gap_ends);
                return;
            }
        }
        let failure = active.failure();
        self.link.note(now, Traced::TimedOut(Awaited::Answer));
        self.interrupt_request(failure);
        self.synchronise(now);
    }

    /// The request under way won't get its answer: it is asked again if that does no harm, else it ends so.
    pub(super) fn interrupt_request(&mut self, failure: RequestFailure) {
        let bound = self.timing.attempts;
        let Some(active) = &mut self.requests.active else { return };
        active.deadline = None;
        if active.to_send {
            return;
        }
        // A target that has the request and doesn't answer it probably doesn't know it: once more is enough.
        let bound = if active.acknowledged { bound.min(2) } else { bound };
        let may_repeat = active.asked.request.is_repeatable() && active.asked.id != VERIFICATION && !active.cancelled;
        if may_repeat && active.attempts < bound {
            active.to_send = true;
        } else {
            self.complete(Err(failure));
        }
    }

    fn complete(&mut self, result: Result<Answer, RequestFailure>) {
        let Some(active) = self.requests.active.take() else { return };
        if active.asked.id == VERIFICATION {
            self.requests.active = self.requests.postponed.take();
            return self.verification_ended(result.is_ok());
        }
        if result.is_ok() {
            self.link.statistics_mut().round_trips += 1;
        }
        if !active.cancelled {
            self.events.push_back(Event::Answer { id: active.asked.id, result });
        }
    }

    fn end_waiting(&mut self, failure: &RequestFailure) {
        for waiting in core::mem::take(&mut self.requests.waiting) {
            self.events.push_back(Event::Answer { id: waiting.id, result: Err(failure.clone()) });
        }
    }

    /// All requests end: that under way with `failure`, those that wait as never sent.
    pub(super) fn fail_requests(&mut self, failure: RequestFailure) {
        self.verifying = None;
        if let Some(postponed) = self.requests.postponed.take() {
            self.requests.active = Some(postponed);
        } else {
            self.requests.active.take_if(|active| active.asked.id == VERIFICATION);
        }
        let was_sent = self.requests.active.as_ref().is_some_and(|active| active.attempts > 0);
        let not_sent = match failure {
            RequestFailure::LinkReset { .. } => RequestFailure::LinkReset { executed: Executed::No },
            RequestFailure::TimedOut { .. } => RequestFailure::TimedOut { sent: false, acknowledged: false },
            ref other => other.clone(),
        };
        let under_way = match (was_sent, &self.requests.active) {
            (true, Some(active)) if matches!(failure, RequestFailure::TimedOut { .. }) => active.failure(),
            (true, _) => failure,
            (false, _) => not_sent.clone(),
        };
        self.complete(Err(under_way));
        self.end_waiting(&not_sent);
    }
}
