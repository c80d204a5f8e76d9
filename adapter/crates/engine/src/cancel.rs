//! Giving up: a flag that whoever asked can raise, and that every long walk looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Raised from any thread; clones share the flag.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks the work that looks at this flag to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
