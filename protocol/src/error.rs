//! Why a packet's body can't be read.

use thiserror::Error;

/// A body that isn't what its packet type or its api promises.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The body ends before a field.
    #[error("{structure} has {available} bytes, but a field at offset {offset} needs {wanted}")]
    Truncated {
        /// What was read.
        structure: &'static str,
        /// Offset of the field in the packet's body.
        offset: usize,
        /// Bytes of the field.
        wanted: usize,
        /// Bytes that the body has.
        available: usize,
    },
    /// The number that says what the body is isn't a known one.
    #[error("{structure} has the unknown api number {api:#x}")]
    UnknownApi {
        /// What was read.
        structure: &'static str,
        /// The number.
        api: u32,
    },
    /// The body says that more bytes follow than do.
    #[error("{structure} announces {announced} bytes, but {available} follow")]
    Announced {
        /// What was read.
        structure: &'static str,
        /// Bytes announced.
        announced: usize,
        /// Bytes there.
        available: usize,
    },
    /// A packet of another type was expected.
    #[error("packet type {found:#x} where {expected} was expected")]
    PacketType {
        /// What was expected.
        expected: &'static str,
        /// The type that it has.
        found: u16,
    },
}
