//! What the tests have in common: random numbers, a line that loses and changes bytes, a target that counts what it does, and both ends
//! of a connection under virtual time.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's failure"
)]

pub mod line;
pub mod pair;
pub mod random;
pub mod samples;
pub mod target;
