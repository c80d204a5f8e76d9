//! Types in C spelling.

use super::{BaseKind, DEPTH_LIMIT, Shape, TypeRef};

/// Longest name that is written: function types of function types can grow without end.
const LENGTH_LIMIT: usize = 4096;

/// A type in C spelling; see [`TypeRef::name`].
pub(super) fn spelled(ty: &TypeRef) -> String {
    spell(ty, String::new(), DEPTH_LIMIT)
}

/// Writes `ty` around `inner`, the declarator so far: C reads from the inside out (`int (*)[3]`).
fn spell(ty: &TypeRef, inner: String, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1).filter(|_| inner.len() < LENGTH_LIMIT) else { return "...".to_owned() };
    let Ok(shape) = ty.shape() else { return join("<error>".to_owned(), &inner) };
    match shape {
        Shape::Void => join("void".to_owned(), &inner),
        Shape::Base(base) => join(base.name(), &inner),
        Shape::Enum(shape) => join(shape.name, &inner),
        Shape::Record(record) => join(record.name, &inner),
        Shape::Bitfield { underlying, length, .. } => format!("{} : {length}", spell(&underlying, inner, depth)),
        Shape::Pointer { target, reference, .. } => {
            let mark = if reference { '&' } else { '*' };
            let binds_tighter = matches!(target.shape(), Ok(Shape::Array { .. } | Shape::Function { .. }));
            let declarator = if binds_tighter { format!("({mark}{inner})") } else { format!("{mark}{inner}") };
            spell(&target, declarator, depth)
        }
        Shape::Array { element, count } => spell(&element, format!("{inner}[{count}]"), depth),
        Shape::Function { returns, parameters, .. } => {
            let parameters: Vec<String> = parameters
                .iter()
                .map(|parameter| match parameter.shape() {
                    Ok(Shape::Base(base)) if base.kind == BaseKind::None => "...".to_owned(),
                    _ => spell(parameter, String::new(), depth),
                })
                .collect();
            let list = if parameters.is_empty() { "void".to_owned() } else { parameters.join(", ") };
            spell(&returns, format!("{inner}({list})"), depth)
        }
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
