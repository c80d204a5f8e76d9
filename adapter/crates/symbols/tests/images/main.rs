//! Images, paths, stores and modules: the crate's public interface, on images that the tests build, on this project's
//! sample driver, and, where it is present, on the corpus of real files.

mod corpus;
mod folder;
mod modules;
mod mutations;
mod pe;
mod pe_builder;
mod relocations;
mod store;
mod target;
