//! The types of the test world, as a symbol file would have them.

use std::sync::Arc;
use symbols::{
    BaseType, EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId, TypeRef,
    TypeTable,
};

/// A type in a declaration.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ty {
    Base(&'static str),
    Named(&'static str),
    PointerTo(&'static Ty),
    Reference(&'static Ty),
    ArrayOf(&'static Ty, u64),
    Bits { of: &'static Ty, position: u8, length: u8 },
    Function { returns: &'static Ty },
}

#[derive(Debug)]
struct Record {
    name: &'static str,
    kind: RecordKind,
    size: u64,
    members: &'static [(&'static str, u64, Ty)],
}

const U8: Ty = Ty::Base("unsigned char");
const LONG: Ty = Ty::Base("long");
const ULONG: Ty = Ty::Base("unsigned long");
const U64: Ty = Ty::Base("unsigned int64");
const THING: Ty = Ty::Named("_THING");

const RECORDS: &[Record] = &[
    Record {
        name: "_LIST_ENTRY",
        kind: RecordKind::Struct,
        size: 16,
        members: &[
            ("Flink", 0, Ty::PointerTo(&Ty::Named("_LIST_ENTRY"))),
            ("Blink", 8, Ty::PointerTo(&Ty::Named("_LIST_ENTRY"))),
        ],
    },
    Record {
        name: "_THING",
        kind: RecordKind::Struct,
        size: 0x50,
        members: &[
            ("Next", 0, Ty::PointerTo(&THING)),
            ("Count", 8, ULONG),
            ("Delta", 12, Ty::Base("short")),
            ("Tag", 14, Ty::ArrayOf(&Ty::Base("char"), 4)),
            ("Ready", 0x14, Ty::Bits { of: &ULONG, position: 0, length: 1 }),
            ("Level", 0x14, Ty::Bits { of: &ULONG, position: 1, length: 4 }),
            ("Lean", 0x14, Ty::Bits { of: &LONG, position: 5, length: 3 }),
            ("State", 0x18, Ty::Named("_STATE")),
            ("", 0x20, Ty::Named("_THING::<unnamed-type-u>")),
            ("Ratio", 0x28, Ty::Base("double")),
            ("Links", 0x30, Ty::Named("_LIST_ENTRY")),
            ("Owner", 0x40, Ty::Reference(&THING)),
            ("Callback", 0x48, Ty::PointerTo(&Ty::Function { returns: &LONG })),
        ],
    },
    Record {
        name: "_THING::<unnamed-type-u>",
        kind: RecordKind::Union,
        size: 8,
        members: &[("Whole", 0, U64), ("Bytes", 0, Ty::ArrayOf(&U8, 8))],
    },
    Record {
        name: "_PAIR",
        kind: RecordKind::Struct,
        size: 16,
        members: &[("Low", 0, ULONG), ("Middle", 4, ULONG), ("High", 8, U64)],
    },
    Record { name: "CFoo", kind: RecordKind::Class, size: 0x10, members: &[("Depth", 8, Ty::Base("int"))] },
    Record { name: "_EPROCESS", kind: RecordKind::Struct, size: 0x10, members: &[("Pid", 8, U64)] },
    Record { name: "vector<int,std::allocator<int> >", kind: RecordKind::Class, size: 0x18, members: &[] },
];

const STATES: &[(&str, i128)] = &[("Idle", 0), ("Running", 1), ("Broken", -1)];

/// Types with a number of their own; [`TypeId`] is the index.
const TYPES: &[Ty] = &[
    Ty::Named("_LIST_ENTRY"),
    THING,
    Ty::Named("_THING::<unnamed-type-u>"),
    Ty::Named("_STATE"),
    Ty::Named("_PAIR"),
    Ty::Named("_EPROCESS"),
    Ty::Named("CFoo"),
    Ty::Named("vector<int,std::allocator<int> >"),
    Ty::Reference(&THING),
    Ty::Bits { of: &ULONG, position: 0, length: 1 },
    Ty::Bits { of: &ULONG, position: 1, length: 4 },
    Ty::Bits { of: &LONG, position: 5, length: 3 },
    Ty::Function { returns: &LONG },
    Ty::Function { returns: &Ty::Base("HRESULT") },
];

#[derive(Debug)]
struct Table;

/// The table, as symbol files hand it around.
pub(super) fn table() -> Arc<dyn TypeTable> {
    Arc::new(Table)
}

/// The declared type `ty`.
pub(super) fn declared(table: &Arc<dyn TypeTable>, ty: &Ty) -> TypeRef {
    match ty {
        Ty::Base(name) => TypeRef::Base(BaseType::from_name(name).unwrap()),
        Ty::PointerTo(target) => declared(table, target).pointer(8),
        Ty::ArrayOf(element, count) => declared(table, element).array(*count),
        numbered => {
            let same = |other: &Ty| format!("{other:?}") == format!("{numbered:?}");
            let id = TYPES.iter().position(same).unwrap_or_else(|| panic!("{numbered:?} has no number"));
            TypeRef::InFile { table: Arc::clone(table), id: TypeId(id as u32) }
        }
    }
}

/// The record or enum with this name.
pub(super) fn named(table: &Arc<dyn TypeTable>, name: &str) -> Option<TypeRef> {
    let id = TYPES.iter().position(|ty| matches!(ty, Ty::Named(tag) if *tag == name))?;
    Some(TypeRef::InFile { table: Arc::clone(table), id: TypeId(id as u32) })
}

fn record(id: TypeId) -> Option<&'static Record> {
    match TYPES[id.0 as usize] {
        Ty::Named(tag) => RECORDS.iter().find(|record| record.name == tag),
        _ => None,
    }
}

impl TypeTable for Table {
    fn shape(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Shape, TypeError> {
        if let Some(record) = record(id) {
            let (kind, name, size) = (record.kind, record.name.to_owned(), record.size);
            return Ok(Shape::Record(RecordShape { kind, name, size, complete: true }));
        }
        Ok(match TYPES[id.0 as usize] {
            Ty::Bits { of, position, length } => Shape::Bitfield { underlying: declared(this, of), position, length },
            Ty::Reference(target) => Shape::Pointer { target: declared(this, target), size: 8, reference: true },
            Ty::Function { returns } => {
                Shape::Function { returns: declared(this, returns), parameters: Vec::new(), this: None }
            }
            _ => Shape::Enum(EnumShape { name: "_STATE".to_owned(), underlying: declared(this, &Ty::Base("int")) }),
        })
    }

    fn members(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Vec<Member>, TypeError> {
        let members = record(id).map_or([].as_slice(), |record| record.members);
        let member = |(name, offset, ty): &(&str, u64, Ty)| Member {
            name: (*name).to_owned(),
            offset: *offset,
            ty: declared(this, ty),
            kind: MemberKind::Data,
        };
        Ok(members.iter().map(member).collect())
    }

    fn enumerators(&self, id: TypeId) -> Result<Vec<Enumerator>, TypeError> {
        let is_state = matches!(TYPES[id.0 as usize], Ty::Named("_STATE"));
        let states = if is_state { STATES } else { &[] };
        Ok(states.iter().map(|(name, value)| Enumerator { name: (*name).to_owned(), value: *value }).collect())
    }
}
