//! Exceptions and events: which of them stop the target, are told, are passed on to it (`sx`).
//!
//! Follows MS-documented "Controlling Exceptions and Events" and "Specific Exceptions". `catalog.rs` has what is known
//! of each, `filter.rs` what can be set for one, `filters.rs` the table and its decisions, `offer.rs` the selection
//! that a client offers its user.

mod catalog;
mod filter;
mod filters;
mod offer;

pub use catalog::{Event, ExceptionKind};
pub use filter::{BreakStatus, EventFilter, ExceptionFilter, HandlingStatus};
pub use filters::{Decision, EventFilters, Part, Selected};
pub use offer::{Offered, UnknownFilter};
