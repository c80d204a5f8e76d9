//! A small x64 processor: enough of one to know where the stack pointer is, and what the nonvolatile registers and the
//! stack hold, after each instruction of compiled code. What it doesn't model becomes a value of its own that nothing
//! else has, so that a wrong restore can't look right by chance.

use iced_x86::{Code, Instruction, InstructionInfoFactory, OpAccess, OpKind, Register};
use std::collections::BTreeMap;
use std::ops::Range;

/// The stack, far from all other addresses.
pub const STACK: Range<u64> = 0xffff_8504_2900_0000..0xffff_8504_2a00_0000;
/// Numbers of rax, rcx, rdx, rsp, r8 to r11.
pub const RAX: usize = 0;
pub const RSP: usize = 4;
const VOLATILE: [usize; 7] = [0, 1, 2, 8, 9, 10, 11];

/// Registers and stack.
#[derive(Clone)]
pub struct Processor {
    pub general: [u64; 16],
    pub xmm: [u128; 16],
    written: BTreeMap<u64, u8>,
    fresh: u64,
}

impl Processor {
    /// As a function finds it: the return address on top of the stack, each register with a value of its own.
    pub fn at_entry(return_address: u64) -> Self {
        let mut processor = Self { general: [0; 16], xmm: [0; 16], written: BTreeMap::new(), fresh: 1 };
        processor.general = std::array::from_fn(|_| processor.fresh());
        processor.xmm = std::array::from_fn(|_| u128::from(processor.fresh()) << 64 | u128::from(processor.fresh()));
        processor.general[RSP] = STACK.start + (STACK.end - STACK.start) / 2 + 8;
        processor.store(processor.general[RSP], &return_address.to_le_bytes());
        processor
    }

    /// A value that nothing else has.
    fn fresh(&mut self) -> u64 {
        self.fresh += 1;
        self.fresh.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
    }

    /// The byte at an address of the stack; one that nobody wrote depends on its address alone.
    pub fn byte(&self, address: u64) -> u8 {
        let unwritten = || (address.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 56) as u8;
        self.written.get(&address).copied().unwrap_or_else(unwritten)
    }

    fn load<const N: usize>(&self, address: u64) -> [u8; N] {
        std::array::from_fn(|index| self.byte(address + index as u64))
    }

    fn store(&mut self, address: u64, bytes: &[u8]) {
        self.written.extend((address..).zip(bytes.iter().copied()));
    }

    fn store_fresh(&mut self, address: u64, size: usize) {
        for offset in (0..size as u64).step_by(8) {
            let bytes = self.fresh().to_le_bytes();
            let length = (size - offset as usize).min(8);
            self.store(address + offset, &bytes[..length]);
        }
    }

    /// What a call does that has returned. Only the stack probe, whose result is subtracted from rsp, keeps rax.
    pub fn call(&mut self, is_stack_probe: bool) {
        for number in VOLATILE {
            if number != RAX || !is_stack_probe {
                self.general[number] = self.fresh();
            }
        }
        for number in 0..6 {
            self.xmm[number] = u128::from(self.fresh());
        }
    }

    /// Executes anything but calls, jumps and returns.
    pub fn step(&mut self, instruction: &Instruction, info: &mut InstructionInfoFactory) -> Result<(), String> {
        let destination = number(instruction.op0_register());
        let source = number(instruction.op1_register());
        let register_operand = instruction.op1_kind() == OpKind::Register;
        match instruction.code() {
            Code::Push_r64 => {
                let value = self.general[number(instruction.op0_register()).unwrap()];
                self.general[RSP] -= 8;
                self.store(self.general[RSP], &value.to_le_bytes());
            }
            Code::Pop_r64 => {
                let value = u64::from_le_bytes(self.load(self.general[RSP]));
                self.general[RSP] += 8;
                self.general[destination.unwrap()] = value;
            }
            Code::Add_rm64_imm8 | Code::Add_rm64_imm32 | Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32
                if instruction.op0_kind() == OpKind::Register =>
            {
                let is_sub = matches!(instruction.code(), Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32);
                let value = &mut self.general[destination.unwrap()];
                let immediate = instruction.immediate(1);
                *value = if is_sub { value.wrapping_sub(immediate) } else { value.wrapping_add(immediate) };
            }
            Code::And_rm64_imm8 | Code::And_rm64_imm32 if instruction.op0_kind() == OpKind::Register => {
                self.general[destination.unwrap()] &= instruction.immediate(1);
            }
            Code::Sub_r64_rm64 if register_operand => {
                let value = self.general[source.unwrap()];
                let target = &mut self.general[destination.unwrap()];
                *target = target.wrapping_sub(value);
            }
            Code::Mov_r32_imm32 | Code::Mov_r64_imm64 | Code::Mov_rm64_imm32
                if instruction.op0_kind() == OpKind::Register =>
            {
                self.general[destination.unwrap()] = instruction.immediate(1);
            }
            Code::Mov_r64_rm64 | Code::Mov_rm64_r64
                if register_operand && instruction.op0_kind() == OpKind::Register =>
            {
                self.general[destination.unwrap()] = self.general[source.unwrap()];
            }
            Code::Lea_r64_m => {
                self.general[destination.unwrap()] = self.address(instruction, 1);
            }
            Code::Mov_rm64_r64 if self.stack_address(instruction, 0).is_some() => {
                let bytes = self.general[source.unwrap()].to_le_bytes();
                self.store(self.address(instruction, 0), &bytes);
            }
            Code::Mov_r64_rm64 if self.stack_address(instruction, 1).is_some() => {
                let value = u64::from_le_bytes(self.load(self.address(instruction, 1)));
                self.general[destination.unwrap()] = value;
            }
            _ if is_xmm_move(instruction.code()) && self.stack_address(instruction, 0).is_some() => {
                let bytes = self.xmm[instruction.op1_register().number()].to_le_bytes();
                self.store(self.address(instruction, 0), &bytes);
            }
            _ if is_xmm_move(instruction.code()) && self.stack_address(instruction, 1).is_some() => {
                let value = u128::from_le_bytes(self.load(self.address(instruction, 1)));
                self.xmm[instruction.op0_register().number()] = value;
            }
            // Touches the upper halves only.
            Code::VEX_Vzeroupper => {}
            _ => return self.step_roughly(instruction, info),
        }
        Ok(())
    }

    /// Any other instruction: what it writes becomes unlike anything else.
    fn step_roughly(&mut self, instruction: &Instruction, factory: &mut InstructionInfoFactory) -> Result<(), String> {
        let info = factory.info(instruction);
        let writes = |access| {
            matches!(access, OpAccess::Write | OpAccess::ReadWrite | OpAccess::CondWrite | OpAccess::ReadCondWrite)
        };
        let moves_stack = instruction.stack_pointer_increment();
        for memory in info.used_memory().iter().filter(|memory| writes(memory.access())) {
            let value = |register, _, _| number(register).map(|number| self.general[number]);
            // Implicit stack writes come with the increment already in the displacement.
            if let Some(address) = memory.virtual_address(0, value).filter(|address| STACK.contains(address)) {
                self.store_fresh(address, memory.memory_size().size());
            }
        }
        for used in info.used_registers().iter().filter(|used| writes(used.access())) {
            let register = used.register().full_register();
            if register.is_gpr64() && register != Register::RSP {
                self.general[register.number()] = self.fresh();
            } else if register == Register::RSP && moves_stack == 0 {
                return Err(format!("rsp is written by {:?}", instruction.code()));
            } else if register.is_zmm() && register.number() < 16 {
                self.xmm[register.number()] = u128::from(self.fresh());
            }
        }
        self.general[RSP] = self.general[RSP].wrapping_add_signed(i64::from(moves_stack));
        Ok(())
    }

    fn address(&self, instruction: &Instruction, operand: u32) -> u64 {
        let value = |register: Register, _, _| match register {
            Register::GS | Register::FS => Some(0),
            _ if register.is_segment_register() => Some(0),
            _ => number(register).map(|number| self.general[number]),
        };
        instruction.virtual_address(operand, 0, value).unwrap_or(0)
    }

    fn stack_address(&self, instruction: &Instruction, operand: u32) -> Option<u64> {
        let is_memory = instruction.op_kind(operand) == OpKind::Memory;
        is_memory.then(|| self.address(instruction, operand)).filter(|address| STACK.contains(address))
    }
}

fn number(register: Register) -> Option<usize> {
    (register.is_gpr64() || register.is_gpr32()).then(|| register.number())
}

fn is_xmm_move(code: Code) -> bool {
    use Code as C;
    matches!(
        code,
        C::Movaps_xmm_xmmm128
            | C::Movups_xmm_xmmm128
            | C::Movdqa_xmm_xmmm128
            | C::Movdqu_xmm_xmmm128
            | C::Movaps_xmmm128_xmm
            | C::Movups_xmmm128_xmm
            | C::Movdqa_xmmm128_xmm
            | C::Movdqu_xmmm128_xmm
            | C::VEX_Vmovaps_xmm_xmmm128
            | C::VEX_Vmovups_xmm_xmmm128
            | C::VEX_Vmovdqa_xmm_xmmm128
            | C::VEX_Vmovaps_xmmm128_xmm
            | C::VEX_Vmovups_xmmm128_xmm
            | C::VEX_Vmovdqa_xmmm128_xmm
    )
}
