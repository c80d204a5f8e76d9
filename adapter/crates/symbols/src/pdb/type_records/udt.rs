//! Records that define or declare a type with a name: struct, class, union, enum.

use crate::RecordKind;
use crate::pdb::symbol_records::codeview::{self, Record};
use memory::{Cursor, Truncated};
use ms_pdb::types::Leaf;

/// `CV_prop_t`: the type is only declared.
const FORWARD_REFERENCE: u32 = 1 << 7;
/// `CV_prop_t`: a second name follows, unique across the program.
const HAS_UNIQUE_NAME: u32 = 1 << 9;

/// A type with a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Udt<'a> {
    pub(crate) kind: UdtKind,
    pub(crate) name: &'a [u8],
    pub(crate) unique_name: Option<&'a [u8]>,
    /// The record only declares the type.
    pub(crate) forward: bool,
    /// Index of the list of members or values.
    pub(crate) fields: u32,
    /// Bytes; 0 for enums.
    pub(crate) size: u64,
}

/// Which kind of type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UdtKind {
    Record(RecordKind),
    Enum {
        /// Index of the integer type.
        underlying: u32,
    },
}

impl UdtKind {
    /// Whether a declaration of this kind can stand for a definition of the other: compilers declare structs as
    /// classes and the other way round, but nothing else.
    pub(crate) fn declares(self, other: Self) -> bool {
        let rank = |kind| match kind {
            Self::Record(RecordKind::Union) => 1,
            Self::Record(_) => 0,
            Self::Enum { .. } => 2,
        };
        rank(self) == rank(other)
    }
}

impl<'a> Udt<'a> {
    /// Reads the record, if it is of such a kind.
    pub(crate) fn parse(record: &Record<'a>) -> Result<Option<Self>, Truncated> {
        let mut cursor = record.fields();
        let kind = match Leaf(record.kind) {
            Leaf::LF_CLASS | Leaf::LF_CLASS2 => UdtKind::Record(RecordKind::Class),
            Leaf::LF_STRUCTURE | Leaf::LF_STRUCTURE2 => UdtKind::Record(RecordKind::Struct),
            Leaf::LF_INTERFACE | Leaf::LF_INTERFACE2 => UdtKind::Record(RecordKind::Interface),
            Leaf::LF_UNION | Leaf::LF_UNION2 => UdtKind::Record(RecordKind::Union),
            Leaf::LF_ENUM => return Self::parse_enum(&mut cursor).map(Some),
            _ => return Ok(None),
        };
        let is_union = kind == UdtKind::Record(RecordKind::Union);
        // The newer records have wider properties, and the number of members at the end of the fixed part.
        let wide = record.kind >= Leaf::LF_CLASS2.0;
        let properties = if wide {
            cursor.u32()?
        } else {
            let _members = cursor.u16()?;
            u32::from(cursor.u16()?)
        };
        let fields = cursor.u32()?;
        if !is_union {
            let [_derived_from, _virtual_table_shape] = [cursor.u32()?, cursor.u32()?];
        }
        if wide {
            let _members = cursor.u16()?;
        }
        let size = codeview::size(&mut cursor)?.unwrap_or(0);
        Self::with_names(
            &mut cursor,
            Self { kind, name: &[], unique_name: None, forward: false, fields, size },
            properties,
        )
        .map(Some)
    }

    fn parse_enum(cursor: &mut Cursor<'a>) -> Result<Self, Truncated> {
        let _values = cursor.u16()?;
        let properties = u32::from(cursor.u16()?);
        let kind = UdtKind::Enum { underlying: cursor.u32()? };
        let fields = cursor.u32()?;
        Self::with_names(
            cursor,
            Self { kind, name: &[], unique_name: None, forward: false, fields, size: 0 },
            properties,
        )
    }

    fn with_names(cursor: &mut Cursor<'a>, udt: Self, properties: u32) -> Result<Self, Truncated> {
        let name = codeview::name(cursor)?;
        let unique_name = if properties & HAS_UNIQUE_NAME != 0 { Some(codeview::name(cursor)?) } else { None };
        Ok(Self { name, unique_name, forward: properties & FORWARD_REFERENCE != 0, ..udt })
    }
}
