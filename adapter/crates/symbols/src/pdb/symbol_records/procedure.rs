//! The record of a function, and the pieces of code that compilands list.

use super::codeview::{self, Record};
use crate::pdb::streams::sections::Sections;
use memory::Truncated;
use ms_pdb::syms::SymKind;
use std::ops::Range;

/// `S_GPROC32` and its relatives, whose layout is `PROCSYM32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Procedure<'a> {
    pub(crate) name: &'a [u8],
    /// RVA of the first byte.
    pub(crate) start: u32,
    /// Bytes.
    pub(crate) size: u32,
    /// Bytes from the start to where the frame is set up.
    pub(crate) debug_start: u32,
    /// Bytes from the start to where the epilogue begins.
    pub(crate) debug_end: u32,
    /// Index of its type, or of its item if [`Procedure::type_is_item`].
    pub(crate) ty: u32,
    pub(crate) type_is_item: bool,
    pub(crate) global: bool,
    pub(crate) no_return: bool,
}

/// `CV_PFLAG_NEVER`
const NO_RETURN: u8 = 1 << 3;

impl<'a> Procedure<'a> {
    /// Reads the record, if it is of such a kind and lies in the image.
    pub(crate) fn parse(record: &Record<'a>, sections: &Sections) -> Result<Option<Self>, Truncated> {
        let (global, type_is_item) = match SymKind(record.kind) {
            SymKind::S_GPROC32 => (true, false),
            SymKind::S_GPROC32_ID => (true, true),
            SymKind::S_LPROC32 | SymKind::S_LPROC32_DPC => (false, false),
            SymKind::S_LPROC32_ID | SymKind::S_LPROC32_DPC_ID => (false, true),
            _ => return Ok(None),
        };
        let mut fields = record.fields();
        // Parent, end, next.
        fields.skip(12)?;
        let [size, debug_start, debug_end, ty] = [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        let start = sections.read_rva(&mut fields)?;
        let no_return = fields.u8()? & NO_RETURN != 0;
        let name = codeview::name(&mut fields)?;
        Ok(start.map(|start| Self { name, start, size, debug_start, debug_end, ty, type_is_item, global, no_return }))
    }

    /// RVAs of its code.
    pub(crate) fn code(&self) -> Range<u32> {
        self.start..self.start.saturating_add(self.size)
    }
}

/// `S_THUNK32`
#[derive(Clone, Debug)]
pub(crate) struct Thunk<'a> {
    pub(crate) name: &'a [u8],
    /// RVAs of its code.
    pub(crate) code: Range<u32>,
}

impl<'a> Thunk<'a> {
    /// Reads the record; `None` if it isn't in the image.
    pub(crate) fn parse(record: &Record<'a>, sections: &Sections) -> Result<Option<Self>, Truncated> {
        let mut fields = record.fields();
        // Parent, end, next.
        fields.skip(12)?;
        let start = sections.read_rva(&mut fields)?;
        let size = u32::from(fields.u16()?);
        let _ordinal = fields.u8()?;
        let name = codeview::name(&mut fields)?;
        Ok(start.map(|start| Self { name, code: start..start.saturating_add(size) }))
    }
}

/// `S_SEPCODE`: code that was moved away from its function, and an RVA within that function.
pub(crate) fn separated(record: &Record<'_>, sections: &Sections) -> Result<Option<(Range<u32>, u32)>, Truncated> {
    let mut fields = record.fields();
    // Parent, end.
    fields.skip(8)?;
    let size = fields.u32()?;
    let _flags = fields.u32()?;
    let [offset, parent_offset] = [fields.u32()?, fields.u32()?];
    let [segment, parent_segment] = [fields.u16()?, fields.u16()?];
    let start = sections.rva(segment, offset);
    let parent = sections.rva(parent_segment, parent_offset);
    Ok(start.zip(parent).map(|(start, parent)| (start..start.saturating_add(size), parent)))
}
