//! What a word stands for: number, register, pseudo-register, local, module or symbol, in the documented order.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::place::Place;
use super::super::pseudo_registers::points_at;
use super::super::scope::{Lookup, RegisterReading, Variable};
use super::super::word;
use super::number::{Number, number};

/// Registers that need no `@`: they are looked up before symbols are.
const COMMON_REGISTERS: &[&str] = &[
    "eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp", "eip", "efl", "rax", "rbx", "rcx", "rdx", "rsi", "rdi",
    "rbp", "rsp", "rip", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
];

impl Evaluator<'_> {
    /// `@name`: always a register or pseudo-register. `@!"name"`: always a symbol, whatever characters it has.
    pub(super) fn masm_register(&mut self) -> Evaluated<u64> {
        let start = self.cursor.next_token();
        if self.cursor.take("@!") {
            let Some(name) = self.cursor.take_string()? else {
                return Err(self.cursor.error_here(Problem::Expected("a symbol's name in \"\"")));
            };
            return self.masm_symbol(&name, start)?.ok_or_else(|| self.cursor.error(start, Problem::Unresolved));
        }
        self.cursor.take("@");
        let rest = self.cursor.rest();
        let name = self.cursor.take_bytes(rest.find(|c| !word::continues_masm(c)).unwrap_or(rest.len()));
        let value = match name.strip_prefix('$') {
            Some(_) => self.masm_pseudo_register_at(name, start)?,
            None => self.masm_register_at(name, start)?,
        };
        value.ok_or_else(|| self.cursor.error(start, Problem::BadRegister))
    }

    /// `.`, which has been taken: the same as `$ip`.
    pub(super) fn masm_instruction_pointer(&self) -> Evaluated<u64> {
        match self.scope.pseudo_register("$ip") {
            Lookup::Found(found) => Ok(self.sign_extended(found.value, false)),
            Lookup::Unavailable(why) => Err(self.error(Problem::Unavailable(why))),
            Lookup::NotFound => Err(self.error(Problem::BadRegister)),
        }
    }

    /// A word that is no operator and no function. Hexadecimal numbers win over names, as documented: `!fade`, or a
    /// module before it, makes it a name. Pseudo-registers are looked up before symbols, though documented the other
    /// way round: `$` begins hardly any symbol, and a search for one would load the symbols of every module.
    pub(super) fn masm_number_or_name(&mut self, word: &str, start: usize) -> Evaluated<u64> {
        let plain = !word.contains('!');
        let fail = |evaluator: &Self, problem| Err(evaluator.cursor.error(start, problem));
        match number(word, self.scope.radix()) {
            Number::Value { value, grave_accent } => return Ok(self.sign_extended(value, grave_accent)),
            Number::TooLarge => return fail(self, Problem::Overflow),
            Number::SomethingElse if plain && word.starts_with(|first: char| first.is_ascii_digit()) => {
                return fail(self, Problem::Syntax("no number of the current radix"));
            }
            Number::SomethingElse => {}
        }
        if plain && word.starts_with('$') {
            if let Some(value) = self.masm_pseudo_register_at(word, start)? {
                return Ok(value);
            }
        }
        let common = COMMON_REGISTERS.iter().any(|name| name.eq_ignore_ascii_case(word));
        if common {
            if let Some(value) = self.masm_register_at(word, start)? {
                return Ok(value);
            }
        }
        if let Some(value) = self.masm_symbol(word, start)? {
            return Ok(value);
        }
        if plain && !common {
            if let Some(value) = self.masm_register_at(word, start)? {
                return Ok(value);
            }
        }
        fail(self, Problem::Unresolved)
    }

    /// Constants, addresses and pointers of 32-bit targets are sign-extended ("Sign Extension"), unless a constant was
    /// written with a grave accent. On 64-bit targets the debuggers leave numbers as they are.
    pub(super) fn sign_extended(&self, value: u64, grave_accent: bool) -> u64 {
        let narrow = self.scope.pointer_size() == 4 && !grave_accent;
        match u32::try_from(value) {
            Ok(value) if narrow => i64::from(value as i32) as u64,
            _ => value,
        }
    }

    fn masm_register_at(&self, name: &str, start: usize) -> Evaluated<Option<u64>> {
        match self.scope.register(name) {
            Lookup::NotFound => Ok(None),
            Lookup::Unavailable(why) => Err(self.cursor.error(start, Problem::Unavailable(why))),
            Lookup::Found(RegisterReading { value, bits }) => match u64::try_from(value) {
                Ok(value) if bits == 32 => Ok(Some(self.sign_extended(value, false))),
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(self.cursor.error(start, Problem::Overflow)),
            },
        }
    }

    fn masm_pseudo_register_at(&self, name: &str, start: usize) -> Evaluated<Option<u64>> {
        match self.scope.pseudo_register(name) {
            Lookup::NotFound => Ok(None),
            Lookup::Unavailable(why) => Err(self.cursor.error(start, Problem::Unavailable(why))),
            Lookup::Found(found) if points_at(name).is_some() => Ok(Some(self.sign_extended(found.value, false))),
            Lookup::Found(found) => Ok(Some(found.value)),
        }
    }

    /// A local, module or symbol; its value is its address. `$!name` is a local, `!name` anything with that name.
    fn masm_symbol(&self, word: &str, start: usize) -> Evaluated<Option<u64>> {
        let (module, name) = match word.split_once('!') {
            None | Some(("", _)) => (None, word.trim_start_matches('!')),
            Some((module, name)) => (Some(module), name),
        };
        if module.is_none_or(|module| module == "$") {
            if let Some(local) = self.scope.local(name) {
                return self.masm_address_of(&local, start).map(Some);
            }
        }
        if module == Some("$") {
            return Ok(None);
        }
        if !word.contains('!') {
            if let Some(base) = self.scope.module_base(word) {
                return Ok(Some(self.sign_extended(base.0, false)));
            }
        }
        let mut found = self.scope.symbols(module, name);
        if found.is_empty() && name.contains("__") {
            found = self.scope.symbols(module, &name.replace("__", "::"));
        }
        self.only_one(&found, start)?.map(|symbol| self.masm_address_of(symbol, start)).transpose()
    }

    /// The symbol, if there is one; an error if there are several.
    pub(in super::super) fn only_one<'s>(
        &self,
        found: &'s [Variable],
        start: usize,
    ) -> Evaluated<Option<&'s Variable>> {
        match found {
            [] => Ok(None),
            [symbol, others @ ..] if others.iter().all(|other| other.place == symbol.place) => Ok(Some(symbol)),
            several => {
                let describe = |symbol: &Variable| match &symbol.place {
                    Place::Memory(address) => format!("{} ({address})", symbol.name),
                    _ => symbol.name.clone(),
                };
                Err(self.cursor.error(start, Problem::Ambiguous(several.iter().map(describe).collect())))
            }
        }
    }

    fn masm_address_of(&self, variable: &Variable, start: usize) -> Evaluated<u64> {
        let name = &variable.name;
        let problem = match &variable.place {
            Place::Memory(address) => return Ok(self.sign_extended(address.0, false)),
            Place::Unavailable(why) => Problem::Unavailable(why.clone()),
            Place::Constant(_) => {
                Problem::Operand(format!("{name} is a constant and has no address; @@({name}) is its value"))
            }
            Place::Register(_) | Place::Pieces(_) => {
                Problem::Operand(format!("{name} lives in a register and has no address; @@({name}) is its value"))
            }
        };
        Err(self.cursor.error(start, problem))
    }
}
