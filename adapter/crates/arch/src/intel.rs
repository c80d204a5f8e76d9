//! What x86 and x64 share: the flags, and decoding instructions.

pub mod debug_registers;
mod text;

use crate::{CallBefore, Decoded, FlagBit, Flow, Instruction};
use iced_x86::{Decoder, DecoderOptions, FlowControl, OpKind, Register};
use memory::VirtualAddress;

/// As `r` shows them: `nv up ei pl zr na po nc`.
pub(crate) const FLAGS: &[FlagBit] = &[
    FlagBit { bit: 11, set: "ov", clear: "nv" },
    FlagBit { bit: 10, set: "dn", clear: "up" },
    FlagBit { bit: 9, set: "ei", clear: "di" },
    FlagBit { bit: 7, set: "ng", clear: "pl" },
    FlagBit { bit: 6, set: "zr", clear: "nz" },
    FlagBit { bit: 4, set: "ac", clear: "na" },
    FlagBit { bit: 2, set: "pe", clear: "po" },
    FlagBit { bit: 0, set: "cy", clear: "nc" },
];

/// Bytes in the longest instruction.
pub(crate) const MAX_LENGTH: usize = 15;
/// Characters that the mnemonic is padded to.
const OPERAND_COLUMN: usize = 8;

/// The instruction that `bytes` begin with, for a processor of 32 or 64 `bits`.
pub(crate) fn parse(bits: u32, address: VirtualAddress, bytes: &[u8]) -> Option<iced_x86::Instruction> {
    let instruction = Decoder::with_ip(bits, bytes, address.0, DecoderOptions::NONE).decode();
    (!instruction.is_invalid()).then_some(instruction)
}

/// As [`crate::Architecture::decode`].
pub(crate) fn decode(bits: u32, address: VirtualAddress, bytes: &[u8]) -> Option<Decoded> {
    parse(bits, address, bytes).map(|instruction| decoded(&instruction))
}

fn decoded(instruction: &iced_x86::Instruction) -> Decoded {
    let near = near_branch(instruction);
    let flow = match instruction.flow_control() {
        FlowControl::Next => Flow::Next,
        FlowControl::UnconditionalBranch => Flow::Jump(near),
        FlowControl::IndirectBranch => Flow::Jump(None),
        FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend => {
            near.map_or(Flow::Next, Flow::ConditionalJump)
        }
        FlowControl::Return => Flow::Return,
        FlowControl::IndirectCall => Flow::Call(None),
        FlowControl::Call if instruction.is_call_near() || instruction.is_call_far() => Flow::Call(near),
        // `syscall`, `sysenter`, `vmcall` count as calls of another kind.
        FlowControl::Call | FlowControl::Interrupt | FlowControl::Exception => Flow::Trap,
    };
    Decoded { length: instruction.len(), flow }
}

fn near_branch(instruction: &iced_x86::Instruction) -> Option<VirtualAddress> {
    let near = matches!(instruction.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64);
    near.then(|| VirtualAddress(instruction.near_branch_target()))
}

/// The address of a memory operand that no register is part of.
fn fixed_memory(instruction: &iced_x86::Instruction) -> Option<VirtualAddress> {
    let has_memory = instruction.op_kinds().any(|kind| kind == OpKind::Memory);
    let fixed = instruction.is_ip_rel_memory_operand()
        || (instruction.memory_base() == Register::None && instruction.memory_index() == Register::None);
    (has_memory && fixed).then(|| VirtualAddress(instruction.memory_displacement64()))
}

/// As [`crate::Architecture::disassemble`].
pub(crate) fn disassemble(
    bits: u32,
    address: VirtualAddress,
    bytes: &[u8],
    name: &dyn Fn(VirtualAddress) -> Option<String>,
) -> Instruction {
    let Some(instruction) = parse(bits, address, bytes) else { return Instruction::invalid(address, bytes, 1) };
    let (mnemonic, operands) = text::write(&instruction, bits, name);
    // What lies in a segment of its own has no address that can be told here.
    let based = matches!(instruction.memory_segment(), Register::FS | Register::GS);
    let memory_target = fixed_memory(&instruction).filter(|_| !based);
    let column = OPERAND_COLUMN;
    Instruction::new(address, bytes, decoded(&instruction), memory_target, (&mnemonic, &operands, column))
}

/// As [`crate::Architecture::call_before`]. Instructions have no fixed length, so each start is tried. Where more than
/// one fits, the answer is the one that says less.
pub(crate) fn call_before(bits: u32, code_before: &[u8]) -> CallBefore {
    let mut answer = CallBefore::No;
    for start in code_before.len().saturating_sub(MAX_LENGTH)..code_before.len() {
        let Some(candidate) = code_before.get(start..) else { continue };
        let address = VirtualAddress(0).back(candidate.len() as u64);
        match decode(bits, address, candidate) {
            Some(Decoded { length, flow: Flow::Call(target) }) if length == candidate.len() => match target {
                None => return CallBefore::Indirect,
                // The return address is 0 here, so that the target is the displacement.
                Some(target) if bits == 64 => answer = CallBefore::Direct { displacement: target.0 as i64 },
                Some(target) => answer = CallBefore::Direct { displacement: i64::from(target.0 as u32 as i32) },
            },
            _ => {}
        }
    }
    answer
}
