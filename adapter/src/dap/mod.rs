//! The Debug Adapter Protocol: from bytes to requests, from requests to the engine, and back.
//!
//! ```text
//! input -> framing -> message -> server (reader) --- cancel, unknown ----------------+
//!                                     | queue, a ticket with each request            v
//!                                dispatcher (engine thread) -> requests/<x>.rs -> outbox -> output
//!             live target ------------+         live/<x>.rs --- events -----------^
//!                                                              progress (timer) --^
//! ```
//! The reader never waits for the engine. Each request holds a ticket, which gives one answer; events that come up while
//! a request runs leave behind its answer.

mod error;
mod live;
mod protocol;
mod report_json;
mod requests;
mod run;
mod server;
mod session;
mod stop;
mod view;

pub use server::{serve_connections, serve_stdio};
