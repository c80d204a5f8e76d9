//! Where unwind data is missing: values on the stack that look like return addresses.

use super::Surroundings;
use arch::CallBefore;
use memory::{ReadError, ReadVirtualExt, VirtualAddress};
use symbols::pe::Section;

/// Bytes of stack that are searched for one return address, fewer where the stack is known to end before: the size of
/// an x64 kernel stack.
const SEARCH_BYTES: u64 = 0x6000;
/// Bytes that are read at once: a live target's line carries no more than are needed.
const PIECE: u64 = 256;
/// A call instruction has at least this many bytes, so that no return address lies nearer to its function's start.
const SHORTEST_CALL: u64 = 2;

/// What a search found.
pub(super) enum Found {
    /// A plausible return address, and the slot of the stack that it lies in.
    Candidate { return_address: VirtualAddress, slot: VirtualAddress },
    /// None up to the end of the stack, or of the part that could be read.
    Nothing(Option<ReadError>),
    /// The user gave up: symbols are loaded for what looks like an address, and that takes time.
    Cancelled,
}

/// Searches the stack from `stack_pointer` upwards.
pub(super) fn find_return_address(surroundings: &Surroundings<'_>, stack_pointer: VirtualAddress) -> Found {
    let slot_size = surroundings.architecture.pointer_size() as u64;
    // At the very end of the address space there is no slot any more.
    let Some(first) = stack_pointer.0.checked_next_multiple_of(slot_size).map(VirtualAddress) else {
        return Found::Nothing(None);
    };
    if is_user_stack_without_modules(surroundings, first) {
        return Found::Nothing(None);
    }
    let end = surroundings.stack_end_above(first).unwrap_or(first.offset(SEARCH_BYTES));
    let length = end.distance_from(first).unwrap_or(0).min(SEARCH_BYTES);
    let mut searched = 0;
    while searched < length {
        let at = first.offset(searched);
        let (bytes, error) = surroundings.memory.prefix(at, PIECE.min(length - searched) as usize);
        for (index, slot) in bytes.chunks_exact(slot_size as usize).enumerate() {
            if surroundings.cancel.is_cancelled() {
                return Found::Cancelled;
            }
            let value = slot.iter().rev().fold(0, |high, &low| high << 8 | u64::from(low));
            let return_address = VirtualAddress(value);
            if is_plausible(surroundings, return_address) {
                return Found::Candidate { return_address, slot: at.offset(index as u64 * slot_size) };
            }
        }
        if let Some(error) = error {
            let read = usize::try_from(searched).unwrap_or(usize::MAX).saturating_add(error.read);
            return Found::Nothing(Some(ReadError { read, ..error }));
        }
        searched += PIECE;
    }
    Found::Nothing(None)
}

/// Whether no return address can lie there: on a stack of user mode there are those of user mode's modules only.
fn is_user_stack_without_modules(surroundings: &Surroundings<'_>, stack: VirtualAddress) -> bool {
    let bits = surroundings.architecture.pointer_size() as u32 * 8;
    let is_user = |address: VirtualAddress| address.0.checked_shr(bits - 1).unwrap_or(0) & 1 == 0;
    let mut modules = surroundings.modules.iter().peekable();
    is_user(stack) && modules.peek().is_some() && modules.all(|module| !is_user(module.base()))
}

/// Whether `address` can be a return address, by all that can be known: it lies in a module's code, not at the start
/// of a function, and behind a call wherever the code can be read.
fn is_plausible(surroundings: &Surroundings<'_>, address: VirtualAddress) -> bool {
    let Some(module) = surroundings.modules.at(address) else { return false };
    let header = module.header().ok().or_else(|| module.image().map(|image| image.headers()));
    if let Some((rva, header)) = module.rva(address).zip(header) {
        if !header.section_at(rva).is_some_and(Section::is_executable) {
            return false;
        }
    }
    if let Some(name) = surroundings.modules.name_of(address) {
        if name.symbol.is_some() && name.displacement < SHORTEST_CALL {
            return false;
        }
    }
    surroundings.call_before(address) != Some(CallBefore::No)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cancel::CancelFlag;
    use analysis::nt::kernel::Kernel;
    use arch::Machine;
    use memory::ReadVirtual;
    use std::sync::Arc;
    use symbols::{Modules, SymbolPath, SymbolSearch};

    /// Memory in which every byte is zero: no slot holds the address of a module.
    struct Zeroes;

    impl ReadVirtual for Zeroes {
        fn read_virtual(&self, _: VirtualAddress, buffer: &mut [u8]) -> Result<(), ReadError> {
            buffer.fill(0);
            Ok(())
        }
    }

    fn search(machine: Machine, from: u64, cancel: &CancelFlag) -> Found {
        let architecture = machine.architecture();
        let search = SymbolSearch::new(SymbolPath::parse(""), SymbolPath::parse(""));
        let modules = Modules::new(Arc::new(Zeroes), Arc::new(search));
        let kernel = Kernel::new(&Zeroes, architecture, VirtualAddress(0), None);
        let (memory, modules, kernel) = (&Zeroes, &modules, &kernel);
        let surroundings = Surroundings { architecture, memory, modules, kernel, stacks: &Vec::new, cancel };
        find_return_address(&surroundings, VirtualAddress(from))
    }

    #[test]
    fn a_stack_pointer_from_a_damaged_dump_may_be_any_number() {
        for machine in [Machine::X86, Machine::Amd64, Machine::Arm64] {
            for from in [0, 1, 0x7fff_ffff, u64::MAX - 8, u64::MAX - 1, u64::MAX] {
                let found = search(machine, from, &CancelFlag::default());
                assert!(matches!(found, Found::Nothing(None)), "{machine} {from:#x}");
            }
        }
    }

    #[test]
    fn a_search_ends_when_the_user_gives_up() {
        let cancel = CancelFlag::default();
        cancel.cancel();
        assert!(matches!(search(Machine::Amd64, 0x1000, &cancel), Found::Cancelled));
    }
}
