//! What a node holds: its value by its type, before it is put into words.

use super::enums::EnumName;
use super::list::ListEnd;
use super::strings::Text;
use memory::VirtualAddress;
use symbols::{BaseType, Guid, RecordKind, SymbolName, TypeRef};

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
        /// The nearest symbol at or below what it points at.
        symbol: Option<SymbolName>,
        /// What it points at, as far as that fits on a line.
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

/// What a pointer points at.
#[derive(Clone, Debug)]
pub enum Pointee {
    /// Nothing that fits on a line (a record), or that has a value (`void`, a function), or that can be read.
    Nothing,
    /// Characters: of `char *` and the like, and of pointers to counted strings.
    Text(Text),
    /// Characters that can't be read; says why.
    Unreadable(String),
    /// A number, an enum value, another pointer.
    Value(Box<Content>),
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

    /// What of it is left one level deeper.
    pub(super) fn deeper(self) -> Self {
        match self.depth.checked_sub(1) {
            None | Some(0) => Self::NONE,
            Some(depth) => Self { depth, ..self },
        }
    }
}
