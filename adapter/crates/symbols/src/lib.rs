//! Images, symbol files, types, and the way from names to addresses and back.

mod identity;
mod name_pattern;
mod pdb;
pub mod pe;
mod types;

pub use identity::{Guid, ImageIdentity, PdbIdentity};
pub use name_pattern::NamePattern;
pub use pdb::{
    Checksum, Constant, FrameProcedure, Function, InlineFrame, Location, Piece, SourceFile, SourceFileId, SourceLine,
    Stream, Symbol, SymbolContent, SymbolFile, SymbolFileError, SymbolKind, Variable, VariableRole,
};
pub use types::{
    BaseKind, BaseType, EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId,
    TypeRef, TypeTable,
};
