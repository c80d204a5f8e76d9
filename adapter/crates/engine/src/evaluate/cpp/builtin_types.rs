//! Windows' names for base types ("Windows Data Types"), for targets whose symbol files don't define them: public
//! symbol files have no typedefs.

use symbols::{BaseType, TypeRef};

const NAMES: &[(&str, &str)] = &[
    ("BOOL", "int"),
    ("BOOLEAN", "unsigned char"),
    ("BYTE", "unsigned char"),
    ("CCHAR", "char"),
    ("CHAR", "char"),
    ("DWORD", "unsigned long"),
    ("DWORD32", "unsigned int"),
    ("DWORD64", "unsigned int64"),
    ("DWORDLONG", "unsigned int64"),
    ("DOUBLE", "double"),
    ("FLOAT", "float"),
    ("INT", "int"),
    ("INT8", "char"),
    ("INT16", "short"),
    ("INT32", "int"),
    ("INT64", "int64"),
    ("KIRQL", "unsigned char"),
    ("LONG", "long"),
    ("LONG32", "int"),
    ("LONG64", "int64"),
    ("LONGLONG", "int64"),
    ("NTSTATUS", "long"),
    ("SHORT", "short"),
    ("UCHAR", "unsigned char"),
    ("UINT", "unsigned int"),
    ("UINT8", "unsigned char"),
    ("UINT16", "unsigned short"),
    ("UINT32", "unsigned int"),
    ("UINT64", "unsigned int64"),
    ("ULONG", "unsigned long"),
    ("ULONG32", "unsigned int"),
    ("ULONG64", "unsigned int64"),
    ("ULONGLONG", "unsigned int64"),
    ("USHORT", "unsigned short"),
    ("VOID", "void"),
    ("WCHAR", "wchar_t"),
    ("WORD", "unsigned short"),
    ("int8_t", "char"),
    ("int16_t", "short"),
    ("int32_t", "int"),
    ("int64_t", "int64"),
    ("uint8_t", "unsigned char"),
    ("uint16_t", "unsigned short"),
    ("uint32_t", "unsigned int"),
    ("uint64_t", "unsigned int64"),
];

/// Names of integers as wide as a pointer, and their types for pointers of 4 and 8 bytes.
const POINTER_SIZED: &[(&str, &str, &str)] = &[
    ("INT_PTR", "int", "int64"),
    ("LONG_PTR", "long", "int64"),
    ("SIZE_T", "unsigned long", "unsigned int64"),
    ("SSIZE_T", "long", "int64"),
    ("UINT_PTR", "unsigned int", "unsigned int64"),
    ("ULONG_PTR", "unsigned long", "unsigned int64"),
    ("DWORD_PTR", "unsigned long", "unsigned int64"),
    ("PFN_NUMBER", "unsigned long", "unsigned int64"),
    ("KAFFINITY", "unsigned long", "unsigned int64"),
    ("intptr_t", "int", "int64"),
    ("ptrdiff_t", "int", "int64"),
    ("size_t", "unsigned int", "unsigned int64"),
    ("uintptr_t", "unsigned int", "unsigned int64"),
];

/// The type that Windows' headers give this name: a base type, or with `P` before it (and for `HANDLE`) a pointer.
pub(super) fn builtin(name: &str, pointer_size: u8) -> Option<TypeRef> {
    let base = |name: &str| {
        let plain = NAMES.iter().find(|(windows, _)| *windows == name).map(|(_, c)| *c);
        let sized = || {
            let (_, narrow, wide) = POINTER_SIZED.iter().find(|(windows, ..)| *windows == name)?;
            Some(if pointer_size == 4 { *narrow } else { *wide })
        };
        BaseType::from_name(plain.or_else(sized)?).map(TypeRef::Base)
    };
    if name == "HANDLE" {
        return Some(TypeRef::Base(BaseType::VOID).pointer(pointer_size));
    }
    base(name).or_else(|| Some(base(name.strip_prefix('P')?)?.pointer(pointer_size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_for_a_type() {
        for name in NAMES.iter().map(|(name, _)| *name).chain(POINTER_SIZED.iter().map(|(name, ..)| *name)) {
            assert!(builtin(name, 8).is_some() && builtin(name, 4).is_some(), "{name}");
        }
    }

    #[test]
    fn p_makes_a_pointer_and_pointers_have_the_target_s_size() {
        assert_eq!(builtin("PULONG", 8).unwrap().name(), "unsigned long *");
        assert_eq!(builtin("PVOID", 4).unwrap().size(), Ok(4));
        assert_eq!(builtin("ULONG_PTR", 8).unwrap().size(), Ok(8));
        assert!(builtin("PFOO", 8).is_none());
    }
}
