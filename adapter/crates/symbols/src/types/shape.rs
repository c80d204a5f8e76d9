//! What a type is, one level of it.

use super::{BaseType, TypeRef};

/// One level of a type.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `void`.
    Void,
    /// A base type.
    Base(BaseType),
    /// A pointer or a reference.
    Pointer {
        /// What it points at.
        target: TypeRef,
        /// Bytes of the pointer itself.
        size: u8,
        /// A C++ reference (`&`, `&&`).
        reference: bool,
    },
    /// An array.
    Array {
        /// What it holds.
        element: TypeRef,
        /// How many; 0 for a flexible array member.
        count: u64,
    },
    /// Some bits of an integer. Only members have this shape.
    Bitfield {
        /// The integer or enum that the bits lie in.
        underlying: TypeRef,
        /// Lowest bit, counted from the lowest one of the integer.
        position: u8,
        /// How many bits.
        length: u8,
    },
    /// An enum; its values by [`TypeRef::enumerators`].
    Enum(EnumShape),
    /// A struct, class or union; its members by [`TypeRef::members`].
    Record(RecordShape),
    /// A function.
    Function {
        /// What it returns.
        returns: TypeRef,
        /// What it takes, without `this`. A last one of kind [`super::BaseKind::None`] is `...`.
        parameters: Vec<TypeRef>,
        /// The type of `this`, for a member function that isn't static.
        this: Option<TypeRef>,
    },
}

/// An enum.
#[derive(Clone, Debug)]
pub struct EnumShape {
    /// Its tag.
    pub name: String,
    /// The integer type that holds the value.
    pub underlying: TypeRef,
}

/// A struct, class or union.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordShape {
    /// Which of them.
    pub kind: RecordKind,
    /// Its tag, qualified (`outer::inner`). Compilers name what has no tag: `<unnamed-tag>`, `<unnamed-type-u>`.
    pub name: String,
    /// Size in bytes; 0 when not complete.
    pub size: u64,
    /// False if the file only declares it: neither size nor members are known.
    pub complete: bool,
}

/// Which kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// `struct`
    Struct,
    /// `class`
    Class,
    /// `union`
    Union,
    /// `__interface`
    Interface,
}

/// A member of a record.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name; empty for anonymous unions and structs. A base has its type's name.
    pub name: String,
    /// Bytes from the start of the record. For bit fields the offset of the integer that holds the bits. 0 where
    /// [`Member::kind`] has no place in the record (static members, nested types, methods).
    pub offset: u64,
    /// Its type.
    pub ty: TypeRef,
    /// What it is.
    pub kind: MemberKind,
}

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemberKind {
    /// Data in the record; bit fields too.
    Data,
    /// One variable for all records of the type: its address is that of the symbol `type::name`.
    StaticData,
    /// A base class that lies in the record at the offset.
    Base,
    /// A virtual base class. The member's offset is that of the pointer to the table (`vbtable`) of displacements.
    VirtualBase {
        /// Index of the base's displacement in that table.
        table_index: u64,
    },
    /// The pointer to the table of virtual functions.
    VirtualTable,
    /// A type declared in the record.
    NestedType,
    /// A function; overloads are listed one by one.
    Method,
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumerator {
    /// Its name.
    pub name: String,
    /// Its value, as the enum's integer type holds it: negative only if that is signed.
    pub value: i128,
}
