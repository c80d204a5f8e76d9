//! What is known of NT: its structures, read through types that symbols give, and its numbers.

pub mod bugcheck;
pub mod exception_record;
pub mod kernel;
pub mod layouts;
pub mod loaded_modules;
pub mod names;
pub mod processors;
pub mod pte;
pub mod structure;
pub mod thread;
pub mod trap_frame;
pub mod unloaded_modules;
