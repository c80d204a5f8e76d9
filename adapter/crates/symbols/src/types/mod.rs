//! The model of C and C++ types: what a symbol file says of them, and what expressions make of that (`foo*`).
//!
//! A [`TypeRef`] is a handle: cheap to clone, resolved when it is asked. [`TypeTable`] is what stands behind the types
//! of a symbol file; [`Shape`] is one level of a type, with handles for the next.

mod base;
mod name;
mod shape;
mod table;

pub use base::{BaseKind, BaseType};
pub use shape::{EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape};
pub use table::{TypeError, TypeId, TypeTable};

use std::collections::BTreeSet;
use std::sync::Arc;

/// How deep arrays in arrays are followed. Compilers stay far below.
const DEPTH_LIMIT: usize = 64;
/// How many bases and anonymous members are searched for one member. Compilers stay far below.
const RECORDS_LIMIT: usize = 256;

/// A type.
#[derive(Clone, Debug)]
pub enum TypeRef {
    /// A type of a symbol file.
    InFile {
        /// The file's types.
        table: Arc<dyn TypeTable>,
        /// Which of them.
        id: TypeId,
    },
    /// A pointer made by an expression.
    Pointer {
        /// What it points at.
        target: Arc<TypeRef>,
        /// Bytes of the pointer itself.
        size: u8,
    },
    /// An array made by an expression.
    Array {
        /// What it holds.
        element: Arc<TypeRef>,
        /// How many.
        count: u64,
    },
    /// A type that the language knows without a declaration.
    Base(BaseType),
}

impl TypeRef {
    /// A pointer of `size` bytes (4 or 8) to this type.
    pub fn pointer(self, size: u8) -> Self {
        Self::Pointer { target: Arc::new(self), size }
    }

    /// An array of `count` elements of this type.
    pub fn array(self, count: u64) -> Self {
        Self::Array { element: Arc::new(self), count }
    }

    /// What the type is. `const` and `volatile` are looked through, forward references resolved.
    ///
    /// # Errors
    /// A symbol file that is damaged there.
    pub fn shape(&self) -> Result<Shape, TypeError> {
        Ok(match self {
            Self::InFile { table, id } => table.shape(table, *id)?,
            Self::Pointer { target, size } => {
                Shape::Pointer { target: (**target).clone(), size: *size, reference: false }
            }
            Self::Array { element, count } => Shape::Array { element: (**element).clone(), count: *count },
            Self::Base(base) if base.kind == BaseKind::Void => Shape::Void,
            Self::Base(base) => Shape::Base(*base),
        })
    }

    /// The type in C spelling, as debuggers write it: `_EPROCESS`, `unsigned char`, `_LIST_ENTRY *`, `char [16]`,
    /// `void (_KDPC *, void *)`. Struct, union and enum tags stand without their keyword. A part that can't be resolved
    /// is written `<error>`.
    pub fn name(&self) -> String {
        name::spelled(self)
    }

    /// Size in bytes. Functions have none: 0, as `void`. A record that was only declared has none either.
    ///
    /// # Errors
    /// [`TypeError::Incomplete`] for a record without a definition; a symbol file that is damaged there; a size past
    /// 2^64.
    pub fn size(&self) -> Result<u64, TypeError> {
        self.size_within(DEPTH_LIMIT)
    }

    fn size_within(&self, depth: usize) -> Result<u64, TypeError> {
        let depth = depth.checked_sub(1).ok_or_else(|| TypeError::TooDeep { name: self.name() })?;
        match self.shape()? {
            Shape::Void | Shape::Function { .. } => Ok(0),
            Shape::Base(base) => Ok(u64::from(base.size)),
            Shape::Pointer { size, .. } => Ok(u64::from(size)),
            Shape::Array { element, count } => element
                .size_within(depth)?
                .checked_mul(count)
                .ok_or_else(|| TypeError::TooLarge { name: element.name(), count }),
            Shape::Bitfield { underlying, .. } => underlying.size_within(depth),
            Shape::Enum(shape) => shape.underlying.size_within(depth),
            Shape::Record(record) if record.complete => Ok(record.size),
            Shape::Record(record) => Err(TypeError::Incomplete { name: record.name }),
        }
    }

    /// The direct members of a record in the order of their declaration: data, bases, static members, nested types and
    /// methods (see [`Member::kind`]). Types that aren't records have none.
    ///
    /// # Errors
    /// A symbol file that is damaged there.
    pub fn members(&self) -> Result<Vec<Member>, TypeError> {
        match self {
            Self::InFile { table, id } => table.members(table, *id),
            _ => Ok(Vec::new()),
        }
    }

    /// The values of an enum in the order of their declaration. Types that aren't enums have none.
    ///
    /// # Errors
    /// A symbol file that is damaged there.
    pub fn enumerators(&self) -> Result<Vec<Enumerator>, TypeError> {
        match self {
            Self::InFile { table, id } => table.enumerators(*id),
            _ => Ok(Vec::new()),
        }
    }

    /// The data or static member with this name, of the record itself, of its anonymous unions and structs, or of its
    /// bases (nearest first); the offset counts from the start of the record that was asked. Virtual bases are left
    /// out: where they lie is known only at run time.
    ///
    /// # Errors
    /// A symbol file that is damaged there.
    pub fn find_member(&self, name: &str) -> Result<Option<Member>, TypeError> {
        self.find_member_within(name, &mut BTreeSet::new())
    }

    /// `searched` are the types that don't have it.
    fn find_member_within(&self, name: &str, searched: &mut BTreeSet<TypeId>) -> Result<Option<Member>, TypeError> {
        let Self::InFile { id, .. } = self else { return Ok(None) };
        if searched.len() >= RECORDS_LIMIT {
            return Err(TypeError::TooDeep { name: self.name() });
        }
        if !searched.insert(*id) {
            return Ok(None);
        }
        let mut inner = Vec::new();
        for member in self.members()? {
            match member.kind {
                MemberKind::Data | MemberKind::StaticData if member.name == name => return Ok(Some(member)),
                MemberKind::Data if member.name.is_empty() => inner.push(member),
                MemberKind::Base => inner.push(member),
                _ => {}
            }
        }
        for outer in inner {
            if let Some(found) = outer.ty.find_member_within(name, searched)? {
                let base = if found.kind == MemberKind::StaticData { 0 } else { outer.offset };
                return Ok(Some(Member { offset: base.wrapping_add(found.offset), ..found }));
            }
        }
        Ok(None)
    }
}
