//! Data breakpoints in the debug registers of all processors.

use super::stop::reported_status;
use super::{RunError, Told};
use crate::breakpoints::Refused;
use crate::live::{LinkError, Live};
use crate::session::Session;
use arch::debug_registers::{Access, SLOTS, Watched};
use kd_protocol::StateChange;
use memory::VirtualAddress;
use std::collections::BTreeMap;

/// `RF` of the flags: what is executed next is not reported as watched (Intel SDM, volume 3, "Instruction-Breakpoint Exception
/// Condition").
const RESUME_FLAG: u128 = 1 << 16;

/// What is known of the processors' debug registers.
#[derive(Debug, Default)]
pub(super) struct DebugRegisters {
    /// What each one's watch, `None` where that isn't known. Of a processor that isn't here, nothing.
    watched: BTreeMap<u16, Option<[Option<Watched>; SLOTS]>>,
    /// What couldn't be put into them, so that this is told once.
    failed: BTreeMap<u16, [Option<Watched>; SLOTS]>,
    /// The breakpoints without a register, likewise.
    left_out: Vec<Refused>,
}

impl Session {
    /// Makes all processors' debug registers watch what is wanted: those of processors that are started later, too.
    pub(super) fn put_debug_registers(&mut self, live: &Live) {
        let wanted = self.breakpoints.wanted();
        let told = std::mem::replace(&mut self.run_control.debug_registers.left_out, wanted.refused.clone());
        for refused in wanted.refused.iter().filter(|refused| !told.contains(refused)) {
            self.say(Told::Important, refused.to_string());
        }
        self.run_control.watched = wanted.watched;
        let count = self.target().system().processors.unwrap_or(1);
        for processor in 0..count.min(u32::from(u16::MAX)) as u16 {
            let known = &mut self.run_control.debug_registers;
            let before = known.watched.get(&processor).copied().unwrap_or(Some(Default::default()));
            if before == Some(wanted.watched) {
                continue;
            }
            let Err(error) = live.set_debug_registers(processor, &wanted.watched) else {
                known.watched.insert(processor, Some(wanted.watched));
                known.failed.remove(&processor);
                continue;
            };
            let refused = matches!(error, LinkError::Refused { .. });
            if !refused {
                known.watched.insert(processor, None);
            }
            if known.failed.insert(processor, wanted.watched) != Some(wanted.watched) {
                let text = format!("the debug registers of processor {processor} can't be set: {error}");
                self.say(Told::Important, text);
            }
            if !refused {
                break;
            }
        }
    }

    /// A watched instruction is reported before it is executed, and would be for ever: the processor is told to execute it. Not
    /// so where nobody has seen it reported yet.
    pub(super) fn pass_watched_instruction(
        &self,
        live: &Live,
        change: &StateChange,
        at: VirtualAddress,
        told: bool,
    ) -> Result<(), RunError> {
        let is_watched = self.breakpoints.wanted().watched.iter().flatten().any(|watched| executes(watched, at));
        if !is_watched || !(told || self.is_at_watched_instruction(live, change)) {
            return Ok(());
        }
        let link = |error| RunError::Link { what: "the registers can't be set".to_owned(), error };
        let mut context = live.context(change.processor).map_err(link)?;
        let Some((flags, _)) = context.architecture().flags() else { return Ok(()) };
        context.set(flags, context.get(flags).unwrap_or_default() | RESUME_FLAG);
        live.set_context(change.processor, &context).map_err(link)
    }

    /// Whether the target has stopped since it is about to execute a watched instruction.
    pub(super) fn is_at_watched_instruction(&self, live: &Live, change: &StateChange) -> bool {
        let at = VirtualAddress(change.program_counter);
        let slots = reported_status(live, change, &self.run_control.watched).slots;
        let met = self.run_control.watched.iter().zip(slots).filter(|(_, met)| *met);
        met.filter_map(|(watched, _)| watched.as_ref()).any(|watched| executes(watched, at))
    }
}

fn executes(watched: &Watched, at: VirtualAddress) -> bool {
    watched.access == Access::Execute && watched.address == at
}
