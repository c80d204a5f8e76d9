//! An adapter that serves connections on a port of the loopback interface.

use super::{Client, kdap};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// `kdap --port 0`, ended when this is dropped.
pub struct Listener {
    child: Child,
    port: u16,
}

impl Listener {
    /// Starts it, and finds out which port it took.
    pub fn start() -> Self {
        let mut command = Command::new(kdap());
        command.args(["dap", "--port", "0"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut line = String::new();
        let stderr = child.stderr.as_mut().expect("standard error is piped");
        BufReader::new(stderr).read_line(&mut line).expect("it says where it listens");
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("no port in {line:?}")) }
    }

    /// A new session.
    pub fn connect(&self) -> Client {
        Client::connect(self.port)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
