//! Trace data that the target sends (`DBGKD_TRACE_IO`, packet type 9).

use crate::DecodeError;
use crate::fields::{Fields, count, put};

const PRINT_TRACE: u32 = 0x3330;
/// Bytes before the data.
const SIZE: usize = 64;

/// `DbgKdPrintTraceApi`: data of the kernel's event tracing. No answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceIo {
    /// Level of the processor.
    pub processor_level: u16,
    /// The processor that sends.
    pub processor: u16,
    /// The data: opaque.
    pub data: Vec<u8>,
}

impl TraceIo {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is truncated, announces more data than it has, or is of an unknown kind.
    pub fn decode(payload: &[u8]) -> Result<Self, DecodeError> {
        let fields = Fields::new("trace I/O", payload);
        match fields.u32(0)? {
            PRINT_TRACE => Ok(Self {
                processor_level: fields.u16(4)?,
                processor: fields.u16(6)?,
                data: fields.following(SIZE, fields.u32(8)?)?.to_vec(),
            }),
            api => Err(DecodeError::UnknownApi { structure: "trace I/O", api }),
        }
    }

    /// The body: what a target sends.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; SIZE];
        put(&mut bytes, 0, &PRINT_TRACE.to_le_bytes());
        put(&mut bytes, 4, &self.processor_level.to_le_bytes());
        put(&mut bytes, 6, &self.processor.to_le_bytes());
        put(&mut bytes, 8, &count(&self.data).to_le_bytes());
        bytes.extend_from_slice(&self.data);
        bytes
    }
}
