//! Images, symbol files, types, and the way from names to addresses and back.

mod file_name;
mod identity;
mod modules;
mod name_pattern;
mod path;
mod pdb;
pub mod pe;
mod store;
mod types;

pub use identity::{Guid, ImageIdentity, PdbIdentity};
pub use modules::{
    CodeSource, ImageStatus, MatchedBy, Module, ModuleEntry, ModuleFacts, Modules, NameSource, Origin, ResolveError,
    ResolvedSymbol, Scope, SymbolMatches, SymbolName, SymbolStatus, TargetMemory, UnloadedModule,
};
pub use name_pattern::NamePattern;
pub use path::{PathElement, StoreLocation, SymbolPath};
pub use pdb::{
    Checksum, Constant, FrameProcedure, Function, InlineFrame, Location, Piece, SourceFile, SourceFileId, SourceLine,
    Stream, Symbol, SymbolContent, SymbolFile, SymbolFileError, SymbolKind, Variable, VariableRole,
};
pub use store::{Attempt, Found, Mismatch, Outcome, SearchLog, SymbolProof, SymbolSearch};
pub use types::{
    BaseKind, BaseType, EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId,
    TypeRef, TypeTable,
};
