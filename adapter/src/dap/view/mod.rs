//! The target as the client sees it: numbers for frames and variables, rows of the variables view, sources.
//!
//! | file | what |
//! | --- | --- |
//! | `attached.rs`, `handles.rs` | the target, and the numbers that the client knows its things by |
//! | `thread_stack.rs`, `shown_modules.rs` | stacks, and what the client knows of modules |
//! | `sources.rs`, `listing.rs` | files, and code as text for what has none |
//! | `container.rs`, `register_rows.rs`, `processor_rows.rs` | what has rows in the variables view |
//! | `breakpoints.rs`, `data_id.rs`, `assignment.rs` | what is set and changed |
//! | `variable_numbers.rs`, `to_dap.rs` | the same in the protocol's words |

pub mod assignment;
pub mod attached;
pub mod breakpoints;
pub mod container;
pub mod data_id;
mod handles;
pub mod listing;
mod processor_rows;
mod register_rows;
mod shown_modules;
pub mod sources;
pub mod thread_stack;
pub mod to_dap;
mod variable_numbers;

pub use handles::BadHandle;
