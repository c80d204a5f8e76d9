//! Symbol files: PDBs, public and private, opened lazily.
//!
//! ```text
//! SymbolFile (file.rs) ── asked by ──> lookup, code, lines, frame_data
//!    │                                    │
//!    └── parts: each read on first use <──┘
//!          ├── streams/         container (MSF, MSFZ), info, dbi, sections, names
//!          ├── type_records/    type_table, items (names of inlined functions)
//!          └── symbol_records/  globals (names <-> addresses); compiland: body (scopes, variables, inline sites)
//!                               and subsections (lines)
//! ```
//! What answers are made of is in function.rs, source.rs, symbol.rs, variable.rs.
//!
//! Damage is met where it is needed: an error while opening fails, a later one goes to `problems`.
//!
//! Formats: Microsoft's `microsoft-pdb` repository (`cvinfo.h`, `pdb.h`, `dbi.h`) and LLVM's "The PDB File Format".

mod code;
mod cross_reference;
mod error;
mod file;
mod frame_data;
mod function;
mod lines;
mod lookup;
mod parts;
mod problems;
mod source;
mod streams;
mod symbol;
mod symbol_records;
mod type_records;
mod variable;

pub use error::{Stream, SymbolFileError};
pub use file::{SymbolContent, SymbolFile};
pub use frame_data::{FrameData, FrameRule};
pub use function::{FrameProcedure, Function, InlineFrame};
pub use source::{Checksum, SourceFile, SourceFileId, SourceLine};
pub use symbol::{Constant, Symbol, SymbolKind};
pub use variable::{Location, Piece, Variable, VariableRole};
