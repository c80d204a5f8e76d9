//! `LF_FIELDLIST`: members of a record, values of an enum.

use crate::pdb::symbol_records::codeview;
use memory::{Cursor, Truncated};
use ms_pdb::types::Leaf;

/// An entry of a list. Types are indices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field<'a> {
    Enumerator { name: &'a [u8], value: i128 },
    Data { name: &'a [u8], offset: u64, ty: u32 },
    Static { name: &'a [u8], ty: u32 },
    Nested { name: &'a [u8], ty: u32 },
    Method { name: &'a [u8], ty: u32 },
    Overloads { name: &'a [u8], list: u32 },
    Base { offset: u64, ty: u32 },
    VirtualBase { offset: u64, ty: u32, table_index: u64 },
    VirtualTable { offset: u64, ty: u32 },
}

/// Why a list couldn't be read to its end: entries have no length, so that what follows an unknown one is lost.
#[derive(Debug)]
pub(crate) struct Damaged;

impl From<Truncated> for Damaged {
    fn from(_: Truncated) -> Self {
        Self
    }
}

/// Reads a list, and returns the index of the list that continues it.
pub(crate) fn parse<'a>(bytes: &'a [u8], fields: &mut Vec<Field<'a>>) -> Result<Option<u32>, Damaged> {
    let mut cursor = Cursor::new(bytes);
    let mut continued = None;
    while let Some(kind) = next_kind(&mut cursor)? {
        // Attributes of members; padding in the others.
        let attributes = cursor.u16()?;
        match kind {
            Leaf::LF_INDEX => continued = Some(cursor.u32()?),
            Leaf::LF_VFUNCTAB => fields.push(Field::VirtualTable { ty: cursor.u32()?, offset: 0 }),
            Leaf::LF_VFUNCOFF => {
                let ty = cursor.u32()?;
                fields.push(Field::VirtualTable { ty, offset: u64::from(cursor.u32()?) });
            }
            Leaf::LF_FRIENDCLS => cursor.skip(4)?,
            Leaf::LF_FRIENDFCN => {
                cursor.skip(4)?;
                codeview::name(&mut cursor)?;
            }
            Leaf::LF_ENUMERATE => {
                let value = codeview::number(&mut cursor)?.ok_or(Damaged)?;
                fields.push(Field::Enumerator { value, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_MEMBER => {
                let ty = cursor.u32()?;
                let offset = codeview::size(&mut cursor)?.ok_or(Damaged)?;
                fields.push(Field::Data { ty, offset, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_STMEMBER => {
                fields.push(Field::Static { ty: cursor.u32()?, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_NESTEDTYPE | Leaf::LF_NESTEDTYPEEX => {
                fields.push(Field::Nested { ty: cursor.u32()?, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_METHOD => {
                fields.push(Field::Overloads { list: cursor.u32()?, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_ONEMETHOD => {
                let ty = cursor.u32()?;
                if introduces_virtual(attributes) {
                    cursor.skip(4)?;
                }
                fields.push(Field::Method { ty, name: codeview::name(&mut cursor)? });
            }
            Leaf::LF_BCLASS => {
                let ty = cursor.u32()?;
                fields.push(Field::Base { ty, offset: codeview::size(&mut cursor)?.ok_or(Damaged)? });
            }
            // The base, the pointer to its table, that pointer's offset, the index in the table.
            Leaf::LF_VBCLASS | Leaf::LF_IVBCLASS => {
                let ty = cursor.u32()?;
                cursor.skip(4)?;
                let offset = codeview::size(&mut cursor)?.ok_or(Damaged)?;
                let table_index = codeview::size(&mut cursor)?.ok_or(Damaged)?;
                // Indirect ones are bases of bases, listed again.
                if kind == Leaf::LF_VBCLASS {
                    fields.push(Field::VirtualBase { ty, offset, table_index });
                }
            }
            _ => return Err(Damaged),
        }
    }
    Ok(continued)
}

/// The types of the functions in an `LF_METHODLIST`.
pub(crate) fn overloads(bytes: &[u8]) -> Result<Vec<u32>, Damaged> {
    let mut cursor = Cursor::new(bytes);
    let mut types = Vec::new();
    while cursor.remaining() > 0 {
        let attributes = cursor.u16()?;
        cursor.skip(2)?;
        types.push(cursor.u32()?);
        if introduces_virtual(attributes) {
            cursor.skip(4)?;
        }
    }
    Ok(types)
}

/// The kind of the next entry, behind padding (`LF_PAD0` to `LF_PAD15`).
fn next_kind(cursor: &mut Cursor<'_>) -> Result<Option<Leaf>, Damaged> {
    while cursor.remaining() > 0 {
        if cursor.clone().u8()? < 0xf0 {
            return Ok(Some(Leaf(cursor.u16()?)));
        }
        cursor.skip(1)?;
    }
    Ok(None)
}

/// Such a method has an offset in the virtual table (`CV_MTintro`, `CV_MTpureintro`).
fn introduces_virtual(attributes: u16) -> bool {
    matches!(attributes >> 2 & 7, 4 | 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_between_entries_is_skipped() {
        let bytes = b"\x02\x15\x03\x00\x01\x00A\x00\xf2\xf1\x02\x15\x03\x00\x02\x00B\x00";
        let mut fields = Vec::new();
        assert!(matches!(parse(bytes, &mut fields), Ok(None)));
        let [Field::Enumerator { name: b"A", value: 1 }, Field::Enumerator { name: b"B", value: 2 }] =
            fields.as_slice()
        else {
            panic!("{fields:?}")
        };
    }

    #[test]
    fn an_unknown_entry_is_an_error_and_no_end() {
        assert!(parse(b"\x99\x99\x00\x00", &mut Vec::new()).is_err());
    }
}
