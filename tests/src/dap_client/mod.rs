//! A DAP client that starts the real `kdap` and holds it to the protocol: every message that comes is checked for its
//! framing and its number, every response for its request, whatever the test is about.

mod binary;
mod framing;
mod listener;
#[cfg(unix)]
pub mod live;
mod targets;

pub use binary::kdap;
pub use framing::frame;
pub use listener::Listener;
pub use targets::{Target, sample_o0, sample_o2, targets, triage};

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything may take before a test calls it a hang.
pub const TIME_LIMIT: Duration = Duration::from_secs(20);

/// A session with an adapter, as a client sees it.
pub struct Client {
    child: Option<Child>,
    output: Output,
    messages: Receiver<Result<Value, String>>,
    last_seq: i64,
    last_received_seq: i64,
    /// Requests that were sent and not answered.
    open: BTreeMap<i64, String>,
    answered: BTreeSet<i64>,
    responses: BTreeMap<i64, Response>,
    events: Vec<Value>,
}

enum Output {
    Pipe(Option<ChildStdin>),
    Socket(TcpStream),
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Response {
    /// Its body, or why there is none.
    pub result: Result<Value, String>,
    /// The whole message.
    pub message: Value,
    /// When it came.
    pub at: Instant,
    /// Events that had come before it.
    pub events_before: usize,
}

/// What a client announces that can do everything.
pub fn capabilities() -> Value {
    json!({
        "clientID": "tests", "adapterID": "kd", "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path",
        "supportsVariableType": true, "supportsVariablePaging": true, "supportsMemoryReferences": true,
        "supportsProgressReporting": true, "supportsInvalidatedEvent": true, "supportsMemoryEvent": true,
    })
}

impl Client {
    /// Starts the adapter on standard input and output.
    pub fn start() -> Self {
        Self::start_with(Command::new(kdap()))
    }

    /// Starts a command that is an adapter, or stands before one.
    pub fn start_with(mut command: Command) -> Self {
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = Output::Pipe(child.stdin.take());
        let input = child.stdout.take().expect("standard output is piped");
        Self::new(Some(child), input, output)
    }

    /// Connects to an adapter that listens on the loopback interface.
    pub fn connect(port: u16) -> Self {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("the adapter listens");
        let input = socket.try_clone().expect("a socket can be shared");
        Self::new(None, input, Output::Socket(socket))
    }

    fn new(child: Option<Child>, input: impl Read + Send + 'static, output: Output) -> Self {
        let (sender, messages) = channel();
        let mut input = BufReader::new(input);
        std::thread::spawn(move || {
            loop {
                let message = framing::read_message(&mut input);
                let last = !matches!(message, Ok(Some(_)));
                if let Some(message) = message.transpose() {
                    // The test may be over.
                    let _ = sender.send(message);
                }
                if last {
                    return;
                }
            }
        });
        Self {
            child,
            output,
            messages,
            last_seq: 0,
            last_received_seq: 0,
            open: BTreeMap::new(),
            answered: BTreeSet::new(),
            responses: BTreeMap::new(),
            events: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let sent = match &mut self.output {
            Output::Pipe(pipe) => pipe.as_mut().expect("input wasn't closed").write_all(bytes),
            Output::Socket(socket) => socket.write_all(bytes),
        };
        sent.expect("the adapter takes input");
    }

    /// The next request, as a message that is yet to be sent.
    pub fn compose(&mut self, command: &str, arguments: Value) -> (i64, Value) {
        self.last_seq += 1;
        self.open.insert(self.last_seq, command.to_owned());
        let mut message = json!({"seq": self.last_seq, "type": "request", "command": command});
        if !arguments.is_null() {
            message["arguments"] = arguments;
        }
        (self.last_seq, message)
    }

    /// Sends a request and returns its number; `Value::Null` for no arguments.
    pub fn post(&mut self, command: &str, arguments: Value) -> i64 {
        let (seq, message) = self.compose(command, arguments);
        self.send_raw(&frame(message.to_string().as_bytes()));
        seq
    }

    /// Waits for the answer to request `seq`.
    pub fn response(&mut self, seq: i64) -> Response {
        self.wait_until(&format!("the answer to request {seq}"), |client| client.responses.contains_key(&seq));
        self.responses[&seq].clone()
    }

    /// Sends a request and returns its body, or the error's text.
    pub fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let seq = self.post(command, arguments);
        self.response(seq).result
    }

    /// Sends a request that must be done.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Value {
        let asked = format!("{command} {arguments}");
        self.request(command, arguments).unwrap_or_else(|error| panic!("{asked}: {error}"))
    }

    /// Sends a request that must be refused, and returns the error's text.
    pub fn refused(&mut self, command: &str, arguments: Value) -> String {
        let asked = format!("{command} {arguments}");
        match self.request(command, arguments) {
            Ok(body) => panic!("{asked} was done: {body}"),
            Err(error) => error,
        }
    }

    /// Waits for an event that wasn't among the first `after`, and returns its body.
    pub fn event(&mut self, name: &str, after: usize) -> Value {
        let find = |client: &Self| client.events.iter().skip(after).find(|event| event["event"] == name).cloned();
        self.wait_until(&format!("event {name}"), |client| find(client).is_some());
        find(self).map(|event| event["body"].clone()).expect("it was waited for")
    }

    /// The events so far.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// `initialize`, `attach` with these arguments, the configuration's end, and the `stopped` that follows: its body.
    pub fn attach(&mut self, arguments: Value) -> Value {
        self.ask("initialize", capabilities());
        self.ask("attach", arguments);
        self.event("initialized", 0);
        self.ask("configurationDone", Value::Null);
        self.event("stopped", 0)
    }

    /// Waits for whatever comes in this time.
    pub fn idle(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while self.receive(end.saturating_duration_since(Instant::now())).is_ok() {}
    }

    /// Closes the adapter's input without a word.
    pub fn close_input(&mut self) {
        match &mut self.output {
            Output::Pipe(pipe) => drop(pipe.take()),
            Output::Socket(socket) => socket.shutdown(std::net::Shutdown::Write).expect("the socket is open"),
        }
    }

    /// Asks the adapter's process to end, as an operating system that shuts down does.
    #[cfg(unix)]
    pub fn terminate_adapter(&self) {
        self.signal("-TERM");
    }

    /// Ends the adapter's process without a chance to do anything.
    #[cfg(unix)]
    pub fn kill_adapter(&self) {
        self.signal("-KILL");
    }

    #[cfg(unix)]
    fn signal(&self, signal: &str) {
        let child = self.child.as_ref().expect("the adapter was started here");
        let status = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(status.expect("there is a kill command").success());
    }

    /// `disconnect`, and the end of the adapter: its exit status.
    pub fn disconnect(mut self) -> Option<ExitStatus> {
        self.ask("disconnect", json!({}));
        self.end()
    }

    /// Waits until the adapter ends its output, and then itself.
    pub fn end(mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + TIME_LIMIT;
        while self.receive(deadline.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(self.open.is_empty(), "unanswered: {:?}", self.open);
        let mut child = self.child.take()?;
        while Instant::now() < deadline {
            if let Some(status) = child.try_wait().expect("a child can be waited for") {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        panic!("the adapter doesn't exit");
    }

    fn wait_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + TIME_LIMIT;
        while !done(self) {
            match self.receive(deadline.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => panic!("no {what} in {TIME_LIMIT:?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("the adapter's output ended before {what}"),
            }
        }
    }

    /// Takes one message in, and checks what is true of every message.
    fn receive(&mut self, time: Duration) -> Result<(), RecvTimeoutError> {
        let message = self.messages.recv_timeout(time)?.unwrap_or_else(|error| panic!("{error}"));
        self.last_received_seq += 1;
        assert_eq!(message["seq"], self.last_received_seq, "numbers rise by one: {message}");
        match message["type"].as_str() {
            Some("event") => self.events.push(message),
            Some("response") => {
                let seq = message["request_seq"].as_i64().unwrap_or_else(|| panic!("no request_seq: {message}"));
                assert!(self.answered.insert(seq), "answered twice: {message}");
                let command = self.open.remove(&seq).unwrap_or_else(|| panic!("it was never asked: {message}"));
                assert_eq!(message["command"], command.as_str(), "{message}");
                let result = match (message["success"].as_bool(), message["message"].as_str()) {
                    (Some(true), None) => Ok(message["body"].clone()),
                    (Some(false), Some(text)) if !text.is_empty() => Err(text.to_owned()),
                    _ => panic!("neither success nor error: {message}"),
                };
                let response = Response { result, message, at: Instant::now(), events_before: self.events.len() };
                self.responses.insert(seq, response);
            }
            _ => panic!("neither response nor event: {message}"),
        }
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
