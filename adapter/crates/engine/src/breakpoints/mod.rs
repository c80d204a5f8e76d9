//! Breakpoints: what should be in the target, and what it means when one is hit.
//!
//! Nothing here talks to the target. Run control asks [`Table::wanted`] what to insert before the target runs, and
//! [`Session::judge_hits`](crate::Session::judge_hits) what a stop at one of them means.
//!
//! ```text
//! Spec ── resolve (modules, symbols, source lines) ──> Location, Location, … or Unresolved
//!                                                          │
//!                     Wanted: code addresses, debug registers │ <── Table::wanted
//!                                                          │
//! Verdict: stop, log or go on <── judge (Binding, condition, hits) <── Cause: int 3 or data access
//! ```
//!
//! | file | what |
//! | --- | --- |
//! | `spec.rs` | what was asked for: address, expression, pattern, source line, data |
//! | `options.rs`, `hit_condition.rs`, `log_message.rs` | when a hit counts, and what is done then |
//! | `location.rs` | where it is, or why it is nowhere |
//! | `table.rs` | the table: numbers, owners, what changed |
//! | `resolve.rs`, `source_line.rs`, `candidates.rs` | from what was asked for to where it is |
//! | `wanted.rs` | what should be in the target |
//! | `judge.rs` | what a hit means |
//! | `session.rs` | the same for the breakpoints of a session |

mod candidates;
mod hit_condition;
mod judge;
mod location;
mod log_message;
mod options;
mod resolve;
mod session;
mod source_line;
mod spec;
mod table;
#[cfg(test)]
mod tests;
mod wanted;

pub use hit_condition::{HitCondition, HitConditionError};
pub use judge::{Cause, Hit, Judged, Verdict};
pub use location::{LoadedModule, Location, SourcePlace, Unresolved};
pub use log_message::{LogMessage, LogMessageError};
pub use options::{Binding, Condition, Options};
pub use resolve::MAX_LOCATIONS;
pub use spec::{ClientList, Expression, Owner, SourceLineSpec, Spec};
pub use table::{Breakpoint, Change, Table, What};
pub use wanted::{Refused, Wanted};
