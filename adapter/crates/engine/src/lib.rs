//! The debugger without a protocol: sessions, stacks, variables, expressions.
//!
//! [`Session`] is the door: it opens a dump ([`Session::open`]) or connects to a live target ([`Session::connect`]), knows its processors, the crash, the modules and the
//! stacks, and keeps what is current. Everything here runs on the thread that owns the session.

pub mod breakpoints;
pub mod cancel;
pub mod crash;
pub mod disassembly;
pub mod evaluate;
pub mod event_filters;
mod implicit_process;
pub mod live;
mod output_log;
pub mod processor;
pub mod recall;
mod registers;
pub mod run_control;
mod scope;
mod search_news;
mod session;
mod session_scope;
pub mod settings;
mod source_lines;
pub mod stack;
pub mod target;
pub mod variables;
mod write;

pub use implicit_process::ProcessError;
pub use output_log::OutputLog;
pub use registers::SetRegisterError;
pub use scope::{ContextSource, Scope};
pub use session::{ScopeError, Session};
pub use session_scope::SessionScope;
pub use write::{WriteError, WriteFailure};
