//! What the tests have in common: random numbers, a line that loses and changes bytes, a target that counts what it does, and both ends
//! of a connection under virtual time.

// Each test is a crate of its own and uses a part of this.
#![allow(dead_code)]

pub mod line;
pub mod pair;
pub mod random;
pub mod target;
