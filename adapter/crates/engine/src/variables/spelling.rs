//! Types as `dt` spells them: `Ptr64 _EPROCESS`, `[15] UChar`, `Uint4B`, `Pos 0, 3 Bits`.

use symbols::{BaseKind, BaseType, RecordKind, Shape, TypeRef};

/// Deepest nesting that is spelled out.
const DEPTH_LIMIT: usize = 32;

/// A type as `dt` spells it behind a member's name. A function is spelled by what it returns, four blanks before it:
/// `Ptr64     void`.
pub fn spelling(ty: &TypeRef) -> String {
    spell(ty, false, DEPTH_LIMIT)
}

/// The same as `dt -v` spells it: `struct _LIST_ENTRY, 2 elements, 0x10 bytes`, `Ptr64 to Void`,
/// `Bitfield Pos 0, 3 Bits`.
pub fn verbose_spelling(ty: &TypeRef) -> String {
    spell(ty, true, DEPTH_LIMIT)
}

fn spell(ty: &TypeRef, verbose: bool, depth: usize) -> String {
    let Some(depth) = depth.checked_sub(1) else { return "...".to_owned() };
    match ty.shape() {
        Err(error) => format!("<{error}>"),
        Ok(Shape::Void) => "Void".to_owned(),
        Ok(Shape::Base(base)) => base_name(base),
        Ok(Shape::Pointer { target, size, .. }) => {
            let to = if verbose { "to " } else { "" };
            format!("Ptr{} {to}{}", u32::from(size) * 8, spell(&target, verbose, depth))
        }
        Ok(Shape::Array { element, count }) => format!("[{count}] {}", spell(&element, verbose, depth)),
        Ok(Shape::Bitfield { position, length, .. }) => {
            let bits = if length == 1 { "Bit" } else { "Bits" };
            let kind = if verbose { "Bitfield " } else { "" };
            format!("{kind}Pos {position}, {length} {bits}")
        }
        Ok(Shape::Enum(shape)) if verbose => {
            let count = ty.enumerators().map_or(0, |enumerators| enumerators.len());
            format!("Enum {},  {count} total enums", shape.name)
        }
        Ok(Shape::Enum(shape)) => shape.name,
        Ok(Shape::Record(record)) if verbose => {
            let count = ty.members().map_or(0, |members| members.len());
            format!("{} {}, {count} elements, {:#x} bytes", keyword(record.kind), record.name, record.size)
        }
        Ok(Shape::Record(record)) => record.name,
        Ok(Shape::Function { returns, .. }) => format!("    {}", returns.name().replace(" *", "*")),
    }
}

/// `struct`, `class`, `union`.
pub(super) fn keyword(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Struct => "struct",
        RecordKind::Class => "class",
        RecordKind::Union => "union",
        RecordKind::Interface => "__interface",
    }
}

fn base_name(base: BaseType) -> String {
    match base.kind {
        BaseKind::Void => "Void".to_owned(),
        BaseKind::Bool if base.size == 1 => "Bool".to_owned(),
        BaseKind::Char => "Char".to_owned(),
        BaseKind::UnsignedChar => "UChar".to_owned(),
        BaseKind::WChar => "Wchar".to_owned(),
        BaseKind::Int | BaseKind::Long => format!("Int{}B", base.size),
        BaseKind::UnsignedInt | BaseKind::UnsignedLong => format!("Uint{}B", base.size),
        // Of any size, as the original.
        BaseKind::Float => "Float".to_owned(),
        _ => base.name(),
    }
}
