//! PE images (MS-documented "PE Format"): headers, debug directory, exports, base relocations, read from a file on disk
//! or from the target's memory through one trait.
//!
//! | file | what |
//! | --- | --- |
//! | `read_image.rs` | [`ReadImage`]: bytes by RVA; [`MemoryImage`] does it on target memory |
//! | `headers.rs` | [`PeHeaders`]: DOS, file and optional header, data directories, section table |
//! | `debug_directory.rs` | [`DebugEntry`], and the PDB's identity from its CodeView record |
//! | `exports.rs` | [`Exports`]: names, ordinals, forwarders |
//! | `relocations.rs` | base relocations: what the loader adds where |
//! | `image_file.rs` | [`ImageFile`]: a file, sections laid out as in memory; [`LoadedImage`]: the same at its loaded base |
//! | `check_sum.rs` | whether a file is as its linker or signer left it |
//! | `mapped_file.rs` | the file's bytes, mapped |

mod check_sum;
mod debug_directory;
mod error;
mod exports;
mod headers;
mod image_file;
mod mapped_file;
mod read_image;
mod relocations;

pub use debug_directory::{
    DebugEntry, IMAGE_DEBUG_TYPE_CODEVIEW, IMAGE_DEBUG_TYPE_REPRO, debug_directory, pdb_identity,
};
pub use error::PeError;
pub use exports::{Export, ExportTarget, Exports};
pub use headers::{DataDirectory, Directory, PeHeaders, Section};
pub use image_file::{ImageFile, LoadedImage};
pub use read_image::{MemoryImage, ReadImage};
