//! The exceptions and events that have names.
//!
//! Codes and order are those of `sx`; numbers are those of MS-documented "Specific Exceptions" and `ntstatus.h`.

use super::filter::{BreakStatus, HandlingStatus};
use BreakStatus::{Break, Ignore, Output, SecondChance};
use HandlingStatus::{Handled, NotHandled};

/// An event that is no exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `ct`; not in kernel mode.
    CreateThread,
    /// `et`; not in kernel mode.
    ExitThread,
    /// `cpr`; not in kernel mode.
    CreateProcess,
    /// `epr`; not in kernel mode.
    ExitProcess,
    /// `ld`
    LoadModule,
    /// `ud`
    UnloadModule,
    /// `ser`
    SystemError,
    /// `ibp`: the debugger has connected, or the target was restarted.
    InitialBreakpoint,
    /// `iml`: the kernel itself was loaded.
    InitialModuleLoad,
    /// `out`: `DbgPrint`.
    Output,
}

/// An exception that has a filter of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionKind {
    /// Its code; `None` for numbered exceptions.
    pub code: Option<&'static str>,
    /// The code that stands for its handling status, where that is another one.
    pub handling_code: Option<&'static str>,
    /// What it is called.
    pub name: &'static str,
    /// `NTSTATUS`; `None` for all others (`*`).
    pub number: Option<u32>,
    /// Whether the target stops, by default.
    pub status: BreakStatus,
    /// What the target is told when it goes on, by default.
    pub handling: HandlingStatus,
}

/// All events, in the order of `sx`.
pub(super) const EVENTS: &[Event] = &[
    Event::CreateThread,
    Event::ExitThread,
    Event::CreateProcess,
    Event::ExitProcess,
    Event::LoadModule,
    Event::UnloadModule,
    Event::SystemError,
    Event::InitialBreakpoint,
    Event::InitialModuleLoad,
    Event::Output,
];

impl Event {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::CreateThread => "ct",
            Self::ExitThread => "et",
            Self::CreateProcess => "cpr",
            Self::ExitProcess => "epr",
            Self::LoadModule => "ld",
            Self::UnloadModule => "ud",
            Self::SystemError => "ser",
            Self::InitialBreakpoint => "ibp",
            Self::InitialModuleLoad => "iml",
            Self::Output => "out",
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateThread => "Create thread",
            Self::ExitThread => "Exit thread",
            Self::CreateProcess => "Create process",
            Self::ExitProcess => "Exit process",
            Self::LoadModule => "Load module",
            Self::UnloadModule => "Unload module",
            Self::SystemError => "System error",
            Self::InitialBreakpoint => "Initial breakpoint",
            Self::InitialModuleLoad => "Initial module load",
            Self::Output => "Debuggee output",
        }
    }

    /// Its status by default, in kernel mode. Where the documentation and listings of `sx` disagree (`ud`, `out`), as
    /// in the listings.
    pub fn default_status(self) -> BreakStatus {
        match self {
            Self::LoadModule | Self::Output => Output,
            _ => Ignore,
        }
    }

    /// Whether something can stand behind its code: a process, a module, a text.
    pub fn takes_argument(self) -> bool {
        matches!(self, Self::CreateProcess | Self::ExitProcess | Self::LoadModule | Self::UnloadModule | Self::Output)
    }
}

const fn kind(
    code: &'static str,
    name: &'static str,
    number: u32,
    status: BreakStatus,
    handling: HandlingStatus,
) -> ExceptionKind {
    ExceptionKind { code: Some(code), handling_code: None, name, number: Some(number), status, handling }
}

const fn split(
    codes: (&'static str, &'static str),
    name: &'static str,
    number: u32,
    handling: HandlingStatus,
) -> ExceptionKind {
    ExceptionKind { handling_code: Some(codes.1), ..kind(codes.0, name, number, Break, handling) }
}

/// The exceptions with codes, in the order of `sx`.
pub(super) const EXCEPTIONS: &[ExceptionKind] = &[
    kind("av", "Access violation", 0xc000_0005, Break, NotHandled),
    kind("asrt", "Assertion failure", 0xc000_0420, Break, NotHandled),
    kind("aph", "Application hang", 0xcfff_ffff, Break, NotHandled),
    split(("bpe", "bpec"), "Break instruction exception", 0x8000_0003, Handled),
    kind("eh", "C++ EH exception", 0xe06d_7363, SecondChance, NotHandled),
    kind("clr", "CLR exception", 0xe043_4f4d, SecondChance, NotHandled),
    kind("clrn", "CLR notification exception", 0xe044_4143, SecondChance, Handled),
    split(("cce", "cc"), "Control-Break exception", 0x4001_0008, Handled),
    split(("cce", "cc"), "Control-C exception", 0x4001_0005, Handled),
    kind("dm", "Data misaligned", 0x8000_0002, Break, NotHandled),
    kind("dbce", "Debugger command exception", 0x4001_0009, Ignore, Handled),
    kind("gp", "Guard page violation", 0x8000_0001, Break, NotHandled),
    kind("ii", "Illegal instruction", 0xc000_001d, SecondChance, NotHandled),
    kind("ip", "In-page I/O error", 0xc000_0006, Break, NotHandled),
    kind("dz", "Integer divide-by-zero", 0xc000_0094, Break, NotHandled),
    kind("iov", "Integer overflow", 0xc000_0095, Break, NotHandled),
    split(("ch", "hc"), "Invalid handle", 0xc000_0008, NotHandled),
    kind("lsq", "Invalid lock sequence", 0xc000_001e, Break, NotHandled),
    kind("isc", "Invalid system call", 0xc000_001c, Break, NotHandled),
    kind("3c", "Port disconnected", 0xc000_0037, SecondChance, NotHandled),
    kind("svh", "Service hang", 0xefff_ffff, Break, NotHandled),
    split(("sse", "ssec"), "Single step exception", 0x8000_0004, Handled),
    kind("sbo", "Security check failure or stack buffer overrun", 0xc000_0409, Break, NotHandled),
    kind("sov", "Stack overflow", 0xc000_00fd, Break, NotHandled),
    kind("vs", "Verifier stop", 0xc000_0421, Break, NotHandled),
    kind("vcpp", "Visual C++ exception", 0x406d_1388, Ignore, Handled),
    kind("wkd", "Wake debugger", 0x8000_0007, Break, NotHandled),
    kind("rto", "Windows Runtime Originate Error", 0x4008_0201, SecondChance, NotHandled),
    kind("rtt", "Windows Runtime Transform Error", 0x4008_0202, SecondChance, NotHandled),
    kind("wob", "WOW64 breakpoint", 0x4000_001f, Break, Handled),
    kind("wos", "WOW64 single step exception", 0x4000_001e, Break, Handled),
];

/// All exceptions without a filter of their own.
pub(super) const OTHERS: ExceptionKind = ExceptionKind {
    code: Some("*"),
    handling_code: None,
    name: "Other exception",
    number: None,
    status: SecondChance,
    handling: NotHandled,
};

/// An exception that has only a number.
pub(super) fn numbered(number: u32) -> ExceptionKind {
    ExceptionKind { code: None, name: "Unknown exception", number: Some(number), ..OTHERS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analysis::nt::names;

    #[test]
    fn numbers_are_those_of_ntstatus_h() {
        let check = |code: &str, name: &str| {
            let kind = EXCEPTIONS.iter().find(|kind| kind.code == Some(code)).unwrap();
            assert_eq!(kind.number.and_then(names::ntstatus), Some(name), "{code}");
        };
        check("av", "STATUS_ACCESS_VIOLATION");
        check("asrt", "STATUS_ASSERTION_FAILURE");
        check("bpe", "STATUS_BREAKPOINT");
        check("dm", "STATUS_DATATYPE_MISALIGNMENT");
        check("gp", "STATUS_GUARD_PAGE_VIOLATION");
        check("ii", "STATUS_ILLEGAL_INSTRUCTION");
        check("ip", "STATUS_IN_PAGE_ERROR");
        check("dz", "STATUS_INTEGER_DIVIDE_BY_ZERO");
        check("iov", "STATUS_INTEGER_OVERFLOW");
        check("ch", "STATUS_INVALID_HANDLE");
        check("lsq", "STATUS_INVALID_LOCK_SEQUENCE");
        check("isc", "STATUS_INVALID_SYSTEM_SERVICE");
        check("3c", "STATUS_PORT_DISCONNECTED");
        check("sse", "STATUS_SINGLE_STEP");
        check("sbo", "STATUS_STACK_BUFFER_OVERRUN");
        check("sov", "STATUS_STACK_OVERFLOW");
        check("vs", "STATUS_VERIFIER_STOP");
        check("wkd", "STATUS_WAKE_SYSTEM_DEBUGGER");
        check("wob", "STATUS_WX86_BREAKPOINT");
        check("wos", "STATUS_WX86_SINGLE_STEP");
    }

    #[test]
    fn codes_are_unique_but_for_those_of_control_c() {
        let events = EVENTS.iter().map(|event| event.code());
        let exceptions = EXCEPTIONS.iter().filter(|kind| kind.number != Some(0x4001_0005));
        let exceptions = exceptions.flat_map(|kind| kind.code.into_iter().chain(kind.handling_code));
        let mut codes: Vec<&str> = events.chain(exceptions).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
