//! Reading a node's content: each kind of type by its own rules.

use super::content::{Content, Pointee, Preview};
use super::enums;
use super::node::{Node, NodeKind};
use super::strings::{TEXT_LIMIT, Text, Unit, up_to_zero};
use super::view::View;
use super::{Bases, fields};
use crate::evaluate::{Place, Scalar, Value, target_address};
use analysis::nt::names::ntstatus;
use memory::VirtualAddress;
use symbols::{BaseKind, BaseType, Member, MemberKind, RecordShape, Shape, TypeRef};

/// Longest array of characters that is looked at for its text, in characters: see [`TEXT_LIMIT`].
const ARRAY_TEXT_LIMIT: u64 = TEXT_LIMIT as u64 + 1;
/// Bytes of a record's first fields that are read at once.
const MAX_PREVIEW_BYTES: u64 = 1024;

impl View<'_> {
    /// What `node` holds.
    pub fn content(&self, node: &Node, preview: Preview) -> Content {
        match (node.kind, &node.value.place) {
            (NodeKind::List, _) => self.list_content(node),
            (NodeKind::Note, Place::Unavailable(why)) => Content::Unavailable(why.clone()),
            _ => self.content_of(&node.name, &node.value, preview),
        }
    }

    /// What `value` holds, which is called `name`.
    fn content_of(&self, name: &str, value: &Value, preview: Preview) -> Content {
        let shape = match value.ty.shape() {
            Ok(shape) => shape,
            Err(error) => return Content::Unavailable(error.to_string()),
        };
        // What has no place has no parts either.
        if let Place::Unavailable(why) = &value.place {
            return Content::Unavailable(why.clone());
        }
        let content = match shape {
            Shape::Void => Err("void has no value".to_owned()),
            Shape::Base(base) => self.base(name, value, base),
            Shape::Enum(shape) => self.enumeration(value, &shape.underlying),
            Shape::Bitfield { underlying, length, .. } => self.bit_field(value, &underlying, length),
            Shape::Pointer { target, size, reference: true } => self.referred(name, value, (target, size), preview),
            Shape::Pointer { target, size, .. } => self.pointer_content(value, target, size),
            Shape::Array { element, count } => self.array(value, element, count, preview),
            Shape::Record(record) => self.record(value, record, preview),
            Shape::Function { .. } => self.function(value),
        };
        content.unwrap_or_else(Content::Unavailable)
    }

    fn base(&self, name: &str, value: &Value, base: BaseType) -> Result<Content, String> {
        match (base.kind, base.size) {
            (BaseKind::None, _) => Err("no type information".to_owned()),
            (BaseKind::Void | BaseKind::Other | BaseKind::Complex, _) => Err(format!("its type is {}", base.name())),
            (BaseKind::Float, 4 | 8) | (_, 1..=8) => {
                let scalar = self.scalar(value, base.size.into())?;
                Ok(scalar_content(name, scalar, base))
            }
            (_, size @ 9..=16) => {
                let bytes = self.bytes(&value.place, size.into())?;
                let value = bytes.iter().rev().fold(0, |value, byte| (value << 8) | u128::from(*byte));
                Ok(Content::Bits { value, size })
            }
            (_, size) => Err(format!("its type is {}, of {size} bytes", base.name())),
        }
    }

    fn enumeration(&self, value: &Value, underlying: &TypeRef) -> Result<Content, String> {
        let size = underlying.size().map_err(|error| error.to_string())?.min(8);
        let number = integer(self.scalar(value, size)?);
        let bits = u32::try_from(size).unwrap_or(8).saturating_mul(8);
        Ok(Content::Enum { value: number, name: enums::name_of(&value.ty, number, bits) })
    }

    fn bit_field(&self, value: &Value, underlying: &TypeRef, length: u8) -> Result<Content, String> {
        let size = underlying.size().map_err(|error| error.to_string())?;
        let number = integer(self.scalar(value, size)?);
        let named = matches!(underlying.shape(), Ok(Shape::Enum(_)));
        let name = named.then(|| enums::name_of(underlying, number, length.into()));
        Ok(Content::BitField { value: number, length, name })
    }

    fn referred(
        &self,
        name: &str,
        value: &Value,
        (target, size): (TypeRef, u8),
        preview: Preview,
    ) -> Result<Content, String> {
        let address = self.pointer(&value.place, size)?;
        if matches!(target.shape(), Ok(Shape::Pointer { reference: true, .. })) {
            return Err("it refers to a reference".to_owned());
        }
        Ok(self.content_of(name, &Value::at(target, address), preview))
    }

    fn pointer_content(&self, value: &Value, target: TypeRef, size: u8) -> Result<Content, String> {
        let address = self.pointer(&value.place, size)?;
        let (symbol, pointee) = match address.0 {
            0 => (None, Pointee::Nothing),
            _ => (self.symbol(address), self.pointee(&Value::at(target.clone(), address))),
        };
        Ok(Content::Pointer { address, size, symbol, pointee, target })
    }

    fn pointee(&self, value: &Value) -> Pointee {
        let text = match value.ty.shape() {
            Ok(Shape::Base(base)) => match (Unit::of(base), value.place.address()) {
                (Some(unit), Some(address)) => self.terminated(address, unit),
                _ => return self.plain_pointee(value),
            },
            Ok(Shape::Record(record)) => match self.counted_string(value, &record.name) {
                Some(text) => text,
                None => return Pointee::Nothing,
            },
            Ok(Shape::Enum(_)) => return self.plain_pointee(value),
            // Another pointer, but not what that points at.
            Ok(Shape::Pointer { target, size, reference: false }) => {
                let Ok(address) = self.pointer(&value.place, size) else { return Pointee::Nothing };
                let (symbol, pointee) = (self.symbol(address), Pointee::Nothing);
                return Pointee::Value(Box::new(Content::Pointer { address, size, symbol, pointee, target }));
            }
            _ => return Pointee::Nothing,
        };
        text.map_or_else(Pointee::Unreadable, Pointee::Text)
    }

    fn plain_pointee(&self, value: &Value) -> Pointee {
        match self.content_of("", value, Preview::NONE) {
            Content::Unavailable(_) => Pointee::Nothing,
            content => Pointee::Value(Box::new(content)),
        }
    }

    fn function(&self, value: &Value) -> Result<Content, String> {
        let address = value.place.address().ok_or("the function has no address")?;
        Ok(Content::Function { address, symbol: self.symbol(address) })
    }

    fn array(&self, value: &Value, element: TypeRef, count: u64, preview: Preview) -> Result<Content, String> {
        let size = element.size().map_err(|error| error.to_string())?;
        if let Ok(Shape::Base(base)) = element.shape() {
            if let Some(text) = self.array_text(value, base, count)? {
                return Ok(Content::TextArray { text, count, element: element.name() });
            }
        }
        let wanted = u64::try_from(preview.elements).unwrap_or(u64::MAX).min(count);
        self.fetch(&value.place, size.saturating_mul(wanted));
        let content = |index: u64| {
            let place = value.place.part(index.wrapping_mul(size), size);
            self.content_of("", &Value { ty: element.clone(), place }, preview.deeper())
        };
        let first: Vec<_> = (0..wanted).map(content).collect();
        match why_nothing(&first) {
            Some(why) => Err(why),
            None => Ok(Content::Array { count, first, element }),
        }
    }

    /// The text of an array of characters. Of `unsigned char` only what looks like text: most often it is just bytes.
    fn array_text(&self, value: &Value, base: BaseType, count: u64) -> Result<Option<Text>, String> {
        let bytes_as_text = base.kind == BaseKind::UnsignedChar;
        let unit = if bytes_as_text { Some(Unit::Byte) } else { Unit::of(base) };
        let Some(unit) = unit.filter(|_| count > 0) else { return Ok(None) };
        let looked_at = usize::try_from(count.min(ARRAY_TEXT_LIMIT)).unwrap_or(usize::MAX);
        let bytes = self.bytes(&value.place, looked_at.saturating_mul(unit.size()))?;
        let (text, _) = up_to_zero(&bytes, unit);
        let mut characters = bytes.iter().take_while(|byte| **byte != 0).peekable();
        let is_text = characters.peek().is_some() && characters.all(|byte| matches!(byte, b' '..=b'~'));
        Ok(Some(text).filter(|_| is_text || !bytes_as_text))
    }

    fn record(&self, value: &Value, record: RecordShape, preview: Preview) -> Result<Content, String> {
        if !record.complete {
            return Err(format!("{} is declared, but not defined", record.name));
        }
        if let Some(known) = self.known_record(value, &record)? {
            return Ok(known);
        }
        let mut fields = match preview.fields {
            0 => Vec::new(),
            _ => fields(&value.ty, Bases::AsMembers).map_err(|error| error.to_string())?,
        };
        fields.retain(|field| matches!(field.kind, MemberKind::Data | MemberKind::Base));
        let shown: Vec<_> = fields.iter().take(preview.fields).collect();
        let end = |field: &&Member| field.offset.saturating_add(field.ty.size().unwrap_or(0));
        // Of large fields little is shown.
        self.fetch(&value.place, shown.iter().map(end).max().filter(|end| *end <= MAX_PREVIEW_BYTES).unwrap_or(0));
        let first = shown.iter().map(|field| {
            let size = field.ty.size().unwrap_or(0);
            let part = Value { ty: field.ty.clone(), place: value.place.part(field.offset, size) };
            (field.name.clone(), self.content_of(&field.name, &part, preview.deeper()))
        });
        let (first, more): (Vec<_>, _) = (first.collect(), fields.len() > shown.len());
        match why_nothing(first.iter().map(|(_, content)| content)) {
            Some(why) => Err(why),
            None => Ok(Content::Record { kind: record.kind, name: record.name, first, more }),
        }
    }

    /// Where a pointer or reference leads, or where the value itself lies: what a memory view should open at.
    pub fn memory_reference(&self, node: &Node) -> Option<VirtualAddress> {
        match node.value.ty.shape().ok()? {
            Shape::Pointer { size, .. } => self.pointer(&node.value.place, size).ok(),
            _ => node.address().map(|address| target_address(address.0, self.scope.pointer_size())),
        }
    }
}

/// Where none of several parts can be had: why not the first.
fn why_nothing<'c>(parts: impl IntoIterator<Item = &'c Content>) -> Option<String> {
    let mut first = None;
    for part in parts {
        match part {
            Content::Unavailable(why) => first = first.or_else(|| Some(why.clone())),
            _ => return None,
        }
    }
    first
}

fn scalar_content(name: &str, scalar: Scalar, base: BaseType) -> Content {
    let (size, signed) = (base.size, base.is_signed());
    match (base.kind, scalar) {
        (_, Scalar::Float(value)) => Content::Float { value, size },
        (BaseKind::Bool, Scalar::Integer(_)) => Content::Boolean(scalar.as_u64()),
        (BaseKind::Char | BaseKind::UnsignedChar | BaseKind::WChar | BaseKind::UnicodeChar, Scalar::Integer(value)) => {
            Content::Character { value, base }
        }
        (BaseKind::Long | BaseKind::Int, Scalar::Integer(value)) if size == 4 => {
            Content::Integer { value, size, signed, status: status(name, value) }
        }
        (_, Scalar::Integer(value)) => Content::Integer { value, size, signed, status: None },
    }
}

/// The name of a `long` as an `NTSTATUS`, if it is called as one. Small numbers are too likely something else.
fn status(name: &str, value: i128) -> Option<&'static str> {
    let is_status = name.ends_with("Status") || name == "status";
    let code = (value & 0xffff_ffff) as u32;
    ntstatus(code).filter(|_| is_status && (code == 0 || code > 0xff))
}

fn integer(scalar: Scalar) -> i128 {
    match scalar {
        Scalar::Integer(value) => value,
        Scalar::Float(_) => i128::from(scalar.as_u64()),
    }
}
