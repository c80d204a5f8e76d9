//! Images, symbol files, types, and the way from names to addresses and back.
//!
//! ```text
//! Modules ── name_of, resolve, search ──> Module ─┬─> image():     ImageFile, matched by time stamp, size, check sum
//!    │                                             ├─> symbols():   SymbolFile, matched by GUID and age, or by proofs
//!    │                                             └─> read_code(): memory, else the image relocated
//!    └── SymbolSearch(SymbolPath) ── looks in folders and stores; SearchLog says where, and what was refused
//! ```
//!
//! A [`SymbolFile`] answers by name (`find`, `search`, `find_type`) and by RVA (`nearest`, `function_at`,
//! `inline_frames`, `variables`, `line_at`); types are [`TypeRef`]s, which are resolved level by level: [`TypeRef::shape`],
//! [`TypeRef::members`].
//!
//! | folder or file | what |
//! | --- | --- |
//! | `pe/` | PE images in files and in memory |
//! | `pdb/` | symbol files |
//! | `types/` | the model of types |
//! | `path.rs`, `store/` | symbol paths, and finding files along them |
//! | `modules/` | the module table: deferred loading, names both ways |
//! | `identity.rs`, `file_name.rs` | what files are known by, and called |
//! | `name_pattern.rs` | wildcards |
//!
//! Everything is `Send` and `Sync`, and lookups take `&self`: what is loaded or indexed on first use is kept behind it.

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
    Checksum, Constant, FrameData, FrameProcedure, FrameRule, Function, InlineFrame, Location, Piece, SourceFile,
    SourceFileId, SourceLine, Stream, Symbol, SymbolContent, SymbolFile, SymbolFileError, SymbolKind, Variable,
    VariableRole,
};
pub use store::{Attempt, Found, Match, Mismatch, Outcome, SearchLog, SymbolProof, SymbolSearch};
pub use types::{
    BaseKind, BaseType, EnumShape, Enumerator, Member, MemberKind, RecordKind, RecordShape, Shape, TypeError, TypeId,
    TypeRef, TypeTable,
};
