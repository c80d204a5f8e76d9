//! A named pipe before a virtual machine that has a TCP port for its serial port: what Hyper-V serves, for tests.
//!
//! ```text
//! pipe_bridge.exe \\.\pipe\kd 127.0.0.1:4555
//! ```
//!
//! The pipe is there as long as the machine listens on its port, for one client after the other; what the machine sends
//! while there is no client is lost. Ends with its standard input.

#[cfg(windows)]
mod bridge;

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    bridge::main()
}

#[cfg(not(windows))]
fn main() {
    eprintln!("pipe_bridge: named pipes are there on Windows only");
}
