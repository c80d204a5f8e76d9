//! The `kdap` binary: arguments, logging, threads; nothing else.

fn main() {}
