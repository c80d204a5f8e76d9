//! Names in C++ expressions, and what they stand for.

use super::super::Syntax;
use super::super::cursor::Evaluated;
use super::super::error::Problem;
use super::super::evaluator::Evaluator;
use super::super::scope::Variable;
use super::super::value::Value;
use super::super::word;
use symbols::{BaseKind, BaseType, Shape, TypeRef};

/// A name as it was written.
#[derive(Clone, Debug)]
pub(super) struct Name {
    /// What stands before `!`; None without one. `$` says that the name is a local's.
    pub(super) module: Option<String>,
    /// The name itself, with its classes (`CFoo::member`) and template arguments.
    pub(super) name: String,
    /// Written with `::` before it: no local, and no member of `this`.
    pub(super) global: bool,
    /// Where it begins.
    pub(super) at: usize,
}

impl Evaluator<'_> {
    /// The name that comes next; None if none does. Template arguments belong to it if `is_known` says that the whole
    /// is a name: `<` is an operator otherwise.
    pub(super) fn cpp_name(&mut self, is_known: impl Fn(&Self, &Name) -> bool) -> Option<Name> {
        let at = self.cursor.next_token();
        let global = self.cursor.take("::");
        let word = self.cursor.take_bytes(word::length(self.cursor.rest(), Syntax::Cpp));
        if word.is_empty() {
            return None;
        }
        let (module, name) = match word.split_once('!') {
            None => (None, word),
            Some(("", name)) => (None, name),
            Some((module, name)) => (Some(module.to_owned()), name),
        };
        let name = Name { module, name: name.to_owned(), global, at };
        if let Some(length) = template_arguments(self.cursor.rest()) {
            let arguments = self.cursor.slice(self.cursor.position(), self.cursor.position() + length);
            let behind = self.cursor.rest().get(length..).unwrap_or_default();
            let members = if behind.starts_with("::") {
                word::length(behind.get(2..).unwrap_or_default(), Syntax::Cpp) + 2
            } else {
                0
            };
            let members = behind.get(..members).unwrap_or_default();
            let spellings =
                [format!("{}{arguments}{members}", name.name), format!("{}{}{members}", name.name, tight(arguments))];
            for spelling in spellings {
                let whole = Name { name: spelling, ..name.clone() };
                if is_known(self, &whole) {
                    self.cursor.take_bytes(length + members.len());
                    return Some(whole);
                }
            }
        }
        Some(name)
    }

    /// What `name` stands for: a local, an enumerator, a global or function. None if nothing has that name.
    pub(super) fn cpp_variable(&self, name: &Name) -> Evaluated<Option<Value>> {
        let locals_only = name.module.as_deref() == Some("$");
        let may_be_local = name.module.is_none() && !name.global;
        if may_be_local || locals_only {
            if let Some(local) = self.scope.local(&name.name) {
                return Ok(Some(typed(&local)));
            }
        }
        if locals_only {
            return Ok(None);
        }
        if may_be_local {
            if let Some(value) = self.member_of_this(&name.name)? {
                return Ok(Some(value));
            }
        }
        if let Some(value) = self.enumerator(name)? {
            return Ok(Some(value));
        }
        let found = self.scope.symbols(name.module.as_deref(), &name.name);
        Ok(self.only_one(&found, name.at)?.map(typed))
    }

    /// The member with this name of the object whose method the frame is in.
    fn member_of_this(&self, name: &str) -> Evaluated<Option<Value>> {
        let Some(this) = self.scope.local("this").map(|this| typed(&this)) else { return Ok(None) };
        let Shape::Pointer { target, .. } = self.shape_of(&this)? else { return Ok(None) };
        match target.find_member(name).map_err(|error| self.error(error.into()))? {
            Some(_) => self.member(&self.dereference(&this)?, name).map(Some),
            None => Ok(None),
        }
    }

    /// The enumerator that `name` stands for: of the enum beside it (`state == Running`), or of the one that it names
    /// (`_KTHREAD_STATE::Running`).
    fn enumerator(&self, name: &Name) -> Evaluated<Option<Value>> {
        let (ty, name) = match name.name.rsplit_once("::") {
            Some((class, last)) => (self.scope.find_type(name.module.as_deref(), class), last),
            None => (self.enum_beside(), name.name.as_str()),
        };
        let Some(ty) = ty else { return Ok(None) };
        let enumerators = ty.enumerators().map_err(|error| self.error(error.into()))?;
        let Some(found) = enumerators.into_iter().find(|enumerator| enumerator.name == name) else { return Ok(None) };
        let size = self.size_of(&ty)?;
        Ok(Some(Value::constant(ty, found.value, size)))
    }

    /// Whether some variable, function or type has this name.
    pub(super) fn is_anything(&self, name: &Name) -> bool {
        self.find_type(name).is_some() || !self.scope.symbols(name.module.as_deref(), &name.name).is_empty()
    }

    /// The member `name` (which was just taken) of a record.
    pub(super) fn member(&self, record: &Value, name: &str) -> Evaluated<Value> {
        let structure = record.ty.name();
        match self.shape_of(record)? {
            Shape::Record(_) => {}
            Shape::Pointer { .. } => {
                return Err(self.error(Problem::Operand(format!("{structure} is a pointer; use ->"))));
            }
            _ => return Err(self.error(Problem::Operand(format!("{structure} has no members")))),
        }
        if let Some(member) = record.member(name).map_err(|problem| self.error(problem))? {
            return self.referred(member);
        }
        let static_member = self.scope.symbols(None, &format!("{structure}::{name}"));
        match static_member.as_slice() {
            [member] => self.referred(typed(member)),
            _ => Err(self.error(Problem::NoSuchMember { structure })),
        }
    }
}

/// `variable` as a value. One without a type can be asked for its address, no more.
fn typed(variable: &Variable) -> Value {
    let untyped = || TypeRef::Base(BaseType { kind: BaseKind::None, size: 0 });
    Value { ty: variable.ty.clone().unwrap_or_else(untyped), place: variable.place.clone() }
}

/// Bytes from `<` to the `>` that belongs to it, blanks before the `<` included; None if the text begins with no such.
fn template_arguments(text: &str) -> Option<usize> {
    if !text.trim_start().starts_with('<') {
        return None;
    }
    let mut open = 0u32;
    for (offset, character) in text.char_indices() {
        match character {
            '<' => open += 1,
            '>' => open -= 1,
            other if other.is_alphanumeric() || other.is_whitespace() || "_$:,*&()[]-".contains(other) => {}
            _ => return None,
        }
        if character == '>' && open == 0 {
            return Some(offset + 1);
        }
    }
    None
}

/// Template arguments as compilers write them into names: blanks only between two words and two `>`.
fn tight(arguments: &str) -> String {
    let mut text = String::new();
    for part in arguments.split_whitespace() {
        let glued = text.ends_with(word::continues_cpp) && part.starts_with(word::continues_cpp);
        if glued || text.ends_with('>') && part.starts_with('>') {
            text.push(' ');
        }
        text.push_str(part);
    }
    text.replace(">>", "> >")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_arguments_end_at_their_own_bracket() {
        for (text, length) in [("<int>x", 5), (" <a<b>,c> ", 9), ("<int", 0), ("< 1 + 2 > 3", 0), ("+", 0), ("<<1>", 0)]
        {
            assert_eq!(template_arguments(text).unwrap_or(0), length, "{text}");
        }
    }

    #[test]
    fn blanks_that_compilers_don_t_write_are_dropped() {
        assert_eq!(tight("< unsigned long, std::pair< int , int >>"), "<unsigned long,std::pair<int,int> >");
    }
}
