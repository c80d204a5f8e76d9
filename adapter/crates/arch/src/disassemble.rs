//! An instruction, decoded and as text, whatever the processor.

use memory::VirtualAddress;

/// What can be told of an instruction without making text of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes that it has.
    pub length: usize,
    /// Where the processor goes from here.
    pub flow: Flow,
}

/// Where the processor goes after an instruction. A target of None is only known when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// On to the next one.
    Next,
    /// Into a function, and on to the next instruction when it returns.
    Call(Option<VirtualAddress>),
    /// Elsewhere.
    Jump(Option<VirtualAddress>),
    /// Elsewhere or on to the next one.
    ConditionalJump(VirtualAddress),
    /// To the caller, or out of an interrupt.
    Return,
    /// Into the kernel's or a debugger's hands, from where it may come back: `int 3`, `syscall`, `ud2`, `brk`, `svc`.
    Trap,
    /// No such instruction.
    Invalid,
}

/// A disassembled instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Where it is.
    pub address: VirtualAddress,
    /// Bytes that it takes, never 0; for bytes that can't be decoded the architecture's smallest step, 1 or 4.
    pub length: usize,
    /// The debuggers' text: `mov     rax,qword ptr [rcx+8]`, or `???`.
    pub text: String,
    /// Where the processor goes from here.
    pub flow: Flow,
    /// Address of the memory operand, where the instruction itself says it (rip-relative, absolute, literal).
    pub memory_target: Option<VirtualAddress>,
    mnemonic_length: usize,
    bytes: [u8; 15],
    bytes_there: usize,
}

impl Instruction {
    /// An instruction at the start of `bytes`. The text is put together from its two halves, with the mnemonic padded
    /// to `column` characters.
    pub(crate) fn new(
        address: VirtualAddress,
        bytes: &[u8],
        decoded: Decoded,
        memory_target: Option<VirtualAddress>,
        (mnemonic, operands, column): (&str, &str, usize),
    ) -> Self {
        let Decoded { length, flow } = decoded;
        let text = if operands.is_empty() { mnemonic.into() } else { format!("{mnemonic:<column$}{operands}") };
        // A long mnemonic still needs one space: `cmpxchg16b oword ptr [rdi]`.
        let text =
            if !operands.is_empty() && mnemonic.len() >= column { format!("{mnemonic} {operands}") } else { text };
        let mut copy = [0; 15];
        let bytes_there = copy.iter_mut().zip(bytes.iter().take(length)).map(|(to, &from)| *to = from).count();
        let mnemonic_length = mnemonic.len();
        Self { address, length, text, flow, memory_target, mnemonic_length, bytes: copy, bytes_there }
    }

    /// Bytes that are no instruction.
    pub(crate) fn invalid(address: VirtualAddress, bytes: &[u8], step: usize) -> Self {
        Self::new(address, bytes, Decoded { length: step, flow: Flow::Invalid }, None, ("???", "", 0))
    }

    /// `mov`, `rep stos`, `lock xadd`.
    pub fn mnemonic(&self) -> &str {
        self.text.get(..self.mnemonic_length).unwrap_or(&self.text)
    }

    /// `rax,qword ptr [rcx+8]`, or nothing.
    pub fn operands(&self) -> &str {
        self.text.get(self.mnemonic_length..).unwrap_or("").trim_start()
    }

    /// Its bytes; fewer than [`Self::length`] where the code that was given ends before.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.bytes_there).unwrap_or(&self.bytes)
    }

    /// Address of the byte behind it.
    pub fn end(&self) -> VirtualAddress {
        self.address.offset(self.length as u64)
    }
}

/// Whether a call instruction ends where some bytes end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallBefore {
    /// None does: the address behind isn't a return address.
    No,
    /// One through a register or memory may.
    Indirect,
    /// One with a fixed target may.
    Direct {
        /// Bytes from the return address to the target.
        displacement: i64,
    },
}

impl CallBefore {
    /// Whether there may be a call.
    pub fn is_call(self) -> bool {
        self != Self::No
    }
}
