//! Types as `dt` spells them.

use super::super::{spelling, verbose_spelling};
use super::types::ty;
use super::world::World;

/// The spelling of a type, and that of `dt -v`. The shapes are those of WinDbg's output for NT's structures.
#[track_caller]
fn check(table: &[(&str, &str, &str)]) {
    let world = World::new();
    for (declared, plain, verbose) in table {
        let ty = ty(&world.declarations, declared);
        assert_eq!((spelling(&ty).as_str(), verbose_spelling(&ty).as_str()), (*plain, *verbose), "{declared}");
    }
}

#[test]
fn types_are_spelled_as_dt_does() {
    check(&[
        ("unsigned long", "Uint4B", "Uint4B"),
        ("long", "Int4B", "Int4B"),
        ("int64", "Int8B", "Int8B"),
        ("unsigned short", "Uint2B", "Uint2B"),
        ("char", "Char", "Char"),
        ("unsigned char[15]", "[15] UChar", "[15] UChar"),
        ("wchar_t", "Wchar", "Wchar"),
        ("bool", "Bool", "Bool"),
        ("double", "Float", "Float"),
        ("void*", "Ptr64 Void", "Ptr64 to Void"),
        ("_DEVICE**", "Ptr64 Ptr64 _DEVICE", "Ptr64 to Ptr64 to struct _DEVICE, 31 elements, 0xe0 bytes"),
        ("void()*", "Ptr64     void", "Ptr64 to     void"),
        ("void*()*[28]", "[28] Ptr64     void*", "[28] Ptr64 to     void*"),
        ("unsigned int64[2][4]", "[4] [2] Uint8B", "[4] [2] Uint8B"),
        ("unsigned long:0:1", "Pos 0, 1 Bit", "Bitfield Pos 0, 1 Bit"),
        ("unsigned long:3:5", "Pos 3, 5 Bits", "Bitfield Pos 3, 5 Bits"),
        ("_LARGE_INTEGER", "_LARGE_INTEGER", "union _LARGE_INTEGER, 3 elements, 0x8 bytes"),
        ("_LIST_ENTRY[2]", "[2] _LIST_ENTRY", "[2] struct _LIST_ENTRY, 2 elements, 0x10 bytes"),
        ("_STATE", "_STATE", "Enum _STATE,  4 total enums"),
    ]);
}
