//! Changing the target's memory.

use crate::evaluate::Place;
use crate::live::{LinkError, Live};
use crate::scope::ContextSource;
use crate::session::Session;
use crate::stack::Frame;
use arch::RegisterPart;
use memory::{PhysicalAddress, ReadFailure, VirtualAddress};

/// A write that failed, at the first byte that wasn't written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {failure}", VirtualAddress(*address))]
pub struct WriteError {
    /// Address (virtual or physical, as asked) of the first byte that wasn't written.
    pub address: u64,
    /// Bytes that were written before it: those of the target have changed.
    pub written: usize,
    /// What stood in the way.
    pub failure: WriteFailure,
}

/// What stands in the way of a write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteFailure {
    /// What is debugged is a file that tells what was.
    #[error("a crash dump can't be changed")]
    Dump,
    /// The current page tables don't tell where it is.
    #[error("the page tables do not map it: {0}")]
    NotMapped(ReadFailure),
    /// The live target wasn't asked, or refused.
    #[error(transparent)]
    Target(LinkError),
}

impl Session {
    /// Writes `bytes` to the target's virtual memory, as the current address space sees it.
    ///
    /// # Errors
    /// The first byte that couldn't be written, and why; those before it are written.
    pub fn write_virtual(&mut self, address: VirtualAddress, bytes: &[u8]) -> Result<(), WriteError> {
        match self.target().live() {
            Some(live) => {
                let result = live.write_virtual(address, bytes);
                self.forget_conclusions();
                result
            }
            None => refuse(address.0, bytes),
        }
    }

    /// Writes `bytes` to a place that an expression assigns to: memory, or a register of `frame`.
    ///
    /// # Errors
    /// Why not, in words; parts of a value that lies in several places may be written then.
    pub(crate) fn write_place(&self, frame: Option<&Frame>, place: &Place, bytes: &[u8]) -> Result<(), String> {
        let live = self.target().live().ok_or_else(|| WriteFailure::Dump.to_string())?;
        match place {
            Place::Memory(address) => live.write_virtual(*address, bytes).map_err(|error| error.to_string())?,
            Place::Register(part) => self.write_register(live, frame, *part, bytes)?,
            Place::Pieces(pieces) => {
                for piece in pieces {
                    let range = usize::try_from(piece.offset).ok().zip(usize::try_from(piece.size).ok());
                    let part = range.and_then(|(start, size)| bytes.get(start..start.checked_add(size)?));
                    self.write_place(frame, &piece.place, part.unwrap_or_default())?;
                }
            }
            Place::Constant(_) => return Err("a constant can't be changed".to_owned()),
            Place::Unavailable(why) => return Err(why.clone()),
        }
        self.note_written();
        Ok(())
    }

    /// Only the registers of the function that runs are in the processor; those of its callers are found by unwinding.
    fn write_register(
        &self,
        live: &Live,
        frame: Option<&Frame>,
        part: RegisterPart,
        bytes: &[u8],
    ) -> Result<(), String> {
        let ContextSource::Processor(number) = self.scope().source else {
            return Err("these registers were saved in memory: only a processor's own can be set".to_owned());
        };
        let processor = u16::try_from(number).map_err(|_| format!("there is no processor {number}"))?;
        let mut context = live.context(processor).map_err(|error| error.to_string())?;
        let innermost = frame.is_some_and(|frame| {
            let here = (context.instruction_pointer(), context.stack_pointer());
            here == (Some(frame.instruction_pointer), Some(frame.stack_pointer))
        });
        if !innermost {
            return Err("only the innermost frame's registers can be set".to_owned());
        }
        if part.register == context.architecture().instruction_pointer() {
            return Err("the next instruction is set by the r command, not by an assignment".to_owned());
        }
        let before = context.get(part.register).ok_or("the register is not known")?;
        let value = bytes.iter().rev().fold(0, |value: u128, byte| (value << 8) | u128::from(*byte));
        context.set(part.register, part.replace(before, value));
        live.set_context(processor, &context).map_err(|error| error.to_string())
    }

    /// Writes `bytes` to the target's physical memory.
    ///
    /// # Errors
    /// The first byte that couldn't be written, and why; those before it are written.
    pub fn write_physical(&mut self, address: PhysicalAddress, bytes: &[u8]) -> Result<(), WriteError> {
        match self.target().live() {
            Some(live) => {
                let result = live.write_physical(address, bytes);
                self.forget_conclusions();
                result
            }
            None => refuse(address.0, bytes),
        }
    }
}

/// What a dump says to every write.
fn refuse(address: u64, bytes: &[u8]) -> Result<(), WriteError> {
    match bytes {
        [] => Ok(()),
        _ => Err(WriteError { address, written: 0, failure: WriteFailure::Dump }),
    }
}
