//! Where a target's line ends, as values; [`fmt::Display`] gives the connection string.

use crate::connection_string::Problem;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};

/// Bits per second of a serial port whose speed isn't given: what `bcdedit /dbgsettings serial` sets.
pub const DEFAULT_BAUD: u32 = 115_200;

/// A connection string, read. Two strings that mean the same give the same value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Where the line ends.
    pub endpoint: Endpoint,
    /// Whether to connect again when the line is lost. [`crate::Connector`] waits for an endpoint that doesn't exist
    /// yet in any case; what to do after a loss is its user's decision, by this field.
    pub reconnect: bool,
    /// File that gets both directions' bytes, with times.
    pub record: Option<PathBuf>,
}

/// One end of a line. The functions of the same names check what they are given; [`crate::Connector`] reports what
/// was put in without them when it fails to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Windows named pipe that somebody else serves, usually a virtual machine's serial port.
    Pipe {
        /// `\\.\pipe\name` or `\\server\pipe\name`.
        path: String,
    },
    /// A Unix socket that somebody else listens on.
    UnixSocket {
        /// The socket's file.
        path: PathBuf,
    },
    /// A TCP port that somebody else listens on.
    Tcp {
        /// Host name or address; IPv6 without brackets.
        host: String,
        /// Port number.
        port: u16,
    },
    /// A serial port of this machine: 8 data bits, no parity, 1 stop bit, no flow control.
    Serial {
        /// `COM1`, `/dev/ttyUSB0`.
        port: String,
        /// Bits per second.
        baud: u32,
    },
    /// A recording that plays the target.
    Replay {
        /// The file that `record=` wrote.
        path: PathBuf,
        /// With the pauses that the target made, instead of at once.
        timed: bool,
    },
}

impl Connection {
    /// A connection without options.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, reconnect: false, record: None }
    }
}

impl Endpoint {
    /// What `com:pipe,port=…` names: `\\.\pipe\name`, `\\server\pipe\name`, the same with slashes, or a Unix socket's
    /// path, which starts with one slash.
    pub fn pipe(port: &str) -> Result<Self, Problem> {
        let bad = || Problem::BadPipe { value: port.to_owned() };
        let path = if port.starts_with("//") { port.replace('/', r"\") } else { port.to_owned() };
        if let Some(rest) = path.strip_prefix(r"\\") {
            let mut parts = rest.splitn(3, '\\');
            let (server, kind, name) = (parts.next(), parts.next(), parts.next());
            let named = [server, name].iter().all(|part| part.is_some_and(|part| !part.trim().is_empty()));
            let is_pipe = named && kind.is_some_and(|kind| kind.eq_ignore_ascii_case("pipe"));
            return if is_pipe { Ok(Self::Pipe { path }) } else { Err(bad()) };
        }
        if path.starts_with('/') { Self::unix_socket(&path) } else { Err(bad()) }
    }

    /// What `unix:…` names.
    pub fn unix_socket(path: &str) -> Result<Self, Problem> {
        if path.is_empty() {
            return Err(Problem::NoAddress { transport: "unix", example: "unix:/tmp/kd.sock" });
        }
        Ok(Self::UnixSocket { path: path.into() })
    }

    /// A TCP port. `host` may have an IPv6 address's brackets.
    pub fn tcp(host: &str, port: u16) -> Result<Self, Problem> {
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if !is_address(bare) && !is_host_name(host) {
            return Err(Problem::BadHost { value: host.to_owned() });
        }
        if port == 0 {
            return Err(Problem::BadNumber { key: "port", value: "0".to_owned(), range: "1 to 65535" });
        }
        Ok(Self::Tcp { host: bare.to_owned(), port })
    }

    /// What `com:port=…,baud=…` names: `COM1`, `\\.\COM10`, `/dev/ttyS0`.
    pub fn serial(port: &str, baud: u32) -> Result<Self, Problem> {
        let name = port.strip_prefix(r"\\.\").unwrap_or(port);
        if name.to_ascii_lowercase().starts_with(r"pipe\") || name.starts_with(r"\\") || name.starts_with("//") {
            return Err(Problem::PipeWithoutWord { value: port.to_owned() });
        }
        if name.is_empty() || name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::BadSerialPort { value: port.to_owned() });
        }
        if baud == 0 {
            return Err(Problem::BadNumber { key: "baud", value: "0".to_owned(), range: "1 to 4294967295" });
        }
        Ok(Self::Serial { port: name.to_owned(), baud })
    }

    /// What `replay:…` names.
    pub fn replay(path: &str, timed: bool) -> Result<Self, Problem> {
        if path.is_empty() {
            return Err(Problem::NoAddress { transport: "replay", example: "replay:session.kdrec" });
        }
        Ok(Self::Replay { path: path.into(), timed })
    }
}

/// Whether this is an IP address, IPv6 perhaps with its zone (`fe80::1%eth0`).
fn is_address(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => address.parse::<Ipv6Addr>().is_ok() && is_host_name(zone),
        None => text.parse::<IpAddr>().is_ok(),
    }
}

/// Whether DNS or a hosts file could hold this name (RFC 1123, and the underscores that people use).
fn is_host_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels_are_good = host.split('.').all(|label| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|character| character.is_alphanumeric() || character == '-' || character == '_')
    });
    host.len() <= 253 && labels_are_good
}

/// The canonical connection string. A path that isn't Unicode loses what isn't.
impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint)?;
        if self.reconnect {
            f.write_str(",reconnect")?;
        }
        match &self.record {
            Some(path) => write!(f, ",record={}", Value::of_path(path)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipe { path } => write!(f, "com:pipe,port={}", Value::of_text(path)),
            Self::UnixSocket { path } => write!(f, "unix:{}", Value::of_path(path)),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
            Self::Serial { port, baud } => write!(f, "com:port={},baud={baud}", Value::of_text(port)),
            Self::Replay { path, timed } => {
                write!(f, "replay:{}{}", Value::of_path(path), if *timed { ",timed" } else { "" })
            }
        }
    }
}

/// A value as it stands in a connection string: in quotes where it would be misread without.
struct Value(String);

impl Value {
    fn of_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn of_path(path: &Path) -> Self {
        Self(path.to_string_lossy().into_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = !self.0.is_empty() && self.0.trim() == self.0 && !self.0.contains([',', '"']);
        if plain { f.write_str(&self.0) } else { write!(f, "\"{}\"", self.0.replace('"', "\"\"")) }
    }
}
