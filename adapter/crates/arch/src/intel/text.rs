//! x86 and x64 instructions as the debuggers write them: MASM's way, with names for addresses.

use super::{fixed_memory, near_branch};
use iced_x86::{
    Formatter, Instruction, MasmFormatter, MemorySizeOptions, Mnemonic, OpKind, Register, SymbolResolver, SymbolResult,
};
use memory::VirtualAddress;

/// Mnemonic with its prefixes, and operands.
pub(super) fn write(
    instruction: &Instruction,
    bits: u32,
    name: &dyn Fn(VirtualAddress) -> Option<String>,
) -> (String, String) {
    let names = Names::of(instruction, bits, name);
    let needs_segment = names.unnamed_data;
    let mut formatter = MasmFormatter::with_options(Some(Box::new(names)), None);
    let options = formatter.options_mut();
    let sized = if is_prefetch(instruction) { MemorySizeOptions::Never } else { MemorySizeOptions::Always };
    options.set_memory_size_options(sized);
    options.set_show_branch_size(false);
    let (mut mnemonic, mut operands) = (String::new(), String::new());
    formatter.format_mnemonic(instruction, &mut mnemonic);
    if instruction.is_string_instruction() {
        // `stosq` is `stos    qword ptr [rdi]` to the debuggers.
        mnemonic.truncate(mnemonic.trim_end_matches(['b', 'w', 'd', 'q']).len());
        operands = string_operands(instruction, bits);
    } else {
        formatter.format_all_operands(instruction, &mut operands);
    }
    if needs_segment && !operands.contains(":[") {
        operands = operands.replacen('[', "ds:[", 1);
    }
    (mnemonic, operands)
}

/// Prefetches have no operand size to the debuggers: `prefetchw [rcx]`.
fn is_prefetch(instruction: &Instruction) -> bool {
    use Mnemonic as M;
    matches!(
        instruction.mnemonic(),
        M::Prefetch | M::Prefetchw | M::Prefetchnta | M::Prefetcht0 | M::Prefetcht1 | M::Prefetcht2
    )
}

/// `qword ptr [rdi],qword ptr [rsi]`; the accumulator goes without saying.
fn string_operands(instruction: &Instruction, bits: u32) -> String {
    let size = match instruction.memory_size().size() {
        1 => "byte",
        2 => "word",
        4 => "dword",
        _ => "qword",
    };
    let es = if bits == 64 { "" } else { "es:" };
    let operand = |index| {
        let (segment, register) = match instruction.op_kind(index) {
            OpKind::MemorySegSI => (segment_prefix(instruction), "si"),
            OpKind::MemorySegESI => (segment_prefix(instruction), "esi"),
            OpKind::MemorySegRSI => (segment_prefix(instruction), "rsi"),
            OpKind::MemoryESDI => (es, "di"),
            OpKind::MemoryESEDI => (es, "edi"),
            OpKind::MemoryESRDI => (es, "rdi"),
            OpKind::Register if instruction.op_register(index) == Register::DX => return Some("dx".to_owned()),
            _ => return None,
        };
        Some(format!("{size} ptr {segment}[{register}]"))
    };
    (0..instruction.op_count()).filter_map(operand).collect::<Vec<_>>().join(",")
}

fn segment_prefix(instruction: &Instruction) -> &'static str {
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
    /// The memory operand is 32-bit data without a name, which the debuggers write with its segment.
    unnamed_data: bool,
}

impl Names {
    fn of(instruction: &Instruction, bits: u32, name: &dyn Fn(VirtualAddress) -> Option<String>) -> Self {
        let plain = |address: VirtualAddress| match bits {
            64 => address.to_string(),
            _ => format!("{:08x}", address.0),
        };
        let named = |address: VirtualAddress| name(address).map(|name| format!("{name} ({})", plain(address)));

        let branch = near_branch(instruction).map(|to| (to.0, named(to).unwrap_or_else(|| plain(to))));
        let pointer = if bits == 64 { OpKind::Immediate64 } else { OpKind::Immediate32 };
        let immediate = (0..instruction.op_count()).find(|&index| instruction.op_kind(index) == pointer);
        let immediate = immediate.map(|index| VirtualAddress(instruction.immediate(index)));
        let immediate = immediate.and_then(|value| Some((value.0, named(value)?)));

        let based = matches!(instruction.memory_segment(), Register::FS | Register::GS);
        let target = fixed_memory(instruction);
        let target_name = target.filter(|_| !based).and_then(named);
        let unnamed_data = bits == 32 && !based && target.is_some() && target_name.is_none();
        let memory = target.and_then(|target| match (target_name, bits) {
            (Some(name), _) => Some((target.0, name)),
            // All eight digits: `fs:[00000124h]`.
            (None, 32) => Some((target.0, format!("{:08X}h", target.0))),
            (None, _) if based => None,
            (None, _) => Some((target.0, plain(target))),
        });
        Self { branch, memory, immediate, unnamed_data }
    }
}

impl SymbolResolver for Names {
    fn symbol(
        &mut self,
        instruction: &Instruction,
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
