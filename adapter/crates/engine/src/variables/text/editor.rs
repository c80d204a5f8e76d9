//! Values as editors show them.

use super::{LENGTH_LIMIT, behind_function, behind_pointer, list, number, quoted};
use crate::variables::content::Content;
use crate::variables::enums::EnumName;

/// The value in words; integers in hexadecimal if `hex`.
pub(super) fn text(content: &Content, hex: bool) -> String {
    match content {
        Content::Unavailable(why) => format!("<{why}>"),
        Content::Integer { value, size, status: Some(status), .. } => {
            format!("{} (as NTSTATUS: {status})", number::hex(*value, *size))
        }
        Content::Integer { value, size, .. } => integer(*value, *size, hex),
        Content::Bits { value, .. } => format!("{value:#x}"),
        Content::Boolean(0) => "false".to_owned(),
        Content::Boolean(1) => "true".to_owned(),
        Content::Boolean(other) => format!("true ({other})"),
        Content::Character { value, base } => {
            let number = integer(*value, base.size, hex);
            number::character(*value, base.size).map_or(number.clone(), |shown| format!("{number} '{shown}'"))
        }
        Content::Float { value, size } => number::float(*value, *size),
        Content::Enum { value, name } => named(name, &integer(*value, 8, hex && *value >= 0)),
        Content::BitField { value, name: Some(name), .. } => named(name, &integer(*value, 8, hex && *value >= 0)),
        Content::BitField { value, length, name: None } if hex => {
            format!("{:#x}", number::stored(*value, u32::from(*length)))
        }
        Content::BitField { value, .. } => value.to_string(),
        Content::Pointer { address, size, symbol, pointee, .. } => {
            let behind = behind_pointer(symbol.as_ref(), pointee, |value| text(value, hex));
            format!("{}{behind}", number::pointer(*address, *size))
        }
        Content::Function { address, symbol } => format!("0x{address}{}", behind_function(symbol.as_ref())),
        Content::TextArray { text, .. } => quoted(text),
        Content::CountedString { text: Ok(text), .. } => quoted(text),
        Content::CountedString { text: Err(why), .. } => format!("<{why}>"),
        Content::ListEntry { forward, backward, size } => {
            format!("{{Flink={}, Blink={}}}", number::pointer(*forward, *size), number::pointer(*backward, *size))
        }
        Content::LargeInteger { value, .. } => integer(*value, 8, hex),
        Content::Guid(guid) => format!("{{{guid}}}"),
        Content::Array { count, first, .. } => {
            let parts: Vec<String> = first.iter().map(|element| part(element, hex)).collect();
            enclosed(&parts, (first.len() as u64) < *count)
        }
        Content::Record { first, more, .. } => {
            let parts: Vec<String> = first.iter().map(|(name, field)| format!("{name}={}", part(field, hex))).collect();
            enclosed(&parts, *more)
        }
        Content::List { count, end, guessed } => list(*count, end, *guessed),
    }
}

/// An element or field within the text of an array or record. Why it can't be read is said where it stands alone.
fn part(content: &Content, hex: bool) -> String {
    match content {
        Content::Unavailable(_) => "????????".to_owned(),
        Content::Array { first, .. } if first.is_empty() => "{...}".to_owned(),
        Content::Record { first, .. } if first.is_empty() => "{...}".to_owned(),
        other => text(other, hex),
    }
}

/// `{a, b, ...}`, with as many parts as there is room for.
fn enclosed(parts: &[String], more: bool) -> String {
    let mut all = String::from("{");
    for (index, part) in parts.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        if index > 0 && all.chars().count() + part.chars().count() > LENGTH_LIMIT {
            return format!("{all}, ...}}");
        }
        all.push_str(separator);
        all.push_str(part);
    }
    let rest = match (more, parts) {
        (false, _) => "",
        (true, []) => "...",
        (true, _) => ", ...",
    };
    format!("{all}{rest}}}")
}

fn integer(value: i128, size: u8, hex: bool) -> String {
    if hex { number::hex(value, size) } else { value.to_string() }
}

fn named(name: &EnumName, number: &str) -> String {
    match name {
        EnumName::Exact(name) => format!("{name} ({number})"),
        EnumName::Flags { flags, rest: 0 } => format!("{} ({number})", flags.join(" | ")),
        EnumName::Flags { flags, rest } => format!("{} | {rest:#x} ({number})", flags.join(" | ")),
        EnumName::Unknown => format!("{number} (no value of the enum)"),
    }
}
