//! Bug checks: what the code is called, what the parameters mean, and where the exception that led to it was kept.

mod descriptions;

use super::names;
use descriptions::DESCRIPTIONS;
use memory::VirtualAddress;

/// A bug check as the system recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BugCheck {
    /// `BugCheckCode`.
    pub code: u32,
    /// `BugCheckParameter1` to `4`, as the dump header holds them.
    pub parameters: [u64; 4],
}

/// What is documented of one bug check code.
#[derive(Debug)]
pub struct Description {
    /// Code, without the "mini dump" bit 0x10000000.
    code: u32,
    /// What happened, in a sentence or two.
    pub summary: &'static str,
    /// What each parameter means, and how to show its value.
    pub parameters: [(&'static str, ParameterKind); 4],
    /// Where the parameters lead to the exception behind the bug check.
    carries: Carries,
}

/// How a parameter's value is best shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// A plain number, or a meaning that depends on others.
    Number,
    /// An address of code: shown with its symbol.
    Code,
    /// An address of data.
    Data,
    /// An NTSTATUS value, sign-extended on 64-bit systems.
    NtStatus,
    /// 0 read, 1 write, 2 or 8 or 10 (hexadecimal) execute.
    Access,
    /// An interrupt request level.
    Irql,
    /// Not used.
    Reserved,
}

/// Which parameters (counted from 0) lead to the exception behind the bug check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Nothing,
    RecordAndContext { record: usize, context: usize },
    Context { context: usize },
    TrapFrame { trap_frame: usize },
    TrapFrameAndRecord { trap_frame: usize, record: usize },
}

/// Where the processor state at the time of the exception was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavedState {
    /// A `CONTEXT` (`.cxr`).
    Context(VirtualAddress),
    /// A `KTRAP_FRAME` (`.trap`).
    TrapFrame(VirtualAddress),
}

/// The exception that a bug check carries: what its parameters point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedException {
    /// Address of an `EXCEPTION_RECORD`, where there is one.
    pub record: Option<VirtualAddress>,
    /// Where the registers at the exception are.
    pub state: SavedState,
}

/// Set in the codes of small dumps: `1000007E` means the same as `7E`.
const MINI_DUMP_BIT: u32 = 0x1000_0000;

impl BugCheck {
    /// Microsoft's name of the code, if it has one.
    pub fn name(&self) -> Option<&'static str> {
        names::bugcheck(self.code)
    }

    /// What is documented of the code.
    pub fn description(&self) -> Option<&'static Description> {
        let find = |code: u32| DESCRIPTIONS.iter().find(|description| description.code == code);
        find(self.code).or_else(|| find(self.code & !MINI_DUMP_BIT))
    }

    /// Where the parameters lead to the exception behind the bug check; zero parameters lead nowhere.
    pub fn carried_exception(&self) -> Option<CarriedException> {
        let address =
            |index: usize| self.parameters.get(index).copied().filter(|&value| value != 0).map(VirtualAddress);
        let (record, state) = match self.description()?.carries {
            Carries::Nothing => return None,
            Carries::RecordAndContext { record, context } => (address(record), SavedState::Context(address(context)?)),
            Carries::Context { context } => (None, SavedState::Context(address(context)?)),
            Carries::TrapFrame { trap_frame } => (None, SavedState::TrapFrame(address(trap_frame)?)),
            Carries::TrapFrameAndRecord { trap_frame, record } => {
                (address(record), SavedState::TrapFrame(address(trap_frame)?))
            }
        };
        Some(CarriedException { record, state })
    }
}

impl ParameterKind {
    /// What the value means, where it has a name of its own.
    pub fn meaning(self, value: u64) -> Option<&'static str> {
        match self {
            Self::NtStatus => names::ntstatus(value as u32),
            Self::Access => match value {
                0 => Some("read"),
                1 => Some("write"),
                2 | 8 | 0x10 => Some("execute"),
                _ => None,
            },
            Self::Irql => match value {
                0 => Some("PASSIVE_LEVEL"),
                1 => Some("APC_LEVEL"),
                2 => Some("DISPATCH_LEVEL"),
                0xff => Some("interrupts disabled"),
                _ => None,
            },
            Self::Number | Self::Code | Self::Data | Self::Reserved => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_thread_exception_carries_its_record_and_context() {
        let crash = BugCheck { code: 0x1000_007e, parameters: [0xffff_ffff_c000_0005, 1, 0x3000, 0x4000] };
        let carried = crash.carried_exception().unwrap();
        assert_eq!(carried.record, Some(VirtualAddress(0x3000)));
        assert_eq!(carried.state, SavedState::Context(VirtualAddress(0x4000)));
        let (_, kind) = crash.description().unwrap().parameters[0];
        assert_eq!(kind.meaning(crash.parameters[0]), Some("STATUS_ACCESS_VIOLATION"));
    }

    #[test]
    fn a_zero_parameter_leads_nowhere() {
        let crash = BugCheck { code: 0x3b, parameters: [0xc000_0005, 0x1000, 0, 0] };
        assert_eq!(crash.carried_exception(), None);
    }

    #[test]
    fn every_description_is_of_a_code_that_has_a_name() {
        for description in DESCRIPTIONS {
            assert!(names::bugcheck(description.code).is_some(), "{:#x}", description.code);
        }
        assert!(DESCRIPTIONS.windows(2).all(|pair| pair[0].code < pair[1].code), "sorted, without duplicates");
    }
}
