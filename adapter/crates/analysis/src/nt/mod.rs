//! What is known of NT: its structures, read through types that symbols give, and its numbers.

pub mod bugcheck;
pub mod names;
