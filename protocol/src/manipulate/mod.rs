//! What the debugger asks a halted target, and the answers (`DBGKD_MANIPULATE_STATE64`, packet type 2): one file for each family of apis.
//!
//! ```text
//! 0 u32 ApiNumber · 4 u16 ProcessorLevel · 6 u16 Processor · 8 u32 ReturnStatus · 16 union of 40 bytes · 56 data
//! ```

mod answer;
mod breakpoint;
mod bus_data;
mod context;
mod continuation;
mod internal_breakpoint;
mod io_space;
mod memory;
mod msr;
mod processor;
mod request;
mod search;
mod special_call;
mod version;

pub use answer::{Answer, Unfitting};
pub use breakpoint::{
    RestoreBreakPoint, RestoreBreakPointEx, WriteBreakPoint, WriteBreakPointEx, WriteCustomBreakpoint,
};
pub use bus_data::{BusDataPlace, GetBusData, SetBusData};
pub use context::{GetContext, GetContextEx, SetContext, SetContextEx};
pub use continuation::{Continue, Continue2, ContinueStatus, ControlSet};
pub use internal_breakpoint::{GetInternalBreakPoint, InternalBreakpoint, SetInternalBreakPoint};
pub use io_space::{IoSpace, ReadIoSpace, ReadIoSpaceExtended, WriteIoSpace, WriteIoSpaceExtended};
pub use memory::{ReadMemory, ReadPhysicalMemory, WriteMemory, WritePhysicalMemory};
pub use msr::{ReadMsr, WriteMsr};
pub use processor::SwitchPartition;
pub use request::{AnswerKind, Request, api_name};
pub use search::{FillMemory, QueryMemory, SearchMemory};
pub use special_call::SetSpecialCall;
pub use version::{Version, VersionFlags};

use crate::fields::{Fields, put};
use crate::packet::MAX_PAYLOAD;
use crate::{DecodeError, Status};

const STRUCTURE: &str = "manipulate packet";
/// Bytes before the data.
pub const MANIPULATE_SIZE: usize = 56;
/// Bytes that one packet can carry behind the structure.
pub const MAX_DATA: usize = MAX_PAYLOAD - MANIPULATE_SIZE;
/// Offset of bytes that no structure of the union uses but `GetVersion`'s: most targets answer in the request's own buffer and so echo them.
pub(crate) const MARK: usize = 52;

/// A request or an answer as it stands on the wire. The bytes of the union that its api doesn't use are kept: real debuggers and targets
/// send what their buffers held before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manipulate {
    structure: Vec<u8>,
    /// What follows the structure: memory, a context, a pattern.
    pub data: Vec<u8>,
}

impl Manipulate {
    /// A packet with every byte of its union zero.
    pub fn new(api: u32, processor_level: u16, processor: u16) -> Self {
        let mut manipulate = Self { structure: vec![0; MANIPULATE_SIZE], data: Vec::new() };
        manipulate.put_u32(0, api);
        put(&mut manipulate.structure, 4, &processor_level.to_le_bytes());
        put(&mut manipulate.structure, 6, &processor.to_le_bytes());
        manipulate
    }

    /// Reads a body.
    ///
    /// # Errors
    /// When there are fewer than 56 bytes.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new(STRUCTURE, payload);
        Ok(Self { structure: fields.slice(0, MANIPULATE_SIZE)?.to_vec(), data: fields.rest(MANIPULATE_SIZE).to_vec() })
    }

    /// The body.
    pub fn encode(&self) -> Vec<u8> {
        [self.structure.as_slice(), &self.data].concat()
    }

    /// `ApiNumber`.
    pub fn api(&self) -> u32 {
        self.u32(0)
    }

    /// `ProcessorLevel`.
    pub fn processor_level(&self) -> u16 {
        self.u16(4)
    }

    /// `Processor`.
    pub fn processor(&self) -> u16 {
        self.u16(6)
    }

    /// `ReturnStatus`: means nothing in requests.
    pub fn status(&self) -> Status {
        Status(self.u32(8))
    }

    /// Sets `ReturnStatus`.
    pub fn set_status(&mut self, status: Status) {
        self.put_u32(8, status.0);
    }

    // Offsets are those of the structure and constant; it always has its 56 bytes.

    fn fields(&self) -> Fields<'_> {
        Fields::new(STRUCTURE, &self.structure)
    }

    fn u16(&self, offset: usize) -> u16 {
        self.fields().u16(offset).unwrap_or_default()
    }

    pub(crate) fn u32(&self, offset: usize) -> u32 {
        self.fields().u32(offset).unwrap_or_default()
    }

    fn u64(&self, offset: usize) -> u64 {
        self.fields().u64(offset).unwrap_or_default()
    }

    fn put_u16(&mut self, offset: usize, value: u16) {
        put(&mut self.structure, offset, &value.to_le_bytes());
    }

    pub(crate) fn put_u32(&mut self, offset: usize, value: u32) {
        put(&mut self.structure, offset, &value.to_le_bytes());
    }

    fn put_u64(&mut self, offset: usize, value: u64) {
        put(&mut self.structure, offset, &value.to_le_bytes());
    }

    /// `count` bytes of the data.
    ///
    /// # Errors
    /// When there are fewer.
    fn announced(&self, count: u32) -> Result<&[u8], DecodeError> {
        Fields::new(STRUCTURE, &self.data).following(0, count)
    }
}

/// An api's part of the structure and the data behind it.
trait Body: Sized {
    /// Writes the request's fields and data; touches nothing else.
    fn write(&self, to: &mut Manipulate);

    /// Reads a request: what a target does with it.
    fn read(from: &Manipulate) -> Result<Self, DecodeError>;

    /// Whether an answer carries what it has to carry again of this request.
    fn is_echoed(&self, answer: &Manipulate) -> bool;

    /// What an answer says. Never more bytes than were asked for.
    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError>;
}
