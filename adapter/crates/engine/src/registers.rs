//! Changing registers of a live target.

use crate::live::LinkError;
use crate::run_control::RunError;
use crate::scope::ContextSource;
use crate::session::{ScopeError, Session};
use arch::{Context, RegisterGroup, RegisterPart};
use memory::VirtualAddress;

/// Why a register isn't set. It is as it was then, or unknown when the target didn't answer.
#[derive(Debug, thiserror::Error)]
pub enum SetRegisterError {
    /// The processor has none of this name.
    #[error("there is no register called '{0}'")]
    NoSuchRegister(String),
    /// More bits than the register has.
    #[error("{value:#x} does not fit into the {bits} bits of {name}")]
    TooWide {
        /// The register.
        name: String,
        /// Its bits.
        bits: u16,
        /// What it was to hold.
        value: u128,
    },
    /// Registers of callers are found by unwinding: they stand in no one place.
    #[error("frame {0} is a caller's: only the innermost frame's registers can be set (.frame 0)")]
    CallersFrame(usize),
    /// The current registers aren't a processor's.
    #[error("these registers were saved in memory: only a processor's own can be set (.cxr goes back to them)")]
    Saved,
    /// `Dr0` to `Dr7`: whatever is written there, data breakpoints replace.
    #[error("{0} can't be set: the debugger keeps its data breakpoints there (ba)")]
    DebugRegister(String),
    /// The target can't be asked.
    #[error(transparent)]
    NotHalted(#[from] RunError),
    /// There is no current frame.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The target refuses.
    #[error("the registers can't be set: {0}")]
    Link(#[from] LinkError),
}

impl Session {
    /// Sets a register, or a part of one (`eax`, `zf`), of the current processor of a halted live target, by any of its
    /// names. `value` may be zero- or sign-extended.
    ///
    /// # Errors
    /// [`SetRegisterError`].
    pub fn set_register(&mut self, name: &str, value: u128) -> Result<(), SetRegisterError> {
        let architecture = self.target().architecture();
        let missing = || SetRegisterError::NoSuchRegister(name.to_owned());
        let part = architecture.find_register(name).ok_or_else(missing)?;
        let processor = self.settable_processor()?;
        if architecture.register(part.register).is_some_and(|register| register.group == RegisterGroup::Debug) {
            return Err(SetRegisterError::DebugRegister(name.to_owned()));
        }
        if !fits(part, value) {
            return Err(SetRegisterError::TooWide { name: name.to_owned(), bits: part.bits, value });
        }
        let live = self.halted()?;
        let mut context: Context = live.context(processor)?;
        let full = context.get(part.register).ok_or_else(missing)?;
        context.set(part.register, part.replace(full, value));
        let stopped = live.stop().is_some_and(|stop| stop.processor == processor);
        match context.instruction_pointer() {
            // Where the target stands matters for how it goes on.
            Some(address) if part.register == architecture.instruction_pointer() && stopped => {
                self.set_instruction_pointer(VirtualAddress(address.0))?;
            }
            _ => {
                live.set_context(processor, &context)?;
                self.forget_conclusions();
            }
        }
        Ok(())
    }

    /// The processor whose own registers are current.
    fn settable_processor(&self) -> Result<u16, SetRegisterError> {
        self.halted()?;
        let scope = self.scope();
        let ContextSource::Processor(number) = scope.source else { return Err(SetRegisterError::Saved) };
        if scope.frame > 0 {
            // Functions that are inlined there have the same registers.
            let stack = self.stack()?;
            if !stack.frames.iter().take(scope.frame).all(|frame| frame.inline.is_some()) {
                return Err(SetRegisterError::CallersFrame(scope.frame));
            }
        }
        u16::try_from(number).map_err(|_| ScopeError::NoSuchProcessor { number, count: 0 }.into())
    }
}

/// Whether a register of so many bits holds `value`, as a number without a sign or, up to 64 bits, with one.
fn fits(part: RegisterPart, value: u128) -> bool {
    let bits = u32::from(part.bits);
    let beyond = |value: u128| value.checked_shr(bits).unwrap_or(0);
    let negative = u64::try_from(value).is_ok_and(|low| {
        let sign = 64u32.saturating_sub(bits);
        bits <= 64 && (((low << sign.min(63)) as i64) >> sign.min(63)) as u64 == low
    });
    beyond(value) == 0 || negative
}

#[cfg(test)]
mod tests {
    use super::*;
    use arch::Machine;

    #[track_caller]
    fn check(name: &str, value: u128, expected: bool) {
        let part = Machine::Amd64.architecture().find_register(name).unwrap();
        assert_eq!(fits(part, value), expected, "{name} {value:#x}");
    }

    #[test]
    fn a_value_fits_if_no_bit_of_it_is_lost() {
        check("rax", u64::MAX.into(), true);
        check("eax", 0xffff_ffff, true);
        check("eax", 0x1_0000_0000, false);
        check("eax", u64::MAX.into(), true);
        check("eax", 0xffff_ffff_7fff_ffff, false);
        check("al", 0xff, true);
        check("al", 0xffff_ffff_ffff_ff80, true);
        check("al", 0xffff_ffff_ffff_ff00, false);
        check("zf", 1, true);
        check("zf", 2, false);
        check("xmm0", u128::MAX, true);
    }
}
