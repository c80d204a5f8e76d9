//! What a register is: its name, its place in `CONTEXT`, its parts; and sets of registers.

use std::fmt;

/// A full register of one architecture: an index of [`crate::Architecture::registers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegisterId(pub u16);

/// A full register and where `CONTEXT` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// The debuggers' name, lower-case.
    pub name: &'static str,
    /// What it is for.
    pub group: RegisterGroup,
    /// Offset in `CONTEXT`, in bytes.
    pub offset: u16,
    /// Width, 8 to 128.
    pub bits: u16,
}

impl Register {
    pub(crate) const fn new(name: &'static str, group: RegisterGroup, offset: u16, bits: u16) -> Self {
        Self { name, group, offset, bits }
    }
}

/// What a register is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegisterGroup {
    /// Integers and addresses, instruction and stack pointer included.
    General,
    /// Condition and control flags.
    Flags,
    /// x86 and x64 segment selectors.
    Segment,
    /// x87 and floating-point control.
    FloatingPoint,
    /// `xmm0`, `v0`.
    Vector,
    /// Breakpoint registers.
    Debug,
}

impl fmt::Display for RegisterGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::General => "General",
            Self::Flags => "Flags",
            Self::Segment => "Segments",
            Self::FloatingPoint => "Floating point",
            Self::Vector => "Vector",
            Self::Debug => "Debug",
        })
    }
}

/// Some bits of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RegisterPart {
    /// The full register.
    pub register: RegisterId,
    /// Lowest bit of the part.
    pub shift: u16,
    /// Width of the part in bits.
    pub bits: u16,
}

impl RegisterPart {
    pub(crate) const fn new(register: RegisterId, shift: u16, bits: u16) -> Self {
        Self { register, shift, bits }
    }

    /// The part's value, out of the full register's.
    pub fn of(self, full: u128) -> u128 {
        let shifted = full.checked_shr(u32::from(self.shift)).unwrap_or(0);
        shifted & self.mask()
    }

    /// The full register's value with the part replaced by `value`'s low bits.
    #[must_use]
    pub fn replace(self, full: u128, value: u128) -> u128 {
        let mask = self.mask().checked_shl(u32::from(self.shift)).unwrap_or(0);
        let value = (value & self.mask()).checked_shl(u32::from(self.shift)).unwrap_or(0);
        (full & !mask) | value
    }

    fn mask(self) -> u128 {
        if self.bits >= 128 { u128::MAX } else { (1 << self.bits) - 1 }
    }
}

/// A name for a part of a register, or another name of a whole one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubRegister {
    /// The name, lower-case.
    pub name: &'static str,
    /// What it stands for.
    pub part: RegisterPart,
}

impl SubRegister {
    pub(crate) const fn new(name: &'static str, register: RegisterId, shift: u16, bits: u16) -> Self {
        Self { name, part: RegisterPart::new(register, shift, bits) }
    }
}

/// A register's part and what a context says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterValue {
    /// Which bits of which register.
    pub part: RegisterPart,
    /// Their value, None when the context doesn't know it.
    pub value: Option<u128>,
}

/// A bit of the flags register, with the debuggers' words for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagBit {
    /// Number of the bit.
    pub bit: u16,
    /// Word when it is set: `zr`.
    pub set: &'static str,
    /// Word when it is clear: `nz`.
    pub clear: &'static str,
}

/// A set of registers of one architecture.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RegisterSet(u128);

impl RegisterSet {
    /// No register.
    pub const EMPTY: Self = Self(0);

    /// This set with `count` registers from number `first` on.
    pub(crate) const fn with_range(self, first: u16, count: u32) -> Self {
        Self(self.0 | (((1 << count) - 1) << first))
    }

    /// This set with all of `ids`.
    pub(crate) const fn with_each(self, mut ids: &[RegisterId]) -> Self {
        let mut set = self.0;
        while let [RegisterId(first), rest @ ..] = ids {
            set |= 1 << *first;
            ids = rest;
        }
        Self(set)
    }

    /// Whether `id` is in the set.
    pub fn contains(self, id: RegisterId) -> bool {
        self.0 & Self::bit(id) != 0
    }

    /// Adds `id`.
    pub fn insert(&mut self, id: RegisterId) {
        self.0 |= Self::bit(id);
    }

    /// Takes `id` out.
    pub fn remove(&mut self, id: RegisterId) {
        self.0 &= !Self::bit(id);
    }

    /// The registers that are in both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is no register in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The registers, by rising number.
    pub fn iter(self) -> impl Iterator<Item = RegisterId> {
        (0..128).map(RegisterId).filter(move |&id| self.contains(id))
    }

    /// No architecture has more than 128 registers (a test sees to it): larger ids are in no set.
    fn bit(id: RegisterId) -> u128 {
        1u128.checked_shl(u32::from(id.0)).unwrap_or(0)
    }
}

impl FromIterator<RegisterId> for RegisterSet {
    fn from_iter<T: IntoIterator<Item = RegisterId>>(ids: T) -> Self {
        let mut set = Self::EMPTY;
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

impl fmt::Debug for RegisterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|id| id.0)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Machine;

    #[test]
    fn parts_are_cut_out_and_put_back() {
        let ah = RegisterPart::new(RegisterId(0), 8, 8);
        assert_eq!(ah.of(0x1234_5678), 0x56);
        assert_eq!(ah.replace(0x1234_5678, 0xfab), 0x1234_ab78);
        let whole = RegisterPart::new(RegisterId(0), 0, 128);
        assert_eq!(whole.of(u128::MAX), u128::MAX);
    }

    #[test]
    fn every_register_fits_into_its_context_and_into_a_set() {
        for architecture in [Machine::X86, Machine::Amd64, Machine::Arm64].map(Machine::architecture) {
            assert!(architecture.registers().len() <= 128);
            for register in architecture.registers() {
                assert!(usize::from(register.offset + register.bits.div_ceil(8)) <= architecture.context_size());
            }
            for alias in architecture.register_aliases() {
                let full = architecture.register(alias.part.register).unwrap();
                assert!(alias.part.shift + alias.part.bits <= full.bits, "{}", alias.name);
            }
        }
    }

    #[test]
    fn no_two_registers_share_a_name_or_a_place() {
        for architecture in [Machine::X86, Machine::Amd64, Machine::Arm64].map(Machine::architecture) {
            let registers = architecture.registers();
            let names = registers.iter().map(|r| r.name).chain(architecture.register_aliases().iter().map(|a| a.name));
            let mut names: Vec<_> = names.collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{architecture:?}");
            let mut spans: Vec<_> = registers.iter().map(|r| (r.offset, r.offset + r.bits / 8, r.name)).collect();
            spans.sort_unstable();
            assert!(spans.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{spans:?}");
        }
    }
}
