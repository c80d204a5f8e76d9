//! What x86 and x64 share: the flags, decoding instructions, and writing them as the debuggers do.

use crate::{CallBefore, Decoded, FlagBit, Flow, Instruction};
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter, MasmFormatter, MemorySizeOptions, OpKind, Register,
    SymbolResolver, SymbolResult,
};
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

/// The address of a memory operand without registers, unless a segment base is added to it.
fn memory_target(instruction: &iced_x86::Instruction) -> Option<VirtualAddress> {
    let has_memory = instruction.op_kinds().any(|kind| kind == OpKind::Memory);
    let fixed = instruction.is_ip_rel_memory_operand()
        || (instruction.memory_base() == Register::None && instruction.memory_index() == Register::None);
    let based = matches!(instruction.memory_segment(), Register::FS | Register::GS);
    (has_memory && fixed && !based).then(|| VirtualAddress(instruction.memory_displacement64()))
}

/// As [`crate::Architecture::disassemble`], for a processor of 32 or 64 `bits`.
pub(crate) fn disassemble(
    bits: u32,
    address: VirtualAddress,
    bytes: &[u8],
    name: &dyn Fn(VirtualAddress) -> Option<String>,
) -> Instruction {
    let Some(instruction) = parse(bits, address, bytes) else { return Instruction::invalid(address, bytes, 1) };
    let memory_target = memory_target(&instruction);
    let names = Names::of(&instruction, bits, memory_target, name);
    let (mnemonic, operands) = text(&instruction, bits, names);
    let column = OPERAND_COLUMN;
    Instruction::new(address, bytes, decoded(&instruction), memory_target, (&mnemonic, &operands, column))
}

/// Mnemonic with its prefixes, and operands.
fn text(instruction: &iced_x86::Instruction, bits: u32, names: Names) -> (String, String) {
    let mut formatter = MasmFormatter::with_options(Some(Box::new(names)), None);
    let options = formatter.options_mut();
    options.set_memory_size_options(MemorySizeOptions::Always);
    options.set_show_branch_size(false);
    let (mut mnemonic, mut operands) = (String::new(), String::new());
    formatter.format_mnemonic(instruction, &mut mnemonic);
    if instruction.is_string_instruction() {
        // `stosq` is `stos    qword ptr [rdi]` to the debuggers.
        mnemonic.pop();
        operands = string_operands(instruction, bits);
    } else {
        formatter.format_all_operands(instruction, &mut operands);
    }
    (mnemonic, operands)
}

fn string_operands(instruction: &iced_x86::Instruction, bits: u32) -> String {
    let size = match instruction.memory_size().size() {
        1 => "byte",
        2 => "word",
        4 => "dword",
        _ => "qword",
    };
    let operand = |index| match instruction.op_kind(index) {
        OpKind::MemorySegSI => memory(size, segment(instruction), "si"),
        OpKind::MemorySegESI => memory(size, segment(instruction), "esi"),
        OpKind::MemorySegRSI => memory(size, segment(instruction), "rsi"),
        OpKind::MemoryESDI => memory(size, "es:", "di"),
        OpKind::MemoryESEDI => memory(size, if bits == 64 { "" } else { "es:" }, "edi"),
        OpKind::MemoryESRDI => memory(size, "", "rdi"),
        // The port of `ins` and `outs` is written, the accumulator of `stos` isn't.
        OpKind::Register if instruction.op_register(index) == Register::DX => "dx".into(),
        _ => String::new(),
    };
    let operands = (0..instruction.op_count()).map(operand).filter(|operand| !operand.is_empty());
    operands.collect::<Vec<_>>().join(",")
}

fn memory(size: &str, segment: &str, register: &str) -> String {
    format!("{size} ptr {segment}[{register}]")
}

fn segment(instruction: &iced_x86::Instruction) -> &'static str {
    match instruction.segment_prefix() {
        Register::FS => "fs:",
        Register::GS => "gs:",
        Register::CS => "cs:",
        Register::SS => "ss:",
        Register::ES => "es:",
        _ => "",
    }
}

/// What stands in the text for the addresses that one instruction mentions.
struct Names {
    branch: Option<(u64, String)>,
    memory: Option<(u64, String)>,
    immediate: Option<(u64, String)>,
}

impl Names {
    fn of(
        instruction: &iced_x86::Instruction,
        bits: u32,
        memory_target: Option<VirtualAddress>,
        name: &dyn Fn(VirtualAddress) -> Option<String>,
    ) -> Self {
        let plain = |address: VirtualAddress| match bits {
            64 => address.to_string(),
            _ => format!("{:08x}", address.0),
        };
        let named = |address: VirtualAddress| name(address).map(|name| format!("{name} ({})", plain(address)));
        let pointer_immediate = if bits == 64 { OpKind::Immediate64 } else { OpKind::Immediate32 };
        let immediate = (0..instruction.op_count()).find(|&index| instruction.op_kind(index) == pointer_immediate);
        let immediate = immediate.map(|index| VirtualAddress(instruction.immediate(index)));
        let memory = match memory_target {
            Some(target) if bits == 64 => Some((target.0, named(target).unwrap_or_else(|| plain(target)))),
            Some(target) => named(target).map(|text| (target.0, text)),
            None => thread_local_displacement(instruction, bits),
        };
        Self {
            branch: near_branch(instruction).map(|to| (to.0, named(to).unwrap_or_else(|| plain(to)))),
            memory,
            immediate: immediate.and_then(|value| Some((value.0, named(value)?))),
        }
    }
}

/// x86 writes `fs:[00000124h]`, with all digits.
fn thread_local_displacement(instruction: &iced_x86::Instruction, bits: u32) -> Option<(u64, String)> {
    let bare = instruction.memory_base() == Register::None && instruction.memory_index() == Register::None;
    let displacement = instruction.memory_displacement64();
    (bits == 32 && bare).then(|| (displacement, format!("{displacement:08X}h")))
}

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &iced_x86::Instruction,
        _operand: u32,
        instruction_operand: Option<u32>,
        _address: u64,
        _address_size: u32,
    ) -> Option<SymbolResult<'_>> {
        let named = match instruction.op_kind(instruction_operand?) {
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => &self.branch,
            OpKind::Memory => &self.memory,
            OpKind::Immediate32 | OpKind::Immediate64 => &self.immediate,
            _ => &None,
        };
        named.as_ref().map(|(address, text)| SymbolResult::with_str(*address, text))
    }
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
