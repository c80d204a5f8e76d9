//! The breakpoints of a session.

use super::judge::{Cause, Hit, Judged};
use super::resolve::Surroundings;
use crate::session::Session;
use memory::VirtualAddress;

impl Session {
    /// Looks for all breakpoints again: after they were set, after modules were loaded or unloaded, after symbols were
    /// loaded or paths changed. What came of it is in [`Table::take_changes`](super::Table::take_changes) and in the
    /// breakpoints.
    pub fn resolve_breakpoints(&mut self) {
        let mut table = std::mem::take(&mut self.breakpoints);
        let scope = self.expression_scope();
        table.resolve(&Surroundings {
            architecture: self.target().architecture(),
            modules: self.target().modules(),
            source_map: &self.settings.source_map,
            scope: &scope,
        });
        drop(scope);
        self.breakpoints = table;
    }

    /// What a stop at breakpoints means ([`Table::judge`](super::Table::judge)). The innermost frame of the processor
    /// that stopped must be current: conditions are evaluated in it.
    pub fn judge_hits(&mut self, cause: Cause, processor: u32, thread: Option<VirtualAddress>) -> Vec<Judged> {
        let mut table = std::mem::take(&mut self.breakpoints);
        let process = || {
            let thread = thread.ok_or("the thread is not known")?;
            let thread = self.target().kernel().structure("_ETHREAD", thread).map_err(|error| error.to_string())?;
            let process = thread.field("Tcb.ApcState.Process").and_then(|field| field.pointer());
            process.map_err(|error| error.to_string())
        };
        let hit = Hit { cause, processor, thread, process: &process };
        let judged = table.judge(&hit, &self.expression_scope(), self.target().modules());
        self.breakpoints = table;
        judged
    }
}
