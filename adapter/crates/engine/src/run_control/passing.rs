//! What a thread misses that runs past a breakpoint instruction while another one passes it.
//!
//! The instruction under a breakpoint is executed by a single step, and the breakpoint is out until that has ended: for all
//! processors, since KD can't hold the others. A step that ends there would never end. Meanwhile the instructions that come
//! next have one, too: the step then ends right behind the place that it was to end at.

use super::Errand;
use crate::session::Session;
use arch::Flow;
use memory::{ReadVirtualExt, VirtualAddress};
use std::collections::BTreeSet;

impl Session {
    /// Where the thread that steps comes next when it runs past a place that another thread passes.
    pub(super) fn behind_passed(&self) -> BTreeSet<VirtualAddress> {
        let Errand::Step(step) = &self.run_control.errand else { return BTreeSet::new() };
        let passing = self.run_control.passing.iter().filter(|(thread, _)| !step.is_thread(thread));
        let ends = passing.map(|(_, at)| *at).filter(|at| self.run_control.temporary.contains(at));
        ends.flat_map(|at| self.successors(at)).collect()
    }

    /// The instructions that may come next in the same function.
    fn successors(&self, at: VirtualAddress) -> Vec<VirtualAddress> {
        let architecture = self.target().architecture();
        let (bytes, _) = self.target().code().prefix(at, architecture.max_instruction_length());
        let Some(decoded) = architecture.decode(at, &bytes) else { return Vec::new() };
        let next = at.offset(decoded.length as u64);
        match decoded.flow {
            Flow::Next | Flow::Call(_) => vec![next],
            Flow::ConditionalJump(to) => vec![next, to],
            Flow::Jump(to) => to.into_iter().collect(),
            Flow::Return | Flow::Trap | Flow::Invalid => Vec::new(),
        }
    }
}
