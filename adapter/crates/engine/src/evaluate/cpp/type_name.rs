//! Type names in C++ expressions: `unsigned char`, `struct nt!_EPROCESS *`, `char [16]`.

use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::word;
use super::builtin_types::builtin;
use super::literal;
use super::name::Name;
use symbols::{BaseType, Shape, TypeRef};

const QUALIFIERS: &[&str] = &["const", "volatile", "__unaligned", "__restrict"];
const TAGS: &[&str] = &["struct", "class", "union", "enum"];
/// Words that the names of base types consist of.
const BASE_WORDS: &[&str] = &[
    "unsigned", "signed", "char", "short", "int", "long", "float", "double", "bool", "void", "wchar_t", "char8_t",
    "char16_t", "char32_t", "__int8", "__int16", "__int32", "__int64", "__int128", "int64", "_Bool", "HRESULT",
];

/// A type name as it was written. What it names isn't looked up yet: often the syntax alone says that it is none.
pub(super) struct TypeName {
    base: Base,
    modifiers: Vec<Modifier>,
}

enum Base {
    /// A base type.
    Known(BaseType),
    /// A name; `tagged` if `struct` or the like stands before it, so that it can be nothing but a type.
    Named { name: Name, tagged: bool },
}

#[derive(Clone, Copy)]
enum Modifier {
    Pointer { size: u8 },
    Reference,
    Array { count: u64 },
}

impl Evaluator<'_> {
    /// The type that comes next, which must be one.
    pub(super) fn cpp_type(&mut self) -> Evaluated<TypeRef> {
        let at = self.cursor.next_token();
        match self.cpp_type_name()? {
            Some(name) => self.named_type(&name)?.ok_or_else(|| self.cursor.error(at, Problem::Unresolved)),
            None => Err(self.cursor.error(at, Problem::Expected("a type"))),
        }
    }

    /// `( type )`, if that comes next and can't be an expression; takes nothing otherwise. `is_operand` says that an
    /// operand follows, as it does behind a cast.
    pub(super) fn cpp_type_in_parentheses(&mut self, is_operand: bool) -> Evaluated<Option<TypeRef>> {
        let start = self.cursor.next_token();
        let found = self.cpp_parenthesized(is_operand)?;
        if found.is_none() {
            self.cursor.rewind(start);
        }
        Ok(found)
    }

    fn cpp_parenthesized(&mut self, is_operand: bool) -> Evaluated<Option<TypeRef>> {
        if !self.cursor.take("(") {
            return Ok(None);
        }
        let Some(written) = self.cpp_type_name()? else { return Ok(None) };
        if !self.cursor.take(")") {
            return Ok(None);
        }
        let plain_name = match &written.base {
            Base::Named { name, tagged: false } if written.modifiers.is_empty() => Some(name),
            _ => None,
        };
        let Some(name) = plain_name else { return self.named_type(&written) };
        if name.module.is_none() && self.scope.local(&name.name).is_some() {
            return Ok(None);
        }
        let follows = self.operand_follows();
        if is_operand && follows == Follows::Nothing {
            return Ok(None);
        }
        let Some(ty) = self.named_type(&written)? else { return Ok(None) };
        let is_base = matches!(ty.shape(), Ok(Shape::Base(_)));
        let ambiguous = is_operand && follows == Follows::OperandOrOperator && !is_base;
        let is_variable = ambiguous && !self.scope.symbols(name.module.as_deref(), &name.name).is_empty();
        Ok(Some(ty).filter(|_| !is_variable))
    }

    /// What follows behind `(name)`, which is a cast only before an operand.
    fn operand_follows(&mut self) -> Follows {
        let next = self.cursor.peek();
        match next {
            Some('-' | '+' | '*' | '&') => Follows::OperandOrOperator,
            Some('!') if self.cursor.rest().starts_with("!=") => Follows::Nothing,
            Some(c) if word::continues_cpp(c) || "(@#~!'\"".contains(c) => Follows::Operand,
            _ => Follows::Nothing,
        }
    }

    /// A type name, if the text looks like one.
    fn cpp_type_name(&mut self) -> Evaluated<Option<TypeName>> {
        while self.take_one_of(QUALIFIERS) {}
        let tagged = self.take_one_of(TAGS);
        let Some(base) = self.cpp_type_base(tagged) else { return Ok(None) };
        let mut modifiers = Vec::new();
        loop {
            if self.take_one_of(QUALIFIERS) {
                continue;
            } else if self.cursor.take("*") {
                modifiers.push(Modifier::Pointer { size: self.scope.pointer_size() });
            } else if self.cursor.take("&") {
                modifiers.push(Modifier::Reference);
            } else if self.cursor.take_word("__ptr32") {
                self.resize_pointer(&mut modifiers, 4);
            } else if self.cursor.take_word("__ptr64") {
                self.resize_pointer(&mut modifiers, 8);
            } else {
                break;
            }
        }
        let first_array = modifiers.len();
        while self.cursor.take("[") {
            let Some(Ok((number, length))) = literal::number(self.cursor.rest().trim_start()) else { return Ok(None) };
            self.cursor.next_token();
            self.cursor.take_bytes(length);
            modifiers.insert(first_array, Modifier::Array { count: number.value.as_u64() });
            self.cursor.expect("]", "]")?;
        }
        Ok(Some(TypeName { base, modifiers }))
    }

    fn cpp_type_base(&mut self, tagged: bool) -> Option<Base> {
        let mut words: Vec<&str> = Vec::new();
        while let Some(word) = BASE_WORDS.iter().find(|word| self.cursor.take_word(word)) {
            // "long unsigned" is "unsigned long".
            let sign = matches!(*word, "unsigned" | "signed");
            words.insert(if sign { 0 } else { words.len() }, word);
            while self.take_one_of(QUALIFIERS) {}
        }
        if !words.is_empty() {
            return BaseType::from_name(&words.join(" ")).map(Base::Known);
        }
        let known = |evaluator: &Self, name: &Name| evaluator.find_type(name).is_some();
        self.cpp_name(known).map(|name| Base::Named { name, tagged })
    }

    fn resize_pointer(&self, modifiers: &mut [Modifier], bytes: u8) {
        if let Some(Modifier::Pointer { size }) = modifiers.last_mut() {
            *size = bytes;
        }
    }

    /// The type that was written; None if it names none.
    fn named_type(&self, written: &TypeName) -> Evaluated<Option<TypeRef>> {
        let base = match &written.base {
            Base::Known(base) => Some(TypeRef::Base(*base)),
            Base::Named { name, tagged } => match self.find_type(name) {
                None if *tagged => return Err(self.cursor.error(name.at, Problem::Unresolved)),
                found => found,
            },
        };
        let Some(mut ty) = base else { return Ok(None) };
        for modifier in &written.modifiers {
            ty = match modifier {
                Modifier::Pointer { size } => ty.pointer(*size),
                Modifier::Array { count } => ty.array(*count),
                // A cast to a reference looks at the same place as another type; there's nothing else to do with one.
                Modifier::Reference => {
                    return Err(
                        self.error(Problem::Syntax("references can't be made; cast a pointer: *(type *)&value"))
                    );
                }
            };
        }
        Ok(Some(ty))
    }

    /// The type with this name: of the symbol files, of Windows' headers, or with the tag's underscore left out.
    pub(super) fn find_type(&self, name: &Name) -> Option<TypeRef> {
        let module = name.module.as_deref();
        if module.is_none() {
            if let Some(ty) = builtin(&name.name, self.scope.pointer_size()) {
                return Some(ty);
            }
        }
        let found = self.scope.find_type(module, &name.name);
        found.or_else(|| self.scope.find_type(module, &format!("_{}", name.name)))
    }

    fn take_one_of(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.cursor.take_word(word))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Follows {
    Operand,
    /// `-1` or `- 1`: behind a type it is an operand, behind a variable an operator.
    OperandOrOperator,
    Nothing,
}
