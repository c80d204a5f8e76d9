//! The breakpoint instructions that are in the target's code, and the bytes that they stand in for.

use super::journal::Leftover;
use super::{LinkError, Live};
use ::memory::{ReadVirtualExt, VirtualAddress};
use arch::Machine;
use kd_protocol::manipulate::{RestoreBreakPoint, WriteBreakPoint, WriteMemory};
use kd_protocol::{Answer, Request, Status};

/// Reporting a stop, the target takes out the breakpoint instructions from the program counter on, as far as the bytes of
/// code that it reports reach.
const REPORTED_CODE: u64 = 15;

/// The handles that NT gives out.
const FIRST_HANDLE: u32 = 1;
const LAST_HANDLE: u32 = 32;

/// A breakpoint instruction in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// What the target knows it by, once it has told.
    pub handle: Option<u32>,
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
        // Written down first: whether the target has it isn't known when the answer is lost.
        self.note(address, Some(Inserted { handle: None, original: original.clone() }));
        match self.ask(request) {
            Ok(Answer::Breakpoint { handle, .. }) => {
                self.note(address, Some(Inserted { handle: Some(handle), original }));
                Ok(())
            }
            Ok(_) => Err(LinkError::GaveWay),
            Err(error @ LinkError::Refused { .. }) => {
                self.note(address, None);
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// What is in the target at `address` from now on.
    fn note(&self, address: VirtualAddress, inserted: Option<Inserted>) {
        let mut known = self.known();
        match inserted {
            Some(inserted) => known.inserted.insert(address.0, inserted),
            None => known.inserted.remove(&address.0),
        };
        self.journal.write(known.version, &known.inserted);
    }

    /// Takes the breakpoint instruction at `address` out again.
    ///
    /// # Errors
    /// When the target doesn't answer. A target that knows of none there has taken it out by itself.
    pub(crate) fn take_out(&self, address: VirtualAddress) -> Result<(), LinkError> {
        let Some(Inserted { handle, original }) = self.known().inserted.get(&address.0).cloned() else { return Ok(()) };
        match handle {
            Some(handle) => self.restore(handle).map(|_| ())?,
            None => self.restore_unknown(address, &original)?,
        }
        self.note(address, None);
        Ok(())
    }

    /// Whether the target knew of it: it takes some out by itself.
    fn restore(&self, handle: u32) -> Result<bool, LinkError> {
        match self.ask(Request::RestoreBreakPoint(RestoreBreakPoint { handle })) {
            Ok(_) => Ok(true),
            Err(LinkError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes out a breakpoint instruction whose handle was never told: the target gives out few.
    fn restore_unknown(&self, address: VirtualAddress, original: &[u8]) -> Result<(), LinkError> {
        let own = self.machine().map_or(&[][..], instruction);
        self.virtual_cache().clear();
        let mut there = vec![0; own.len()];
        let mut is_there = || {
            self.virtual_cache().clear();
            self.read_uncovered(address, &mut there).is_ok() && there == own
        };
        for handle in FIRST_HANDLE..=LAST_HANDLE {
            if own == original || !is_there() {
                return Ok(());
            }
            self.restore(handle)?;
        }
        Ok(())
    }

    /// Takes out what a debugger that was killed has left in this kernel; returns how many there were.
    ///
    /// # Errors
    /// When the target doesn't answer.
    pub(crate) fn take_leftovers_out(&self) -> Result<usize, LinkError> {
        let Some(version) = self.version() else { return Ok(0) };
        let Some(leftovers) = self.journal.leftovers(&version) else { return Ok(0) };
        let own = self.machine().map_or(&[][..], instruction);
        let mut found = 0;
        for (address, Leftover { handle, original }) in &leftovers.breakpoints {
            let address = VirtualAddress(*address);
            let known = match handle {
                Some(handle) => self.restore(*handle)?,
                None => self.restore_unknown(address, original).map(|()| false)?,
            };
            self.virtual_cache().clear();
            let mut there = vec![0; own.len()];
            let is_there = self.read_uncovered(address, &mut there).is_ok() && there == own && there != *original;
            if is_there {
                let data = original.clone();
                self.ask(Request::WriteVirtualMemory(WriteMemory { address: self.on_wire(address.0), data }))?;
            }
            found += usize::from(known || is_there);
        }
        self.virtual_cache().clear();
        self.journal.write(Some(version), &Default::default());
        Ok(found)
    }

    /// The target has reported a stop at `program_counter`, and took out what is there.
    pub(crate) fn were_taken_out_at(&self, program_counter: u64) {
        let end = program_counter.saturating_add(REPORTED_CODE);
        let mut known = self.known();
        let before = known.inserted.len();
        known.inserted.retain(|at, _| !(program_counter..=end).contains(at));
        if known.inserted.len() != before {
            self.journal.write(known.version, &known.inserted);
        }
    }

    /// The target has restarted: nothing of ours is in it.
    pub(crate) fn were_all_lost(&self) {
        let mut known = self.known();
        known.inserted.clear();
        self.journal.write(known.version, &known.inserted);
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
