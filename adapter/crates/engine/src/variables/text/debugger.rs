//! Values as the Windows debuggers write them: `dt` those of members, `dv` and `??` those of variables.

use super::{behind_function, behind_pointer, list, number, quoted};
use crate::variables::content::{Content, Pointee};
use crate::variables::enums::EnumName;
use crate::variables::spelling::{keyword, spelling};
use symbols::{BaseType, Shape, SymbolName, TypeRef};

/// A member's value behind its name, as `dt` writes it.
pub(super) fn dt(content: &Content) -> String {
    match content {
        Content::Unavailable(why) => format!("???? <{why}>"),
        Content::Boolean(value) => number::dt_unsigned(*value),
        Content::Character { value, base } if base.is_signed() => format!("{value} {}", character(*value, *base)),
        Content::Enum { value, name } => dt_enum(*value, name),
        Content::BitField { value, name: Some(name), .. } => dt_enum(*value, name),
        Content::BitField { value, length, name: None } => number::dt_bits(*value, *length),
        Content::Pointer { address, .. } if address.0 == 0 => "(null)".to_owned(),
        Content::Pointer { address, size, symbol, pointee, target } => {
            let (target, behind) = (dt_target(target), dt_behind_pointer(symbol.as_ref(), pointee));
            format!("{}{target}{behind}", number::pointer(*address, *size))
        }
        Content::TextArray { text, count, .. } => format!("[{count}]  {}", quoted(text)),
        Content::Array { count, first, element } => match first.first() {
            Some(first) => format!("[{count}] {}", dt(first)),
            None => format!("[{count}] {}", spelling(element)),
        },
        Content::CountedString { name, text: Ok(text) } => format!("{name} {}", quoted(text)),
        Content::CountedString { name, text: Err(why) } => format!("{name} <{why}>"),
        Content::ListEntry { forward, backward, size } => {
            format!("_LIST_ENTRY [ {} - {} ]", dt_link(*forward, *size), dt_link(*backward, *size))
        }
        Content::LargeInteger { name, value, .. } => match number::stored(*value, 64) {
            small @ 0..=0xffff_ffff => format!("{name} {small:#x}"),
            large => format!("{name} {}", number::dt_unsigned(large)),
        },
        Content::Guid(guid) => format!("_GUID {{{}}}", guid.to_string().to_lowercase()),
        Content::Record { name, .. } => name.clone(),
        other => shared(other),
    }
}

/// A variable's value behind its name, as `dv` writes it.
pub(super) fn dv(content: &Content) -> String {
    match content {
        Content::Unavailable(why) => format!("<{why}>"),
        Content::Boolean(value) => if *value == 0 { "false" } else { "true" }.to_owned(),
        Content::Character { value, base } if base.is_signed() => format!("0n{value} {}", character(*value, *base)),
        Content::Enum { value, name } => dv_enum(*value, name),
        Content::BitField { value, name: Some(name), .. } => dv_enum(*value, name),
        Content::BitField { value, length, name: None } => number::dt_bits(*value, *length),
        Content::Pointer { address, size, symbol, pointee, .. } => {
            format!("{}{}", number::pointer(*address, *size), behind_pointer(symbol.as_ref(), pointee, dv))
        }
        Content::TextArray { text, count, element } => format!("{element} [{count}] {}", quoted(text)),
        Content::Array { count, element, .. } => {
            format!("{}{}", prefixed(element), element.clone().array(*count).name())
        }
        Content::CountedString { name, text: Ok(text) } => format!("struct {name} {}", quoted(text)),
        Content::CountedString { name, text: Err(why) } => format!("struct {name} <{why}>"),
        Content::ListEntry { forward, backward, size } => {
            format!(
                "struct _LIST_ENTRY [ {} - {} ]",
                number::pointer(*forward, *size),
                number::pointer(*backward, *size)
            )
        }
        Content::LargeInteger { name, value, .. } => format!("union {name} 0x{:x}", number::stored(*value, 64)),
        Content::Guid(guid) => format!("struct _GUID {{{}}}", guid.to_string().to_lowercase()),
        Content::Record { kind, name, .. } => format!("{} {name}", keyword(*kind)),
        other => shared(other),
    }
}

/// What both write alike.
fn shared(content: &Content) -> String {
    match content {
        Content::Integer { value, signed: true, .. } => format!("0n{value}"),
        Content::Integer { value, size, .. } => number::dt_unsigned(number::stored(*value, u32::from(*size) * 8)),
        Content::Bits { value, .. } => format!("{value:#x}"),
        Content::Character { value: 0, .. } => "0 ''".to_owned(),
        Content::Character { value, base } => {
            format!("{} {}", number::hex(*value, base.size), character(*value, *base))
        }
        Content::Float { value, size } => number::float(*value, *size),
        Content::Function { address, symbol } => format!("0x{address}{}", behind_function(symbol.as_ref())),
        Content::List { count, end, guessed } => list(*count, end, *guessed),
        _ => String::new(),
    }
}

/// `d ( FLT_FSTYPE_MUP )`: the number in hexadecimal without a prefix, as the original has it.
fn dt_enum(value: i128, name: &EnumName) -> String {
    let value = if value < 0 { format!("0n{value}") } else { format!("{value:x}") };
    match combined(name) {
        Some(name) => format!("{value} ( {name} )"),
        None => format!("{value} (No matching name)"),
    }
}

fn dv_enum(value: i128, name: &EnumName) -> String {
    match combined(name) {
        Some(name) => format!("{name} (0n{value})"),
        None => format!("0n{value} (No matching name)"),
    }
}

fn combined(name: &EnumName) -> Option<String> {
    match name {
        EnumName::Exact(name) => Some(name.clone()),
        EnumName::Flags { flags, rest: 0 } => Some(flags.join(" | ")),
        EnumName::Flags { flags, rest } => Some(format!("{} | {rest:#x}", flags.join(" | "))),
        EnumName::Unknown => None,
    }
}

/// The target's type behind a pointer: records, functions and `void`.
fn dt_target(target: &TypeRef) -> String {
    match target.shape() {
        Ok(Shape::Record(_) | Shape::Void | Shape::Function { .. } | Shape::Enum(_)) => {
            format!(" {}", spelling(target))
        }
        _ => String::new(),
    }
}

/// What stands behind a pointer: `dt` writes the displacement from a symbol even if it is zero, without a prefix.
fn dt_behind_pointer(symbol: Option<&SymbolName>, pointee: &Pointee) -> String {
    match (symbol, pointee) {
        (Some(symbol), Pointee::Nothing) => {
            let start = SymbolName { displacement: 0, ..symbol.clone() };
            format!("  {start}+{:x}", symbol.displacement)
        }
        (_, Pointee::Value(content)) => format!("  -> {}", dt(content)),
        _ => behind_pointer(symbol, pointee, dt),
    }
}

/// A character between `'` and `'`, nothing between them if it can't be shown.
fn character(value: i128, base: BaseType) -> String {
    number::character(value, base.size).map_or("''".to_owned(), |shown| format!("'{shown}'"))
}

/// A link of a list: on 32-bit targets not padded, as the original.
fn dt_link(address: memory::VirtualAddress, size: u8) -> String {
    if size == 4 { format!("{:#x}", address.0) } else { number::pointer(address, size) }
}

/// `struct ` before the name of a record, nothing before that of another type.
fn prefixed(element: &TypeRef) -> String {
    match element.shape() {
        Ok(Shape::Record(record)) => format!("{} ", keyword(record.kind)),
        _ => String::new(),
    }
}
