//! What an expression can see: the one interface between the evaluator and the session behind it.

use super::place::Place;
use memory::{ReadPhysical, ReadVirtual, VirtualAddress};
use symbols::TypeRef;

/// The names, registers and memory that an expression is evaluated against: those of one frame of one thread.
///
/// Names are matched as the session matches them everywhere (the debuggers: without regard to case). `module` is None
/// where the expression names no module; all modules are searched then.
pub trait Scope {
    /// The target's memory, by the current process's page tables.
    fn memory(&self) -> &dyn ReadVirtual;

    /// The target's physical memory; None where there is none to be had.
    fn physical_memory(&self) -> Option<&dyn ReadPhysical>;

    /// Bytes in a pointer of the target: 4 or 8.
    fn pointer_size(&self) -> u8;

    /// Radix of MASM numbers without a prefix: 8, 10 or 16 (the `n` command).
    fn radix(&self) -> u32;

    /// A register, part of one, or flag by its name, without `@`.
    fn register(&self, name: &str) -> Lookup<RegisterReading>;

    /// Some bits of a register, for a local that lives there. The error says why it can't be had, in words.
    ///
    /// # Errors
    /// The register isn't known in this frame.
    fn read_register(&self, part: arch::RegisterPart) -> Result<u128, String>;

    /// A pseudo-register by its name, `$` included: `$ip`, `$t0`, `$bug_code`.
    fn pseudo_register(&self, name: &str) -> Lookup<PseudoRegister>;

    /// A parameter or local variable of the current frame, innermost block first. One that has no value here is found
    /// all the same: with [`Place::Unavailable`].
    fn local(&self, name: &str) -> Option<Variable>;

    /// Every function, variable, label or constant of this exact name, one for each address.
    fn symbols(&self, module: Option<&str>, name: &str) -> Vec<Variable>;

    /// Address of the module with this name.
    fn module_base(&self, name: &str) -> Option<VirtualAddress>;

    /// A struct, union, enum or typedef by name (a tag with all its underscores: `_EPROCESS`).
    fn find_type(&self, module: Option<&str>, name: &str) -> Option<TypeRef>;

    /// Type of the function that begins at an address, for `$fnsucc`.
    fn function_type(&self, address: VirtualAddress) -> Option<TypeRef>;

    /// Entry point of the image at `base`, for `$iment`. The error says why it can't be had, in words.
    ///
    /// # Errors
    /// No image there, or its headers can't be read.
    fn image_entry_point(&self, base: VirtualAddress) -> Result<VirtualAddress, String>;

    /// Address of the first instruction of a source line. The error says why it can't be had, in words.
    ///
    /// # Errors
    /// No such module, file or line, or no line numbers.
    fn source_line(&self, line: &SourceLine) -> Result<VirtualAddress, String>;

    /// Writes `bytes` to a place that an expression assigns to. The error says why that isn't done, in words; targets
    /// that can't be written, such as dumps, answer with it always.
    ///
    /// # Errors
    /// The target refused.
    fn write(&self, place: &Place, bytes: &[u8]) -> Result<(), String>;
}

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It has a value.
    Found(T),
    /// The name is good, but there's no value; says why, in words.
    Unavailable(String),
    /// No such name.
    NotFound,
}

/// A register's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterReading {
    /// Its bits, zero-extended.
    pub value: u128,
    /// How many they are: 1 for flags, up to 128.
    pub bits: u16,
}

/// A pseudo-register's value.
#[derive(Clone, Debug)]
pub struct PseudoRegister {
    /// Its bits.
    pub value: u64,
    /// The type that it was given (`r? $t0 = ...`), or that it has by nature (`$proc`: a pointer to `_EPROCESS`); None
    /// for plain 64-bit numbers.
    pub ty: Option<TypeRef>,
}

/// Something with a name: a local, a parameter, a global, a function, a constant.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name, module-qualified for globals: `nt!PsInitialSystemProcess`.
    pub name: String,
    /// Its type; None where the symbol file doesn't say (public symbols).
    pub ty: Option<TypeRef>,
    /// Where it is.
    pub place: Place,
}

/// A source line as expressions name it: `` `module!file.c:123` ``, every part optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceLine {
    /// The module; None for any.
    pub module: Option<String>,
    /// File name, or the end of its path; None for the file that the instruction pointer is in.
    pub file: Option<String>,
    /// Line number from 1; None for the file's first line with code.
    pub line: Option<u32>,
}

/// A register of `context` by name: what [`Scope::register`] answers where a `CONTEXT` is all there is.
pub fn register_in(context: &arch::Context, name: &str) -> Lookup<RegisterReading> {
    match context.by_name(name) {
        None => Lookup::NotFound,
        Some(arch::RegisterValue { value: None, .. }) => {
            Lookup::Unavailable(format!("{name} is not known in this frame"))
        }
        Some(arch::RegisterValue { value: Some(value), part }) => {
            Lookup::Found(RegisterReading { value, bits: part.bits })
        }
    }
}
