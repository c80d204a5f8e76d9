//! Symbol files: PDBs, public and private, opened lazily.

mod error;
mod file;
mod function;
mod source;
mod symbol;
mod variable;

pub use error::{Stream, SymbolFileError};
pub use file::{SymbolContent, SymbolFile};
pub use function::{FrameProcedure, Function, InlineFrame};
pub use source::{Checksum, SourceFile, SourceFileId, SourceLine};
pub use symbol::{Constant, Symbol, SymbolKind};
pub use variable::{Location, Piece, Variable, VariableRole};
