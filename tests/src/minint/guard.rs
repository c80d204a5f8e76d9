//! No machine outlives its test program, even one that is killed.

use std::process::{Child, Command, Stdio};

/// A small shell that ends a process as soon as this program is gone: its standard input ends then.
pub struct Guard(Child);

impl Guard {
    /// Watches over a process of this number.
    pub fn of(process: u32) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "read nothing; kill -9 \"$0\"", &process.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Stops watching.
    pub fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
