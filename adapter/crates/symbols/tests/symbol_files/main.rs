//! Symbol files: the crate's public interface, on this project's sample driver and, where it is present, on the corpus
//! of real files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed, in its helpers too"
)]

mod compressed;
mod corpus;
mod crash;
mod listing;
mod mutations;
mod sample;
