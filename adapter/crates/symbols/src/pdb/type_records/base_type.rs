//! Type indices below the first record: base types, and pointers to them.
//!
//! Bits 0-7 say which base type (`T_CHAR` ...), bits 8-11 whether a pointer to it, and of which kind.

use crate::{BaseKind, BaseType, Shape, TypeRef};

/// What such an index means.
pub(crate) fn shape(index: u32) -> Shape {
    let base = base(index & 0xff);
    match pointer_size(index) {
        Some(0) if base.kind == BaseKind::Void => Shape::Void,
        Some(0) => Shape::Base(base),
        Some(size) => Shape::Pointer { target: TypeRef::Base(base), size, reference: false },
        None => Shape::Base(BaseType { kind: BaseKind::Other, size: 0 }),
    }
}

/// Its size in bytes.
pub(crate) fn size(index: u32) -> u64 {
    match pointer_size(index) {
        Some(0) => u64::from(base(index & 0xff).size),
        Some(size) => u64::from(size),
        None => 0,
    }
}

/// Bytes of the pointer; 0 for the base type itself, `None` for a kind that doesn't exist.
fn pointer_size(index: u32) -> Option<u8> {
    match index >> 8 {
        0 => Some(0),
        // Near, far and huge pointers of 16-bit code.
        1 => Some(2),
        2..=4 => Some(4),
        5 => Some(6),
        6 => Some(8),
        7 => Some(16),
        _ => None,
    }
}

fn base(index: u32) -> BaseType {
    use BaseKind::{
        Bool, Char, Complex, Float, HResult, Int, Long, None, Other, UnicodeChar, UnsignedChar, UnsignedInt,
        UnsignedLong, Void, WChar,
    };
    let (kind, size) = match index {
        0x00 => (None, 0),
        0x03 => (Void, 0),
        0x08 => (HResult, 4),
        0x10 | 0x68 | 0x70 => (Char, 1),
        0x20 | 0x69 => (UnsignedChar, 1),
        0x11 | 0x72 => (Int, 2),
        0x12 => (Long, 4),
        0x13 | 0x76 => (Int, 8),
        0x14 | 0x78 => (Int, 16),
        0x21 | 0x73 => (UnsignedInt, 2),
        0x22 => (UnsignedLong, 4),
        0x23 | 0x77 => (UnsignedInt, 8),
        0x24 | 0x79 => (UnsignedInt, 16),
        0x30 => (Bool, 1),
        0x31 => (Bool, 2),
        0x32 | 0x62 => (Bool, 4),
        0x33 => (Bool, 8),
        0x40 | 0x45 => (Float, 4),
        0x41 => (Float, 8),
        0x42 => (Float, 10),
        0x43 => (Float, 16),
        0x44 => (Float, 6),
        0x46 => (Float, 2),
        0x50 => (Complex, 8),
        0x51 => (Complex, 16),
        0x52 => (Complex, 20),
        0x53 => (Complex, 32),
        0x71 => (WChar, 2),
        0x74 => (Int, 4),
        0x75 => (UnsignedInt, 4),
        0x7a => (UnicodeChar, 2),
        0x7b => (UnicodeChar, 4),
        0x7c => (UnicodeChar, 1),
        _ => (Other, 0),
    };
    BaseType { kind, size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ms_pdb::types::TypeIndex;

    #[track_caller]
    fn check(index: TypeIndex, expected: &str, bytes: u64) {
        let name = match shape(index.0) {
            Shape::Pointer { target, size, .. } => target.pointer(size).name(),
            Shape::Base(base) => base.name(),
            _ => "void".to_owned(),
        };
        assert_eq!((name.as_str(), size(index.0)), (expected, bytes));
    }

    #[test]
    fn indices_name_base_types_and_pointers_to_them() {
        check(TypeIndex::T_VOID, "void", 0);
        check(TypeIndex::T_ULONG, "unsigned long", 4);
        check(TypeIndex::T_64PPUCHAR, "unsigned char *", 8);
        check(TypeIndex::T_32PWCHAR, "wchar_t *", 4);
        check(TypeIndex::T_UQUAD, "unsigned int64", 8);
        check(TypeIndex::T_64PVOID, "void *", 8);
    }
}
