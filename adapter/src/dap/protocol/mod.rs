//! The protocol's types that more than one request or event uses, under the specification's names; what belongs to one
//! request stands in that request's file.
//!
//! They are our own because the published crates of types are older than the protocol: `dap` 0.4.1-alpha1 and
//! `dap-types` 0.0.1 know neither `locations` nor `valueLocationReference`.

mod breakpoint;
mod capabilities;
mod event;
mod module;
mod source;
mod variable;

pub use breakpoint::{Breakpoint, Breakpoints};
pub use capabilities::{Capabilities, ColumnDescriptor, ExceptionBreakpointsFilter};
pub use event::{ChangedCapabilities, Event, OutputCategory, Stopped};
pub use module::{Module, ModuleChange};
pub use source::Source;
pub use variable::{NewValue, PresentationHint, ValueFormat, Variable};

/// `skip_serializing_if` for flags whose absence means `false`.
fn is_false(flag: &bool) -> bool {
    !flag
}
