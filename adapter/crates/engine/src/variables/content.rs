//! What a node holds: its value by its type, before it is put into words.

use super::enums::{self, EnumName};
use super::list::ListEnd;
use super::node::{Node, NodeKind};
use super::strings::{Text, Unit, up_to_zero};
use super::view::View;
use super::{Bases, fields};
use crate::evaluate::{Place, Scalar, Value, target_address};
use analysis::nt::names::ntstatus;
use memory::VirtualAddress;
use symbols::{BaseKind, BaseType, Guid, MemberKind, RecordKind, RecordShape, Shape, SymbolName, TypeRef};

/// Longest array of characters that is looked at for its text, in characters: see [`super::TEXT_LIMIT`].
const ARRAY_TEXT_LIMIT: u64 = super::TEXT_LIMIT as u64 + 1;

/// The value of a node.
#[derive(Clone, Debug)]
pub enum Content {
    /// It can't be had; says why, in words: `not in the dump`, `optimized away`.
    Unavailable(String),
    /// An integer of `size` bytes.
    Integer {
        /// Its number, with its sign.
        value: i128,
        /// How many bytes it has, 8 at most.
        size: u8,
        /// Whether its type is signed.
        signed: bool,
        /// What it is called as an `NTSTATUS`, if it is a `long` in a variable or member named `…Status`. Symbol files
        /// don't tell an `NTSTATUS` from a `long`: this is a hint, no more.
        status: Option<&'static str>,
    },
    /// A number of more than 8 bytes, or a floating-point one that isn't `float` or `double`: its bits.
    Bits {
        /// Little-endian, 16 bytes at most.
        value: u128,
        /// How many bytes it has.
        size: u8,
    },
    /// A `bool` or one of its wider relatives, as it is stored.
    Boolean(u64),
    /// A character, or a small number: C doesn't tell.
    Character {
        /// Its number, with its sign.
        value: i128,
        /// Its type.
        base: BaseType,
    },
    /// A `float` (4) or `double` (8).
    Float {
        /// Its number.
        value: f64,
        /// Bytes of its type.
        size: u8,
    },
    /// A value of an enum.
    Enum {
        /// Its number, with its sign.
        value: i128,
        /// What the enum calls it.
        name: EnumName,
    },
    /// A bit field.
    BitField {
        /// Its number, with its sign.
        value: i128,
        /// How many bits it has.
        length: u8,
        /// What the enum calls it, if it is one.
        name: Option<EnumName>,
    },
    /// A pointer.
    Pointer {
        /// What it holds.
        address: VirtualAddress,
        /// Bytes of the pointer itself: 4 or 8.
        size: u8,
        /// What is known of what it points at.
        pointee: Pointee,
        /// Its target's type.
        target: TypeRef,
    },
    /// A function.
    Function {
        /// Where it begins.
        address: VirtualAddress,
        /// What it is called.
        symbol: Option<SymbolName>,
    },
    /// An array of characters.
    TextArray {
        /// Its text, up to the zero or the array's end.
        text: Text,
        /// How many characters it has room for.
        count: u64,
        /// Name of the type of its characters.
        element: String,
    },
    /// Any other array.
    Array {
        /// How many elements it has.
        count: u64,
        /// The first of them, as many as were asked for.
        first: Vec<Content>,
        /// Type of its elements.
        element: TypeRef,
    },
    /// `_UNICODE_STRING` or `_STRING` (`ANSI_STRING`, `OEM_STRING`).
    CountedString {
        /// The record's name.
        name: String,
        /// Its text, or what is wrong with it.
        text: Result<Text, String>,
    },
    /// `_LIST_ENTRY`.
    ListEntry {
        /// `Flink`.
        forward: VirtualAddress,
        /// `Blink`.
        backward: VirtualAddress,
        /// Bytes of a pointer.
        size: u8,
    },
    /// `_LARGE_INTEGER` or `_ULARGE_INTEGER`: its `QuadPart`.
    LargeInteger {
        /// The record's name.
        name: String,
        /// Its number, with its sign.
        value: i128,
        /// Whether that is signed.
        signed: bool,
    },
    /// `_GUID`.
    Guid(Guid),
    /// Any other record.
    Record {
        /// Struct, class or union.
        kind: RecordKind,
        /// Its name.
        name: String,
        /// Its first fields, as many as were asked for.
        first: Vec<(String, Content)>,
        /// Whether it has more fields than these.
        more: bool,
    },
    /// What a `_LIST_ENTRY` links: so many elements, and why there are no more.
    List {
        /// How many elements were found.
        count: usize,
        /// Where the walk ended.
        end: ListEnd,
        /// Whether the type of the elements is but concluded from a member's name.
        guessed: bool,
    },
}

/// What is known of what a pointer points at.
#[derive(Clone, Debug)]
pub enum Pointee {
    /// Nothing.
    Unknown,
    /// The nearest symbol at or below it.
    Symbol(SymbolName),
    /// Characters.
    Text(Text),
    /// Characters that can't be read; says why.
    Unreadable(String),
}

/// How much of arrays and records is looked at for a [`Content`].
#[derive(Clone, Copy, Debug)]
pub struct Preview {
    /// Fields of a record.
    pub fields: usize,
    /// Elements of an array.
    pub elements: usize,
    /// How many levels deep.
    pub depth: usize,
}

impl Preview {
    /// Nothing of them.
    pub const NONE: Self = Self { fields: 0, elements: 0, depth: 0 };

    fn deeper(self) -> Self {
        match self.depth.checked_sub(1) {
            None | Some(0) => Self::NONE,
            Some(depth) => Self { depth, ..self },
        }
    }
}

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
        let integer = |value, status| Ok(Content::Integer { value, size: base.size, signed: base.is_signed(), status });
        match (base.kind, base.size) {
            (BaseKind::None | BaseKind::Void | BaseKind::Other | BaseKind::Complex, _) => {
                Err(format!("its type is {}", base.name()))
            }
            (BaseKind::Float, 4 | 8) | (_, 1..=8) => match (base.kind, self.scalar(value, base.size.into())?) {
                (_, Scalar::Float(value)) => Ok(Content::Float { value, size: base.size }),
                (BaseKind::Bool, scalar) => Ok(Content::Boolean(scalar.as_u64())),
                (BaseKind::Long | BaseKind::Int, Scalar::Integer(value)) if base.size == 4 => {
                    integer(value, status(name, value))
                }
                (BaseKind::Int | BaseKind::UnsignedInt | BaseKind::HResult, Scalar::Integer(value)) => {
                    integer(value, None)
                }
                (BaseKind::Long | BaseKind::UnsignedLong, Scalar::Integer(value)) => integer(value, None),
                (_, Scalar::Integer(value)) => Ok(Content::Character { value, base }),
            },
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
        let pointee = if address.0 == 0 { Pointee::Unknown } else { self.pointee(address, &target) };
        Ok(Content::Pointer { address, size, pointee, target })
    }

    fn pointee(&self, address: VirtualAddress, target: &TypeRef) -> Pointee {
        let text = match target.shape() {
            Ok(Shape::Base(base)) => Unit::of(base).map(|unit| self.terminated(address, unit)),
            Ok(Shape::Record(record)) => self.counted_string(&Value::at(target.clone(), address), &record.name),
            _ => None,
        };
        match (text, self.symbol(address)) {
            (Some(Ok(text)), _) => Pointee::Text(text),
            (_, Some(symbol)) => Pointee::Symbol(symbol),
            (Some(Err(why)), None) => Pointee::Unreadable(why),
            (None, None) => Pointee::Unknown,
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
        let is_text = !text.text.is_empty() && text.text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let escaped = text.text.contains('\\');
        Ok(Some(text).filter(|_| !bytes_as_text || is_text && !escaped))
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
        if !fields.is_empty() {
            self.fetch(&value.place, record.size);
        }
        let shown: Vec<_> = fields.iter().take(preview.fields).collect();
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
