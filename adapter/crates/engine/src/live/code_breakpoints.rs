//! The breakpoint instructions that are in the target's code, and the bytes that they stand in for.

use super::journal::Leftover;
use super::{Known, LinkError, Live};
use ::memory::{ReadError, VirtualAddress};
use arch::Machine;
use kd_protocol::manipulate::{ReadMemory, RestoreBreakPoint, WriteBreakPoint, WriteMemory};
use kd_protocol::{Answer, Request, StateChange, Status};
use std::collections::{BTreeMap, BTreeSet};

/// Reporting a stop, the target takes out the breakpoint instructions from the program counter on, as far as the bytes of
/// code that it reports reach.
const REPORTED_CODE: u64 = 15;

/// The handles that NT gives out.
const FIRST_HANDLE: u32 = 1;
const LAST_HANDLE: u32 = 32;

/// Addresses that are remembered at most when a breakpoint instruction is taken out.
const MAX_TAKEN_OUT: usize = 4096;

/// A breakpoint instruction in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inserted {
    /// What the target knows it by, once it has told.
    pub handle: Option<u32>,
    /// What it stands in for; as long as the processor's breakpoint instruction.
    pub original: Vec<u8>,
    /// That is what the image's file has there, and spares a round trip; the target may have changed its code. It comes out
    /// before anybody looks.
    pub from_image: bool,
}

/// The processors' breakpoint instruction.
fn instruction(machine: Machine) -> &'static [u8] {
    match machine {
        Machine::X86 | Machine::Amd64 => &[0xcc],
        // brk #0xf000
        Machine::Arm64 => &[0x00, 0x00, 0x3e, 0xd4],
    }
}

/// `InstructionStream` of a control report, as many bytes of it as `InstructionCount` says.
fn reported_code(machine: Machine, report: &[u8]) -> Option<&[u8]> {
    let (count, stream) = match machine {
        Machine::Amd64 => (20, 24),
        Machine::X86 => (8, 12),
        Machine::Arm64 => return None,
    };
    let count = u16::from_le_bytes(*report.get(count..)?.first_chunk()?);
    let stream = report.get(stream..)?;
    let stream = stream.get(..usize::from(count).min(REPORTED_CODE as usize + 1)).unwrap_or(stream);
    Some(stream).filter(|code| !code.is_empty())
}

/// Changes of breakpoint instructions that are written down together.
pub(crate) struct Changes<'a> {
    live: &'a Live,
}

impl Drop for Changes<'_> {
    fn drop(&mut self) {
        let mut known = self.live.known();
        if known.changes.take() == Some(true) {
            self.live.journal.write(known.version, &known.inserted);
        }
    }
}

impl Known {
    fn remember_taken_out(&mut self, address: u64) {
        if self.taken_out.len() >= MAX_TAKEN_OUT {
            self.taken_out.pop_first();
        }
        self.taken_out.insert(address);
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

    /// Whether one of ours was at `address`, and another processor may have met it before it was taken out.
    pub(crate) fn was_taken_out(&self, address: VirtualAddress) -> bool {
        self.known().taken_out.contains(&address.0)
    }

    /// The code at the program counter, as far as the control report of a stop has it: without the debugger's breakpoint
    /// instructions, where the target takes them out. None where it has none.
    pub(crate) fn reported_code<'a>(&self, stop: &'a StateChange) -> Option<&'a [u8]> {
        reported_code(self.machine()?, &stop.control_report)
    }

    /// Puts a breakpoint instruction at `address`, unless it is there already. `image` is what the image's file has there, if
    /// there is one.
    ///
    /// # Errors
    /// When the code there can't be read, or the target refuses.
    pub(crate) fn insert(&self, address: VirtualAddress, image: Option<&[u8]>) -> Result<(), LinkError> {
        if self.has_for_certain(address)? {
            return Ok(());
        }
        let unreadable = |_| LinkError::Refused { what: "ReadVirtualMemory", status: Status::ACCESS_VIOLATION };
        let mut inserted = self.planned(address, image).map_err(unreadable)?;
        let request = Request::WriteBreakPoint(WriteBreakPoint { address: self.on_wire(address.0) });
        // Written down first: whether the target has it isn't known when the answer is lost.
        self.note(address, Some(inserted.clone()));
        match self.ask(request) {
            Ok(Answer::Breakpoint { handle, .. }) => {
                inserted.handle = Some(handle);
                self.note(address, Some(inserted));
                Ok(())
            }
            Ok(_) => Err(LinkError::GaveWay),
            Err(error) => {
                if !error.may_be_done() {
                    self.note(address, None);
                }
                Err(error)
            }
        }
    }

    /// Whether the target has the breakpoint instruction at `address`. Where the answer to its insertion was lost, the code
    /// tells; what isn't there is forgotten.
    fn has_for_certain(&self, address: VirtualAddress) -> Result<bool, LinkError> {
        let Some(known) = self.known().inserted.get(&address.0).cloned() else { return Ok(false) };
        let there = known.handle.is_some() || self.is_there(address)?;
        if !there {
            self.note(address, None);
        }
        Ok(there)
    }

    /// Whether the target's code has a breakpoint instruction at `address`, whosever.
    fn is_there(&self, address: VirtualAddress) -> Result<bool, LinkError> {
        let own = self.machine().map_or(&[][..], instruction);
        let count = own.len() as u32;
        match self.ask(Request::ReadVirtualMemory(ReadMemory { address: self.on_wire(address.0), count })) {
            Ok(Answer::Memory { data, .. }) => Ok(data == own),
            Ok(_) => Err(LinkError::GaveWay),
            // Its page is gone.
            Err(LinkError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is in the target at `address` from now on.
    fn note(&self, address: VirtualAddress, inserted: Option<Inserted>) {
        let mut known = self.known();
        match inserted {
            Some(inserted) => {
                known.inserted.insert(address.0, inserted);
            }
            None => {
                known.inserted.remove(&address.0);
                known.remember_taken_out(address.0);
            }
        }
        match &mut known.changes {
            Some(changed) => *changed = true,
            None => self.journal.write(known.version, &known.inserted),
        }
    }

    /// Several breakpoint instructions are put in and taken out: the journal is written now, with those that are `wanted`, and
    /// when what this returns is dropped. `wanted` has what the image's file has at each.
    pub(crate) fn change_breakpoints(&self, wanted: &BTreeMap<VirtualAddress, Option<Vec<u8>>>) -> Changes<'_> {
        let mut planned = self.known().inserted.clone();
        let before = planned.len();
        for (at, image) in wanted {
            if let (false, Ok(insertion)) = (planned.contains_key(&at.0), self.planned(*at, image.as_deref())) {
                planned.insert(at.0, insertion);
            }
        }
        let mut known = self.known();
        if planned.len() != before {
            self.journal.write(known.version, &planned);
        }
        known.changes = Some(planned.len() != before);
        Changes { live: self }
    }

    /// A breakpoint instruction at `address`, where the target would put it, before it is there. What it stands in for is the
    /// target's where that is known, else the image's.
    fn planned(&self, address: VirtualAddress, image: Option<&[u8]>) -> Result<Inserted, ReadError> {
        let length = self.breakpoint_length();
        let known = self.virtual_cache().known(address.0, length);
        let (original, from_image) = match (known, image.filter(|image| image.len() == length)) {
            (Some(known), _) => (known, false),
            (None, Some(image)) => (image.to_vec(), true),
            (None, None) => {
                let mut original = vec![0; length];
                self.read_uncovered(address, &mut original)?;
                (original, false)
            }
        };
        Ok(Inserted { handle: None, original, from_image })
    }

    /// Bytes of a breakpoint instruction.
    pub(crate) fn breakpoint_length(&self) -> usize {
        self.machine().map_or(1, |machine| instruction(machine).len())
    }

    /// Takes the breakpoint instruction at `address` out again.
    ///
    /// # Errors
    /// When the target doesn't answer. A target that knows of none there has taken it out by itself.
    pub(crate) fn take_out(&self, address: VirtualAddress) -> Result<(), LinkError> {
        let Some(Inserted { handle, original, .. }) = self.known().inserted.get(&address.0).cloned() else {
            return Ok(());
        };
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

    /// Takes out a breakpoint instruction whose handle was never told: the target gives out few. Those of our other breakpoints
    /// are left alone.
    fn restore_unknown(&self, address: VirtualAddress, original: &[u8]) -> Result<(), LinkError> {
        if self.machine().map_or(&[][..], instruction) == original {
            return Ok(());
        }
        let others: BTreeSet<u32> = self.known().inserted.values().filter_map(|inserted| inserted.handle).collect();
        for handle in (FIRST_HANDLE..=LAST_HANDLE).filter(|handle| !others.contains(handle)) {
            if !self.is_there(address)? {
                break;
            }
            self.restore(handle)?;
        }
        self.virtual_cache().clear();
        Ok(())
    }

    /// Takes out what a debugger that was killed has left in this kernel; returns how many came out, and how many may still be
    /// there: code is written only with bytes that the target itself has told.
    ///
    /// # Errors
    /// When the target doesn't answer.
    pub(crate) fn take_leftovers_out(&self) -> Result<(usize, usize), LinkError> {
        let Some(version) = self.version() else { return Ok((0, 0)) };
        let Some(leftovers) = self.journal.leftovers(&version) else { return Ok((0, 0)) };
        let own = self.machine().map_or(&[][..], instruction);
        let (mut out, mut left) = (0, 0);
        for (address, Leftover { handle, original, from_image }) in &leftovers.breakpoints {
            let address = VirtualAddress(*address);
            let known = match handle {
                Some(handle) => self.restore(*handle)?,
                None => self.restore_unknown(address, original).map(|()| false)?,
            };
            self.virtual_cache().clear();
            let mut there = vec![0; own.len()];
            let is_there = self.read_uncovered(address, &mut there).is_ok() && there == own && there != *original;
            let can_be_written = is_there && !from_image;
            if can_be_written {
                let data = original.clone();
                self.ask(Request::WriteVirtualMemory(WriteMemory { address: self.on_wire(address.0), data }))?;
            }
            out += usize::from(can_be_written || (known && !is_there));
            left += usize::from(is_there && *from_image);
        }
        self.virtual_cache().clear();
        self.journal.write(Some(version), &Default::default());
        Ok((out, left))
    }

    /// The target has reported a stop at `program_counter`, and took out what is there. Where the code that it reports shows our
    /// instruction, or it reports none, the code itself tells later: some copy it before they take the instructions out.
    pub(crate) fn were_taken_out_at(&self, program_counter: u64) {
        let Some(own) = self.machine().map(instruction) else { return };
        let stop = self.stop();
        let code = stop.as_ref().and_then(|stop| self.reported_code(stop)).unwrap_or_default();
        let end = program_counter.saturating_add(REPORTED_CODE);
        let mut known = self.known();
        let inside: Vec<u64> = known.inserted.range(program_counter..=end).map(|(at, _)| *at).collect();
        let mut changed = false;
        for at in inside {
            let from = (at - program_counter) as usize;
            let reported = code.get(from..from + own.len());
            if reported.is_none_or(|there| there == own) {
                if let Some(unsure) = known.inserted.get_mut(&at) {
                    unsure.handle = None;
                }
            } else {
                changed |= known.inserted.remove(&at).is_some();
            }
            known.remember_taken_out(at);
        }
        if changed {
            self.journal.write(known.version, &known.inserted);
        }
    }

    /// The target has restarted: nothing of ours is in it.
    pub(crate) fn were_all_lost(&self) {
        let mut known = self.known();
        known.inserted.clear();
        known.taken_out.clear();
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
        let inside = self.inserted_in(address, length, |_| true);
        inside.into_iter().try_for_each(|at| self.take_out(at))
    }

    /// Takes out those breakpoint instructions in a range that is about to be shown of which only the image's file has told what
    /// they stand in for. They come in again before the target goes on.
    pub(super) fn uncover(&self, address: VirtualAddress, length: usize) -> Result<(), LinkError> {
        for at in self.inserted_in(address, length, |inserted| inserted.from_image) {
            self.take_out(at)?;
            self.virtual_cache().clear();
        }
        Ok(())
    }

    /// Breakpoint instructions that have a byte in a range.
    fn inserted_in(
        &self,
        address: VirtualAddress,
        length: usize,
        counts: impl Fn(&Inserted) -> bool,
    ) -> Vec<VirtualAddress> {
        let first = address.0.saturating_sub(self.breakpoint_length() as u64 - 1);
        let known = self.known();
        let inside = known.inserted.range(first..address.0.saturating_add(length as u64));
        inside.filter(|(_, inserted)| counts(inserted)).map(|(at, _)| VirtualAddress(*at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(machine: Machine, count_at: usize, stream_at: usize, count: u16, expected: Option<&[u8]>) {
        let mut report = vec![0; stream_at + 24];
        report[count_at..count_at + 2].copy_from_slice(&count.to_le_bytes());
        let bytes: Vec<u8> = (1..=16).collect();
        report[stream_at..stream_at + 16].copy_from_slice(&bytes);
        assert_eq!(reported_code(machine, &report), expected, "{machine} {count}");
    }

    #[test]
    fn code_that_was_not_reported_is_not_there() {
        let all: Vec<u8> = (1..=16).collect();
        for (machine, count_at, stream_at) in [(Machine::Amd64, 20, 24), (Machine::X86, 8, 12)] {
            check(machine, count_at, stream_at, 0, None);
            check(machine, count_at, stream_at, 3, Some(&[1, 2, 3]));
            check(machine, count_at, stream_at, 16, Some(&all));
            check(machine, count_at, stream_at, u16::MAX, Some(&all));
        }
        assert_eq!(reported_code(Machine::Amd64, &[0; 10]), None);
    }
}
