//! Tests of variables against a small world of their own, the sample driver, and a real dump.

mod corpus;
mod frames;
mod hostile;
mod lists;
mod sample;
mod spellings;
mod tree;
mod types;
mod values;
mod world;
