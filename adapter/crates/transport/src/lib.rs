//! Bytes to and from a target: named pipes, Unix sockets, TCP, serial ports, and recordings played back.
//!
//! | to find | look at |
//! | --- | --- |
//! | what a connection string may say | [`TRANSPORTS`], `connection_string.rs` |
//! | the same as values | [`Connection`], [`Endpoint`] |
//! | waiting, opening, reconnecting | [`Connector`] |
//! | one transport | its file: `pipe.rs`, `unix_socket.rs`, `tcp.rs`, `serial.rs`, `replay.rs` |
//! | what `record=` writes and `replay:` reads | `recording.rs` |
//!
//! Knows nothing of what the bytes mean: packets are the `protocol` crate's.

mod connection;
mod connection_string;
mod connector;
mod error;
mod pipe;
#[cfg(test)]
#[path = "../tests/lines/random.rs"]
mod random;
mod record;
mod recording;
mod replay;
mod serial;
mod similar;
mod slow_call;
mod step;
mod tcp;
mod unix_socket;

pub use connection::{Connection, DEFAULT_BAUD, Endpoint};
pub use connection_string::{ParseError, Problem, TRANSPORTS, Transport};
pub use connector::{BoxedStream, Connector, Stream};
pub use error::{ConnectError, RecordError};
pub use recording::LineError;
pub use replay::ReplayError;
pub use step::{Step, Waiting};
