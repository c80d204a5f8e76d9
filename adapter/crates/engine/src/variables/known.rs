//! NT's own types that say more than their members: strings, list entries, 64-bit integers, GUIDs.
//!
//! They are known by name (MS-documented `UNICODE_STRING`, `STRING`, `LIST_ENTRY`, `LARGE_INTEGER`, `GUID`); where their
//! members lie is taken from the symbol file. One that lacks them is a record like any other.

use super::content::Content;
use super::strings::{Text, Unit};
use super::view::View;
use crate::evaluate::{Scalar, Value};
use memory::VirtualAddress;
use symbols::{Guid, RecordShape, Shape};

impl View<'_> {
    /// The content of a record that NT gives a meaning; None for all others.
    pub(super) fn known_record(&self, value: &Value, record: &RecordShape) -> Result<Option<Content>, String> {
        let name = record.name.clone();
        Ok(match record.name.as_str() {
            "_LIST_ENTRY" => self.list_entry(value)?,
            "_LARGE_INTEGER" | "_ULARGE_INTEGER" => match self.member_value(value, "QuadPart") {
                None => None,
                Some(quad) => match self.scalar(&quad, 8)? {
                    Scalar::Integer(value) => {
                        Some(Content::LargeInteger { name, value, signed: record.name == "_LARGE_INTEGER" })
                    }
                    Scalar::Float(_) => None,
                },
            },
            "_GUID" if record.size == 16 => {
                let bytes: Result<[u8; 16], _> = self.bytes(&value.place, 16)?.try_into();
                bytes.ok().map(|bytes| Content::Guid(Guid::from_bytes(bytes)))
            }
            _ => {
                self.fetch(&value.place, if is_string(&name) { record.size } else { 0 });
                self.counted_string(value, &name).map(|text| Content::CountedString { name, text })
            }
        })
    }

    /// The text of a `_UNICODE_STRING` or `_STRING`; None for other records. A length that the buffer has no room for,
    /// and half a character, are errors: such a string is damaged.
    pub(super) fn counted_string(&self, value: &Value, name: &str) -> Option<Result<Text, String>> {
        let unit = match name {
            "_UNICODE_STRING" => Unit::Utf16,
            "_STRING" => Unit::Byte,
            _ => return None,
        };
        let length = self.member_value(value, "Length")?;
        let maximum = self.member_value(value, "MaximumLength")?;
        let buffer = self.member_value(value, "Buffer")?;
        Some(self.string_text((&length, &maximum, &buffer), unit))
    }

    fn string_text(&self, (length, maximum, buffer): (&Value, &Value, &Value), unit: Unit) -> Result<Text, String> {
        let length = self.scalar(length, 2)?.as_u64();
        let maximum = self.scalar(maximum, 2)?.as_u64();
        let size = buffer.ty.size().map_err(|error| error.to_string())?;
        let address = self.pointer(&buffer.place, u8::try_from(size).unwrap_or(8))?;
        if length > maximum {
            return Err(format!("damaged: Length {length:#x} is more than MaximumLength {maximum:#x}"));
        }
        let count = usize::try_from(length).unwrap_or(usize::MAX);
        if count % unit.size() != 0 {
            return Err(format!("damaged: Length {length:#x} is odd"));
        }
        if count > 0 && address.0 == 0 {
            return Err(format!("damaged: Length is {length:#x}, but Buffer is NULL"));
        }
        self.counted(address, count / unit.size(), unit)
    }

    fn list_entry(&self, value: &Value) -> Result<Option<Content>, String> {
        let Some((forward, size)) = self.link(value, "Flink")? else { return Ok(None) };
        let Some((backward, _)) = self.link(value, "Blink")? else { return Ok(None) };
        Ok(Some(Content::ListEntry { forward, backward, size }))
    }

    fn link(&self, value: &Value, name: &str) -> Result<Option<(VirtualAddress, u8)>, String> {
        let Some(link) = self.member_value(value, name) else { return Ok(None) };
        match link.ty.shape() {
            Ok(Shape::Pointer { size, .. }) => Ok(Some((self.pointer(&link.place, size)?, size))),
            _ => Ok(None),
        }
    }

    /// A data member, if the record has it.
    fn member_value(&self, value: &Value, name: &str) -> Option<Value> {
        value.member(name).ok().flatten()
    }
}

fn is_string(name: &str) -> bool {
    matches!(name, "_UNICODE_STRING" | "_STRING")
}
