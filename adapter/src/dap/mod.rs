//! The Debug Adapter Protocol: from bytes to requests, from requests to the engine, and back.
//!
//! ```text
//! input -> framing -> message -> server (reader) --- cancel, unknown ----------------+
//!                                     | queue, a ticket with each request            v
//!                                dispatcher (engine thread) -> requests/<x>.rs -> outbox -> output
//!                                                              progress (timer) --^
//! ```
//! The reader never waits for the engine. Each request holds a ticket, which gives one answer; events that come up while
//! a request runs leave behind its answer.

mod attached;
mod container;
mod dispatcher;
mod error;
mod framing;
mod handles;
mod in_flight;
mod log;
mod message;
#[cfg(test)]
mod mutation_tests;
mod outbox;
mod processor_rows;
mod progress;
mod protocol;
mod register_rows;
mod report_json;
mod requests;
mod server;
mod session;
mod shown_modules;
mod sources;
mod stop;
mod thread_stack;
mod to_dap;
mod variable_numbers;

pub use server::{serve_connections, serve_stdio};
