//! Types as `x`, `ln` and `kp` write them: C spelling, with `struct` before the names of structures.

use symbols::{RecordKind, Shape, TypeRef};

/// Deepest nesting of pointers and arrays that is looked through.
const DEPTH_LIMIT: usize = 16;

/// `struct _DRIVER_OBJECT *`, `unsigned long [4]`.
pub(crate) fn type_words(ty: &TypeRef) -> String {
    format!("{}{}", keyword(ty, DEPTH_LIMIT), ty.name())
}

/// `struct `, `union `, `class ` or nothing, as the innermost type is.
fn keyword(ty: &TypeRef, depth: usize) -> &'static str {
    let Some(depth) = depth.checked_sub(1) else { return "" };
    match ty.shape() {
        Ok(Shape::Record(record)) => match record.kind {
            RecordKind::Struct => "struct ",
            RecordKind::Class => "class ",
            RecordKind::Union => "union ",
            _ => "",
        },
        Ok(Shape::Pointer { target, .. }) => keyword(&target, depth),
        Ok(Shape::Array { element, .. }) => keyword(&element, depth),
        _ => "",
    }
}

/// The parameters of a function's type: `(struct _IRP *, int)`, `(void)`; `None` for what is no function.
pub(crate) fn parameter_words(ty: &TypeRef) -> Option<String> {
    let Ok(Shape::Function { parameters, .. }) = ty.shape() else { return None };
    let words: Vec<String> = parameters.iter().map(type_words).collect();
    Some(if words.is_empty() { "(void)".to_owned() } else { format!("({})", words.join(", ")) })
}
