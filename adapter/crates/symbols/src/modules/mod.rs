//! The modules of a target: where they are, which files belong to them, and names for their addresses.
//!
//! A module is deferred until something is asked of it that needs its files. Then, in this order:
//!
//! 1. its header and debug record in the target's memory say which PDB belongs to it;
//! 2. where these are paged out or not in the dump, a copy of the image is found by what the loader's entry says
//!    (MS-documented "Reading symbols from paged-out headers"), checked, and its debug record used;
//! 3. where there is no copy either, addresses that the target gives for known symbols may tell a PDB ([`SymbolProof`]);
//! 4. where there is no PDB, the image's export names serve.
//!
//! | file | what |
//! | --- | --- |
//! | `table.rs` | [`Modules`]: the table, by address and by name |
//! | `names.rs` | [`Modules::name_of`], [`Modules::resolve`], [`Modules::search`]: names for addresses and back |
//! | `module.rs` | [`Module`]: one of them, its image and its bytes |
//! | `load.rs` | finding its symbols, as above |
//! | `status.rs` | what came of it: `lm`, `!lmi`, `.reload` |
//! | `export_names.rs` | export names as symbols |
//!
//! [`SymbolProof`]: crate::SymbolProof

mod export_names;
mod load;
mod module;
mod names;
mod status;
mod table;

pub use module::{CodeSource, Module, ModuleEntry, TargetMemory};
pub use names::{NameSource, ResolveError, ResolvedSymbol, Scope, SymbolMatches, SymbolName};
pub use status::{ImageStatus, MatchedBy, ModuleFacts, Origin, SymbolStatus};
pub use table::{Modules, UnloadedModule};
