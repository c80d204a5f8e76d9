//! QEMU's monitor, by its own protocol (QMP): a JSON object in each line.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Error, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// A connection to a QEMU that answers. What it tells unasked is passed over.
pub struct Monitor(BufReader<UnixStream>);

impl Monitor {
    /// Connects, and waits for QEMU to answer.
    ///
    /// # Errors
    /// If nobody listens (yet).
    pub fn connect(path: &Path, time_limit: Duration) -> Result<Self, Error> {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(time_limit))?;
        let mut monitor = Self(BufReader::new(stream));
        let greeting = monitor.read()?;
        assert!(greeting["QMP"].is_object(), "no greeting of QEMU: {greeting}");
        monitor.request("qmp_capabilities", &json!({})).map_err(Error::other)?;
        Ok(monitor)
    }

    /// Has a command of QMP done.
    ///
    /// # Errors
    /// QEMU's own text, or why it didn't answer.
    pub fn request(&mut self, command: &str, arguments: &Value) -> Result<Value, String> {
        let line = format!("{}\n", json!({"execute": command, "arguments": arguments}));
        self.0.get_mut().write_all(line.as_bytes()).map_err(|error| error.to_string())?;
        loop {
            let answer = self.read().map_err(|error| error.to_string())?;
            if let Some(value) = answer.get("return") {
                return Ok(value.clone());
            }
            if let Some(error) = answer.get("error") {
                return Err(error["desc"].as_str().unwrap_or_default().to_owned());
            }
        }
    }

    /// Has a line done that a human would type, about this processor, and returns what it prints.
    pub fn command(&mut self, line: &str, processor: u32) -> String {
        let arguments = json!({"command-line": line, "cpu-index": processor});
        let text = self.request("human-monitor-command", &arguments).unwrap_or_else(|error| panic!("{line}: {error}"));
        text.as_str().expect("it answers with text").to_owned()
    }

    fn read(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(Error::other("QEMU closed its monitor"));
        }
        serde_json::from_str(&line).map_err(Error::other)
    }
}
