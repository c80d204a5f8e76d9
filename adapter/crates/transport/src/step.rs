//! What is told while connecting.

use crate::connection::Endpoint;
use std::fmt;
use std::path::PathBuf;

/// One thing to tell the user; [`fmt::Display`] is the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Not there yet. Told once for each cause while one connection is being made.
    Waiting(Waiting),
    /// The line is open. That doesn't mean that anybody listens at its other end.
    Opened {
        /// What was opened, as a connection string without options.
        endpoint: Endpoint,
    },
    /// The recording failed and stops here; the line goes on. Told at most once, also after [`Step::Opened`].
    RecordingStopped {
        /// The recording's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Why an endpoint can't be opened now, where waiting helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// No pipe has this name.
    NoSuchPipe {
        /// The pipe's path.
        path: String,
        /// Pipes that exist and have names like it.
        similar: Vec<String>,
    },
    /// The pipe has another client.
    PipeBusy {
        /// The pipe's path.
        path: String,
    },
    /// The machine whose pipe it is can't be reached.
    ServerUnreachable {
        /// The pipe's path.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// The socket's file doesn't exist.
    NoSuchSocket {
        /// The socket's file.
        path: PathBuf,
        /// Sockets in the same folder, the likeliest first.
        similar: Vec<String>,
    },
    /// The socket's file exists, but nobody listens, or too many wait already.
    SocketRefuses {
        /// The socket's file.
        path: PathBuf,
    },
    /// The host is there, and nobody listens on this port.
    TcpRefused {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// The host doesn't answer, or there is no way to it.
    TcpUnreachable {
        /// The host.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// The host's name has no address.
    NoSuchHost {
        /// The host.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// This machine has no such serial port.
    NoSuchSerialPort {
        /// The port's name.
        port: String,
        /// The serial ports that there are, the likeliest first.
        similar: Vec<String>,
    },
    /// Another program has the serial port.
    SerialPortBusy {
        /// The port's name.
        port: String,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting(waiting) => write!(f, "waiting: {waiting}"),
            Self::Opened { endpoint } => write!(f, "{endpoint} is open"),
            Self::RecordingStopped { path, reason } => {
                write!(f, "the recording {} stops here: {reason}; the session goes on", path.display())
            }
        }
    }
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPipe { path, similar } => {
                write!(f, "no pipe {path} yet: is the virtual machine started, and its serial port set to this pipe?")?;
                list(f, "Pipes with such names", similar)
            }
            Self::PipeBusy { path } => write!(f, "{path} is in use: does another debugger have it?"),
            Self::ServerUnreachable { path, reason } => write!(f, "the server of {path} can't be reached: {reason}"),
            Self::NoSuchSocket { path, similar } => {
                let path = path.display();
                write!(f, "no socket {path} yet: is the virtual machine started, and its serial port set to it?")?;
                list(f, "Sockets in its folder", similar)
            }
            Self::SocketRefuses { path } => {
                write!(f, "nobody accepts connections on {}: is the virtual machine started?", path.display())
            }
            Self::TcpRefused { host, port } => {
                write!(f, "nobody listens on port {port} of {host}: is the virtual machine or serial server started?")
            }
            Self::TcpUnreachable { host, reason } => write!(f, "{host} can't be reached: {reason}"),
            Self::NoSuchHost { host, reason } => {
                write!(f, "the name {host} has no address: {reason}. Is it spelled right?")
            }
            Self::NoSuchSerialPort { port, similar } => {
                write!(f, "no serial port {port}: is the adapter plugged in?")?;
                list(f, "Serial ports of this machine", similar)
            }
            Self::SerialPortBusy { port } => write!(f, "another program has {port} open"),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, names: &[String]) -> fmt::Result {
    if names.is_empty() { Ok(()) } else { write!(f, " {what}: {}", names.join(", ")) }
}
