//! Images, paths, stores and modules: the crate's public interface, on images that the tests build, on this project's
//! sample driver, and, where it is present, on the corpus of real files.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed, in its helpers too"
)]

mod corpus;
mod folder;
mod modules;
mod mutations;
mod pe;
mod pe_builder;
mod relocations;
mod sample;
mod store;
mod target;
