//! A debugger and a target, joined by a line, under virtual time.

use super::line::{Faults, Line};
use super::random::Random;
use super::target::{Habits, MEMORY, Target, memory, read};
use core::time::Duration;
use kd_protocol::{Answer, Event, Host, Phase, Request, RequestFailure, RequestId, StateChange, Status, Timing};
use std::collections::{BTreeMap, VecDeque};

/// Both ends.
pub struct Pair {
    pub now: Duration,
    pub host: Host,
    pub target: Target,
    pub to_target: Line,
    pub to_host: Line,
    pub random: Random,
    /// Events that nobody has looked at.
    pub events: VecDeque<Event>,
    /// Answers that nobody has looked at.
    pub answers: BTreeMap<RequestId, Result<Answer, RequestFailure>>,
}

impl Pair {
    pub fn new(seed: u64, habits: Habits) -> Self {
        Self::with_timing(seed, habits, Timing::default())
    }

    pub fn with_timing(seed: u64, habits: Habits, timing: Timing) -> Self {
        let latency = Duration::from_millis(1);
        Self {
            // Any moment does.
            now: Duration::from_secs(1000),
            host: Host::new(timing),
            target: Target::new(habits),
            to_target: Line::new(latency),
            to_host: Line::new(latency),
            random: Random::new(seed),
            events: VecDeque::new(),
            answers: BTreeMap::new(),
        }
    }

    pub fn set_faults(&mut self, faults: Faults) {
        self.to_target.faults = faults;
        self.to_host.faults = faults;
    }

    /// Moves what was written onto the lines, and events to where they are looked at.
    pub fn flush(&mut self) {
        while let Some(bytes) = self.host.poll_output() {
            self.to_target.write(self.now, bytes, &mut self.random);
        }
        while let Some(bytes) = self.target.link.poll_output() {
            self.to_host.write(self.now, bytes, &mut self.random);
        }
        while let Some(event) = self.host.poll_event() {
            match event {
                Event::Answer { id, result } => {
                    let twice = self.answers.insert(id, result);
                    assert!(twice.is_none(), "{id:?} ended twice");
                }
                event => self.events.push_back(event),
            }
        }
    }

    /// When something happens next.
    pub fn next(&self) -> Option<Duration> {
        let times =
            [self.host.next_deadline(), self.target.link.next_deadline(), self.to_target.next(), self.to_host.next()];
        times.into_iter().flatten().min()
    }

    /// Lets the next thing happen, if it does before `end`.
    pub fn step(&mut self, end: Duration) -> bool {
        self.flush();
        let Some(next) = self.next().filter(|next| *next <= end) else {
            self.now = self.now.max(end);
            return false;
        };
        self.now = self.now.max(next);
        if let Some(bytes) = self.to_target.take(self.now) {
            self.target.receive(self.now, &bytes);
        } else if let Some(bytes) = self.to_host.take(self.now) {
            self.host.receive(self.now, &bytes);
        } else if self.host.next_deadline().is_some_and(|deadline| deadline <= self.now) {
            self.host.advance(self.now);
        } else {
            self.target.advance(self.now);
        }
        self.flush();
        true
    }

    /// Runs for a while.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.step(end) {}
    }

    /// Runs until something is so; whether it came to be within `time`.
    pub fn run_until(&mut self, time: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + time;
        self.flush();
        while !is_so(self) {
            if !self.step(end) {
                return is_so(self);
            }
        }
        true
    }

    /// Attaches, and takes the events up to the first stop.
    pub fn attach(&mut self) -> StateChange {
        self.host.attach(self.now);
        self.stopped()
    }

    /// The next stop.
    pub fn stopped(&mut self) -> StateChange {
        let is_stop = |event: &Event| matches!(event, Event::StateChange(_));
        let stops = self.run_until(Duration::from_secs(30), |pair| pair.events.iter().any(is_stop));
        assert!(stops, "no stop; events: {:?}; phase: {:?}\n{}", self.events, self.host.phase(), self.trace());
        let at = self.events.iter().position(is_stop).expect("it is there");
        match self.events.remove(at) {
            Some(Event::StateChange(change)) => change,
            other => panic!("{other:?}"),
        }
    }

    pub fn ask(&mut self, request: Request) -> RequestId {
        self.host.request(self.now, 0, 6, request)
    }

    /// Asks, and waits for the end.
    pub fn result(&mut self, request: Request) -> Result<Answer, RequestFailure> {
        let id = self.ask(request);
        let ended = self.run_until(Duration::from_secs(60), |pair| pair.answers.contains_key(&id));
        assert!(ended, "{id:?} doesn't end; phase: {:?}\n{}", self.host.phase(), self.trace());
        self.answers.remove(&id).expect("it is there")
    }

    /// Asks, and waits for the answer.
    pub fn answer(&mut self, request: Request) -> Answer {
        let name = request.name();
        self.result(request).unwrap_or_else(|failure| panic!("{name}: {failure}\n{}", self.trace()))
    }

    pub fn phase(&self) -> Phase {
        self.host.phase()
    }

    /// What went over the link, for a test that fails.
    pub fn trace(&self) -> String {
        self.host.trace().since(0).map(|(_, entry)| format!("{entry}\n")).collect()
    }
}

/// Attached to a target that was running.
pub fn attached() -> Pair {
    let mut pair = Pair::new(1, Habits::default());
    pair.attach();
    pair
}

/// The session is usable: what is read is what is there.
#[track_caller]
pub fn check_reads(pair: &mut Pair) {
    for offset in 0..4 {
        let address = MEMORY.start + offset * 0x100;
        let Answer::Memory { status, data } = pair.answer(read(address, 64)) else { panic!("memory is answered") };
        assert_eq!((status, data), (Status::SUCCESS, memory(pair.target.boots, address, 64)));
    }
}
