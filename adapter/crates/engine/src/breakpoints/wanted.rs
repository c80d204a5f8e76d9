//! What should be in the target.

use super::spec::Spec;
use super::table::Table;
use arch::debug_registers::{SLOTS, Watched, decode_dr6, encode_dr7};
use memory::VirtualAddress;
use std::collections::BTreeSet;
use std::fmt;

/// What should be in the target while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Where breakpoint instructions should be.
    pub code: BTreeSet<VirtualAddress>,
    /// What the debug registers should watch, by slot. Those of all processors are the same.
    pub watched: [Option<Watched>; SLOTS],
    /// Breakpoints for which no debug register is left.
    pub refused: Vec<Refused>,
}

/// A data breakpoint for which no debug register is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its number.
    pub id: u32,
    /// What it wants to watch.
    pub watched: Watched,
    /// The breakpoints that have the registers.
    pub in_use_by: Vec<u32>,
}

impl Table {
    /// What should be in the target now, for the breakpoints in force. Debug registers are given out by number.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        let mut holders = Vec::new();
        for breakpoint in self.iter().filter(|breakpoint| breakpoint.enabled) {
            let addresses = breakpoint.locations.iter().map(|location| location.address);
            let Spec::Data { size, access, .. } = breakpoint.spec else {
                wanted.code.extend(addresses);
                continue;
            };
            for watched in addresses.map(|address| Watched { address, size, access }) {
                if wanted.watched.contains(&Some(watched)) {
                    continue;
                }
                match wanted.watched.iter_mut().find(|slot| slot.is_none()) {
                    Some(free) => {
                        *free = Some(watched);
                        holders.push(breakpoint.id);
                    }
                    None => wanted.refused.push(Refused { id: breakpoint.id, watched, in_use_by: holders.clone() }),
                }
            }
        }
        wanted
    }
}

impl Wanted {
    /// The value of `DR7` for [`Wanted::watched`].
    pub fn dr7(&self) -> u64 {
        encode_dr7(&self.watched)
    }

    /// What was accessed according to `DR6`, of what is watched.
    pub fn accessed(&self, dr6: u64) -> Vec<Watched> {
        let met = decode_dr6(dr6, self.dr7()).slots;
        let slots = self.watched.iter().zip(met).filter(|(_, met)| *met);
        slots.filter_map(|(watched, _)| *watched).collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.in_use_by.iter().map(u32::to_string).collect();
        let (id, address) = (self.id, self.watched.address);
        write!(f, "breakpoint {id} at {address} can't be set: the processor has {SLOTS} debug registers, ")?;
        write!(f, "which breakpoints {} use", ids.join(", "))
    }
}
