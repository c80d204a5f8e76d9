//! CONTEXT records with the registers that every test needs, at their documented places (winnt.h).

use super::Arch;

/// A CONTEXT that has its control and integer registers, all zero but these.
pub fn context(arch: Arch, instruction_pointer: u64, stack_pointer: u64) -> Vec<u8> {
    match arch {
        Arch::X86 | Arch::X86Pae => {
            let mut context = vec![0; 0x2cc];
            put(&mut context, 0x0, 0x0001_0000 | 0x1 | 0x2 | 0x4, 4); // ContextFlags: i386, control, integer, segments
            put(&mut context, 0xb8, instruction_pointer, 4);
            put(&mut context, 0xbc, 0x8, 4); // SegCs
            put(&mut context, 0xc0, 0x246, 4); // EFlags
            put(&mut context, 0xc4, stack_pointer, 4);
            put(&mut context, 0xc8, 0x10, 4); // SegSs
            context
        }
        Arch::X64 | Arch::X64FiveLevel => {
            let mut context = vec![0; 0x4d0];
            put(&mut context, 0x30, 0x0010_0000 | 0x1 | 0x2 | 0x4, 4); // ContextFlags: AMD64, all but floats
            put(&mut context, 0x38, 0x10, 2); // SegCs
            put(&mut context, 0x42, 0x18, 2); // SegSs
            put(&mut context, 0x44, 0x246, 4); // EFlags
            put(&mut context, 0x98, stack_pointer, 8);
            put(&mut context, 0xf8, instruction_pointer, 8);
            context
        }
        Arch::Arm64 => {
            let mut context = vec![0; 0x390];
            put(&mut context, 0x0, 0x0040_0000 | 0x1 | 0x2, 4); // ContextFlags: ARM64, control, integer
            put(&mut context, 0x4, 0x6000_0005, 4); // Cpsr
            put(&mut context, 0x100, stack_pointer, 8);
            put(&mut context, 0x108, instruction_pointer, 8);
            context
        }
    }
}

/// Writes the low `size` bytes of `value` at `offset`.
pub fn put(context: &mut [u8], offset: usize, value: u64, size: usize) {
    context[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
}
