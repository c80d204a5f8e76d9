//! Records of locals and parameters.

use super::codeview::{self, Record};
use super::live_range::LiveRange;
use crate::pdb::streams::sections::Sections;
use crate::pdb::{Location, VariableRole};
use memory::{Cursor, Truncated};
use ms_pdb::syms::SymKind;

/// A local variable as its records have it.
#[derive(Clone, Debug)]
pub(crate) struct Local<'a> {
    pub(crate) name: &'a [u8],
    /// Index of its type, as the compiland numbers them.
    pub(crate) ty: u32,
    /// `None` where the record doesn't say whether it is a parameter.
    pub(crate) role: Option<VariableRole>,
    pub(crate) places: Vec<Place>,
}

/// A place where a variable, or a part of it, is for some of the code.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) live: LiveRange,
    /// Bytes from the variable's start, if it is only a part.
    pub(crate) part: Option<u32>,
    pub(crate) location: Location,
}

/// `CV_LVARFLAGS.fIsParam`
const IS_PARAMETER: u16 = 1;

/// `S_DEFRANGE_REGISTER_REL_INDIR`, newer than ms-pdb's list.
const S_DEFRANGE_REGISTER_REL_INDIR: SymKind = SymKind(0x1177);
/// `S_REGREL32_INDIR`, newer than ms-pdb's list.
const S_REGREL32_INDIR: SymKind = SymKind(0x1171);

impl<'a> Local<'a> {
    /// Reads a record that names a variable; `None` for all others. `frame_register` is what `S_BPREL32` counts from.
    pub(crate) fn parse(
        record: &Record<'a>,
        sections: &Sections,
        frame_register: u16,
    ) -> Result<Option<Self>, Truncated> {
        let mut fields = record.fields();
        let fields = &mut fields;
        let whole = |location| vec![Place { live: LiveRange::WholeScope, part: None, location }];
        let (ty, role, places) = match SymKind(record.kind) {
            SymKind::S_LOCAL => {
                let ty = fields.u32()?;
                let is_parameter = fields.u16()? & IS_PARAMETER != 0;
                (ty, Some(if is_parameter { VariableRole::Parameter } else { VariableRole::Local }), Vec::new())
            }
            SymKind::S_FILESTATIC => {
                let ty = fields.u32()?;
                let [_file, _flags] = [fields.u32()?, u32::from(fields.u16()?)];
                (ty, Some(VariableRole::Static), Vec::new())
            }
            SymKind::S_REGISTER => {
                let ty = fields.u32()?;
                (ty, None, whole(Location::Register(fields.u16()?)))
            }
            SymKind::S_BPREL32 => {
                let offset = signed(fields)?;
                (fields.u32()?, None, whole(Location::RegisterRelative { register: frame_register, offset }))
            }
            SymKind::S_REGREL32 => {
                let offset = signed(fields)?;
                let ty = fields.u32()?;
                (ty, None, whole(Location::RegisterRelative { register: fields.u16()?, offset }))
            }
            S_REGREL32_INDIR => {
                let [offset, then] = [signed(fields)?, signed(fields)?];
                let ty = fields.u32()?;
                (ty, None, whole(Location::RegisterIndirect { register: fields.u16()?, offset, then }))
            }
            SymKind::S_LDATA32 | SymKind::S_GDATA32 => {
                let ty = fields.u32()?;
                let rva = sections.read_rva(fields)?;
                let location = rva.map_or(Location::OptimizedAway, |rva| Location::Static { rva });
                (ty, Some(VariableRole::Static), whole(location))
            }
            SymKind::S_LTHREAD32 | SymKind::S_GTHREAD32 => {
                let ty = fields.u32()?;
                let rva = sections.read_rva(fields)?;
                let location = rva.map_or(Location::OptimizedAway, |rva| Location::ThreadLocal { rva });
                (ty, Some(VariableRole::Static), whole(location))
            }
            SymKind::S_CONSTANT => {
                let ty = fields.u32()?;
                let Some(value) = codeview::number(fields)? else { return Ok(None) };
                (ty, Some(VariableRole::Constant), whole(Location::Constant(value)))
            }
            _ => return Ok(None),
        };
        Ok(Some(Self { name: codeview::name(fields)?, ty, role, places }))
    }
}

impl Place {
    /// Reads a record that says where the variable before it is (`S_DEFRANGE*`); `None` for all others.
    pub(crate) fn parse(record: &Record<'_>, sections: &Sections) -> Result<Option<Self>, Truncated> {
        let mut fields = record.fields();
        let fields = &mut fields;
        let (part, location) = match SymKind(record.kind) {
            SymKind::S_DEFRANGE_FRAMEPOINTER_REL_FULL_SCOPE => {
                let location = Location::FrameRelative { offset: signed(fields)? };
                return Ok(Some(Self { live: LiveRange::WholeScope, part: None, location }));
            }
            SymKind::S_DEFRANGE_FRAMEPOINTER_REL => (None, Location::FrameRelative { offset: signed(fields)? }),
            SymKind::S_DEFRANGE_REGISTER => {
                let register = fields.u16()?;
                let _attributes = fields.u16()?;
                (None, Location::Register(register))
            }
            SymKind::S_DEFRANGE_SUBFIELD_REGISTER => {
                let register = fields.u16()?;
                let _attributes = fields.u16()?;
                // Twelve bits.
                (Some(fields.u32()? & 0xfff), Location::Register(register))
            }
            SymKind::S_DEFRANGE_REGISTER_REL => {
                let register = fields.u16()?;
                let part = part(fields.u16()?);
                (part, Location::RegisterRelative { register, offset: signed(fields)? })
            }
            S_DEFRANGE_REGISTER_REL_INDIR => {
                let register = fields.u16()?;
                let part = part(fields.u16()?);
                let [offset, then] = [signed(fields)?, signed(fields)?];
                (part, Location::RegisterIndirect { register, offset, then })
            }
            // Programs for a machine that isn't documented.
            SymKind::S_DEFRANGE => {
                fields.skip(4)?;
                (None, Location::Unknown { record: record.kind })
            }
            SymKind::S_DEFRANGE_SUBFIELD => {
                fields.skip(4)?;
                (Some(fields.u32()? & 0xfff), Location::Unknown { record: record.kind })
            }
            _ => return Ok(None),
        };
        Ok(LiveRange::parse(fields, sections)?.map(|live| Self { live, part, location }))
    }
}

/// A spilled member of a structure (bit 0) has the offset in it in bits 4-15.
fn part(flags: u16) -> Option<u32> {
    (flags & 1 != 0).then_some(u32::from(flags >> 4))
}

fn signed(cursor: &mut Cursor<'_>) -> Result<i32, Truncated> {
    cursor.array().map(i32::from_le_bytes)
}
