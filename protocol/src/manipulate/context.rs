//! Registers: `GetContext`, `SetContext`, and `GetContextEx`, `SetContextEx` for contexts longer than one packet. The `CONTEXT` is opaque
//! here.
//!
//! ```text
//! SetContext: 16 u32 ContextFlags · GetContextEx, SetContextEx: 16 u32 Offset · 20 u32 ByteCount · 24 u32 BytesCopied
//! ```

use super::{Answer, Body, Manipulate};
use crate::DecodeError;
use crate::fields::count;

/// Reads the whole context of the request's processor, whatever the target gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetContext {
    /// `ContextFlags` of the wanted parts. Targets that answer with everything don't look at it.
    pub flags: u32,
}

/// Writes the context of the request's processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetContext {
    /// `ContextFlags`.
    pub flags: u32,
    /// The `CONTEXT`: as it was read, with the fields changed that are meant.
    pub context: Vec<u8>,
}

/// Reads a part of the long form of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetContextEx {
    /// Bytes from the context's start.
    pub offset: u32,
    /// Bytes wanted.
    pub count: u32,
}

/// Writes a part of the long form of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetContextEx {
    /// Bytes from the context's start.
    pub offset: u32,
    /// The bytes.
    pub context: Vec<u8>,
}

impl Body for GetContext {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.flags);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { flags: from.u32(16) })
    }

    fn is_echoed(&self, _: &Manipulate) -> bool {
        true
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let context = if status.is_success() { answer.data.clone() } else { Vec::new() };
        Ok(Answer::Context { status, context })
    }
}

impl Body for SetContext {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.flags);
        to.data.clone_from(&self.context);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { flags: from.u32(16), context: from.data.clone() })
    }

    fn is_echoed(&self, _: &Manipulate) -> bool {
        true
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        Ok(Answer::Status(answer.status()))
    }
}

/// The offset is the one asked for; the count too, or else what was copied: some targets write it over.
fn is_echoed(offset: u32, count: u32, answer: &Manipulate) -> bool {
    let (answered, copied) = (answer.u32(20), answer.u32(24));
    answer.u32(16) == offset && (answered == count || answered == copied && copied < count)
}

impl Body for GetContextEx {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.offset);
        to.put_u32(20, self.count);
        to.put_u32(24, 0);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { offset: from.u32(16), count: from.u32(20) })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.offset, self.count, answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let taken = if status.is_success() { answer.u32(24).min(self.count) } else { 0 };
        Ok(Answer::Context { status, context: answer.announced(taken)?.to_vec() })
    }
}

impl Body for SetContextEx {
    fn write(&self, to: &mut Manipulate) {
        to.put_u32(16, self.offset);
        to.put_u32(20, count(&self.context));
        to.put_u32(24, 0);
        to.data.clone_from(&self.context);
    }

    fn read(from: &Manipulate) -> Result<Self, DecodeError> {
        Ok(Self { offset: from.u32(16), context: from.announced(from.u32(20))?.to_vec() })
    }

    fn is_echoed(&self, answer: &Manipulate) -> bool {
        is_echoed(self.offset, count(&self.context), answer)
    }

    fn answer(&self, answer: &Manipulate) -> Result<Answer, DecodeError> {
        let status = answer.status();
        let copied = if status.is_success() { answer.u32(24).min(count(&self.context)) } else { 0 };
        Ok(Answer::Written { status, count: copied })
    }
}
