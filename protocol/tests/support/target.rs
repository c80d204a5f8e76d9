//! A target: it runs, stops, does what it is asked for, and counts it. Its link is the crate's own in the other role.

use core::time::Duration;
use kd_protocol::manipulate::{MAX_DATA, ReadMemory};
use kd_protocol::{
    Answer, Continue2, ContinueStatus, ControlRequest, ControlSet, DebugIo, DebugIoKind, ExceptionRecord, FileAnswer,
    FileRequest, Link, LinkEvent, LoadSymbols, Manipulate, PacketType, PromptAnswer, Request, Role, StateChange,
    StateChangeKind, Status, Timing, Version,
};
use std::collections::{BTreeMap, VecDeque};

/// Where its memory can be read: each byte follows from its address and from how often it has booted.
pub const MEMORY: core::ops::Range<u64> = 0xffff_f800_0000_0000..0xffff_f800_0010_0000;
/// A break-in's exception code.
pub const BREAKPOINT: u32 = 0x8000_0003;

/// What memory holds after so many boots.
pub fn memory(boots: u64, address: u64, count: usize) -> Vec<u8> {
    (address..)
        .take(count)
        .map(|address| (address.wrapping_mul(31) ^ (address >> 8) ^ boots.wrapping_mul(77)) as u8)
        .collect()
}

/// A read of virtual memory.
pub fn read(address: u64, count: u32) -> Request {
    Request::ReadVirtualMemory(ReadMemory { address, count })
}

/// A `Continue2` that the target counts under a number.
pub fn resume(number: u64) -> Request {
    let control_set =
        ControlSet::Amd64 { trace_flag: false, dr7: number, current_symbol_start: 0, current_symbol_end: 0 };
    Request::Continue2(Continue2 { status: ContinueStatus::CONTINUE, control_set })
}

/// How targets differ.
#[derive(Clone, Copy, Default)]
pub struct Habits {
    /// A break-in byte while it is halted makes it send its state change again.
    pub answers_break_in_when_halted: bool,
    /// It prints before it answers.
    pub prints_before_answers: bool,
    /// Bytes behind its state changes.
    pub trailing_bytes: usize,
    /// Its answers are built anew, without the request's other bytes.
    pub clears_answers: bool,
}

/// A target.
pub struct Target {
    pub link: Link,
    pub habits: Habits,
    pub boots: u64,
    pub halted: bool,
    /// Executions of each thing that must not be done twice, by the number that the debugger gave it, and by boot: a machine that has
    /// restarted is another target.
    pub executed: BTreeMap<(u64, u64), u32>,
    /// Bytes that were written, by address.
    pub written: BTreeMap<u64, Vec<u8>>,
    pub requests: u64,
    /// Stops so far; a stop's number is its thread.
    pub stops: u64,
    pub prints: u64,
    pub prompt_answers: Vec<Vec<u8>>,
    pub file_answers: Vec<FileAnswer>,
    pub control_answers: Vec<ControlRequest>,
    booted: Duration,
    state_change: Option<StateChange>,
    question: Option<(PacketType, Vec<u8>)>,
    to_send: VecDeque<(PacketType, Vec<u8>)>,
    sending: Option<(PacketType, Vec<u8>)>,
    timing: Timing,
}

impl Target {
    /// A target that runs.
    pub fn new(habits: Habits) -> Self {
        let timing = Timing { retransmit: Duration::from_millis(900), ..Timing::default() };
        Self {
            link: Link::new(Role::Target, timing.clone()),
            habits,
            boots: 0,
            halted: false,
            executed: BTreeMap::new(),
            written: BTreeMap::new(),
            requests: 0,
            stops: 0,
            prints: 0,
            prompt_answers: Vec::new(),
            file_answers: Vec::new(),
            control_answers: Vec::new(),
            booted: Duration::ZERO,
            state_change: None,
            question: None,
            to_send: VecDeque::new(),
            sending: None,
            timing,
        }
    }

    /// It starts anew, hears nothing for some time, and then runs.
    pub fn reboot(&mut self, done: Duration) {
        self.boots += 1;
        self.booted = done;
        self.link = Link::new(Role::Target, self.timing.clone());
        self.halted = false;
        self.state_change = None;
        self.question = None;
        self.to_send.clear();
        self.sending = None;
        self.written.clear();
    }

    /// It stops at a breakpoint.
    pub fn stop(&mut self, now: Duration) {
        self.stops += 1;
        let address = MEMORY.start + self.stops;
        let record = ExceptionRecord { code: BREAKPOINT, address, ..ExceptionRecord::default() };
        self.stop_for(now, StateChangeKind::Exception { record, first_chance: true });
    }

    /// It tells of a module.
    pub fn load_symbols(&mut self, now: Duration) {
        self.stops += 1;
        let load = LoadSymbols { path: b"\\driver.sys".to_vec(), base: MEMORY.start, ..LoadSymbols::default() };
        self.stop_for(now, StateChangeKind::LoadSymbols(load));
    }

    fn stop_for(&mut self, now: Duration, kind: StateChangeKind) {
        self.halted = true;
        self.state_change = Some(StateChange {
            kind,
            alternate: false,
            processor_level: 6,
            processor: 0,
            number_processors: 2,
            thread: self.stops,
            program_counter: MEMORY.start + self.stops,
            control_report: vec![0x90; 48 + self.habits.trailing_bytes],
        });
        self.report(now);
    }

    fn report(&mut self, now: Duration) {
        let Some(change) = &self.state_change else { return };
        let payload = change.encode();
        self.to_send.retain(|(packet_type, _)| *packet_type != PacketType::StateChange64);
        self.send(now, PacketType::StateChange64, payload);
    }

    /// It prints its prints' number.
    pub fn print(&mut self, now: Duration) {
        self.prints += 1;
        let text = format!("print {}\n", self.prints).into_bytes();
        let print = DebugIo { processor_level: 6, processor: 0, kind: DebugIoKind::Print { text } };
        self.send(now, PacketType::DebugIo, print.encode());
    }

    /// It asks, and waits.
    pub fn prompt(&mut self, now: Duration, text: &[u8]) {
        let kind = DebugIoKind::Prompt { text: text.to_vec(), max_answer: 32 };
        let prompt = DebugIo { processor_level: 6, processor: 0, kind };
        self.ask(now, PacketType::DebugIo, prompt.encode());
    }

    /// It asks for a file, and waits.
    pub fn request_file(&mut self, now: Duration, request: &FileRequest) {
        self.ask(now, PacketType::FileIo, request.encode());
    }

    /// It asks, and waits.
    pub fn ask(&mut self, now: Duration, packet_type: PacketType, payload: Vec<u8>) {
        self.question = Some((packet_type, payload.clone()));
        self.send(now, packet_type, payload);
    }

    /// Sends a packet when the one before is acknowledged.
    pub fn send(&mut self, now: Duration, packet_type: PacketType, payload: Vec<u8>) {
        self.to_send.push_back((packet_type, payload));
        self.pump(now);
    }

    fn pump(&mut self, now: Duration) {
        while !self.link.is_busy() {
            let Some((packet_type, payload)) = self.to_send.pop_front() else { return };
            self.sending = Some((packet_type, payload.clone()));
            assert!(self.link.send(now, packet_type, payload));
        }
    }

    /// It looks at the line only when it waits for something; else all it hears is the break-in byte.
    pub fn listens(&self) -> bool {
        self.halted || self.question.is_some() || self.link.is_busy()
    }

    pub fn receive(&mut self, now: Duration, bytes: &[u8]) {
        if now < self.booted {
            return;
        }
        if self.listens() {
            self.link.receive(now, bytes);
            self.take_events(now);
        } else if bytes.contains(&kd_protocol::packet::BREAK_IN) {
            self.stop(now);
        }
    }

    pub fn advance(&mut self, now: Duration) {
        self.link.advance(now);
        self.take_events(now);
    }

    fn take_events(&mut self, now: Duration) {
        while let Some(event) = self.link.poll_event(now) {
            match event {
                LinkEvent::Received { packet, .. } => match packet.packet_type {
                    PacketType::StateManipulate => self.manipulate(now, &packet.payload),
                    PacketType::DebugIo => {
                        let answer = PromptAnswer::decode(&packet.payload).expect("only whole packets arrive");
                        self.prompt_answers.push(answer.text);
                        self.question = None;
                    }
                    PacketType::FileIo => {
                        let answer = FileAnswer::decode(&packet.payload).expect("only whole packets arrive");
                        self.file_answers.push(answer);
                        self.question = None;
                    }
                    PacketType::ControlRequest => {
                        let answer = ControlRequest::decode(&packet.payload).expect("only whole packets arrive");
                        self.control_answers.push(answer);
                        self.question = None;
                    }
                    _ => {}
                },
                LinkEvent::Acknowledged => self.sending = None,
                // Prints are given up; all else is sent for ever.
                LinkEvent::GaveUp => {
                    let (packet_type, payload) = self.sending.take().expect("something was under way");
                    let is_print = payload.starts_with(&[0x30, 0x32, 0, 0]);
                    if !is_print || packet_type != PacketType::DebugIo {
                        self.to_send.push_front((packet_type, payload));
                    }
                }
                LinkEvent::Reset | LinkEvent::ResetAnswered => {
                    self.to_send.clear();
                    self.sending = None;
                    match self.question.clone() {
                        Some((packet_type, payload)) => self.send(now, packet_type, payload),
                        None => self.report(now),
                    }
                }
                LinkEvent::Noise(bytes) => {
                    let asked = bytes.contains(&kd_protocol::packet::BREAK_IN);
                    if asked && self.habits.answers_break_in_when_halted && self.halted && !self.link.is_busy() {
                        self.report(now);
                    }
                }
                LinkEvent::ResetUnanswered => {}
            }
            self.pump(now);
        }
    }

    fn count(&mut self, number: u64) {
        *self.executed.entry((number, self.boots)).or_default() += 1;
    }

    fn manipulate(&mut self, now: Duration, payload: &[u8]) {
        if !self.halted {
            return;
        }
        self.requests += 1;
        let manipulate = Manipulate::decode(payload).expect("only whole packets arrive");
        let answer = match Request::read(&manipulate).expect("only known requests are sent") {
            Request::ReadVirtualMemory(read) => {
                let count = (read.count as usize).min(MAX_DATA);
                let written = self.written.get(&read.address).filter(|bytes| bytes.len() == count);
                if MEMORY.contains(&read.address) {
                    let data = written.cloned().unwrap_or_else(|| memory(self.boots, read.address, count));
                    Answer::Memory { status: Status::SUCCESS, data }
                } else {
                    Answer::Memory { status: Status::UNSUCCESSFUL, data: Vec::new() }
                }
            }
            Request::WriteVirtualMemory(write) => {
                self.count(write.address);
                let count = write.data.len() as u32;
                self.written.insert(write.address, write.data);
                Answer::Written { status: Status::SUCCESS, count }
            }
            Request::WriteIoSpace(write) => {
                self.count(u64::from(write.value));
                Answer::Status(Status::SUCCESS)
            }
            Request::ReadMsr(read) => Answer::Msr { status: Status::SUCCESS, value: u64::from(read.msr) << 8 },
            Request::GetVersion => {
                let version = Version { minor: 19041, protocol: 6, machine: 0x8664, ..Version::default() };
                Answer::Version { status: Status::SUCCESS, version }
            }
            Request::Continue2(resume) => {
                let ControlSet::Amd64 { dr7, .. } = resume.control_set else { panic!("the machine is AMD64") };
                self.count(dr7);
                self.state_change = None;
                self.halted = false;
                return;
            }
            Request::SwitchProcessor => {
                let Some(change) = &mut self.state_change else { return };
                change.processor = manipulate.processor();
                return self.report(now);
            }
            _ => Answer::Status(Status::UNSUCCESSFUL),
        };
        if self.habits.prints_before_answers {
            self.print(now);
        }
        let mut request = manipulate;
        if self.habits.clears_answers {
            let mut cleared = Manipulate::new(request.api(), request.processor_level(), request.processor());
            Request::read(&request).expect("read before").write(&mut cleared);
            request = cleared;
        }
        self.send(now, PacketType::StateManipulate, answer.write(&request).encode());
    }
}
