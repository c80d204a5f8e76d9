//! Finding images and symbol files along a path: folders, and symbol stores on this machine.
//!
//! A store keeps a file under its name and a key made of its identity; three-tier stores (with an `index2.txt`) put the
//! first two letters before it (MS-documented "Using SymStore"):
//!
//! ```text
//! store/amdppm.sys/C9C030003b000/amdppm.sys      or amdppm.sy_ (a cabinet), or file.ptr (where it is)
//! store/am/amdppm.sys/C9C030003b000/amdppm.sys
//! ```
//!
//! Everything is found in any case. Nothing is believed by its name or key: a file is used if what is *in* it matches.
//!
//! | file | what |
//! | --- | --- |
//! | `search.rs` | [`SymbolSearch`]: which file is the one |
//! | `places.rs` | where it may be, by the path's elements |
//! | `proof.rs` | [`SymbolProof`]: telling a symbol file by addresses, where no identity is to be had |
//! | `listing.rs` | folders, names in any case |
//! | `packed.rs`, `pointer.rs` | compressed members; members that are elsewhere |
//! | `log.rs` | [`SearchLog`]: what was tried |

mod listing;
mod log;
mod packed;
mod places;
mod pointer;
mod proof;
mod search;

pub use log::{Attempt, Match, Mismatch, Outcome, SearchLog};
pub use proof::SymbolProof;
pub use search::{Found, SymbolSearch};
