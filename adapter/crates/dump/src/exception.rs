//! The exception record of a dump.

use crate::error::Defect;
use crate::file::{FileBytes, PointerWidth};
use crate::header::is_filler;
use memory::VirtualAddress;

/// `EXCEPTION_RECORD32` or `EXCEPTION_RECORD64`, as documented by Microsoft. Addresses are zero-extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionRecord {
    /// `ExceptionCode`: an NTSTATUS.
    pub code: u32,
    /// `ExceptionFlags`: 1 for an exception that can't be continued.
    pub flags: u32,
    /// `ExceptionRecord`: where another record lies that this one is about, 0 for none.
    pub record: VirtualAddress,
    /// `ExceptionAddress`: where the exception happened.
    pub address: VirtualAddress,
    /// `ExceptionInformation`, as many as `NumberParameters` says, and no more than the record has room for.
    pub parameters: Vec<u64>,
}

/// `EXCEPTION_MAXIMUM_PARAMETERS`.
const MAXIMUM_PARAMETERS: u32 = 15;

impl ExceptionRecord {
    /// Reads the record at file offset `offset`; `None` when it was never written.
    pub(crate) fn read(file: &FileBytes, offset: u64, width: PointerWidth) -> Result<Option<Self>, Defect> {
        let (count_at, information, size) = match width {
            PointerWidth::Bits32 => (0x10, 0x14, 0x50),
            PointerWidth::Bits64 => (0x18, 0x20, 0x98),
        };
        file.slice("ExceptionRecord", offset, size)?;
        let at = |field: u64| offset.saturating_add(field);
        let pointer = |field| file.pointer("ExceptionRecord", at(field), width);
        let code = file.u32("ExceptionCode", offset)?;
        if is_filler(code) {
            return Ok(None);
        }
        let count = file.u32("NumberParameters", at(count_at))?.min(MAXIMUM_PARAMETERS);
        let parameters = (0..u64::from(count)).map(|index| pointer(information + index * width.bytes()));
        Ok(Some(Self {
            code,
            flags: file.u32("ExceptionFlags", at(4))?,
            record: VirtualAddress(pointer(8)?),
            address: VirtualAddress(pointer(8 + width.bytes())?),
            parameters: parameters.collect::<Result<_, _>>()?,
        }))
    }
}
