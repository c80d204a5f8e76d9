//! Why the system stopped: the bug check, the exception behind it, and the registers at that time.

use crate::target::Target;
use analysis::nt::bugcheck::{BugCheck, SavedState};
use analysis::nt::exception_record::ExceptionRecord;
use analysis::nt::processors;
use analysis::nt::structure::NtError;
use analysis::nt::trap_frame;
use arch::Context;
use memory::VirtualAddress;

/// Exception code of the `int 3` that a debugger's break-in, or `KeBugCheckEx` itself, raises.
pub(crate) const STATUS_BREAKPOINT: u32 = 0x8000_0003;

/// The crash that a dump holds.
#[derive(Debug)]
pub struct Crash {
    /// Code and parameters.
    pub bug_check: BugCheck,
    /// The exception that led to it, where it was kept.
    pub exception: Option<CrashException>,
}

/// The exception behind a bug check.
#[derive(Debug)]
pub struct CrashException {
    /// Its record; `Err` says why it can't be had, `None` that the bug check keeps none.
    pub record: Option<Result<ExceptionRecord, NtError>>,
    /// Where its registers were saved.
    pub saved: ExceptionSource,
    /// The registers at the exception (`.ecxr`).
    pub context: Result<Context, NtError>,
}

/// Where the registers at an exception were saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionSource {
    /// A `CONTEXT` that a bug check parameter points to.
    Context(VirtualAddress),
    /// A `KTRAP_FRAME` that a bug check parameter points to.
    TrapFrame(VirtualAddress),
    /// The context record of the dump's header.
    Header,
}

impl Crash {
    /// Gathers what the dump's header (or a live target's `KiBugCheckData`) and the bug check's parameters lead to.
    pub fn read(target: &Target) -> Option<Self> {
        let (code, parameters) = match target.dump() {
            Some(dump) => dump.header().bug_check.map(|recorded| (recorded.code, recorded.parameters))?,
            None => target.bug_check_data()?,
        };
        let bug_check = BugCheck { code, parameters };
        let exception = Self::carried(target, &bug_check).or_else(|| Self::in_header(target));
        Some(Self { bug_check, exception })
    }

    fn carried(target: &Target, bug_check: &BugCheck) -> Option<CrashException> {
        let carried = bug_check.carried_exception()?;
        let kernel = target.kernel();
        let record = carried.record.map(|address| {
            let unreadable = |error| NtError::Unreadable { what: "the exception record".to_owned(), error };
            ExceptionRecord::read(target, kernel.pointer_size(), address).map_err(unreadable)
        });
        let (saved, context) = match carried.state {
            SavedState::Context(at) => (ExceptionSource::Context(at), processors::read_context(&kernel, at)),
            SavedState::TrapFrame(at) => (ExceptionSource::TrapFrame(at), trap_frame::read(&kernel, at)),
        };
        Some(CrashException { record, saved, context })
    }

    /// The header's own exception, unless it is just the breakpoint that ended the system.
    fn in_header(target: &Target) -> Option<CrashException> {
        let exception = target.dump()?.exception()?;
        if exception.code == STATUS_BREAKPOINT || exception.code == 0 {
            return None;
        }
        let record = ExceptionRecord {
            code: exception.code,
            flags: exception.flags,
            nested: exception.record,
            address: exception.address,
            parameters: exception.parameters.clone(),
        };
        let context = target.header_context()?;
        Some(CrashException { record: Some(Ok(record)), saved: ExceptionSource::Header, context: Ok(context) })
    }
}
