//! Trap frames: the registers that an interrupt or exception entry saved on the stack (`_KTRAP_FRAME`).

use super::kernel::Kernel;
use super::structure::{NtError, Structure};
use arch::Context;
use memory::VirtualAddress;

/// What distinguishes a processor's trap frame: `(member of _KTRAP_FRAME, register)`.
type Saved = &'static [(&'static str, &'static str)];

/// On x64 the entry code saves the volatile registers; `Rbx`, `Rsi`, `Rdi` only where a system call or a context change
/// needs them, so they are left unknown here and come from the unwound frames above.
const AMD64: Saved = &[
    ("Rax", "rax"),
    ("Rcx", "rcx"),
    ("Rdx", "rdx"),
    ("R8", "r8"),
    ("R9", "r9"),
    ("R10", "r10"),
    ("R11", "r11"),
    ("Rbp", "rbp"),
    ("Rip", "rip"),
    ("Rsp", "rsp"),
    ("SegCs", "cs"),
    ("SegSs", "ss"),
    ("EFlags", "efl"),
];

/// The volatile vector registers on x64: saved by interrupts and exceptions, not by system calls.
const AMD64_VECTORS: Saved =
    &[("Xmm0", "xmm0"), ("Xmm1", "xmm1"), ("Xmm2", "xmm2"), ("Xmm3", "xmm3"), ("Xmm4", "xmm4"), ("Xmm5", "xmm5")];
/// `KTRAP_FRAME.ExceptionActive` of a system call; 0 is an interrupt, 1 an exception.
const SERVICE_FRAME: u64 = 2;

/// On x86 everything but the segment of the stack is saved.
const X86: Saved = &[
    ("Eax", "eax"),
    ("Ebx", "ebx"),
    ("Ecx", "ecx"),
    ("Edx", "edx"),
    ("Esi", "esi"),
    ("Edi", "edi"),
    ("Ebp", "ebp"),
    ("Eip", "eip"),
    ("SegCs", "cs"),
    ("SegDs", "ds"),
    ("SegEs", "es"),
    ("SegFs", "fs"),
    ("EFlags", "efl"),
];

/// On ARM64 the entry code saves the volatile registers, the frame pointer, and where to return to.
const ARM64: Saved = &[("Fp", "fp"), ("Lr", "lr"), ("Sp", "sp"), ("Pc", "pc"), ("Spsr", "cpsr")];

/// The registers in the `_KTRAP_FRAME` at `address`; what a trap frame doesn't hold stays unknown.
///
/// # Errors
/// When the type isn't known or the frame can't be read.
pub fn read(kernel: &Kernel<'_>, address: VirtualAddress) -> Result<Context, NtError> {
    let frame = kernel.structure("_KTRAP_FRAME", address)?;
    let mut context = Context::new(kernel.architecture);
    let saved = match kernel.architecture.machine() {
        arch::Machine::Amd64 => AMD64,
        arch::Machine::X86 => X86,
        arch::Machine::Arm64 => ARM64,
    };
    for (member, register) in saved {
        set(&mut context, register, frame.field(member)?.integer()?.into());
    }
    match kernel.architecture.machine() {
        arch::Machine::Amd64 => amd64_vector_registers(&frame, &mut context)?,
        arch::Machine::X86 => set(&mut context, "esp", x86_stack_pointer(&frame)?.into()),
        arch::Machine::Arm64 => arm64_volatile_registers(&frame, &mut context)?,
    }
    Ok(context)
}

fn amd64_vector_registers(frame: &Structure<'_>, context: &mut Context) -> Result<(), NtError> {
    if frame.field("ExceptionActive")?.integer()? == SERVICE_FRAME {
        return Ok(());
    }
    for (member, register) in AMD64_VECTORS {
        if let Some(bytes) = frame.field(member)?.bytes()?.first_chunk() {
            set(context, register, u128::from_le_bytes(*bytes));
        }
    }
    Ok(())
}

/// A trap from kernel mode pushes no stack pointer: it is the address behind the part of the frame that was pushed.
fn x86_stack_pointer(frame: &Structure<'_>) -> Result<u64, NtError> {
    const RPL_MASK: u64 = 3;
    const EFLAGS_V86_MASK: u64 = 1 << 17;
    let from_user = frame.field("SegCs")?.integer()? & RPL_MASK != 0;
    let from_v86 = frame.field("EFlags")?.integer()? & EFLAGS_V86_MASK != 0;
    let hardware_esp = frame.field("HardwareEsp")?;
    if from_user || from_v86 { hardware_esp.integer() } else { Ok(hardware_esp.address().0) }
}

fn arm64_volatile_registers(frame: &Structure<'_>, context: &mut Context) -> Result<(), NtError> {
    let bytes = frame.field("X")?.bytes()?;
    for (number, value) in bytes.chunks_exact(8).enumerate() {
        let value = value.iter().rev().fold(0, |high, &low| high << 8 | u128::from(low));
        set(context, &format!("x{number}"), value);
    }
    Ok(())
}

fn set(context: &mut Context, register: &str, value: u128) {
    let registers = context.architecture().registers();
    if let Some(index) = registers.iter().position(|candidate| candidate.name == register) {
        context.set(arch::RegisterId(index as u16), value);
    }
}

/// The trap frame whose `Rip` (what the processor pushed) lies at `instruction_pointer_at`.
///
/// # Errors
/// When the type isn't known.
pub fn around_machine_frame(
    kernel: &Kernel<'_>,
    instruction_pointer_at: VirtualAddress,
) -> Result<VirtualAddress, NtError> {
    let offset = kernel.structure("_KTRAP_FRAME", VirtualAddress(0))?.field("Rip")?.address().0;
    Ok(instruction_pointer_at.back(offset))
}
