//! The processors that NT's dumps and images name.

use crate::{Architecture, amd64, arm64, x86};
use std::fmt;

/// A processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// 32-bit x86 (`IMAGE_FILE_MACHINE_I386`).
    X86,
    /// x64 (`IMAGE_FILE_MACHINE_AMD64`).
    Amd64,
    /// ARM64 (`IMAGE_FILE_MACHINE_ARM64`).
    Arm64,
}

impl Machine {
    /// The architecture that an image's or dump's `IMAGE_FILE_MACHINE_*` stands for, if it is one of ours.
    pub fn from_image_file_machine(machine: u16) -> Option<Self> {
        match machine {
            0x014c => Some(Self::X86),
            0x8664 => Some(Self::Amd64),
            0xaa64 => Some(Self::Arm64),
            _ => None,
        }
    }

    /// The `IMAGE_FILE_MACHINE_*` of this architecture.
    pub fn image_file_machine(self) -> u16 {
        match self {
            Self::X86 => 0x014c,
            Self::Amd64 => 0x8664,
            Self::Arm64 => 0xaa64,
        }
    }

    /// What the debugger knows of this processor.
    pub fn architecture(self) -> &'static dyn Architecture {
        match self {
            Self::X86 => &x86::X86,
            Self::Amd64 => &amd64::Amd64,
            Self::Arm64 => &arm64::Arm64,
        }
    }
}

/// As `.effmach` names them.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::X86 => "x86",
            Self::Amd64 => "x64",
            Self::Arm64 => "ARM64",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_is_found_by_its_number_and_answers_to_it() {
        for machine in [Machine::X86, Machine::Amd64, Machine::Arm64] {
            assert_eq!(Machine::from_image_file_machine(machine.image_file_machine()), Some(machine));
            assert_eq!(machine.architecture().machine(), machine);
        }
        assert_eq!(Machine::from_image_file_machine(0x200), None);
    }
}
