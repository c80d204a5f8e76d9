//! The debugger without a protocol: sessions, stacks, variables, expressions.
