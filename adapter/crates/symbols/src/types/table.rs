//! What stands behind the types of a symbol file.

use super::{Enumerator, Member, Shape};
use std::fmt::Debug;
use std::sync::Arc;

/// Names a type within its table. Only the table that gave it away can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// The types of one symbol file.
///
/// `this` is the table itself: types that a table gives away hold it.
pub trait TypeTable: Send + Sync + Debug {
    /// What a type is.
    ///
    /// # Errors
    /// No such type, or one that the file's bytes don't describe properly.
    fn shape(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Shape, TypeError>;

    /// The direct members of a record in order; none for other types.
    ///
    /// # Errors
    /// As for [`TypeTable::shape`].
    fn members(&self, this: &Arc<dyn TypeTable>, id: TypeId) -> Result<Vec<Member>, TypeError>;

    /// The values of an enum in order; none for other types.
    ///
    /// # Errors
    /// As for [`TypeTable::shape`].
    fn enumerators(&self, id: TypeId) -> Result<Vec<Enumerator>, TypeError>;
}

/// Why a type couldn't be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// The table ends before it.
    #[error("there is no type {id:#x}: the file's types end at {end:#x}")]
    NoSuchType {
        /// The type's index.
        id: u32,
        /// The first index that the file doesn't have.
        end: u32,
    },
    /// A record that ends too early, or holds what it can't hold.
    #[error("type {id:#x} is damaged: {what} (offset {offset:#x} of the type stream)")]
    Malformed {
        /// The type's index.
        id: u32,
        /// What is wrong.
        what: &'static str,
        /// Offset of the type's record in its stream, in bytes.
        offset: usize,
    },
    /// A record of a kind that has no meaning where it stands.
    #[error("type {id:#x} is of kind {leaf:#06x}, which is no type of a value")]
    UnexpectedKind {
        /// The type's index.
        id: u32,
        /// Its kind (`LF_*`).
        leaf: u16,
    },
    /// The file declares the record, but doesn't define it.
    #[error("{name} is declared, but not defined")]
    Incomplete {
        /// The record's name.
        name: String,
    },
    /// Types within types without end.
    #[error("{name} is nested too deeply")]
    TooDeep {
        /// The type's name.
        name: String,
    },
    /// The size has no place in 64 bits.
    #[error("an array of {count} {name} is too large")]
    TooLarge {
        /// Name of the element type.
        name: String,
        /// Number of elements.
        count: u64,
    },
    /// The file's types couldn't be read at all.
    #[error("{0}")]
    Unreadable(String),
}
