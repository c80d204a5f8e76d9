//! Where unwind data is missing: values on the stack that look like return addresses.

use super::Surroundings;
use arch::CallBefore;
use memory::{ReadError, ReadVirtualExt, VirtualAddress};
use symbols::pe::Section;

/// Bytes of stack that are searched for one return address when the stack's end isn't known: the size of an x64
/// kernel stack.
const SEARCH_BYTES: u64 = 0x6000;
/// A call instruction has at least this many bytes, so that no return address lies nearer to its function's start.
const SHORTEST_CALL: u64 = 2;

/// What a search found.
pub(super) enum Found {
    /// A plausible return address, and the slot of the stack that it lies in.
    Candidate { return_address: VirtualAddress, slot: VirtualAddress },
    /// None up to the end of the stack, or of the part that could be read.
    Nothing(Option<ReadError>),
}

/// Searches the stack from `stack_pointer` upwards.
pub(super) fn find_return_address(surroundings: &Surroundings<'_>, stack_pointer: VirtualAddress) -> Found {
    let slot_size = surroundings.architecture.pointer_size() as u64;
    let first = VirtualAddress(stack_pointer.0.next_multiple_of(slot_size).max(stack_pointer.0));
    let end = surroundings.stack_end_above(first).unwrap_or(first.offset(SEARCH_BYTES));
    let length = end.distance_from(first).unwrap_or(0).min(SEARCH_BYTES);
    let (bytes, error) = surroundings.memory.prefix(first, length as usize);
    for (index, slot) in bytes.chunks_exact(slot_size as usize).enumerate() {
        let value = slot.iter().rev().fold(0, |high, &low| high << 8 | u64::from(low));
        let return_address = VirtualAddress(value);
        if is_plausible(surroundings, return_address) {
            return Found::Candidate { return_address, slot: first.offset(index as u64 * slot_size) };
        }
    }
    Found::Nothing(error)
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
