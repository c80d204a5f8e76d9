//! Types in C spelling.

use super::{BaseKind, Shape, TypeRef};

/// Parts that a name is put together from, at most: function types of function types can grow without end.
const PARTS_LIMIT: usize = 256;

/// A type in C spelling; see [`TypeRef::name`].
pub(super) fn spelled(ty: &TypeRef) -> String {
    Speller { parts: 0 }.spell(ty, String::new())
}

struct Speller {
    /// Parts that were written.
    parts: usize,
}

impl Speller {
    /// Writes `ty` around `inner`, the declarator so far: C reads from the inside out (`int (*)[3]`).
    fn spell(&mut self, ty: &TypeRef, inner: String) -> String {
        self.parts += 1;
        if self.parts > PARTS_LIMIT {
            return "...".to_owned();
        }
        let Ok(shape) = ty.shape() else { return join("<error>".to_owned(), &inner) };
        match shape {
            Shape::Void => join("void".to_owned(), &inner),
            Shape::Base(base) => join(base.name(), &inner),
            Shape::Enum(shape) => join(shape.name, &inner),
            Shape::Record(record) => join(record.name, &inner),
            Shape::Bitfield { underlying, length, .. } => format!("{} : {length}", self.spell(&underlying, inner)),
            Shape::Pointer { target, reference, .. } => {
                let mark = if reference { '&' } else { '*' };
                let binds_tighter = matches!(target.shape(), Ok(Shape::Array { .. } | Shape::Function { .. }));
                let declarator = if binds_tighter { format!("({mark}{inner})") } else { format!("{mark}{inner}") };
                self.spell(&target, declarator)
            }
            Shape::Array { element, count } => self.spell(&element, format!("{inner}[{count}]")),
            Shape::Function { returns, parameters, .. } => {
                let parameters = self.parameters(&parameters);
                self.spell(&returns, format!("{inner}({parameters})"))
            }
        }
    }

    fn parameters(&mut self, parameters: &[TypeRef]) -> String {
        let mut names = Vec::new();
        for parameter in parameters {
            names.push(match parameter.shape() {
                Ok(Shape::Base(base)) if base.kind == BaseKind::None => "...".to_owned(),
                _ => self.spell(parameter, String::new()),
            });
            if self.parts > PARTS_LIMIT {
                break;
            }
        }
        if names.is_empty() { "void".to_owned() } else { names.join(", ") }
    }
}

fn join(name: String, declarator: &str) -> String {
    if declarator.is_empty() { name } else { format!("{name} {declarator}") }
}

#[cfg(test)]
mod tests {
    use crate::{BaseType, TypeRef};

    #[track_caller]
    fn check(ty: TypeRef, expected: &str) {
        assert_eq!(ty.name(), expected);
    }

    fn base(name: &str) -> TypeRef {
        TypeRef::Base(BaseType::from_name(name).unwrap())
    }

    #[test]
    fn declarators_bind_as_in_c() {
        check(base("unsigned char").array(16), "unsigned char [16]");
        check(base("char").pointer(8).pointer(8), "char **");
        check(base("int").array(3).pointer(8), "int (*)[3]");
        check(base("void").pointer(8).array(2), "void *[2]");
        check(base("int").array(3).array(2), "int [2][3]");
    }
}
