//! The types of a PDB.

use super::base_type;
use super::field_list::{self, Field};
use super::type_stream::{TPI, TypeStream};
use super::udt::{Udt, UdtKind};
use crate::pdb::SymbolFileError;
use crate::pdb::streams::container::Container;
use crate::pdb::symbol_records::codeview::{self, Record};
use crate::pdb::symbol_records::name_index::NameIndex;
use crate::{
    BaseKind, BaseType, EnumShape, Enumerator, Member, MemberKind, NamePattern, RecordShape, Shape, TypeError, TypeId,
    TypeRef, TypeTable,
};
use memory::Truncated;
use ms_pdb::types::Leaf;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Modifiers of modifiers: compilers write one, or two for pointers.
const MODIFIER_LIMIT: usize = 16;

/// Members of a record: they are counted in 16 bits.
const MEMBERS_LIMIT: usize = 0xffff;
/// Types with the same name that are looked at.
const NAMESAKES_LIMIT: usize = 10_000;

/// What a type index stands for.
enum Resolved<'a> {
    /// A base type, or a pointer to one.
    Base(u32),
    /// A record, with its own index.
    Record(u32, Record<'a>),
}

/// The types of a PDB: its TPI stream, and an index of names that is built when it is needed.
pub(crate) struct PdbTypes {
    types: TypeStream,
    names: OnceLock<NameIndex>,
}

impl fmt::Debug for PdbTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PdbTypes({:#x}..{:#x})", self.types.first(), self.types.end())
    }
}

impl PdbTypes {
    /// Reads the TPI stream.
    pub(crate) fn read(container: &Container, note: impl Fn(SymbolFileError)) -> Result<Self, SymbolFileError> {
        Ok(Self { types: TypeStream::read(container, TPI, note)?, names: OnceLock::new() })
    }

    /// A handle for a type index.
    pub(crate) fn handle(self: &Arc<Self>, index: u32) -> TypeRef {
        TypeRef::InFile { table: Arc::clone(self) as Arc<dyn TypeTable>, id: TypeId(index) }
    }

    /// The index of the type with this name, the defined one first.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        let mut declared = None;
        for (index, udt) in self.named(name.as_bytes()) {
            if !udt.forward {
                return Some(index);
            }
            declared.get_or_insert(index);
        }
        declared
    }

    /// The indices of the types whose names match, in the file's order. Of types that are only declared the first
    /// declaration.
    pub(crate) fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<u32> {
        let matching = self.udts().filter(|(_, udt)| pattern.matches(&String::from_utf8_lossy(udt.name)));
        let wanted = matching.filter(|&(index, udt)| {
            !udt.forward || self.named(udt.name).all(|(other, of)| of.forward && other >= index)
        });
        wanted.map(|(index, _)| index).take(limit).collect()
    }

    /// The name of a type, for members of its scope.
    pub(crate) fn udt_name(&self, index: u32) -> Option<&[u8]> {
        Some(Udt::parse(&self.types.record(index)?).ok()??.name)
    }

    fn udts(&self) -> impl Iterator<Item = (u32, Udt<'_>)> {
        self.types.records().filter_map(|(index, record)| Some((index, Udt::parse(&record).ok()??)))
    }

    fn named<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = (u32, Udt<'a>)> {
        let index = self.names.get_or_init(|| {
            NameIndex::new(self.udts().map(|(index, udt)| NameIndex::entry(udt.name, index)).collect())
        });
        index.candidates(name).take(NAMESAKES_LIMIT).filter_map(move |index| {
            let udt = Udt::parse(&self.types.record(index)?).ok()??;
            (udt.name == name).then_some((index, udt))
        })
    }

    /// The definition of a declared type, by its unique name if it has one.
    fn definition_of(&self, declared: &Udt<'_>) -> Option<u32> {
        let same = |udt: &Udt<'_>| match (declared.unique_name, udt.unique_name) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.named(declared.name)
            .find(|(_, udt)| !udt.forward && udt.kind.declares(declared.kind) && same(udt))
            .map(|(index, _)| index)
    }

    fn record(&self, index: u32) -> Result<Record<'_>, TypeError> {
        self.types.record(index).ok_or(TypeError::NoSuchType { id: index, end: self.types.end() })
    }

    /// What an index stands for behind modifiers and declarations.
    fn resolved(&self, index: u32) -> Result<Resolved<'_>, TypeError> {
        let mut index = index;
        for _ in 0..MODIFIER_LIMIT {
            if index < self.types.first() {
                return Ok(Resolved::Base(index));
            }
            let record = self.record(index)?;
            if matches!(Leaf(record.kind), Leaf::LF_MODIFIER | Leaf::LF_ALIAS) {
                index = record.fields().u32().map_err(|_| malformed(index, &record, "modifier"))?;
                continue;
            }
            let udt = Udt::parse(&record).map_err(|_| malformed(index, &record, "named type"))?;
            return match udt.filter(|udt| udt.forward).and_then(|udt| self.definition_of(&udt)) {
                Some(definition) => Ok(Resolved::Record(definition, self.record(definition)?)),
                None => Ok(Resolved::Record(index, record)),
            };
        }
        Err(TypeError::TooDeep { name: format!("type {index:#x}") })
    }

    /// Bytes of a type; 0 where it has no size, or none that is known.
    fn byte_size(&self, index: u32) -> Result<u64, TypeError> {
        let mut index = index;
        for _ in 0..MODIFIER_LIMIT {
            let (at, record) = match self.resolved(index)? {
                Resolved::Base(base) => return Ok(base_type::size(base)),
                Resolved::Record(at, record) => (at, record),
            };
            let damaged = |_: Truncated| malformed(at, &record, "type");
            let mut fields = record.fields();
            index = match Leaf(record.kind) {
                Leaf::LF_POINTER => {
                    fields.skip(4).map_err(damaged)?;
                    return Ok(u64::from(pointer_size(fields.u32().map_err(damaged)?)));
                }
                Leaf::LF_ARRAY => {
                    fields.skip(8).map_err(damaged)?;
                    return Ok(codeview::size(&mut fields).map_err(damaged)?.unwrap_or(0));
                }
                Leaf::LF_BITFIELD => fields.u32().map_err(damaged)?,
                _ => match Udt::parse(&record).map_err(damaged)? {
                    Some(Udt { kind: UdtKind::Enum { underlying }, .. }) => underlying,
                    Some(udt) => return Ok(udt.size),
                    None => return Ok(0),
                },
            };
        }
        Err(TypeError::TooDeep { name: format!("type {index:#x}") })
    }

    /// The fields of a record or enum, through all parts of its list.
    fn fields(&self, index: u32) -> Result<Vec<Field<'_>>, TypeError> {
        let Resolved::Record(at, record) = self.resolved(index)? else { return Ok(Vec::new()) };
        let udt = Udt::parse(&record).map_err(|_| malformed(at, &record, "named type"))?;
        let mut next = udt.filter(|udt| !udt.forward).map(|udt| udt.fields).filter(|&list| list != 0);
        let mut seen = Vec::new();
        let mut fields = Vec::new();
        while let Some(list) = next {
            let record = self.record(list)?;
            if seen.contains(&list) || Leaf(record.kind) != Leaf::LF_FIELDLIST {
                return Err(malformed(list, &record, "list of members"));
            }
            seen.push(list);
            next =
                field_list::parse(record.data, &mut fields).map_err(|_| malformed(list, &record, "list of members"))?;
        }
        Ok(fields)
    }

    /// The integer type of an enum; for other types one of no size.
    fn underlying(&self, index: u32) -> Result<BaseType, TypeError> {
        let none = BaseType { kind: BaseKind::None, size: 0 };
        let Resolved::Record(_, record) = self.resolved(index)? else { return Ok(none) };
        let Ok(Some(Udt { kind: UdtKind::Enum { underlying }, .. })) = Udt::parse(&record) else { return Ok(none) };
        match self.resolved(underlying)? {
            Resolved::Base(base) => match base_type::shape(base) {
                Shape::Base(base) => Ok(base),
                _ => Ok(none),
            },
            Resolved::Record(..) => Ok(none),
        }
    }

    /// The types of a list of parameters.
    fn parameters(&self, this: &Arc<dyn TypeTable>, list: u32) -> Result<Vec<TypeRef>, TypeError> {
        if list == 0 {
            return Ok(Vec::new());
        }
        let record = self.record(list)?;
        let damaged = |_: Truncated| malformed(list, &record, "list of parameters");
        let mut fields = record.fields();
        if Leaf(record.kind) != Leaf::LF_ARGLIST {
            return Err(TypeError::UnexpectedKind { id: list, leaf: record.kind });
        }
        let count = fields.u32().map_err(damaged)? as usize;
        let indices = fields.take(count.saturating_mul(4)).map_err(damaged)?.chunks_exact(4);
        Ok(indices.filter_map(|index| Some(handle(this, u32::from_le_bytes(index.try_into().ok()?)))).collect())
    }
}

impl TypeTable for PdbTypes {
    fn shape(&self, table: &Arc<dyn TypeTable>, id: TypeId) -> Result<Shape, TypeError> {
        let (index, record) = match self.resolved(id.0)? {
            Resolved::Base(base) => return Ok(base_type::shape(base)),
            Resolved::Record(index, record) => (index, record),
        };
        let damaged = |_: Truncated| malformed(index, &record, "type");
        let mut fields = record.fields();
        Ok(match Leaf(record.kind) {
            Leaf::LF_POINTER => {
                let target = handle(table, fields.u32().map_err(damaged)?);
                let attributes = fields.u32().map_err(damaged)?;
                let size = pointer_size(attributes);
                match attributes >> 5 & 7 {
                    // CV_PTR_MODE_PMEM, CV_PTR_MODE_PMFUNC: pointers to members are offsets, and lead nowhere.
                    2 | 3 => Shape::Base(BaseType { kind: BaseKind::Other, size }),
                    // CV_PTR_MODE_LVREF, CV_PTR_MODE_RVREF
                    mode => Shape::Pointer { target, size, reference: matches!(mode, 1 | 4) },
                }
            }
            Leaf::LF_ARRAY => {
                let element = fields.u32().map_err(damaged)?;
                fields.skip(4).map_err(damaged)?;
                let size = codeview::size(&mut fields).map_err(damaged)?.unwrap_or(0);
                let count = size.checked_div(self.byte_size(element)?).unwrap_or(0);
                Shape::Array { element: handle(table, element), count }
            }
            Leaf::LF_BITFIELD => {
                let underlying = handle(table, fields.u32().map_err(damaged)?);
                let [length, position] = fields.array().map_err(damaged)?;
                Shape::Bitfield { underlying, position, length }
            }
            Leaf::LF_PROCEDURE | Leaf::LF_MFUNCTION => {
                let returns = handle(table, fields.u32().map_err(damaged)?);
                let mut this = None;
                if record.kind == Leaf::LF_MFUNCTION.0 {
                    let _class = fields.u32().map_err(damaged)?;
                    this = Some(fields.u32().map_err(damaged)?).filter(|&this| this != 0);
                }
                // Calling convention, attributes, number of parameters.
                fields.skip(4).map_err(damaged)?;
                let parameters = self.parameters(table, fields.u32().map_err(damaged)?)?;
                Shape::Function { returns, parameters, this: this.map(|this| handle(table, this)) }
            }
            // What a pointer to virtual functions points at.
            Leaf::LF_VTSHAPE => Shape::Void,
            _ => match Udt::parse(&record).map_err(damaged)? {
                Some(Udt { kind: UdtKind::Enum { underlying }, name, .. }) => {
                    Shape::Enum(EnumShape { name: codeview::text(name), underlying: handle(table, underlying) })
                }
                Some(Udt { kind: UdtKind::Record(kind), name, forward, size, .. }) => {
                    Shape::Record(RecordShape { kind, name: codeview::text(name), size, complete: !forward })
                }
                None => return Err(TypeError::UnexpectedKind { id: index, leaf: record.kind }),
            },
        })
    }

    fn members(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Vec<Member>, TypeError> {
        let mut members = Vec::new();
        for field in self.fields(id.0)? {
            let (name, offset, ty, kind) = match field {
                Field::Enumerator { .. } => continue,
                Field::Data { name, offset, ty } => (name, offset, ty, MemberKind::Data),
                Field::Static { name, ty } => (name, 0, ty, MemberKind::StaticData),
                Field::Nested { name, ty } => (name, 0, ty, MemberKind::NestedType),
                Field::Method { name, ty } => (name, 0, ty, MemberKind::Method),
                Field::Overloads { name, list } => {
                    let record = self.record(list)?;
                    let overloads =
                        field_list::overloads(record.data).map_err(|_| malformed(list, &record, "list of methods"))?;
                    if members.len() + overloads.len() > MEMBERS_LIMIT {
                        return Err(malformed(list, &record, "list of methods"));
                    }
                    members.extend(overloads.into_iter().map(|ty| Member {
                        name: codeview::text(name),
                        offset: 0,
                        ty: handle(this, ty),
                        kind: MemberKind::Method,
                    }));
                    continue;
                }
                Field::Base { offset, ty } => (self.udt_name(ty).unwrap_or_default(), offset, ty, MemberKind::Base),
                Field::VirtualBase { offset, ty, table_index } => {
                    (self.udt_name(ty).unwrap_or_default(), offset, ty, MemberKind::VirtualBase { table_index })
                }
                Field::VirtualTable { offset, ty } => (&b"__VFN_table"[..], offset, ty, MemberKind::VirtualTable),
            };
            members.push(Member { name: codeview::text(name), offset, ty: handle(this, ty), kind });
        }
        Ok(members)
    }

    fn enumerators(&self, id: TypeId) -> Result<Vec<Enumerator>, TypeError> {
        let fields = self.fields(id.0)?.into_iter();
        let integer = self.underlying(id.0)?;
        Ok(fields
            .filter_map(|field| match field {
                Field::Enumerator { name, value } => {
                    Some(Enumerator { name: codeview::text(name), value: integer.wrap(value) })
                }
                _ => None,
            })
            .collect())
    }
}

fn handle(this: &Arc<dyn TypeTable>, index: u32) -> TypeRef {
    TypeRef::InFile { table: Arc::clone(this), id: TypeId(index) }
}

/// Bytes of a pointer, from its attributes: bits 13-18, or by its kind where they are zero.
fn pointer_size(attributes: u32) -> u8 {
    match (attributes >> 13 & 0x3f, attributes & 0x1f) {
        (0, 0xc) => 8,
        (0, _) => 4,
        // Six bits: fits.
        (size, _) => size as u8,
    }
}

fn malformed(index: u32, record: &Record<'_>, what: &'static str) -> TypeError {
    TypeError::Malformed { id: index, what, offset: record.offset }
}
