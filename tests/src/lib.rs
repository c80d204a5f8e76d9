//! What tests share: dump writers, a DAP client, the folders of test data.

pub mod dap_client;
pub mod dump_writer;
#[cfg(unix)]
pub mod line;
#[cfg(unix)]
pub mod minint;
pub mod random;
pub mod sample;
pub mod temporary;
#[cfg(unix)]
pub mod wire;
