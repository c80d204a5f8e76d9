//! What a target answers.

use super::{InternalBreakpoint, Manipulate, Version, breakpoint, io_space, msr, request};
use crate::fields::count;
use crate::{DecodeError, Status};
use thiserror::Error;

/// A target's answer. One with a failure's status is an answer too: the target says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The request has been received; its api has no answer.
    Acknowledged,
    /// Bytes of virtual or physical memory or control space: never more than asked for; fewer where the rest can't be read.
    Memory {
        /// Outcome.
        status: Status,
        /// The bytes; none when it failed.
        data: Vec<u8>,
    },
    /// Memory, control space, a context's part, or configuration space was written, or memory filled.
    Written {
        /// Outcome.
        status: Status,
        /// Bytes written; 0 when it failed.
        count: u32,
    },
    /// A `CONTEXT`, or a part of one: of the long form never more bytes than asked for.
    Context {
        /// Outcome.
        status: Status,
        /// The bytes; none when it failed.
        context: Vec<u8>,
    },
    /// A breakpoint instruction was written.
    Breakpoint {
        /// Outcome.
        status: Status,
        /// What it is restored with. The same address twice gives 0 on some targets.
        handle: u32,
    },
    /// Many were.
    Breakpoints {
        /// Outcome.
        status: Status,
        /// One for each, in order.
        handles: Vec<u32>,
    },
    /// Counts of an internal breakpoint.
    InternalBreakpoint {
        /// Outcome.
        status: Status,
        /// The counts.
        breakpoint: InternalBreakpoint,
    },
    /// A port was read.
    IoSpace {
        /// Outcome.
        status: Status,
        /// The value, zero-extended.
        value: u32,
    },
    /// A model-specific register was read.
    Msr {
        /// Outcome.
        status: Status,
        /// Its value.
        value: u64,
    },
    /// What the target is.
    Version {
        /// Outcome.
        status: Status,
        /// The version.
        version: Version,
    },
    /// Special calls.
    SpecialCalls {
        /// Outcome.
        status: Status,
        /// Virtual addresses.
        addresses: Vec<u64>,
    },
    /// Configuration space.
    BusData {
        /// Outcome.
        status: Status,
        /// The bytes; none when it failed.
        data: Vec<u8>,
    },
    /// A search ended.
    Found {
        /// Outcome.
        status: Status,
        /// Virtual address of the first place; `None` when it failed.
        address: Option<u64>,
    },
    /// What an address belongs to.
    QueriedMemory {
        /// Outcome.
        status: Status,
        /// `DBGKD_QUERY_MEMORY_...`: 0 process, 1 session, 2 kernel.
        address_space: u32,
        /// 1 readable, 2 writable, 4 executable, 8 fixed.
        flags: u32,
    },
    /// The outcome of anything else, and of a `GetVersion` that failed.
    Status(Status),
}

/// An answer that isn't one to the request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfitting {
    /// To another api.
    #[error("asked {}, answered {}", name(*asked), name(*answered))]
    Api {
        /// The request's.
        asked: u32,
        /// The answer's.
        answered: u32,
    },
    /// Of another processor.
    #[error("asked processor {asked}, answered by processor {answered}")]
    Processor {
        /// The request's.
        asked: u16,
        /// The answer's.
        answered: u16,
    },
    /// To the same api with another address, count, handle, register …
    #[error("the answer to {} is one to another place or size", name(*api))]
    Echo {
        /// The request's.
        api: u32,
    },
    /// To an earlier request: its mark is another one.
    #[error("the answer to {} is one to an earlier request", name(*api))]
    Mark {
        /// The request's.
        api: u32,
    },
    /// Not whole.
    #[error(transparent)]
    Body(#[from] DecodeError),
}

fn name(api: u32) -> String {
    request::api_name(api).map_or_else(|| format!("api {api:#x}"), str::to_owned)
}

impl Answer {
    /// The target's verdict; `None` where it gave none.
    pub fn status(&self) -> Option<Status> {
        match self {
            Self::Acknowledged => None,
            Self::Memory { status, .. }
            | Self::Written { status, .. }
            | Self::Context { status, .. }
            | Self::Breakpoint { status, .. }
            | Self::Breakpoints { status, .. }
            | Self::InternalBreakpoint { status, .. }
            | Self::IoSpace { status, .. }
            | Self::Msr { status, .. }
            | Self::Version { status, .. }
            | Self::SpecialCalls { status, .. }
            | Self::BusData { status, .. }
            | Self::Found { status, .. }
            | Self::QueriedMemory { status, .. }
            | Self::Status(status) => Some(*status),
        }
    }

    /// The packet that a target sends as its answer to `request`: the request's own structure with what this answer changes.
    pub fn write(&self, request: &Manipulate) -> Manipulate {
        let mut to = Manipulate { structure: request.structure.clone(), data: Vec::new() };
        to.set_status(self.status().unwrap_or_default());
        match self {
            Self::Acknowledged | Self::Status(_) => {}
            Self::Memory { data, .. } => {
                to.put_u32(28, count(data));
                to.data.clone_from(data);
            }
            Self::Written { count, .. } => to.put_u32(written_offset(to.api()), *count),
            Self::Context { context, .. } => {
                if to.api() == 0x315f {
                    to.put_u32(24, count(context));
                }
                to.data.clone_from(context);
            }
            Self::Breakpoint { status, handle } => breakpoint::put_handle(&mut to, *status, *handle),
            Self::Breakpoints { handles, .. } => {
                to.data.clone_from(&request.data);
                breakpoint::put_handles(&mut to, handles);
            }
            Self::InternalBreakpoint { breakpoint, .. } => breakpoint.write(&mut to),
            Self::IoSpace { value, .. } => to.put_u32(io_space::value_offset(to.api()), *value),
            Self::Msr { value, .. } => msr::put_value(&mut to, *value),
            Self::Version { version, .. } => version.write(&mut to),
            Self::SpecialCalls { addresses, .. } => {
                to.put_u32(16, u32::try_from(addresses.len()).unwrap_or(u32::MAX));
                to.data = addresses.iter().flat_map(|address| address.to_le_bytes()).collect();
            }
            Self::BusData { data, .. } => {
                to.put_u32(32, count(data));
                to.data.clone_from(data);
            }
            Self::Found { address, .. } => to.put_u64(16, address.unwrap_or_default()),
            Self::QueriedMemory { address_space, flags, .. } => {
                to.put_u32(32, *address_space);
                to.put_u32(36, *flags);
            }
        }
        to
    }
}

/// Where an api's answer has the count of bytes written.
fn written_offset(api: u32) -> usize {
    match api {
        0x3158 => 32,
        0x315b | 0x3160 => 24,
        _ => 28,
    }
}
