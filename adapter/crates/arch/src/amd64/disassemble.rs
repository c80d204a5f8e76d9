//! x64 instructions, by the decoder that x86 and x64 share.

use crate::{CallBefore, Decoded, Instruction, intel};
use memory::VirtualAddress;

const BITS: u32 = 64;
pub(super) use intel::MAX_LENGTH;

pub(super) fn decode(address: VirtualAddress, bytes: &[u8]) -> Option<Decoded> {
    intel::decode(BITS, address, bytes)
}

pub(super) fn disassemble(
    address: VirtualAddress,
    bytes: &[u8],
    name: &dyn Fn(VirtualAddress) -> Option<String>,
) -> Instruction {
    intel::disassemble(BITS, address, bytes, name)
}

pub(super) fn call_before(code_before: &[u8]) -> CallBefore {
    intel::call_before(BITS, code_before)
}
