//! The breakpoint instructions that are in the target's code, and the bytes that they stand in for.

use super::{LinkError, Live};
use ::memory::{ReadVirtualExt, VirtualAddress};
use arch::Machine;
use kd_protocol::manipulate::{RestoreBreakPoint, WriteBreakPoint};
use kd_protocol::{Answer, Request, Status};

/// Reporting a stop, the target takes out the breakpoint instructions from the program counter on, as far as the bytes of
/// code that it reports reach.
const REPORTED_CODE: u64 = 15;

/// A breakpoint instruction in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// What the target knows it by.
    pub handle: u32,
    /// What it stands in for; as long as the processor's breakpoint instruction.
    pub original: Vec<u8>,
}

/// The processors' breakpoint instruction.
fn instruction(machine: Machine) -> &'static [u8] {
    match machine {
        Machine::X86 | Machine::Amd64 => &[0xcc],
        // brk #0xf000
        Machine::Arm64 => &[0x00, 0x00, 0x3e, 0xd4],
    }
}

impl Live {
    /// What the target has, by address.
    pub fn inserted(&self) -> Vec<(VirtualAddress, Inserted)> {
        self.known().inserted.iter().map(|(at, inserted)| (VirtualAddress(*at), inserted.clone())).collect()
    }

    /// Whether a breakpoint instruction of ours is at `address`.
    pub fn is_inserted(&self, address: VirtualAddress) -> bool {
        self.known().inserted.contains_key(&address.0)
    }

    /// Puts a breakpoint instruction at `address`, unless it is there already.
    ///
    /// # Errors
    /// When the code there can't be read, or the target refuses.
    pub(crate) fn insert(&self, address: VirtualAddress) -> Result<(), LinkError> {
        if self.is_inserted(address) {
            return Ok(());
        }
        let length = self.machine().map_or(1, |machine| instruction(machine).len());
        let unreadable = |_| LinkError::Refused { what: "ReadVirtualMemory", status: Status::ACCESS_VIOLATION };
        let original = self.bytes(address, length).map_err(unreadable)?;
        let request = Request::WriteBreakPoint(WriteBreakPoint { address: self.on_wire(address.0) });
        match self.ask(request)? {
            Answer::Breakpoint { handle, .. } => {
                self.known().inserted.insert(address.0, Inserted { handle, original });
                Ok(())
            }
            _ => Err(LinkError::GaveWay),
        }
    }

    /// Takes the breakpoint instruction at `address` out again.
    ///
    /// # Errors
    /// When the target doesn't answer. A target that knows of none there has taken it out by itself.
    pub(crate) fn take_out(&self, address: VirtualAddress) -> Result<(), LinkError> {
        let Some(handle) = self.known().inserted.get(&address.0).map(|inserted| inserted.handle) else { return Ok(()) };
        match self.ask(Request::RestoreBreakPoint(RestoreBreakPoint { handle })) {
            Ok(_) | Err(LinkError::Refused { .. }) => {
                self.known().inserted.remove(&address.0);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The target has reported a stop at `program_counter`, and took out what is there.
    pub(crate) fn were_taken_out_at(&self, program_counter: u64) {
        let end = program_counter.saturating_add(REPORTED_CODE);
        self.known().inserted.retain(|at, _| !(program_counter..=end).contains(at));
    }

    /// The target has restarted: nothing of ours is in it.
    pub(crate) fn were_all_lost(&self) {
        self.known().inserted.clear();
    }

    /// The original bytes in place of breakpoint instructions of ours. Where the target has changed the code meanwhile, what
    /// is there now stays.
    pub(super) fn hide_breakpoints(&self, address: u64, bytes: &mut [u8]) {
        let Some(machine) = self.machine() else { return };
        let own = instruction(machine);
        let from = address.saturating_sub(own.len() as u64);
        let end = address.saturating_add(bytes.len() as u64);
        for (at, inserted) in self.known().inserted.range(from..end) {
            for (index, (own, original)) in own.iter().zip(&inserted.original).enumerate() {
                let place = at.wrapping_add(index as u64).checked_sub(address);
                let place = place.and_then(|place| bytes.get_mut(usize::try_from(place).ok()?));
                if let Some(byte) = place.filter(|byte| **byte == *own) {
                    *byte = *original;
                }
            }
        }
    }

    /// Takes out the breakpoint instructions in a range that is about to be written: the target keeps the bytes under each,
    /// and would put old ones back. They come in again before it goes on.
    pub(super) fn make_way(&self, address: VirtualAddress, length: usize) -> Result<(), LinkError> {
        let longest = self.machine().map_or(1, |machine| instruction(machine).len()) as u64;
        let range = address.0.saturating_sub(longest - 1)..address.0.saturating_add(length as u64);
        let inside: Vec<u64> = self.known().inserted.range(range).map(|(at, _)| *at).collect();
        inside.into_iter().try_for_each(|at| self.take_out(VirtualAddress(at)))
    }
}
