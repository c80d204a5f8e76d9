//! Types that C and C++ know without a declaration.

/// A base type: what its bytes mean, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BaseType {
    /// What the bytes mean.
    pub kind: BaseKind,
    /// How many; 0 for `void` and [`BaseKind::None`].
    pub size: u8,
}

/// What the bytes of a base type mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseKind {
    /// No type is recorded (`T_NOTYPE`): `...` in a parameter list, an assembler's symbol.
    None,
    /// `void`.
    Void,
    /// `bool` and its wider relatives: zero or not zero.
    Bool,
    /// `char`, and `signed char`: a number that is shown as a character too.
    Char,
    /// `unsigned char`.
    UnsignedChar,
    /// `wchar_t`, UTF-16 on Windows.
    WChar,
    /// `char8_t`, `char16_t`, `char32_t`: UTF code units.
    UnicodeChar,
    /// `short`, `int`, `__int64`, `__int128`.
    Int,
    /// The unsigned ones.
    UnsignedInt,
    /// `long`: four bytes on Windows, spelled differently from `int`.
    Long,
    /// `unsigned long`.
    UnsignedLong,
    /// `float`, `double`, and the 2-, 10- and 16-byte ones.
    Float,
    /// Two floats after each other.
    Complex,
    /// `HRESULT`: four bytes.
    HResult,
    /// A kind that this reader doesn't know, or a pointer to a member; the size may be 0.
    Other,
}

/// Every base type with its C spelling; the first spelling of a type is the one that is shown.
const SPELLINGS: &[(&str, BaseKind, u8)] = &[
    ("void", BaseKind::Void, 0),
    ("bool", BaseKind::Bool, 1),
    ("char", BaseKind::Char, 1),
    ("unsigned char", BaseKind::UnsignedChar, 1),
    ("wchar_t", BaseKind::WChar, 2),
    ("char8_t", BaseKind::UnicodeChar, 1),
    ("char16_t", BaseKind::UnicodeChar, 2),
    ("char32_t", BaseKind::UnicodeChar, 4),
    ("short", BaseKind::Int, 2),
    ("int", BaseKind::Int, 4),
    ("int64", BaseKind::Int, 8),
    ("int128", BaseKind::Int, 16),
    ("unsigned short", BaseKind::UnsignedInt, 2),
    ("unsigned int", BaseKind::UnsignedInt, 4),
    ("unsigned int64", BaseKind::UnsignedInt, 8),
    ("unsigned int128", BaseKind::UnsignedInt, 16),
    ("long", BaseKind::Long, 4),
    ("unsigned long", BaseKind::UnsignedLong, 4),
    ("float", BaseKind::Float, 4),
    ("double", BaseKind::Float, 8),
    ("HRESULT", BaseKind::HResult, 4),
    // Read, but not shown.
    ("_Bool", BaseKind::Bool, 1),
    ("signed char", BaseKind::Char, 1),
    ("__int8", BaseKind::Char, 1),
    ("signed __int8", BaseKind::Char, 1),
    ("unsigned __int8", BaseKind::UnsignedChar, 1),
    ("__wchar_t", BaseKind::WChar, 2),
    ("short int", BaseKind::Int, 2),
    ("signed short", BaseKind::Int, 2),
    ("__int16", BaseKind::Int, 2),
    ("unsigned short int", BaseKind::UnsignedInt, 2),
    ("unsigned __int16", BaseKind::UnsignedInt, 2),
    ("signed", BaseKind::Int, 4),
    ("signed int", BaseKind::Int, 4),
    ("__int32", BaseKind::Int, 4),
    ("unsigned", BaseKind::UnsignedInt, 4),
    ("unsigned __int32", BaseKind::UnsignedInt, 4),
    ("long int", BaseKind::Long, 4),
    ("signed long", BaseKind::Long, 4),
    ("unsigned long int", BaseKind::UnsignedLong, 4),
    ("__int64", BaseKind::Int, 8),
    ("signed __int64", BaseKind::Int, 8),
    ("long long", BaseKind::Int, 8),
    ("long long int", BaseKind::Int, 8),
    ("signed long long", BaseKind::Int, 8),
    ("unsigned __int64", BaseKind::UnsignedInt, 8),
    ("unsigned long long", BaseKind::UnsignedInt, 8),
    ("unsigned long long int", BaseKind::UnsignedInt, 8),
    ("long double", BaseKind::Float, 8),
];

impl BaseType {
    /// `void`.
    pub const VOID: Self = Self { kind: BaseKind::Void, size: 0 };

    /// The type with this C spelling (words separated by single spaces), if it is a base type.
    pub fn from_name(name: &str) -> Option<Self> {
        SPELLINGS.iter().find(|(spelling, ..)| *spelling == name).map(|&(_, kind, size)| Self { kind, size })
    }

    /// Whether a negative value of it has its highest bit set: such values are sign-extended.
    pub fn is_signed(self) -> bool {
        matches!(self.kind, BaseKind::Char | BaseKind::Int | BaseKind::Long | BaseKind::HResult)
    }

    /// The value that an integer type of this size and sign holds when it is given `value`: compilers write enum values
    /// as they were spelled (`0x80000000` in an enum of `int`).
    pub fn wrap(self, value: i128) -> i128 {
        let unused = 128_u32.saturating_sub(u32::from(self.size) * 8);
        match unused {
            // Sixteen bytes and more hold everything, and a type without size says nothing.
            0 | 128 => value,
            unused if self.is_signed() => value << unused >> unused,
            unused => ((value as u128) << unused >> unused) as i128,
        }
    }

    /// The C spelling; `<no type>` where none is recorded.
    pub fn name(self) -> String {
        let spelled = SPELLINGS.iter().find(|&&(_, kind, size)| (kind, size) == (self.kind, self.size));
        match (spelled, self.kind) {
            (Some((spelling, ..)), _) => (*spelling).to_owned(),
            (None, BaseKind::None) => "<no type>".to_owned(),
            (None, BaseKind::Float) => format!("float{}", u32::from(self.size) * 8),
            (None, BaseKind::Complex) => format!("complex{}", u32::from(self.size) * 8),
            (None, BaseKind::Bool) => format!("bool{}", u32::from(self.size) * 8),
            (None, _) => format!("<unknown base type of {} bytes>", self.size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_wrap_to_what_the_type_can_hold() {
        let int = BaseType::from_name("int").unwrap();
        assert_eq!((int.wrap(0x8000_0001), int.wrap(-1), int.wrap(7)), (-0x7fff_ffff, -1, 7));
        let unsigned = BaseType::from_name("unsigned long").unwrap();
        assert_eq!((unsigned.wrap(-1), unsigned.wrap(0x8000_0001)), (0xffff_ffff, 0x8000_0001));
    }

    #[test]
    fn every_spelling_is_read_back_as_the_same_type() {
        for (spelling, kind, size) in SPELLINGS {
            let base = BaseType::from_name(spelling).unwrap();
            assert_eq!((base.kind, base.size), (*kind, *size), "{spelling}");
            assert_eq!(BaseType::from_name(&base.name()), Some(base), "{spelling}");
        }
    }
}
