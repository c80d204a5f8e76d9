//! The crate's public interface on real lines: sockets, pipes and pseudo-terminals of this machine, and recordings.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that can't go on has failed, in its helpers too"
)]

mod connection_strings;
#[cfg(windows)]
mod pipe;
mod random;
mod recordings;
#[cfg(target_os = "linux")]
mod serial;
mod support;
mod tcp;
#[cfg(unix)]
mod unix_socket;
