//! What a hit means.

use super::options::Binding;
use super::spec::Spec;
use super::table::{Breakpoint, Table};
use crate::evaluate::Scope;
use crate::variables::Names;
use arch::debug_registers::Watched;
use memory::VirtualAddress;

/// What stopped the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The breakpoint instruction that was inserted at this address.
    Code(VirtualAddress),
    /// Debug registers, by what they watch ([`Wanted::accessed`](super::Wanted::accessed)).
    Data(Vec<Watched>),
}

/// A stop at breakpoints.
pub struct Hit<'a> {
    /// What stopped the target.
    pub cause: Cause,
    /// Number of the processor that stopped.
    pub processor: u32,
    /// The thread that it ran (`_ETHREAD`), if that is known.
    pub thread: Option<VirtualAddress>,
    /// Finds the process (`_EPROCESS`) whose address space was in use; asked only if a breakpoint is bound to one. The
    /// error says in words why it isn't known.
    pub process: &'a dyn Fn() -> Result<VirtualAddress, String>,
    /// Makes the scope that conditions and log messages are evaluated in; asked only if there are any.
    pub scope: &'a dyn Fn() -> Box<dyn Scope + 'a>,
    /// Names of addresses, for log messages.
    pub names: &'a dyn Names,
}

/// A breakpoint that was hit, and what that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Its number.
    pub id: u32,
    /// What is to be done.
    pub verdict: Verdict,
    /// Console commands to run, where it stops.
    pub commands: Option<String>,
    /// It was a one-shot and is no longer in the table.
    pub removed: bool,
}

/// What a hit means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Stop.
    Stop,
    /// Stop and say that the breakpoint couldn't be judged, and why.
    Failed(String),
    /// Say this and go on.
    Log(String),
    /// Go on: it is for somebody else, its condition is false, or the hit isn't one that counts.
    GoOn,
}

impl Verdict {
    /// Whether the target is to stay stopped.
    pub fn stops(&self) -> bool {
        matches!(self, Self::Stop | Self::Failed(_))
    }
}

impl Table {
    /// Judges every breakpoint in force that a stop hit, counts the hit, and takes out one-shots. Empty where none is
    /// there (any more).
    pub fn judge(&mut self, hit: &Hit<'_>) -> Vec<Judged> {
        let ids: Vec<u32> =
            self.iter().filter(|known| known.enabled && known.is_at(&hit.cause)).map(|known| known.id).collect();
        let judge = |id: u32| {
            let breakpoint = self.get_mut(id)?;
            let verdict = breakpoint.judge(hit).unwrap_or_else(Verdict::Failed);
            let commands = breakpoint.options.commands.clone().filter(|_| verdict.stops());
            let removed = breakpoint.options.one_shot && matches!(verdict, Verdict::Stop | Verdict::Log(_));
            if removed {
                self.remove(id);
            }
            Some(Judged { id, verdict, commands, removed })
        };
        ids.into_iter().filter_map(judge).collect()
    }
}

impl Breakpoint {
    fn is_at(&self, cause: &Cause) -> bool {
        let mut addresses = self.locations.iter().map(|location| location.address);
        match (cause, &self.spec) {
            (Cause::Code(_), Spec::Data { .. }) => false,
            (Cause::Code(at), _) => addresses.any(|address| address == *at),
            (Cause::Data(accessed), &Spec::Data { size, access, .. }) => {
                addresses.any(|address| accessed.contains(&Watched { address, size, access }))
            }
            (Cause::Data(_), _) => false,
        }
    }

    /// The error says why it can't be judged.
    fn judge(&mut self, hit: &Hit<'_>) -> Result<Verdict, String> {
        if !self.options.binding.covers(hit)? {
            return Ok(Verdict::GoOn);
        }
        let holds = self.options.condition.as_ref().map_or(Ok(true), |condition| {
            let text = &condition.expression;
            let holds = condition.holds(&*(hit.scope)());
            holds.map_err(|error| format!("the condition '{text}' can't be evaluated: {error}"))
        });
        // A hit whose condition has no value counts, since it stops.
        self.hits += u64::from(*holds.as_ref().unwrap_or(&true));
        let counts = self.options.hit_condition.is_none_or(|condition| condition.is_met(self.hits));
        Ok(match &self.options.log_message {
            _ if !holds? || !counts => Verdict::GoOn,
            Some(message) => Verdict::Log(message.say(&*(hit.scope)(), hit.names)),
            None => Verdict::Stop,
        })
    }
}

impl Binding {
    /// Whether a hit is by whom the breakpoint is for. The error says why that isn't known.
    fn covers(&self, hit: &Hit<'_>) -> Result<bool, String> {
        if self.processor.is_some_and(|processor| processor != hit.processor) {
            return Ok(false);
        }
        match (self.thread, hit.thread) {
            (Some(_), None) => return Err("which thread hit it is not known".to_owned()),
            (Some(wanted), Some(thread)) if wanted != thread => return Ok(false),
            _ => {}
        }
        match self.process {
            Some(wanted) => {
                Ok((hit.process)().map_err(|why| format!("which process hit it is not known: {why}"))? == wanted)
            }
            None => Ok(true),
        }
    }
}
