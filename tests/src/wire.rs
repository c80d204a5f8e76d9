//! A debugger with nothing but the protocol: what the sample kernel does on the wire.

use kd_protocol::manipulate::{GetContext, ReadMemory, RestoreBreakPoint, SetContext, WriteBreakPoint, WriteMemory};
use kd_protocol::{
    Answer, Continue2, ContinueStatus, ControlSet, Event, Host, Request, RequestId, StateChange, StateChangeKind,
    Status, Timing, Version,
};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long the target may take for anything before a test calls it a hang.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How long a read of the socket waits: the protocol's deadlines are looked at as often.
const READ_TIME: Duration = Duration::from_millis(5);

/// DR7 without a breakpoint: bit 10 is always set.
const DR7: u64 = 0x400;

/// Where the registers are in a CONTEXT of AMD64.
const CONTEXT_RSP: usize = 0x98;
const CONTEXT_RIP: usize = 0xf8;

/// A connection to a target. It is hung up on when this is dropped; the target stays as it is.
pub struct Wire {
    stream: UnixStream,
    host: Host,
    start: Instant,
    /// What the target reported; `None` when it runs.
    stop: Option<StateChange>,
    answer: Option<(RequestId, Answer)>,
    printed: String,
}

impl Wire {
    /// Connects to a socket. Nothing is sent yet.
    pub fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        stream.set_read_timeout(Some(READ_TIME)).expect("it is a time");
        Self {
            stream,
            host: Host::new(Timing::default()),
            start: Instant::now(),
            stop: None,
            answer: None,
            printed: String::new(),
        }
    }

    /// Attaches to a target that runs, that is halted, or that hasn't booted yet: its report.
    pub fn attach(&mut self) -> StateChange {
        self.begin_to_attach();
        self.wait_for_stop()
    }

    /// Sends the first bytes of that.
    pub fn begin_to_attach(&mut self) {
        self.host.attach(self.start.elapsed());
        self.write_output();
    }

    /// Breaks in on a target that runs: its report.
    pub fn break_in(&mut self) -> StateChange {
        self.host.break_in(self.start.elapsed());
        self.wait_for_stop()
    }

    /// Waits until the target reports, if it runs: its report.
    pub fn wait_for_stop(&mut self) -> StateChange {
        self.wait("state change", |wire| wire.stop.clone())
    }

    /// Has the processor that reported answer a request: what it says, success or not.
    pub fn ask(&mut self, request: Request) -> Answer {
        let stop = self.stop.clone().expect("only a halted target is asked");
        self.ask_processor(stop.processor, request)
    }

    /// The same of another processor.
    pub fn ask_processor(&mut self, processor: u16, request: Request) -> Answer {
        let stop = self.stop.clone().expect("only a halted target is asked");
        let what = format!("answer to {request:?}");
        if request.resumes() {
            self.stop = None;
        }
        let id = self.host.request(self.start.elapsed(), processor, stop.processor_level, request);
        self.wait(&what, |wire| wire.answer.take_if(|(answered, _)| *answered == id)).1
    }

    /// What the target says that it is.
    pub fn version(&mut self) -> Version {
        match self.ask(Request::GetVersion) {
            Answer::Version { version, .. } => version,
            answer => panic!("{answer:?}"),
        }
    }

    /// Virtual memory: as much as can be read of it, in bytes.
    ///
    /// # Errors
    /// The target's status.
    pub fn read(&mut self, address: u64, count: u32) -> Result<Vec<u8>, Status> {
        match self.ask(Request::ReadVirtualMemory(ReadMemory { address, count })) {
            Answer::Memory { status, data } if status.is_success() => Ok(data),
            Answer::Memory { status, .. } => Err(status),
            answer => panic!("{answer:?}"),
        }
    }

    /// Writes virtual memory, all of it.
    pub fn write(&mut self, address: u64, data: &[u8]) {
        let answer = self.ask(Request::WriteVirtualMemory(WriteMemory { address, data: data.to_vec() }));
        assert_eq!(answer, Answer::Written { status: Status::SUCCESS, count: data.len() as u32 });
    }

    /// The CONTEXT of the processor that reported.
    pub fn context(&mut self) -> Context {
        let stop = self.stop.clone().expect("only a halted target is asked");
        self.context_of(stop.processor)
    }

    /// The CONTEXT of another one.
    pub fn context_of(&mut self, processor: u16) -> Context {
        match self.ask_processor(processor, Request::GetContext(GetContext { flags: 0 })) {
            Answer::Context { status: Status::SUCCESS, context } => Context(context),
            answer => panic!("{answer:?}"),
        }
    }

    /// Changes it.
    pub fn set_context(&mut self, context: Context) {
        let answer = self.ask(Request::SetContext(SetContext { flags: 0, context: context.0 }));
        assert_eq!(answer.status(), Some(Status::SUCCESS));
    }

    /// Writes a breakpoint instruction: its handle.
    pub fn write_breakpoint(&mut self, address: u64) -> u32 {
        match self.ask(Request::WriteBreakPoint(WriteBreakPoint { address })) {
            Answer::Breakpoint { status: Status::SUCCESS, handle } => handle,
            answer => panic!("{answer:?}"),
        }
    }

    /// Takes one out again: the target's status.
    pub fn restore_breakpoint(&mut self, handle: u32) -> Status {
        let answer = self.ask(Request::RestoreBreakPoint(RestoreBreakPoint { handle }));
        answer.status().expect("it says how that went")
    }

    /// Lets the target run, or make one step.
    pub fn go(&mut self, trace_flag: bool) {
        let control_set = ControlSet::Amd64 { trace_flag, dr7: DR7, current_symbol_start: 0, current_symbol_end: 0 };
        let request = Continue2 { status: ContinueStatus::CONTINUE, control_set };
        assert_eq!(self.ask(Request::Continue2(request)), Answer::Acknowledged);
    }

    /// Restarts the machine.
    pub fn reboot(&mut self) {
        assert_eq!(self.ask(Request::Reboot), Answer::Acknowledged);
    }

    /// Takes in what comes in this time.
    pub fn idle(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn();
        }
    }

    /// What the target has printed to this debugger so far.
    pub fn printed(&self) -> &str {
        &self.printed
    }

    fn wait<T>(&mut self, what: &str, done: impl Fn(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + TIME_LIMIT;
        loop {
            if let Some(result) = done(self) {
                return result;
            }
            let phase = self.host.phase();
            assert!(Instant::now() < deadline, "no {what} in {TIME_LIMIT:?}: {phase:?}; printed: {}", self.printed);
            self.turn();
        }
    }

    /// Gives the protocol what has come and the time, and the line what the protocol has to say.
    fn turn(&mut self) {
        self.take_events();
        self.write_output();
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => panic!("the target hung up; printed: {}", self.printed),
            Ok(len) => self.host.receive(self.start.elapsed(), &buffer[..len]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("the target's socket: {error}"),
        }
        self.host.advance(self.start.elapsed());
        self.take_events();
        self.write_output();
    }

    fn write_output(&mut self) {
        while let Some(bytes) = self.host.poll_output() {
            self.stream.write_all(&bytes).unwrap_or_else(|error| panic!("the target's socket: {error}"));
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.host.poll_event() {
            match event {
                Event::StateChange(stop) => self.stop = Some(stop),
                Event::Answer { id, result } => {
                    let answer = result.unwrap_or_else(|error| panic!("{error}; printed: {}", self.printed));
                    self.answer = Some((id, answer));
                }
                Event::Print { text, .. } => self.printed.push_str(&String::from_utf8_lossy(&text)),
                Event::Prompt { .. } | Event::FileRequest(_) => panic!("nobody answers {event:?}"),
                // Others either follow from what a test does, or keep it waiting until its time is up.
                Event::Trace(_) | Event::Noise(_) | Event::TargetReset | Event::Resynchronised | Event::Silent => {}
            }
        }
    }
}

/// A CONTEXT of AMD64, as the target has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(Vec<u8>);

impl Context {
    /// The instruction pointer.
    pub fn rip(&self) -> u64 {
        self.register(CONTEXT_RIP)
    }

    /// The stack pointer.
    pub fn rsp(&self) -> u64 {
        self.register(CONTEXT_RSP)
    }

    /// Changes the instruction pointer.
    pub fn set_rip(&mut self, rip: u64) {
        self.0[CONTEXT_RIP..CONTEXT_RIP + 8].copy_from_slice(&rip.to_le_bytes());
    }

    fn register(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.0[offset..offset + 8].try_into().expect("8 bytes"))
    }
}

/// The code of the exception that a report is about.
pub fn exception(stop: &StateChange) -> u32 {
    match &stop.kind {
        StateChangeKind::Exception { record, .. } => record.code,
        other => panic!("no exception: {other:?}"),
    }
}
