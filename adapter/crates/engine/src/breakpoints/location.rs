//! Where a breakpoint is, or why it is nowhere.

use crate::evaluate::EvaluateError;
use arch::Machine;
use arch::debug_registers::WatchError;
use memory::VirtualAddress;

/// One place of a breakpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// First byte of the instruction or data; of ports the port's number.
    pub address: VirtualAddress,
    /// The module that it lies in.
    pub module: Option<LoadedModule>,
    /// The source line, where it was asked for or the module's symbols are loaded.
    pub line: Option<SourcePlace>,
}

/// A module where it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModule {
    /// Its name in the debugger.
    pub name: String,
    /// Its first address.
    pub base: VirtualAddress,
}

/// The source line that a location really is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file as the symbol file spells it.
    pub file: String,
    /// The line, from 1; behind the one that was asked for if that has no code.
    pub line: u32,
    /// The column, from 1, where the compiler recorded columns.
    pub column: Option<u32>,
    /// False if the file was recognised by the end of its path only: neither path nor source map lead to it.
    pub same_path: bool,
}

/// Why a breakpoint has no location.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unresolved {
    /// Resolution hasn't been tried.
    #[error("it has not been looked for yet")]
    Untried,
    /// It will be looked for when the module is loaded.
    #[error("the module {0} is not loaded yet")]
    ModuleNotLoaded(String),
    /// The module has neither symbols nor exports.
    #[error("no symbols are to be had for {0}")]
    NoSymbols(String),
    /// An expression has no value.
    #[error("{0}")]
    Expression(#[from] EvaluateError),
    /// No function of the modules that were searched has such a name.
    #[error("no function is called '{0}' in a module whose symbols are loaded")]
    NoFunction(String),
    /// No module whose symbols are loaded was made from the file.
    #[error("no module whose symbols are loaded has code from {0}")]
    NoSource(String),
    /// The file has no code there.
    #[error("{file} has no code at line {line} or behind it")]
    NoCode {
        /// The file as the symbol file spells it.
        file: String,
        /// The line that was asked for.
        line: u32,
    },
    /// More places than a target can hold.
    #[error("it means {count} places, more than the {most} breakpoints that a target can hold")]
    TooMany {
        /// How many there are, at least.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// The module that it was in was unloaded, and the address means nothing any more.
    #[error("{} at {} was unloaded", .0.name, .0.base)]
    Unloaded(LoadedModule),
    /// The target was started anew, and the address means nothing any more.
    #[error("the target was restarted, and {0} means nothing any more")]
    Restarted(VirtualAddress),
    /// The processor can't watch it.
    #[error("{0}")]
    Watch(#[from] WatchError),
    /// Which debug registers the processor has isn't known.
    #[error("data breakpoints of {0} targets can't be set yet")]
    NoDebugRegisters(Machine),
}

impl Unresolved {
    /// Whether it was somewhere that no longer exists.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Unloaded(_) | Self::Restarted(_))
    }

    /// Whether modules that are loaded later can help.
    pub fn is_deferred(&self) -> bool {
        match self {
            Self::Untried
            | Self::ModuleNotLoaded(_)
            | Self::Expression(_)
            | Self::NoFunction(_)
            | Self::NoSource(_) => true,
            Self::NoSymbols(_)
            | Self::NoCode { .. }
            | Self::TooMany { .. }
            | Self::Unloaded(_)
            | Self::Restarted(_)
            | Self::Watch(_)
            | Self::NoDebugRegisters(_) => false,
        }
    }
}
