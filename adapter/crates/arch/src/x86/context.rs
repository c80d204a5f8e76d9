//! The x86 `CONTEXT`: offsets, `ContextFlags`, CodeView's register numbers.

use crate::{Register, RegisterGroup, RegisterId, RegisterPart, RegisterSet, SubRegister};
use RegisterGroup::{Debug, Flags, FloatingPoint, General, Segment, Vector};

/// Bytes in `CONTEXT`, the 512 of `ExtendedRegisters` included.
pub(super) const SIZE: usize = 0x2cc;
/// Offset of `ContextFlags`.
pub(super) const FLAGS_OFFSET: usize = 0;

pub(super) const EIP: RegisterId = RegisterId(6);
pub(super) const ESP: RegisterId = RegisterId(7);
pub(super) const EBP: RegisterId = RegisterId(8);
pub(super) const EFL: RegisterId = RegisterId(9);
const EAX: RegisterId = RegisterId(0);
const EBX: RegisterId = RegisterId(1);
const ECX: RegisterId = RegisterId(2);
const EDX: RegisterId = RegisterId(3);
const ESI: RegisterId = RegisterId(4);
const EDI: RegisterId = RegisterId(5);
const CS: RegisterId = RegisterId(10);
const SS: RegisterId = RegisterId(11);
const DR0: u16 = 16;
const ST0: u16 = 25;
const MXCSR: RegisterId = RegisterId(33);
const XMM0: u16 = 34;

/// A general register by the number that instructions have for it (only the low three bits count).
fn general(number: u8) -> RegisterId {
    match number & 7 {
        0 => EAX,
        1 => ECX,
        2 => EDX,
        3 => EBX,
        4 => ESP,
        5 => EBP,
        6 => ESI,
        _ => EDI,
    }
}

macro_rules! tables {
    (st: $($st:literal)*; xmm: $($xmm:literal)*) => {
        /// As `r` lists them; the ids above are this table's indexes.
        pub(super) const REGISTERS: &[Register] = &[
            Register::new("eax", General, 0xb0, 32),
            Register::new("ebx", General, 0xa4, 32),
            Register::new("ecx", General, 0xac, 32),
            Register::new("edx", General, 0xa8, 32),
            Register::new("esi", General, 0xa0, 32),
            Register::new("edi", General, 0x9c, 32),
            Register::new("eip", General, 0xb8, 32),
            Register::new("esp", General, 0xc4, 32),
            Register::new("ebp", General, 0xb4, 32),
            Register::new("efl", Flags, 0xc0, 32),
            Register::new("cs", Segment, 0xbc, 16),
            Register::new("ss", Segment, 0xc8, 16),
            Register::new("ds", Segment, 0x98, 16),
            Register::new("es", Segment, 0x94, 16),
            Register::new("fs", Segment, 0x90, 16),
            Register::new("gs", Segment, 0x8c, 16),
            Register::new("dr0", Debug, 0x04, 32),
            Register::new("dr1", Debug, 0x08, 32),
            Register::new("dr2", Debug, 0x0c, 32),
            Register::new("dr3", Debug, 0x10, 32),
            Register::new("dr6", Debug, 0x14, 32),
            Register::new("dr7", Debug, 0x18, 32),
            Register::new("fpcw", FloatingPoint, 0x1c, 16),
            Register::new("fpsw", FloatingPoint, 0x20, 16),
            Register::new("fptw", FloatingPoint, 0x24, 16),
            $(Register::new(concat!("st", $st), FloatingPoint, 0x38 + 10 * $st, 80),)*
            Register::new("mxcsr", Vector, 0xe4, 32),
            $(Register::new(concat!("xmm", $xmm), Vector, 0x16c + 16 * $xmm, 128),)*
        ];
    };
}

tables!(st: 0 1 2 3 4 5 6 7; xmm: 0 1 2 3 4 5 6 7);

pub(super) const ALIASES: &[SubRegister] = &[
    SubRegister::new("ax", EAX, 0, 16),
    SubRegister::new("bx", EBX, 0, 16),
    SubRegister::new("cx", ECX, 0, 16),
    SubRegister::new("dx", EDX, 0, 16),
    SubRegister::new("si", ESI, 0, 16),
    SubRegister::new("di", EDI, 0, 16),
    SubRegister::new("ip", EIP, 0, 16),
    SubRegister::new("sp", ESP, 0, 16),
    SubRegister::new("bp", EBP, 0, 16),
    SubRegister::new("al", EAX, 0, 8),
    SubRegister::new("bl", EBX, 0, 8),
    SubRegister::new("cl", ECX, 0, 8),
    SubRegister::new("dl", EDX, 0, 8),
    SubRegister::new("ah", EAX, 8, 8),
    SubRegister::new("bh", EBX, 8, 8),
    SubRegister::new("ch", ECX, 8, 8),
    SubRegister::new("dh", EDX, 8, 8),
    SubRegister::new("cf", EFL, 0, 1),
    SubRegister::new("pf", EFL, 2, 1),
    SubRegister::new("af", EFL, 4, 1),
    SubRegister::new("zf", EFL, 6, 1),
    SubRegister::new("sf", EFL, 7, 1),
    SubRegister::new("tf", EFL, 8, 1),
    SubRegister::new("if", EFL, 9, 1),
    SubRegister::new("df", EFL, 10, 1),
    SubRegister::new("of", EFL, 11, 1),
    SubRegister::new("iopl", EFL, 12, 2),
    SubRegister::new("vif", EFL, 19, 1),
    SubRegister::new("vip", EFL, 20, 1),
];

/// `CONTEXT_i386` and its parts: `CONTEXT_CONTROL` (cs, ss, eip, esp, ebp, efl), `CONTEXT_INTEGER`,
/// `CONTEXT_SEGMENTS`, `CONTEXT_FLOATING_POINT`, `CONTEXT_DEBUG_REGISTERS`, `CONTEXT_EXTENDED_REGISTERS`.
pub(super) fn known_registers(context_flags: u32) -> Option<RegisterSet> {
    const CONTEXT_I386: u32 = 0x0001_0000;
    if context_flags & CONTEXT_I386 == 0 {
        return None;
    }
    let flag_of = |id, group| match (id, group) {
        (EIP | ESP | EBP | CS | SS | EFL, _) => 0x1,
        (_, General | Flags) => 0x2,
        (_, Segment) => 0x4,
        (_, FloatingPoint) => 0x8,
        (_, Debug) => 0x10,
        (_, Vector) => 0x20,
    };
    let ids = (0u16..).map(RegisterId).zip(REGISTERS);
    Some(ids.filter(|&(id, r)| context_flags & flag_of(id, r.group) != 0).map(|(id, _)| id).collect())
}

/// `CV_REG_*`.
pub(super) fn codeview_register(number: u16) -> Option<RegisterPart> {
    const SEGMENTS: [u16; 6] = [13, 10, 11, 12, 14, 15];
    const DEBUG: [Option<u16>; 8] = [Some(0), Some(1), Some(2), Some(3), None, None, Some(4), Some(5)];
    let part = |register: RegisterId, shift, bits| Some(RegisterPart::new(register, shift, bits));
    let vector = |index: u16| RegisterId(XMM0 + index);
    match number {
        1..=4 => part(general((number - 1) as u8), 0, 8),
        5..=8 => part(general((number - 5) as u8), 8, 8),
        9..=16 => part(general((number - 9) as u8), 0, 16),
        17..=24 => part(general((number - 17) as u8), 0, 32),
        25..=30 => part(RegisterId(*SEGMENTS.get(usize::from(number - 25))?), 0, 16),
        31 => part(EIP, 0, 16),
        32 => part(EFL, 0, 16),
        33 => part(EIP, 0, 32),
        34 => part(EFL, 0, 32),
        90..=97 => part(RegisterId(DR0 + (*DEBUG.get(usize::from(number - 90))?)?), 0, 32),
        128..=135 => part(RegisterId(ST0 + number - 128), 0, 80),
        154..=161 => part(vector(number - 154), 0, 128),
        162..=193 => part(vector((number - 162) / 4), (number - 162) % 4 * 32, 32),
        194..=201 => part(vector(number - 194), 0, 64),
        202..=209 => part(vector(number - 202), 64, 64),
        211 => part(MXCSR, 0, 32),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(id: RegisterId) -> &'static str {
        REGISTERS[usize::from(id.0)].name
    }

    #[test]
    fn the_ids_are_indexes_of_the_table() {
        let numbered = (0..8).map(|number| name(general(number))).collect::<Vec<_>>().join(" ");
        assert_eq!(numbered, "eax ecx edx ebx esp ebp esi edi");
        let ids = [EIP, EFL, CS, SS, MXCSR, RegisterId(XMM0), RegisterId(DR0), RegisterId(ST0)];
        assert_eq!(ids.map(name), ["eip", "efl", "cs", "ss", "mxcsr", "xmm0", "dr0", "st0"]);
    }

    #[test]
    fn context_flags_decide_what_is_known() {
        let names = |flags| known_registers(flags).unwrap().iter().map(name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(0x1_0001), "eip esp ebp efl cs ss");
        assert_eq!(names(0x1_0002), "eax ebx ecx edx esi edi");
        assert_eq!(names(0x1_0004), "ds es fs gs");
        assert_eq!(known_registers(0x10_0001), None);
    }

    /// Numbers and names as the published `CV_HREG_e` has them.
    #[test]
    fn codeview_numbers_name_the_registers_that_cvconst_says() {
        for (first, names, shift, bits) in [
            (1, "eax ecx edx ebx", 0, 8),
            (5, "eax ecx edx ebx", 8, 8),
            (9, "eax ecx edx ebx esp ebp esi edi", 0, 16),
            (17, "eax ecx edx ebx esp ebp esi edi", 0, 32),
            (25, "es cs ss ds fs gs", 0, 16),
            (31, "eip efl", 0, 16),
            (33, "eip efl", 0, 32),
            (96, "dr6 dr7", 0, 32),
            (128, "st0 st1", 0, 80),
            (154, "xmm0 xmm1", 0, 128),
            (202, "xmm0 xmm1", 64, 64),
        ] {
            for (number, register) in (first..).zip(names.split(' ')) {
                let part = codeview_register(number).unwrap();
                assert_eq!((name(part.register), part.shift, part.bits), (register, shift, bits), "{number}");
            }
        }
        for absent in [0, 35, 94, 146, 212, 30006] {
            assert_eq!(codeview_register(absent), None, "{absent}");
        }
    }
}
