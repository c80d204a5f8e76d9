//! What was asked for.

use crate::evaluate::Syntax;
use arch::debug_registers::Access;
use memory::VirtualAddress;

/// Where a breakpoint is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// At an address, whatever is there.
    Address(VirtualAddress),
    /// Where an expression leads (`bp`, `bu`).
    Expression(Expression),
    /// At each function whose name matches: `module!name*`, or `name*` in every module with symbols (`bm`).
    Pattern(String),
    /// At a line of source.
    SourceLine(SourceLineSpec),
    /// At data, by a debug register (`ba`).
    Data {
        /// Where the data is.
        at: Expression,
        /// Bytes.
        size: u8,
        /// The access that is waited for.
        access: Access,
    },
}

/// An expression for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    /// The text.
    pub text: String,
    /// Its syntax.
    pub syntax: Syntax,
    /// Whether it is evaluated again when modules come and go (`bu`). Else the address stays as it was first found
    /// (`bp`), and the breakpoint ends with the module that it is in.
    pub follows: bool,
}

/// A line of source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLineSpec {
    /// The only module to look in.
    pub module: Option<String>,
    /// The file: as symbol files spell it, as it is called on this machine, or just the last parts of either.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, to tell statements on one line apart where the compiler recorded columns.
    pub column: Option<u32>,
}

/// Whose breakpoint it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Set on the console: stays until it is cleared there.
    User,
    /// Of a list that the client sets as a whole.
    Client(ClientList),
}

/// A list that the client always sends as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientList {
    /// The breakpoints of one source file, by the client's path.
    Source(String),
    /// Function breakpoints.
    Functions,
    /// Instruction breakpoints.
    Instructions,
    /// Data breakpoints.
    Data,
}

impl Expression {
    /// A MASM expression.
    pub fn masm(text: impl Into<String>, follows: bool) -> Self {
        Self { text: text.into(), syntax: Syntax::Masm, follows }
    }

    /// Whether it has the name of a symbol in it, and not just numbers and registers: a MASM word that can be a
    /// hexadecimal number counts as one.
    pub fn is_by_name(&self) -> bool {
        let separates = |character: char| !character.is_alphanumeric() && !"_@$.`".contains(character);
        let is_name = |word: &str| {
            let begins_name = word.starts_with(|first: char| first.is_alphabetic() || first == '_');
            let is_number = word.chars().all(|digit| digit.is_ascii_hexdigit() || digit == '`');
            begins_name && !(is_number && self.syntax == Syntax::Masm)
        };
        self.text.split(separates).any(is_name)
    }
}

impl Spec {
    /// What an expression on the console stands for: a source line between backticks (`` `module!file.c:12` ``,
    /// `` `file.c:12` ``), else a MASM expression.
    pub fn parse(text: &str, follows: bool) -> Self {
        let quoted = text.trim().strip_prefix('`').and_then(|text| text.strip_suffix('`'));
        match quoted.and_then(source_line) {
            Some(line) => Self::SourceLine(line),
            None => Self::Expression(Expression::masm(text.trim(), follows)),
        }
    }

    /// What the name of a function stands for: the functions of that name, with wildcards or without, in the module
    /// that it names or in all with symbols; or an expression that leads into one (`module!name+12`).
    pub fn function(text: &str) -> Self {
        let text = text.trim();
        let is_expression = text.starts_with(|first: char| first.is_ascii_digit()) || has_displacement(text);
        if is_expression { Self::Expression(Expression::masm(text, true)) } else { Self::Pattern(text.to_owned()) }
    }

    /// Whether it takes a debug register.
    pub fn is_data(&self) -> bool {
        matches!(self, Self::Data { .. })
    }

    /// The module that it names, if it names one.
    pub fn module(&self) -> Option<&str> {
        match self {
            Self::Address(_) => None,
            Self::Expression(expression) | Self::Data { at: expression, .. } => named_module(&expression.text),
            Self::Pattern(pattern) => pattern.split_once('!').map(|(module, _)| module.trim()),
            Self::SourceLine(line) => line.module.as_deref(),
        }
    }
}

/// `file.c:12` or `module!file.c:12`. Colons and exclamation marks may be part of the path.
fn source_line(text: &str) -> Option<SourceLineSpec> {
    let (place, line) = text.rsplit_once(':')?;
    let line = line.trim().parse().ok().filter(|&line| line > 0)?;
    let (module, file) = match place.split_once('!') {
        Some((module, file)) if !module.contains(['\\', '/']) => (Some(module.trim().to_owned()), file),
        _ => (None, place),
    };
    Some(SourceLineSpec { module, file: file.trim().to_owned(), line, column: None })
}

/// `name+0x12`, but not `operator+`.
fn has_displacement(text: &str) -> bool {
    let behind = |sign| text.rsplit_once(sign).map(|(_, behind)| behind.trim_start_matches("0x"));
    let is_number = |behind: &str| !behind.is_empty() && behind.chars().all(|digit| digit.is_ascii_hexdigit());
    [behind('+'), behind('-')].into_iter().flatten().any(is_number)
}

/// The word before the first `!` of an expression that names a symbol; not that of `!=`.
fn named_module(expression: &str) -> Option<&str> {
    let (before, after) = expression.split_once('!')?;
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.' | '-' | '`');
    let start = before.char_indices().rev().take_while(|&(_, character)| is_part(character)).last();
    let module = before.get(start?.0..)?.trim_matches('`');
    (!module.is_empty() && !after.starts_with('=')).then_some(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backticks_hold_a_source_line_and_all_else_is_an_expression() {
        let line = |module: Option<&str>, file: &str, line| {
            let (module, file) = (module.map(str::to_owned), file.to_owned());
            Spec::SourceLine(SourceLineSpec { module, file, line, column: None })
        };
        assert_eq!(Spec::parse("`sampledrv!slot.h:10`", false), line(Some("sampledrv"), "slot.h", 10));
        assert_eq!(Spec::parse(r"`c:\src\a!b.c:7`", true), line(None, r"c:\src\a!b.c", 7));
        assert_eq!(Spec::parse(" nt!Foo+4 ", true), Spec::Expression(Expression::masm("nt!Foo+4", true)));
        assert_eq!(Spec::parse("`12`", false), Spec::Expression(Expression::masm("`12`", false)));
    }

    #[test]
    fn a_function_is_a_pattern_unless_it_is_computed() {
        let pattern = |text: &str| assert_eq!(Spec::function(text), Spec::Pattern(text.to_owned()));
        pattern("SampleStart");
        pattern("sampledrv!Sample*");
        pattern("module!Class::operator+");
        assert_eq!(Spec::function("nt!Foo+0x1c"), Spec::Expression(Expression::masm("nt!Foo+0x1c", true)));
    }

    #[test]
    fn names_are_told_from_numbers_and_registers() {
        let check =
            |text: &str, expected: bool| assert_eq!(Expression::masm(text, false).is_by_name(), expected, "{text}");
        check("KeBugCheckEx", true);
        check("nt!KeBugCheckEx+4", true);
        check("4+_start", true);
        check("fffff804`7bdf5a80", false);
        check("@rip + 0x10", false);
        check("@$proc", false);
        check("face", false);
    }

    #[test]
    fn the_module_that_an_expression_names_is_known_without_evaluating_it() {
        let module = |text: &str| Spec::parse(text, true).module().map(str::to_owned);
        assert_eq!(module("nt!Foo+4").as_deref(), Some("nt"));
        assert_eq!(module("poi(sampledrv!SampleDevices)").as_deref(), Some("sampledrv"));
        assert_eq!(module("@rax != 1"), None);
        assert_eq!(module("fffff804`7bdf5a80"), None);
        assert_eq!(module("`sampledrv!slot.h:10`").as_deref(), Some("sampledrv"));
    }
}
