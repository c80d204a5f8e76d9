//! The KD wire protocol as a state machine without I/O: bytes and time in; bytes, events and the next deadline out.
//!
//! [`Host`] is the debugger's side of one connection. Below it, [`Link`] delivers packets reliably for either side, [`framing`] finds them
//! in the bytes, and each packet type has its codec: [`manipulate`], [`state_change`], [`debug_io`], [`file_io`], [`trace_io`],
//! [`control_request`]. Both directions are encoded and decoded.
//!
//! Time is a [`Duration`](core::time::Duration) since any moment that the caller likes: there is no clock here, no socket, no thread. What
//! is specific to a processor (`CONTEXT`, the control report) is opaque bytes.

#![forbid(unsafe_code)]

pub mod control_request;
pub mod debug_io;
mod error;
mod fields;
pub mod file_io;
pub mod framing;
pub mod host;
pub mod link;
pub mod manipulate;
pub mod packet;
mod sign_extension;
pub mod state_change;
mod statistics;
mod status;
mod timing;
pub mod trace;
pub mod trace_io;

pub use control_request::ControlRequest;
pub use debug_io::{DebugIo, DebugIoKind, PromptAnswer};
pub use error::DecodeError;
pub use file_io::{FileAnswer, FileRequest};
pub use framing::{Damage, Frame, Framing};
pub use host::{Event, Executed, Host, Phase, RequestFailure, RequestId};
pub use link::{Link, LinkEvent, Role, Standing};
pub use manipulate::{Answer, Continue, Continue2, ContinueStatus, ControlSet, Manipulate, Request, Version};
pub use packet::{Packet, PacketType};
pub use sign_extension::{sign_extend, truncate};
pub use state_change::{ExceptionRecord, LoadSymbols, StateChange, StateChangeKind};
pub use statistics::Statistics;
pub use status::Status;
pub use timing::Timing;
pub use trace::{Trace, TraceEntry, Traced};
pub use trace_io::TraceIo;
