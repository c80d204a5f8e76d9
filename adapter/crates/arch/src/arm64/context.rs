//! `ARM64_NT_CONTEXT`: offsets, `ContextFlags`, CodeView's register numbers.

use crate::{FlagBit, Register, RegisterGroup, RegisterId, RegisterPart, RegisterSet, SubRegister};
use RegisterGroup::{Debug, Flags, FloatingPoint, General, Vector};

/// Bytes in `ARM64_NT_CONTEXT`.
pub(super) const SIZE: usize = 0x390;
/// Offset of `ContextFlags`.
pub(super) const FLAGS_OFFSET: usize = 0;

pub(super) const FP: RegisterId = RegisterId(29);
pub(super) const SP: RegisterId = RegisterId(31);
pub(super) const PC: RegisterId = RegisterId(32);
pub(super) const CPSR: RegisterId = RegisterId(33);
const LR: RegisterId = RegisterId(30);
const V0: u16 = 34;
const FPCR: RegisterId = RegisterId(66);
const FPSR: RegisterId = RegisterId(67);

macro_rules! tables {
    (x: $($x:literal)*; v: $($v:literal)*; b: $($b:literal)*; w: $($w:literal)*) => {
        /// As `r` lists them; the ids above are this table's indexes.
        pub(super) const REGISTERS: &[Register] = &[
            $(Register::new(concat!("x", $x), General, 0x8 + 8 * $x, 64),)*
            Register::new("fp", General, 0xf0, 64),
            Register::new("lr", General, 0xf8, 64),
            Register::new("sp", General, 0x100, 64),
            Register::new("pc", General, 0x108, 64),
            Register::new("cpsr", Flags, 0x4, 32),
            $(Register::new(concat!("v", $v), Vector, 0x110 + 16 * $v, 128),)*
            Register::new("fpcr", FloatingPoint, 0x310, 32),
            Register::new("fpsr", FloatingPoint, 0x314, 32),
            $(Register::new(concat!("bcr", $b), Debug, 0x318 + 4 * $b, 32),)*
            $(Register::new(concat!("bvr", $b), Debug, 0x338 + 8 * $b, 64),)*
            $(Register::new(concat!("wcr", $w), Debug, 0x378 + 4 * $w, 32),)*
            $(Register::new(concat!("wvr", $w), Debug, 0x380 + 8 * $w, 64),)*
        ];

        pub(super) const ALIASES: &[SubRegister] = &[
            SubRegister::new("x29", FP, 0, 64),
            SubRegister::new("x30", LR, 0, 64),
            SubRegister::new("w29", FP, 0, 32),
            SubRegister::new("w30", LR, 0, 32),
            SubRegister::new("psr", CPSR, 0, 32),
            // As the disassembly writes them.
            SubRegister::new("xip0", RegisterId(16), 0, 64),
            SubRegister::new("xip1", RegisterId(17), 0, 64),
            SubRegister::new("xpr", RegisterId(18), 0, 64),
            $(SubRegister::new(concat!("w", $x), RegisterId($x), 0, 32),)*
            $(
                SubRegister::new(concat!("q", $v), RegisterId(V0 + $v), 0, 128),
                SubRegister::new(concat!("d", $v), RegisterId(V0 + $v), 0, 64),
                SubRegister::new(concat!("s", $v), RegisterId(V0 + $v), 0, 32),
                SubRegister::new(concat!("h", $v), RegisterId(V0 + $v), 0, 16),
                SubRegister::new(concat!("b", $v), RegisterId(V0 + $v), 0, 8),
            )*
        ];
    };
}

tables!(
    x: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28;
    v: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31;
    b: 0 1 2 3 4 5 6 7;
    w: 0 1
);

/// As `r` shows them: `NZCV`, a dash for a clear one.
pub(super) const FLAGS: &[FlagBit] = &[
    FlagBit { bit: 31, set: "N", clear: "-" },
    FlagBit { bit: 30, set: "Z", clear: "-" },
    FlagBit { bit: 29, set: "C", clear: "-" },
    FlagBit { bit: 28, set: "V", clear: "-" },
];

/// `CONTEXT_ARM64` and its parts: `CONTEXT_CONTROL` (fp, lr, sp, pc, cpsr), `CONTEXT_INTEGER`,
/// `CONTEXT_FLOATING_POINT`, `CONTEXT_DEBUG_REGISTERS`, `CONTEXT_ARM64_X18`.
pub(super) fn known_registers(context_flags: u32) -> Option<RegisterSet> {
    const CONTEXT_ARM64: u32 = 0x0040_0000;
    const X18: RegisterId = RegisterId(18);
    if context_flags & CONTEXT_ARM64 == 0 {
        return None;
    }
    let flags_of = |id, group| match (id, group) {
        (X18, _) => 0x2 | 0x10,
        (FP | LR | SP | PC, _) | (_, Flags) => 0x1,
        (_, General) => 0x2,
        (_, FloatingPoint | Vector) => 0x4,
        _ => 0x8,
    };
    let ids = (0u16..).map(RegisterId).zip(REGISTERS);
    Some(ids.filter(|&(id, r)| context_flags & flags_of(id, r.group) != 0).map(|(id, _)| id).collect())
}

/// `CV_ARM64_*`. The zero registers are none that a context holds.
pub(super) fn codeview_register(number: u16) -> Option<RegisterPart> {
    let part = |register: RegisterId, shift, bits| Some(RegisterPart::new(register, shift, bits));
    let vector = |index: u16| RegisterId(V0 + index);
    match number {
        10..=40 => part(RegisterId(number - 10), 0, 32),
        50..=81 => part(RegisterId(number - 50), 0, 64),
        83 => part(PC, 0, 64),
        90 | 91 => part(CPSR, 0, 32),
        100..=131 => part(vector(number - 100), 0, 32),
        140..=171 => part(vector(number - 140), 0, 64),
        180..=211 => part(vector(number - 180), 0, 128),
        220 => part(FPSR, 0, 32),
        221 => part(FPCR, 0, 32),
        230..=261 => part(vector(number - 230), 0, 8),
        270..=301 => part(vector(number - 270), 0, 16),
        310..=341 => part(vector(number - 310), 0, 128),
        350..=381 => part(vector(number - 350), 64, 64),
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
        let named = [FP, LR, SP, PC, CPSR, RegisterId(V0), FPCR, FPSR].map(name);
        assert_eq!(named, ["fp", "lr", "sp", "pc", "cpsr", "v0", "fpcr", "fpsr"]);
    }

    #[test]
    fn context_flags_decide_what_is_known() {
        let names = |flags| known_registers(flags).unwrap().iter().map(name).collect::<Vec<_>>().join(" ");
        assert_eq!(names(0x40_0001), "fp lr sp pc cpsr");
        assert_eq!(names(0x40_0010), "x18");
        assert_eq!(known_registers(0x40_000f).unwrap().iter().count(), REGISTERS.len());
        assert_eq!(known_registers(0x10_001f), None);
    }

    /// Numbers and names as the published `CV_HREG_e` has them.
    #[test]
    fn codeview_numbers_name_the_registers_that_cvconst_says() {
        for (number, register, shift, bits) in [
            (10, "x0", 0, 32),
            (40, "lr", 0, 32),
            (50, "x0", 0, 64),
            (66, "x16", 0, 64),
            (78, "x28", 0, 64),
            (79, "fp", 0, 64),
            (80, "lr", 0, 64),
            (81, "sp", 0, 64),
            (83, "pc", 0, 64),
            (91, "cpsr", 0, 32),
            (131, "v31", 0, 32),
            (140, "v0", 0, 64),
            (211, "v31", 0, 128),
            (220, "fpsr", 0, 32),
            (350, "v0", 64, 64),
        ] {
            let part = codeview_register(number).unwrap();
            assert_eq!((name(part.register), part.shift, part.bits), (register, shift, bits), "{number}");
        }
        for absent in [0, 41, 82, 132, 382] {
            assert_eq!(codeview_register(absent), None, "{absent}");
        }
    }
}
