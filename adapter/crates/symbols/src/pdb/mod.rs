//! Symbol files: PDBs, public and private, opened lazily.
//!
//! ```text
//! container ── streams ──┬─ info, dbi ─────────────── identity, compilands, contributions
//!   (MSF, MSFZ)          ├─ globals ───────────────── names <-> addresses (lookup)
//!                        ├─ type_table, items ─────── types, names of inlined functions
//!                        └─ compiland ──┬─ body ───── scopes, variables, inline sites (code)
//!                                       └─ subsections lines (lines)
//! ```
//! Formats: Microsoft's `microsoft-pdb` repository (`cvinfo.h`, `pdb.h`, `dbi.h`) and LLVM's "The PDB File Format".

mod annotations;
mod base_type;
mod body;
mod code;
mod codeview;
mod compiland;
mod container;
mod cross_reference;
mod dbi;
mod error;
mod field_list;
mod file;
mod frame_data;
mod function;
mod globals;
mod hash;
mod info;
mod items;
mod lines;
mod live_range;
mod local;
mod lookup;
mod names;
mod parts;
mod problems;
mod procedure;
mod sections;
mod source;
mod subsections;
mod symbol;
mod type_stream;
mod type_table;
mod udt;
mod undecorate;
mod variable;

pub use error::{Stream, SymbolFileError};
pub use file::{SymbolContent, SymbolFile};
pub use frame_data::{FrameData, FrameRule};
pub use function::{FrameProcedure, Function, InlineFrame};
pub use source::{Checksum, SourceFile, SourceFileId, SourceLine};
pub use symbol::{Constant, Symbol, SymbolKind};
pub use variable::{Location, Piece, Variable, VariableRole};
