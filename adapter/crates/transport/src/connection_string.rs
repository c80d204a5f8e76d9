//! Connection strings, in the style of the Windows debuggers' `-k` (MS-documented "Performing kernel-mode debugging
//! using KD"), and for what those don't have.
//!
//! ```text
//! connection  transport : item , item , ...       keys in any case and any order
//! item        key | key = value                   in unix:, tcp: and replay: the first item is the address
//! value       text up to the next comma | "text that may hold commas, and "" for a quotation mark"
//! ```

use crate::connection::{Connection, DEFAULT_BAUD, Endpoint};
use std::path::PathBuf;
use std::str::FromStr;

/// A transport that connection strings can name.
#[derive(Debug)]
pub struct Transport {
    /// What stands before the colon.
    pub name: &'static str,
    /// What may stand behind it, one way in each line.
    pub forms: &'static [&'static str],
    /// Keys that it takes besides those of all transports.
    keys: &'static [Key],
    /// Whether the first item is an address, and not a key.
    starts_with_address: bool,
    endpoint: fn(&Items) -> Result<Endpoint, ParseError>,
}

/// The transports.
pub const TRANSPORTS: &[Transport] = &[
    Transport {
        name: "com",
        forms: &[
            r"com:pipe,port=\\.\pipe\NAME",
            r"com:pipe,port=\\SERVER\pipe\NAME",
            "com:pipe,port=/UNIX/SOCKET",
            "com:port=COM1,baud=115200",
            "com:port=/dev/ttyS0,baud=115200",
            "com:ipport=PORT,port=HOST",
        ],
        keys: &[
            Key::word("pipe"),
            Key::with_value("port", r"port=\\.\pipe\kd"),
            Key::with_value("ipport", "ipport=4555"),
            Key::with_value("baud", "baud=115200"),
            Key::with_value("resets", "resets=0"),
        ],
        starts_with_address: false,
        endpoint: com,
    },
    Transport { name: "unix", forms: &["unix:PATH"], keys: &[], starts_with_address: true, endpoint: unix },
    Transport { name: "tcp", forms: &["tcp:HOST:PORT"], keys: &[], starts_with_address: true, endpoint: tcp },
    Transport {
        name: "replay",
        forms: &["replay:FILE", "replay:FILE,timed"],
        keys: &[Key::word("timed")],
        starts_with_address: true,
        endpoint: replay,
    },
];

/// Keys that every transport takes.
const SHARED_KEYS: &[Key] = &[Key::word("reconnect"), Key::with_value("record", "record=session.kdrec")];

#[derive(Debug)]
struct Key {
    name: &'static str,
    /// With its value, as an example; `None` where it takes none.
    example: Option<&'static str>,
}

impl Key {
    const fn word(name: &'static str) -> Self {
        Self { name, example: None }
    }

    const fn with_value(name: &'static str, example: &'static str) -> Self {
        Self { name, example: Some(example) }
    }
}

/// What is wrong with a connection string, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connection string, column {column}: {problem}")]
pub struct ParseError {
    /// Where it went wrong, in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a connection string or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not a known transport.
    #[error("`{name}` is no transport; write {}", forms())]
    UnknownTransport {
        /// What stands before the colon, or all of it.
        name: String,
    },
    /// A transport of the Windows debuggers that isn't there.
    #[error("`{name}:` ({what}) isn't supported yet; a virtual machine's serial port can be had as a pipe or socket")]
    Unsupported {
        /// What stands before the colon.
        name: String,
        /// What it is.
        what: &'static str,
    },
    /// A key that this transport doesn't have.
    #[error("`{transport}:` has no key `{key}`; it has {}", allowed.join(", "))]
    UnknownKey {
        /// What stands before the colon.
        transport: &'static str,
        /// The key, as written.
        key: String,
        /// The keys that it has.
        allowed: Vec<&'static str>,
    },
    /// Two commas, or one at the end.
    #[error("a key is missing between two commas or at the end")]
    EmptyItem,
    /// The same key again.
    #[error("`{key}` is here twice")]
    Twice {
        /// The key.
        key: &'static str,
    },
    /// A key without its value.
    #[error("`{key}` needs a value, such as {example}")]
    NeedsValue {
        /// The key.
        key: &'static str,
        /// The key with a value.
        example: &'static str,
    },
    /// A key with a value that it can't have.
    #[error("`{key}` takes no value")]
    TakesNoValue {
        /// The key.
        key: &'static str,
    },
    /// A number that is none or too large.
    #[error("`{value}` is no number for `{key}`: it takes {range}")]
    BadNumber {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What is allowed.
        range: &'static str,
    },
    /// `com:` without its port.
    #[error("`port` is missing, such as {example}")]
    NoPort {
        /// A whole connection string.
        example: &'static str,
    },
    /// Nothing behind the colon.
    #[error("`{transport}:` needs an address, such as {example}")]
    NoAddress {
        /// What stands before the colon.
        transport: &'static str,
        /// A whole connection string.
        example: &'static str,
    },
    /// `com:pipe` with `ipport`.
    #[error("`pipe` and `ipport` exclude each other")]
    PipeAndIpPort,
    /// A quotation mark without its second.
    #[error("the quotation mark is never closed")]
    OpenQuote,
    /// Something between a closing quotation mark and the comma.
    #[error("a comma must follow the closing quotation mark")]
    AfterQuote,
    /// Not a pipe's name.
    #[error(
        r"`{value}` is no pipe: write \\.\pipe\NAME or \\SERVER\pipe\NAME (in JSON, each \ twice: \\\\.\\pipe\\NAME), or a Unix socket's /PATH"
    )]
    BadPipe {
        /// What stands there.
        value: String,
    },
    /// A pipe's name where a serial port is asked for.
    #[error("`{value}` is a pipe, not a serial port: write com:pipe,port={value}")]
    PipeWithoutWord {
        /// What stands there.
        value: String,
    },
    /// Not a serial port's name.
    #[error("`{value}` is no serial port's name: write COM1 or /dev/ttyS0")]
    BadSerialPort {
        /// What stands there.
        value: String,
    },
    /// No host, or characters that none has.
    #[error("`{value}` is no host name or address (IPv6 with a port is written [::1]:4555)")]
    BadHost {
        /// What stands there.
        value: String,
    },
    /// An address without its port.
    #[error("`{value}` has no port: write tcp:HOST:PORT")]
    NoTcpPort {
        /// What stands there.
        value: String,
    },
}

fn forms() -> String {
    let forms: Vec<_> = TRANSPORTS.iter().flat_map(|transport| transport.forms).copied().collect();
    forms.join(" | ")
}

/// Transports of the Windows debuggers that are known and not there.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("net", "KDNET"),
    ("usb", "USB 2"),
    ("usb3", "USB 3"),
    ("1394", "FireWire"),
    ("eth", "Ethernet"),
    ("exdi", "EXDI"),
    ("kdsrv", "KD connection server"),
    ("hv", "Hyper-V"),
];

impl FromStr for Connection {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut scanner = Scanner { text, at: 0 };
        let name = scanner.word(&[':', ',']);
        let at_name = text.len() - text.trim_start().len();
        let known = TRANSPORTS.iter().find(|transport| transport.name.eq_ignore_ascii_case(name));
        let Some(transport) = known.filter(|_| scanner.take(':')) else {
            let unsupported = UNSUPPORTED.iter().find(|(unsupported, _)| unsupported.eq_ignore_ascii_case(name));
            let name = name.to_owned();
            let problem = match unsupported {
                Some(&(_, what)) => Problem::Unsupported { name, what },
                None => Problem::UnknownTransport { name },
            };
            return Err(scanner.error(at_name, problem));
        };
        let items = scanner.items(transport)?;
        Ok(Self {
            endpoint: (transport.endpoint)(&items)?,
            reconnect: items.has("reconnect"),
            record: items.value("record").map(|(value, _)| PathBuf::from(value)),
        })
    }
}

fn com(items: &Items) -> Result<Endpoint, ParseError> {
    let pipe = items.has("pipe");
    // A pipe has no speed and our link resynchronises as long as it takes: both are accepted for the strings that people have.
    let baud = items.number("baud", "1 to 4294967295")?;
    items.number::<u32>("resets", "0 to 4294967295")?;
    let ip_port = items.number::<u16>("ipport", "1 to 65535")?;
    let example = if pipe { r"com:pipe,port=\\.\pipe\kd" } else { "com:port=COM1,baud=115200" };
    let (port, at) = items.value("port").ok_or_else(|| items.error(items.end, Problem::NoPort { example }))?;
    let endpoint = match (pipe, ip_port) {
        (true, Some(_)) => Err(Problem::PipeAndIpPort),
        (true, None) => Endpoint::pipe(port),
        (false, Some(number)) => Endpoint::tcp(port, number),
        (false, None) => Endpoint::serial(port, baud.unwrap_or(DEFAULT_BAUD)),
    };
    endpoint.map_err(|problem| items.error(at, problem))
}

fn unix(items: &Items) -> Result<Endpoint, ParseError> {
    items.checked(Endpoint::unix_socket(&items.address))
}

fn tcp(items: &Items) -> Result<Endpoint, ParseError> {
    let value = items.address.clone();
    let Some((host, port)) = value.rsplit_once(':') else {
        return items.checked(Err(Problem::NoTcpPort { value }));
    };
    if host.contains(':') && !host.starts_with('[') {
        return items.checked(Err(Problem::BadHost { value }));
    }
    let Ok(number) = port.parse() else {
        let value = port.to_owned();
        return items.checked(Err(Problem::BadNumber { key: "port", value, range: "1 to 65535" }));
    };
    items.checked(Endpoint::tcp(host, number))
}

fn replay(items: &Items) -> Result<Endpoint, ParseError> {
    items.checked(Endpoint::replay(&items.address, items.has("timed")))
}

/// What stands behind the colon.
struct Items<'a> {
    text: &'a str,
    address: String,
    address_at: usize,
    keys: Vec<Item>,
    end: usize,
}

struct Item {
    key: &'static str,
    /// The value and its place.
    value: Option<(String, usize)>,
}

impl Items<'_> {
    fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|item| item.key == key)
    }

    fn value(&self, key: &str) -> Option<(&str, usize)> {
        let item = self.keys.iter().find(|item| item.key == key)?;
        item.value.as_ref().map(|(value, at)| (value.as_str(), *at))
    }

    fn number<T: FromStr>(&self, key: &'static str, range: &'static str) -> Result<Option<T>, ParseError> {
        let Some((value, at)) = self.value(key) else { return Ok(None) };
        let bad = || self.error(at, Problem::BadNumber { key, value: value.to_owned(), range });
        value.parse().map(Some).map_err(|_| bad())
    }

    /// `endpoint`, its problem told at the address.
    fn checked(&self, endpoint: Result<Endpoint, Problem>) -> Result<Endpoint, ParseError> {
        endpoint.map_err(|problem| self.error(self.address_at, problem))
    }

    fn error(&self, at: usize, problem: Problem) -> ParseError {
        Scanner { text: self.text, at }.error(at, problem)
    }
}

/// Reads a connection string from left to right; places are byte offsets.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, character: char) -> bool {
        let there = self.rest().starts_with(character);
        self.at += if there { character.len_utf8() } else { 0 };
        there
    }

    /// The text up to one of `ends`, without outer blanks.
    fn word(&mut self, ends: &[char]) -> &'a str {
        let rest = self.rest();
        let word = rest.split(ends).next().unwrap_or_default();
        self.at += word.len();
        word.trim()
    }

    /// A value, and where it starts.
    fn value(&mut self) -> Result<(String, usize), ParseError> {
        self.skip_blanks();
        let start = self.at;
        if !self.take('"') {
            return Ok((self.word(&[',']).to_owned(), start));
        }
        let mut value = String::new();
        loop {
            let part = self.rest().split('"').next().unwrap_or_default();
            value.push_str(part);
            self.at += part.len();
            if !self.take('"') {
                return Err(self.error(start, Problem::OpenQuote));
            }
            if !self.take('"') {
                break;
            }
            value.push('"');
        }
        self.skip_blanks();
        if !self.rest().is_empty() && !self.rest().starts_with(',') {
            return Err(self.error(self.at, Problem::AfterQuote));
        }
        Ok((value, start))
    }

    fn items(&mut self, transport: &Transport) -> Result<Items<'a>, ParseError> {
        let mut items = Items { text: self.text, address: String::new(), address_at: self.at, keys: vec![], end: 0 };
        let mut more = !transport.starts_with_address;
        if transport.starts_with_address {
            (items.address, items.address_at) = self.value()?;
            more = self.take(',');
        }
        while more {
            let item = self.item(transport, &items.keys)?;
            items.keys.push(item);
            more = self.take(',');
        }
        items.end = self.text.len();
        Ok(items)
    }

    fn item(&mut self, transport: &Transport, before: &[Item]) -> Result<Item, ParseError> {
        self.skip_blanks();
        let start = self.at;
        let name = self.word(&[',', '=']);
        if name.is_empty() && !self.rest().starts_with('=') {
            return Err(self.error(start, Problem::EmptyItem));
        }
        let mut keys = transport.keys.iter().chain(SHARED_KEYS);
        let Some(&Key { name: key, example }) = keys.find(|key| key.name.eq_ignore_ascii_case(name)) else {
            let allowed = transport.keys.iter().chain(SHARED_KEYS).map(|key| key.name).collect();
            let problem = Problem::UnknownKey { transport: transport.name, key: name.to_owned(), allowed };
            return Err(self.error(start, problem));
        };
        if before.iter().any(|item| item.key == key) {
            return Err(self.error(start, Problem::Twice { key }));
        }
        let value = if self.take('=') { Some(self.value()?) } else { None };
        let filled = value.as_ref().is_some_and(|(value, _)| !value.is_empty());
        match (example, &value) {
            (None, Some(_)) => Err(self.error(start, Problem::TakesNoValue { key })),
            (Some(example), _) if !filled => Err(self.error(start, Problem::NeedsValue { key, example })),
            _ => Ok(Item { key, value }),
        }
    }

    fn error(&self, at: usize, problem: Problem) -> ParseError {
        let column = self.text.char_indices().take_while(|(offset, _)| *offset < at).count() + 1;
        ParseError { column, problem }
    }
}
