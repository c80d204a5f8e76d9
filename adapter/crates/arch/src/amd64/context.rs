//! The x64 `CONTEXT`: offsets, `ContextFlags`, CodeView's register numbers.

use crate::{Register, RegisterGroup, RegisterId, RegisterPart, RegisterSet, SubRegister};
use RegisterGroup::{Debug, Flags, FloatingPoint, General, Segment, Vector};

/// Bytes in `CONTEXT`.
pub(super) const SIZE: usize = 0x4d0;
/// Offset of `ContextFlags`.
pub(super) const FLAGS_OFFSET: usize = 0x30;

pub(super) const RIP: RegisterId = RegisterId(6);
pub(super) const RSP: RegisterId = RegisterId(7);
pub(super) const RBP: RegisterId = RegisterId(8);
pub(super) const EFL: RegisterId = RegisterId(17);
pub(super) const CS: RegisterId = RegisterId(18);
pub(super) const SS: RegisterId = RegisterId(19);
const RAX: RegisterId = RegisterId(0);
const RBX: RegisterId = RegisterId(1);
const RCX: RegisterId = RegisterId(2);
const RDX: RegisterId = RegisterId(3);
const RSI: RegisterId = RegisterId(4);
const RDI: RegisterId = RegisterId(5);
const R8: u16 = 9;
const DR0: u16 = 24;
const ST0: u16 = 33;
const MXCSR: RegisterId = RegisterId(41);
const XMM0: u16 = 42;

/// A general register by the number that instructions and unwind codes have for it (only the low four bits count).
pub(super) fn general(number: u8) -> RegisterId {
    match number & 0xf {
        0 => RAX,
        1 => RCX,
        2 => RDX,
        3 => RBX,
        4 => RSP,
        5 => RBP,
        6 => RSI,
        7 => RDI,
        extended => RegisterId(R8 + u16::from(extended) - 8),
    }
}

/// `xmm0` to `xmm15` (only the low four bits of the number count).
pub(super) fn xmm(number: u8) -> RegisterId {
    RegisterId(XMM0 + u16::from(number & 0xf))
}

macro_rules! tables {
    (r: $($r:literal)*; st: $($st:literal)*; xmm: $($xmm:literal)*) => {
        /// As `r` lists them; the ids above are this table's indexes.
        pub(super) const REGISTERS: &[Register] = &[
            Register::new("rax", General, 0x78, 64),
            Register::new("rbx", General, 0x90, 64),
            Register::new("rcx", General, 0x80, 64),
            Register::new("rdx", General, 0x88, 64),
            Register::new("rsi", General, 0xa8, 64),
            Register::new("rdi", General, 0xb0, 64),
            Register::new("rip", General, 0xf8, 64),
            Register::new("rsp", General, 0x98, 64),
            Register::new("rbp", General, 0xa0, 64),
            $(Register::new(concat!("r", $r), General, 0xb8 + 8 * ($r - 8), 64),)*
            Register::new("efl", Flags, 0x44, 32),
            Register::new("cs", Segment, 0x38, 16),
            Register::new("ss", Segment, 0x42, 16),
            Register::new("ds", Segment, 0x3a, 16),
            Register::new("es", Segment, 0x3c, 16),
            Register::new("fs", Segment, 0x3e, 16),
            Register::new("gs", Segment, 0x40, 16),
            Register::new("dr0", Debug, 0x48, 64),
            Register::new("dr1", Debug, 0x50, 64),
            Register::new("dr2", Debug, 0x58, 64),
            Register::new("dr3", Debug, 0x60, 64),
            Register::new("dr6", Debug, 0x68, 64),
            Register::new("dr7", Debug, 0x70, 64),
            Register::new("fpcw", FloatingPoint, 0x100, 16),
            Register::new("fpsw", FloatingPoint, 0x102, 16),
            Register::new("fptw", FloatingPoint, 0x104, 8),
            $(Register::new(concat!("st", $st), FloatingPoint, 0x120 + 16 * $st, 80),)*
            Register::new("mxcsr", FloatingPoint, 0x34, 32),
            $(Register::new(concat!("xmm", $xmm), Vector, 0x1a0 + 16 * $xmm, 128),)*
        ];

        pub(super) const ALIASES: &[SubRegister] = &[
            $(
                SubRegister::new(concat!("r", $r, "d"), RegisterId(R8 + $r - 8), 0, 32),
                SubRegister::new(concat!("r", $r, "w"), RegisterId(R8 + $r - 8), 0, 16),
                SubRegister::new(concat!("r", $r, "b"), RegisterId(R8 + $r - 8), 0, 8),
            )*
            SubRegister::new("eax", RAX, 0, 32),
            SubRegister::new("ebx", RBX, 0, 32),
            SubRegister::new("ecx", RCX, 0, 32),
            SubRegister::new("edx", RDX, 0, 32),
            SubRegister::new("esi", RSI, 0, 32),
            SubRegister::new("edi", RDI, 0, 32),
            SubRegister::new("eip", RIP, 0, 32),
            SubRegister::new("esp", RSP, 0, 32),
            SubRegister::new("ebp", RBP, 0, 32),
            SubRegister::new("ax", RAX, 0, 16),
            SubRegister::new("bx", RBX, 0, 16),
            SubRegister::new("cx", RCX, 0, 16),
            SubRegister::new("dx", RDX, 0, 16),
            SubRegister::new("si", RSI, 0, 16),
            SubRegister::new("di", RDI, 0, 16),
            SubRegister::new("ip", RIP, 0, 16),
            SubRegister::new("sp", RSP, 0, 16),
            SubRegister::new("bp", RBP, 0, 16),
            SubRegister::new("al", RAX, 0, 8),
            SubRegister::new("bl", RBX, 0, 8),
            SubRegister::new("cl", RCX, 0, 8),
            SubRegister::new("dl", RDX, 0, 8),
            SubRegister::new("sil", RSI, 0, 8),
            SubRegister::new("dil", RDI, 0, 8),
            SubRegister::new("spl", RSP, 0, 8),
            SubRegister::new("bpl", RBP, 0, 8),
            SubRegister::new("ah", RAX, 8, 8),
            SubRegister::new("bh", RBX, 8, 8),
            SubRegister::new("ch", RCX, 8, 8),
            SubRegister::new("dh", RDX, 8, 8),
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
    };
}

tables!(r: 8 9 10 11 12 13 14 15; st: 0 1 2 3 4 5 6 7; xmm: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);

/// `CONTEXT_AMD64` and its parts: `CONTEXT_CONTROL` (cs, ss, rip, rsp, efl), `CONTEXT_INTEGER`, `CONTEXT_SEGMENTS`,
/// `CONTEXT_FLOATING_POINT`, `CONTEXT_DEBUG_REGISTERS`.
pub(super) fn known_registers(context_flags: u32) -> Option<RegisterSet> {
    const CONTEXT_AMD64: u32 = 0x0010_0000;
    if context_flags & CONTEXT_AMD64 == 0 {
        return None;
    }
    let flag_of = |id, group| match (id, group) {
        (RIP | RSP | CS | SS | EFL, _) => 0x1,
        (_, General | Flags) => 0x2,
        (_, Segment) => 0x4,
        (_, FloatingPoint | Vector) => 0x8,
        (_, Debug) => 0x10,
    };
    let ids = (0u16..).map(RegisterId).zip(REGISTERS);
    Some(ids.filter(|&(id, r)| context_flags & flag_of(id, r.group) != 0).map(|(id, _)| id).collect())
}

/// Registers that a function leaves as it found them. Segments and debug registers are in it because no function
/// changes them in passing.
pub(super) const NONVOLATILE: RegisterSet = RegisterSet::EMPTY
    .with_each(&[RBX, RSI, RDI, RBP])
    .with_range(R8 + 4, 4)
    .with_range(CS.0, 6)
    .with_range(DR0, 6)
    .with_range(XMM0 + 6, 10);

/// `CV_AMD64_*`.
pub(super) fn codeview_register(number: u16) -> Option<RegisterPart> {
    const SEGMENTS: [u16; 6] = [21, 18, 19, 20, 22, 23];
    const DEBUG: [Option<u16>; 8] = [Some(0), Some(1), Some(2), Some(3), None, None, Some(4), Some(5)];
    // CodeView counts a c d b sp bp si di; from CV_AMD64_RAX and CV_AMD64_SIL on it has orders of its own.
    const LONG: [u8; 8] = [0, 3, 1, 2, 6, 7, 5, 4];
    const LOW_BYTES: [u8; 4] = [6, 7, 5, 4];
    let pick = |list: &[u8], index: u16| list.get(usize::from(index)).copied().map(general);
    let numbered = |index: u16| RegisterId(R8 + index % 8);
    let part = |register: RegisterId, shift, bits| Some(RegisterPart::new(register, shift, bits));
    let vector = |index: u16| RegisterId(XMM0 + index);
    match number {
        1..=4 => part(general((number - 1) as u8), 0, 8),
        5..=8 => part(general((number - 5) as u8), 8, 8),
        9..=16 => part(general((number - 9) as u8), 0, 16),
        17..=24 => part(general((number - 17) as u8), 0, 32),
        25..=30 => part(RegisterId(*SEGMENTS.get(usize::from(number - 25))?), 0, 16),
        32 => part(EFL, 0, 16),
        33 => part(RIP, 0, 64),
        34 => part(EFL, 0, 32),
        90..=97 => part(RegisterId(DR0 + (*DEBUG.get(usize::from(number - 90))?)?), 0, 64),
        128..=135 => part(RegisterId(ST0 + number - 128), 0, 80),
        154..=161 => part(vector(number - 154), 0, 128),
        162..=193 => part(vector((number - 162) / 4), (number - 162) % 4 * 32, 32),
        194..=201 => part(vector(number - 194), 0, 64),
        202..=209 => part(vector(number - 202), 64, 64),
        211 => part(MXCSR, 0, 32),
        252..=259 => part(vector(number - 252 + 8), 0, 128),
        260..=291 => part(vector((number - 260) / 4 + 8), (number - 260) % 4 * 32, 32),
        292..=299 => part(vector(number - 292 + 8), 0, 64),
        300..=307 => part(vector(number - 300 + 8), 64, 64),
        324..=327 => part(pick(&LOW_BYTES, number - 324)?, 0, 8),
        328..=335 => part(pick(&LONG, number - 328)?, 0, 64),
        336..=343 => part(numbered(number - 336), 0, 64),
        344..=351 => part(numbered(number - 344), 0, 8),
        352..=359 => part(numbered(number - 352), 0, 16),
        360..=367 => part(numbered(number - 360), 0, 32),
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
        let numbered = (0..16).map(|number| name(general(number))).collect::<Vec<_>>().join(" ");
        assert_eq!(numbered, "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15");
        let named = [RIP, EFL, CS, SS, MXCSR, xmm(0), xmm(15), RegisterId(DR0), RegisterId(ST0)].map(name);
        assert_eq!(named, ["rip", "efl", "cs", "ss", "mxcsr", "xmm0", "xmm15", "dr0", "st0"]);
    }

    #[test]
    fn nonvolatile_registers_are_those_of_the_calling_convention() {
        let names = NONVOLATILE.iter().map(name).collect::<Vec<_>>().join(" ");
        let general = "rbx rsi rdi rbp r12 r13 r14 r15";
        let system = "cs ss ds es fs gs dr0 dr1 dr2 dr3 dr6 dr7";
        let vector = "xmm6 xmm7 xmm8 xmm9 xmm10 xmm11 xmm12 xmm13 xmm14 xmm15";
        assert_eq!(names, format!("{general} {system} {vector}"));
    }

    /// Numbers and names as the published `CV_HREG_e` has them.
    #[test]
    fn codeview_numbers_name_the_registers_that_cvconst_says() {
        let check = |number, register: &str, shift, bits| {
            let part = codeview_register(number).unwrap();
            assert_eq!((name(part.register), part.shift, part.bits), (register, shift, bits), "{number}");
        };
        for (first, names, bits) in [
            (1, "rax rcx rdx rbx", 8),
            (9, "rax rcx rdx rbx rsp rbp rsi rdi", 16),
            (17, "rax rcx rdx rbx rsp rbp rsi rdi", 32),
            (25, "es cs ss ds fs gs", 16),
            (90, "dr0 dr1 dr2 dr3", 64),
            (96, "dr6 dr7", 64),
            (128, "st0 st1", 80),
            (154, "xmm0 xmm1", 128),
            (194, "xmm0 xmm1", 64),
            (252, "xmm8 xmm9", 128),
            (292, "xmm8 xmm9", 64),
            (324, "rsi rdi rbp rsp", 8),
            (328, "rax rbx rcx rdx rsi rdi rbp rsp", 64),
            (336, "r8 r9 r10 r11 r12 r13 r14 r15", 64),
            (344, "r8 r9", 8),
            (352, "r8 r9", 16),
            (360, "r8 r9 r10 r11 r12 r13 r14 r15", 32),
        ] {
            for (number, register) in (first..).zip(names.split(' ')) {
                check(number, register, 0, bits);
            }
        }
        check(5, "rax", 8, 8);
        check(8, "rbx", 8, 8);
        check(33, "rip", 0, 64);
        check(167, "xmm1", 32, 32);
        check(207, "xmm5", 64, 64);
        check(291, "xmm15", 96, 32);
        check(211, "mxcsr", 0, 32);
        for absent in [0, 31, 80, 94, 146, 210, 308, 368, 30006] {
            assert_eq!(codeview_register(absent), None, "{absent}");
        }
    }
}
