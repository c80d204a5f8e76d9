//! What C++ expressions are made of: literals, names, registers, parentheses.

use super::super::Syntax;
use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::place::Place;
use super::super::pseudo_registers::{PointsAt, points_at};
use super::super::scope::{Lookup, PseudoRegister, RegisterReading};
use super::super::value::Value;
use super::super::word;
use super::literal;
use super::operand::{Pointer, boolean};
use symbols::{BaseKind, BaseType, TypeRef};

impl Evaluator<'_> {
    /// An operand without operators.
    pub(super) fn cpp_primary(&mut self) -> Evaluated<Value> {
        if self.cursor.take("(") {
            let value = self.cpp()?;
            self.cursor.expect(")", ")")?;
            return Ok(value);
        }
        if let Some(value) = self.switched(Syntax::Cpp)? {
            return Ok(value);
        }
        match self.cursor.peek() {
            Some('@') => return self.cpp_register(),
            Some('#') => return self.cpp_macro(),
            Some('"') => return self.cpp_string(),
            _ => {}
        }
        let start = self.cursor.next_token();
        let rest = self.cursor.rest();
        if let Some(constant) = literal::character(rest).or_else(|| literal::number(rest)) {
            let (number, length) = constant.map_err(|problem| self.cursor.error(start, problem))?;
            self.cursor.take_bytes(length);
            return Ok(number.into_value());
        }
        if let Some(value) = self.cpp_keyword()? {
            return Ok(value);
        }
        match self.cpp_name(Self::is_anything) {
            Some(name) => match self.cpp_variable(&name)? {
                Some(value) => self.referred(value),
                None => Err(self.cursor.error(start, Problem::Unresolved)),
            },
            None if rest.starts_with('.') => {
                Err(self.cursor.error(start, Problem::Syntax("C++ expressions have no . for $ip; write @$ip")))
            }
            None if rest.starts_with('`') => Err(self
                .cursor
                .error(start, Problem::Syntax("C++ expressions have no source lines; write @@(`file:line`)"))),
            None => Err(self.cursor.error(start, Problem::UnexpectedToken)),
        }
    }

    fn cpp_keyword(&mut self) -> Evaluated<Option<Value>> {
        for (keyword, value) in [("true", true), ("false", false)] {
            if self.cursor.take_word(keyword) {
                return Ok(Some(boolean(value)));
            }
        }
        if self.cursor.take_word("nullptr") {
            let (target, size) = (TypeRef::Base(BaseType::VOID), self.scope.pointer_size());
            return Ok(Some(Pointer { address: 0, target, size }.into_value()));
        }
        let casts = ["static_cast", "reinterpret_cast", "const_cast", "dynamic_cast"];
        if !casts.iter().any(|cast| self.cursor.take_word(cast)) {
            return Ok(None);
        }
        self.cursor.expect("<", "<")?;
        let ty = self.cpp_type()?;
        self.cursor.expect(">", ">")?;
        self.cursor.expect("(", "(")?;
        let value = self.cpp()?;
        self.cursor.expect(")", ")")?;
        self.cast(&value, ty).map(Some)
    }

    /// `@name`: a register, an unsigned number of its width; or a pseudo-register with the type that suits it.
    fn cpp_register(&mut self) -> Evaluated<Value> {
        let start = self.cursor.next_token();
        self.cursor.take("@");
        let rest = self.cursor.rest();
        let name = self.cursor.take_bytes(rest.find(|c| !word::continues_cpp(c)).unwrap_or(rest.len()));
        let problem = if name.starts_with('$') {
            match self.scope.pseudo_register(name) {
                Lookup::Found(found) => return self.pseudo_register(name, found),
                Lookup::Unavailable(why) => Problem::Unavailable(why),
                Lookup::NotFound => Problem::BadRegister,
            }
        } else {
            match self.scope.register(name) {
                Lookup::Found(reading) => return Ok(register(reading)),
                Lookup::Unavailable(why) => Problem::Unavailable(why),
                Lookup::NotFound => Problem::BadRegister,
            }
        };
        Err(self.cursor.error(start, problem))
    }

    fn pseudo_register(&self, name: &str, found: PseudoRegister) -> Evaluated<Value> {
        let target = || match points_at(name)? {
            PointsAt::Bytes => Some(TypeRef::Base(BaseType { kind: BaseKind::UnsignedChar, size: 1 })),
            PointsAt::Structure(tag) => self.scope.find_type(Some("nt"), tag),
        };
        let pointer = || target().map(|target| target.pointer(self.scope.pointer_size()));
        match found.ty.or_else(pointer) {
            Some(ty) => {
                let size = self.size_of(&ty)?;
                Ok(Value::constant(ty, found.value.into(), size))
            }
            None => Ok(Value::number(found.value)),
        }
    }

    /// A text between quotation marks: a `char` array.
    fn cpp_string(&mut self) -> Evaluated<Value> {
        let text = self.cursor.take_string()?.unwrap_or_default();
        let mut bytes = text.into_bytes();
        bytes.push(0);
        let element = TypeRef::Base(BaseType { kind: BaseKind::Char, size: 1 });
        Ok(Value { ty: element.array(bytes.len() as u64), place: Place::Constant(bytes) })
    }
}

/// A register as an unsigned number of its width; flags are bytes.
fn register(reading: RegisterReading) -> Value {
    let (kind, size) = match reading.bits {
        0..=8 => (BaseKind::UnsignedChar, 1),
        9..=16 => (BaseKind::UnsignedInt, 2),
        17..=32 => (BaseKind::UnsignedInt, 4),
        33..=64 => (BaseKind::UnsignedInt, 8),
        80 => (BaseKind::Float, 10),
        _ => (BaseKind::UnsignedInt, 16),
    };
    Value::constant(TypeRef::Base(BaseType { kind, size }), reading.value as i128, size.into())
}
