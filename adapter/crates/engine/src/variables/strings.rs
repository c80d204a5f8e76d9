//! Text in memory: terminated, counted, or as much as an array holds.

use super::view::{View, why_unreadable};
use memory::{ReadVirtualExt, VirtualAddress};
use symbols::{BaseKind, BaseType};

/// Most characters of a text that are shown.
pub const TEXT_LIMIT: usize = 256;

/// Text, with control characters written as `\n`, `\t` or `\x07`, and 8-bit characters that are no UTF-8 as `\xb2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is shown, [`TEXT_LIMIT`] characters at most.
    pub text: String,
    /// Why it ends there.
    pub end: TextEnd,
}

/// Why a text ends where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextEnd {
    /// That is all.
    Complete,
    /// There is more than is shown.
    Cut,
    /// The next character can't be read; says why.
    Unreadable(String),
}

/// Width of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Byte,
    Utf16,
    Utf32,
}

impl Unit {
    /// What a text of such characters is made of; None for types that aren't meant for text.
    pub(super) fn of(base: BaseType) -> Option<Self> {
        match (base.kind, base.size) {
            (BaseKind::Char | BaseKind::UnicodeChar, 1) => Some(Self::Byte),
            (BaseKind::WChar | BaseKind::UnicodeChar, 2) => Some(Self::Utf16),
            (BaseKind::UnicodeChar, 4) => Some(Self::Utf32),
            _ => None,
        }
    }

    pub(super) fn size(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Utf16 => 2,
            Self::Utf32 => 4,
        }
    }
}

impl View<'_> {
    /// The text from an address up to its terminating zero.
    ///
    /// # Errors
    /// Why not even the first character can be read.
    pub(super) fn terminated(&self, address: VirtualAddress, unit: Unit) -> Result<Text, String> {
        // One more than is shown tells whether there is more.
        let (bytes, error) = self.scope.memory().prefix(address, (TEXT_LIMIT + 1) * unit.size());
        if let Some(error) = error.as_ref().filter(|_| bytes.len() < unit.size()) {
            return Err(why_unreadable(address, error));
        }
        let (mut text, terminated) = up_to_zero(&bytes, unit);
        if let Some(error) = error.filter(|_| !terminated) {
            text.end = TextEnd::Unreadable(error.to_string());
        }
        Ok(text)
    }

    /// The text of `count` characters at an address, zeroes included.
    ///
    /// # Errors
    /// Why not even the first character can be read.
    pub(super) fn counted(&self, address: VirtualAddress, count: usize, unit: Unit) -> Result<Text, String> {
        let shown = count.min(TEXT_LIMIT);
        let (bytes, error) = self.scope.memory().prefix(address, shown * unit.size());
        let end = match error {
            Some(error) if bytes.len() < unit.size() => return Err(why_unreadable(address, &error)),
            Some(error) => TextEnd::Unreadable(error.to_string()),
            None if count > shown => TextEnd::Cut,
            None => TextEnd::Complete,
        };
        Ok(Text { text: decode(&bytes, unit), end })
    }
}

/// The text that `bytes` begin with, up to its zero or their end; and whether there is a zero.
pub(super) fn up_to_zero(bytes: &[u8], unit: Unit) -> (Text, bool) {
    let zero = bytes.chunks_exact(unit.size()).position(|character| character.iter().all(|byte| *byte == 0));
    let characters = zero.unwrap_or(bytes.len() / unit.size());
    let shown = bytes.get(..characters.min(TEXT_LIMIT) * unit.size()).unwrap_or_default();
    let end = if characters > TEXT_LIMIT { TextEnd::Cut } else { TextEnd::Complete };
    (Text { text: decode(shown, unit), end }, zero.is_some())
}

fn decode(bytes: &[u8], unit: Unit) -> String {
    let mut text = String::new();
    match unit {
        Unit::Byte => {
            for chunk in bytes.utf8_chunks() {
                chunk.valid().chars().for_each(|character| push(&mut text, character));
                chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
            }
        }
        Unit::Utf16 => {
            let units =
                bytes.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |value, &b| value << 8 | u16::from(b)));
            let characters = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            characters.for_each(|character| push(&mut text, character));
        }
        Unit::Utf32 => {
            let units =
                bytes.chunks_exact(4).map(|four| four.iter().rev().fold(0, |value, &b| value << 8 | u32::from(b)));
            let characters = units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            characters.for_each(|character| push(&mut text, character));
        }
    }
    text
}

/// Appends a character as it is shown.
fn push(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        control if control.is_control() => text.push_str(&format!("\\x{:02x}", u32::from(control))),
        other => text.push(other),
    }
}
