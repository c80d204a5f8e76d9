//! Breakpoints on the sample crash.
