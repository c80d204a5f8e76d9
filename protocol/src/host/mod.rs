//! The debugger's side of one connection: attaching, requests and their answers, what the target says by itself.
//!
//! Four groups of functions: what comes in ([`receive`](Host::receive), [`advance`](Host::advance), [`line_replaced`](Host::line_replaced)),
//! what goes out ([`poll_output`](Host::poll_output), [`poll_event`](Host::poll_event), [`next_deadline`](Host::next_deadline)), what the
//! debugger wants ([`attach`](Host::attach), [`request`](Host::request), [`break_in`](Host::break_in) …), and what is known
//! ([`phase`](Host::phase), [`statistics`](Host::statistics), [`trace`](Host::trace)). After each call of the first and third group: write all
//! outputs, take all events, ask for the deadline.

mod event;
mod packets;
mod questions;
mod requests;
mod synchronise;

pub use event::{Event, Executed, Phase, RequestFailure, RequestId};

use crate::link::{Link, LinkEvent, Role};
use crate::{FileAnswer, Request, StateChange, Statistics, Timing, Trace};
use core::time::Duration;
use questions::Question;
use requests::Requests;
use std::collections::VecDeque;
use synchronise::Synchronisation;

/// Bytes of noise that wait for the caller; the rest is counted and dropped.
const MAX_NOISE: usize = 64 * 1024;

/// The debugger's side of one connection.
pub struct Host {
    timing: Timing,
    link: Link,
    phase: Phase,
    /// The target was halted once, or asked something, since it is attached to.
    attached: bool,
    /// The stop that was told last, until the target goes on.
    stop: Option<StateChange>,
    /// Both sides know each other's ids.
    synchronised: bool,
    synchronisation: Option<Synchronisation>,
    /// Where the target says that it stands, until something else shows that it does.
    verifying: Option<StateChange>,
    failed_verifications: u32,
    requests: Requests,
    question: Option<Question>,
    /// What the packet under way is.
    under_way: UnderWay,
    /// The debugger wants the target to stop.
    breaking_in: bool,
    /// When the break-in byte is sent next.
    next_break_in: Option<Duration>,
    break_ins: u32,
    /// When a target that fell silent is sent RESET next.
    next_probe: Option<Duration>,
    events: VecDeque<Event>,
    noise: usize,
}

/// What the packet under way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnderWay {
    Request,
    Answer,
}

impl Host {
    /// A connection on which nothing was said yet. Times are since any moment, the same for all calls.
    pub fn new(timing: Timing) -> Self {
        Self {
            link: Link::new(Role::Host, timing.clone()),
            timing,
            phase: Phase::NotConnected,
            attached: false,
            stop: None,
            synchronised: false,
            synchronisation: None,
            verifying: None,
            failed_verifications: 0,
            requests: Requests::default(),
            question: None,
            under_way: UnderWay::Request,
            breaking_in: false,
            next_break_in: None,
            break_ins: 0,
            next_probe: None,
            events: VecDeque::new(),
            noise: 0,
        }
    }

    /// Bytes have come from the target.
    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        self.link.receive(now, bytes);
        self.take_link_events(now);
    }

    /// Time has passed: at the latest at [`next_deadline`](Self::next_deadline).
    pub fn advance(&mut self, now: Duration) {
        self.link.advance(now);
        self.take_link_events(now);
        self.advance_synchronisation(now);
        self.advance_request(now);
        self.advance_break_in(now);
        self.pump(now);
    }

    /// When something is due; `None` when only bytes can change anything.
    pub fn next_deadline(&self) -> Option<Duration> {
        let synchronisation = self.synchronisation.as_ref().and_then(Synchronisation::deadline);
        let deadlines =
            [self.link.next_deadline(), synchronisation, self.requests.deadline(), self.next_break_in, self.next_probe];
        deadlines.into_iter().flatten().min()
    }

    /// Bytes for the target; each `Vec` is to be written in one go.
    pub fn poll_output(&mut self) -> Option<Vec<u8>> {
        self.link.poll_output()
    }

    /// What happened next.
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        if let Event::Noise(bytes) = &event {
            self.noise = self.noise.saturating_sub(bytes.len());
        }
        Some(event)
    }

    /// Attaches to a target, whether it runs, is halted, or hasn't booted yet, and whatever an earlier debugger left: the break-in byte is
    /// repeated until a state change comes, then the link is reset, and the state change that is sent again is the first event.
    pub fn attach(&mut self, now: Duration) {
        self.fail_requests(RequestFailure::LinkReset { executed: Executed::Unknown });
        self.attached = false;
        self.stop = None;
        self.question = None;
        self.await_target(now);
    }

    /// Stops a target that runs: the byte is repeated until it is heard. Nothing where the target is halted; while RESET is being
    /// answered, nobody knows, and the byte is sent once it isn't.
    pub fn break_in(&mut self, now: Duration) {
        match self.phase {
            Phase::Running | Phase::Unknown | Phase::AwaitingAnswer if !self.breaking_in => self.begin_breaking_in(now),
            Phase::Synchronising => self.breaking_in = true,
            _ => {}
        }
    }

    /// The byte isn't repeated any more. What was sent may still be heard.
    pub fn cancel_break_in(&mut self) {
        if self.phase != Phase::AwaitingTarget {
            self.stop_breaking_in();
        }
    }

    /// Asks the target. Requests are sent one after the other; each ends with one [`Event::Answer`]. `processor` is the one that is asked
    /// about, `level` its level as the last state change told it.
    pub fn request(&mut self, now: Duration, processor: u16, level: u16, request: Request) -> RequestId {
        let id = self.requests.new_id();
        match self.refusal(&request) {
            Some(failure) => self.events.push_back(Event::Answer { id, result: Err(failure) }),
            None => {
                self.requests.queue(id, processor, level, request);
                if self.phase == Phase::Unknown {
                    self.synchronise(now);
                }
                self.pump(now);
            }
        }
        id
    }

    /// Ends a request with [`RequestFailure::Cancelled`]. One that was sent may have been executed; its late answer is dropped.
    pub fn cancel_request(&mut self, id: RequestId) {
        if self.requests.cancel(id) {
            self.events.push_back(Event::Answer { id, result: Err(RequestFailure::Cancelled) });
        }
    }

    /// The answer to [`Event::Prompt`], without a line end; cut to what the target can take.
    pub fn answer_prompt(&mut self, now: Duration, text: &[u8]) {
        self.answer_question(|question| question.prompt_answer(text));
        self.pump(now);
    }

    /// The answer to [`Event::FileRequest`]; data is cut to what fits into a packet.
    pub fn answer_file(&mut self, now: Duration, answer: FileAnswer) {
        self.answer_question(|question| question.file_answer(answer));
        self.pump(now);
    }

    /// The transport has connected anew: bytes of before and ids are forgotten. A target that was halted is asked whether it still is.
    pub fn line_replaced(&mut self, now: Duration) {
        self.link.line_replaced(now);
        self.synchronised = false;
        self.synchronisation = None;
        let was_halted = self.stop.is_some() || self.phase == Phase::AwaitingAnswer;
        self.fail_requests(RequestFailure::LinkReset { executed: Executed::Unknown });
        match self.phase {
            Phase::NotConnected => {}
            Phase::AwaitingTarget => self.await_target(now),
            Phase::Synchronising if !self.attached => self.await_target(now),
            _ if was_halted => self.synchronise(now),
            _ => {
                self.phase = Phase::Unknown;
                self.next_probe = Some(now.saturating_add(self.timing.probe));
                self.next_break_in = self.breaking_in.then_some(now);
            }
        }
    }

    /// What is known about the target.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The break-in byte is being repeated.
    pub fn is_breaking_in(&self) -> bool {
        self.breaking_in
    }

    /// What the link has seen: enough to say why a connection doesn't work.
    pub fn statistics(&self) -> &Statistics {
        self.link.statistics()
    }

    /// What went over the link.
    pub fn trace(&self) -> &Trace {
        self.link.trace()
    }

    fn take_link_events(&mut self, now: Duration) {
        while let Some(event) = self.link.poll_event(now) {
            match event {
                LinkEvent::Received { packet, standing } => self.packet(now, packet, standing),
                LinkEvent::Acknowledged => self.acknowledged(now),
                LinkEvent::GaveUp => self.gave_up(now),
                LinkEvent::Reset => self.link_reset(now),
                LinkEvent::ResetAnswered => self.reset_answered(now),
                LinkEvent::ResetUnanswered => self.reset_unanswered(now),
                LinkEvent::Noise(bytes) => self.hear_noise(bytes),
            }
            self.pump(now);
        }
    }

    /// A break-in byte that the target's side sent is no text.
    fn hear_noise(&mut self, mut bytes: Vec<u8>) {
        bytes.truncate(MAX_NOISE.saturating_sub(self.noise));
        if bytes.is_empty() || bytes == [crate::packet::BREAK_IN] {
            return;
        }
        self.noise += bytes.len();
        match self.events.back_mut() {
            Some(Event::Noise(before)) => before.extend_from_slice(&bytes),
            _ => self.events.push_back(Event::Noise(bytes)),
        }
    }

    fn begin_breaking_in(&mut self, now: Duration) {
        self.breaking_in = true;
        self.break_ins = 0;
        self.next_break_in = Some(now);
        self.advance_break_in(now);
    }

    fn stop_breaking_in(&mut self) {
        self.breaking_in = false;
        self.next_break_in = None;
    }

    fn advance_break_in(&mut self, now: Duration) {
        if self.next_break_in.take_if(|due| *due <= now).is_none() {
            return;
        }
        self.break_ins = self.break_ins.saturating_add(1);
        self.next_break_in = Some(now.saturating_add(self.timing.break_in));
        self.link.break_in(now);
        // A target that is halted already, and doesn't look for the byte then, answers RESET. One that runs reads over it.
        if self.break_ins % 3 == 0 {
            self.synchronised = false;
            self.link.probe(now);
        }
    }

    /// Sends what waits, where the target listens.
    fn pump(&mut self, now: Duration) {
        if self.link.is_busy() || !self.synchronised || self.synchronisation.is_some() {
            return;
        }
        self.send_question_answer(now);
        if (self.phase == Phase::Halted || self.verifying.is_some()) && !self.link.is_busy() {
            self.send_request(now);
        }
    }

    fn acknowledged(&mut self, now: Duration) {
        match self.under_way {
            UnderWay::Request => self.request_acknowledged(now),
            UnderWay::Answer => self.answer_acknowledged(),
        }
    }

    /// A packet was sent as often as it is sent, and nothing came back.
    fn gave_up(&mut self, now: Duration) {
        if self.under_way == UnderWay::Request {
            self.interrupt_request(RequestFailure::TimedOut { sent: true, acknowledged: false });
        }
        self.synchronise(now);
    }
}
