//! The breakpoints of a session.

use super::judge::{Cause, Hit, Judged};
use super::location::SourcePlace;
use super::resolve::Surroundings;
use super::{candidates, source_line};
use crate::evaluate::Scope;
use crate::session::Session;
use crate::session_scope::SessionScope;
use crate::stack::{Certainty, FoundBy, Frame, Inlined, inline_frames};
use memory::VirtualAddress;
use std::ops::RangeInclusive;

impl Session {
    /// Looks for all breakpoints again: after they were set, after modules were loaded or unloaded, after symbols were
    /// loaded or paths changed. What came of it is in [`Table::take_changes`](super::Table::take_changes) and in the
    /// breakpoints.
    pub fn resolve_breakpoints(&mut self) {
        let mut table = std::mem::take(&mut self.breakpoints);
        table.resolve(&Surroundings {
            architecture: self.target().architecture(),
            modules: self.target().modules(),
            source_map: &self.settings.source_map,
            session: self,
        });
        self.breakpoints = table;
    }

    /// What a stop at breakpoints means ([`Table::judge`](super::Table::judge)). The context of the processor that
    /// stopped must be current: conditions are evaluated in its innermost frame. Without conditions, log messages and
    /// bindings to processes nothing is read from the target; with them its stack isn't walked.
    pub fn judge_hits(&mut self, cause: Cause, processor: u32, thread: Option<VirtualAddress>) -> Vec<Judged> {
        let mut table = std::mem::take(&mut self.breakpoints);
        let process = || {
            let thread = thread.ok_or("the thread is not known")?;
            let thread = self.target().kernel().structure("_ETHREAD", thread).map_err(|error| error.to_string())?;
            let process = thread.field("Tcb.ApcState.Process").and_then(|field| field.pointer());
            process.map_err(|error| error.to_string())
        };
        let scope = || -> Box<dyn Scope + '_> { Box::new(SessionScope::new(self, self.innermost_frame())) };
        let names = self.target().modules();
        let judged = table.judge(&Hit { cause, processor, thread, process: &process, scope: &scope, names });
        self.breakpoints = table;
        judged
    }

    /// Where in a file breakpoints can be set: its lines, and columns where the compiler recorded any, that have code,
    /// in order. The file is as in [`SourceLineSpec`](super::SourceLineSpec), and so are the modules that are searched.
    pub fn lines_with_code(&self, file: &str, lines: RangeInclusive<u32>) -> Vec<SourcePlace> {
        let searched = candidates::modules(self.target().modules(), Some(file)).into_iter();
        let in_module = |module| source_line::lines_with_code(module, file, lines.clone(), &self.settings.source_map);
        let found: Vec<_> = searched.filter_map(in_module).collect();
        let best = found.iter().map(|(agreement, _)| *agreement).max();
        let best = found.into_iter().filter(|(agreement, _)| Some(*agreement) == best);
        let mut places: Vec<SourcePlace> = best.flat_map(|(_, places)| places).collect();
        places.sort_by_key(|place| (place.line, place.column));
        places.dedup_by_key(|place| (place.line, place.column));
        places
    }

    /// The innermost frame of the current context, whose caller isn't looked for.
    fn innermost_frame(&self) -> Option<Frame> {
        let context = self.context_of(self.scope().source).ok()?;
        let instruction_pointer = context.instruction_pointer()?;
        let inlined = inline_frames(self.target().modules(), instruction_pointer).into_iter().next();
        Some(Frame {
            instruction_pointer,
            stack_pointer: context.stack_pointer()?,
            context,
            return_address: None,
            found_by: FoundBy::Context,
            certainty: Certainty::Exact,
            trap_frame: None,
            inline: inlined.map(|function| Inlined { depth: 0, function }),
        })
    }
}
