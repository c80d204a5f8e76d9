//! C++ expressions.

use super::super::{Piece, Place, Syntax, evaluate};
use super::world::{STACK, World};
use super::{check_cpp, show_cpp};
use memory::VirtualAddress;

#[test]
fn operators_bind_as_in_cpp() {
    check_cpp(
        &World::x64(),
        &[
            ("1 + 2 * 3", "int 7"),
            ("(1 + 2) * 3", "int 9"),
            ("7 / 2 * 2", "int 6"),
            ("-7 / 2", "int -3"),
            ("-7 % 3", "int -1"),
            ("1 << 2 + 1", "int 8"),
            ("1 << 3 < 9", "bool 1"),
            ("1 < 2 == 1", "bool 1"),
            ("6 & 3 == 3", "int 0"),
            ("1 | 2 ^ 2 & 3", "int 1"),
            ("1 ^ 1 | 2", "int 2"),
            ("0 && 1 || 1", "bool 1"),
            ("1 || 0 && 0", "bool 1"),
            ("!0 + 1", "int 2"),
            ("~0", "int -1"),
            ("- -5", "int 5"),
            ("1 ? 2 : 0 ? 3 : 4", "int 2"),
            ("0 ? 2 : 0 ? 3 : 4", "int 4"),
            ("1, 2, 3", "int 3"),
            ("2 // two", "int 2"),
            ("1 - 2 - 3", "int -4"),
        ],
    );
}

/// The usual arithmetic conversions, and the types of literals.
#[test]
fn numbers_keep_their_types() {
    check_cpp(
        &World::x64(),
        &[
            ("10", "int 10"),
            ("010", "int 8"),
            ("0x10", "int 16"),
            ("fffff804`7bdf5a80", "unsigned int64 18446735296874633856"),
            ("1u + 1", "unsigned int 2"),
            ("1L + 1", "long 2"),
            ("1L + 1u", "unsigned long 2"),
            ("1i64 + 1u", "int64 2"),
            ("1ui64 + 1", "unsigned int64 2"),
            ("'a' + 1", "int 98"),
            ("1 < 2", "bool 1"),
            ("true + true", "int 2"),
            ("1u - 2", "unsigned int 4294967295"),
            ("0u - 1 < 1", "bool 0"),
            ("-1 < 1u", "bool 0"),
            ("-1 < 1", "bool 1"),
            ("0x7fffffff + 1", "int -2147483648"),
            ("0x7fffffffffffffff + 1", "int64 -9223372036854775808"),
            ("-0x7fffffffffffffff - 2", "int64 9223372036854775807"),
            ("0x80000000 >> 31", "unsigned int 1"),
            ("-8 >> 1", "int -4"),
            ("1.5 * 2", "double 3.0"),
            ("1.5f", "float 1.5"),
            ("1 ? 1 : 1.5", "double 1.0"),
            ("@$t1 + @$t2", "unsigned int64 3"),
            ("@$t2/@$t1", "unsigned int64 2"),
            ("@$t2|@$t1", "unsigned int64 3"),
        ],
    );
}

#[test]
fn registers_are_unsigned_numbers_and_pseudo_registers_have_their_types() {
    check_cpp(
        &World::x64(),
        &[
            ("@rax", "unsigned int64 1234605616436508552"),
            ("@eax", "unsigned int 1432778632"),
            ("@al", "unsigned char 136"),
            ("@zf", "unsigned char 1"),
            ("@$ip", "unsigned char * fffff80010000010"),
            ("@$ip + 1", "unsigned char * fffff80010000011"),
            ("@$proc", "_EPROCESS * fffff80000001000"),
            ("@$proc->Pid", "unsigned int64 7236158692687609859"),
            ("@$t15->Count", "unsigned long 3"),
            ("@$t1", "unsigned int64 1"),
        ],
    );
    check_cpp(&World::x86(), &[("@eax", "unsigned int 2271560481"), ("@cs", "unsigned short 8")]);
}

#[test]
fn variables_are_their_values() {
    check_cpp(
        &World::x64(),
        &[
            ("number", "int -5"),
            ("number + 1", "int -4"),
            ("&number", "int * ffff850000002008"),
            ("*&number", "int -5"),
            ("count", "unsigned char 7"),
            ("limit * 2", "int 200"),
            ("nt!MaxLevel", "int 9"),
            ("Depth", "int -5"),
            ("this->Depth + 1", "int -4"),
            ("drv!Main", "long (*)(void) fffff80010000100"),
            ("&drv!Main", "long (*)(void) fffff80010000100"),
            ("drv!CFoo::member", "int -5"),
            ("CFoo::member", "int -5"),
            ("::CFoo::member", "int -5"),
            ("::fade", "unsigned int 250"),
            ("$!number", "int -5"),
            ("!number", "bool 0"),
            ("&nt!Untyped", "void * ffff850000002000"),
            ("*(int64 *)&nt!Untyped", "int64 -8796093018112"),
            ("drv!vector<int, std::allocator<int>>::grow", "long (*)(void) fffff80010000200"),
            ("sizeof(drv!vector< int,std::allocator<int> >)", "unsigned int64 24"),
            ("number < 3 && count > 1", "bool 1"),
        ],
    );
}

#[test]
fn members_are_found_and_typed() {
    check_cpp(
        &World::x64(),
        &[
            ("thing->Count", "unsigned long 3"),
            ("(*thing).Count", "unsigned long 3"),
            ("thing->Next->Count", "unsigned long 4294967295"),
            ("thing->Delta", "short -2"),
            ("thing->Delta + thing->Count", "unsigned long 1"),
            ("thing->Whole == 0x8877665544332211", "bool 1"),
            ("thing->Bytes[1]", "unsigned char 34"),
            ("thing->Ratio * 2", "double 3.0"),
            ("thing->Tag", "char [4] at fffff8000000100e"),
            ("thing->Tag[2]", "char 97"),
            ("*thing", "_THING at fffff80000001000"),
            ("drv!Things", "_THING [2] at fffff80000001000"),
            ("drv!Things[1]", "_THING at fffff80000001050"),
            ("drv!Things[1].Delta", "short 9"),
            ("*drv!Things", "_THING at fffff80000001000"),
            ("drv!Things->Count", "unsigned long 3"),
            ("thing[1].Count", "unsigned long 4294967295"),
            ("thing->Links.Flink", "_LIST_ENTRY * fffff80000001080"),
            ("thing->Owner.Count", "unsigned long 4294967295"),
            ("other.Delta", "short 9"),
            ("sizeof other", "unsigned int64 80"),
            ("&other", "_THING * fffff80000001050"),
            ("thing->Callback", "long (*)(void) fffff80010000100"),
            ("*thing->Callback", "long (*)(void) fffff80010000100"),
            ("thing->Instances", "int -5"),
            ("&thing->Count", "unsigned long * fffff80000001008"),
        ],
    );
}

#[test]
fn bit_fields_and_enums_are_numbers_with_their_sign() {
    check_cpp(
        &World::x64(),
        &[
            ("thing->Ready", "unsigned long : 1 1"),
            ("thing->Level", "unsigned long : 4 10"),
            ("thing->Lean", "long : 3 -3"),
            ("thing->Lean + 1", "int -2"),
            ("thing->Level - 11", "int -1"),
            ("thing->State", "_STATE 1"),
            ("thing->Next->State", "_STATE -1"),
            ("thing->State == Running", "bool 1"),
            ("thing->State == Broken", "bool 0"),
            ("thing->State == 1", "bool 1"),
            ("_STATE::Broken", "_STATE -1"),
            ("drv!_STATE::Running + 1", "int 2"),
            ("(_STATE)0", "_STATE 0"),
            ("Running", "Couldn't resolve error at 'Running'"),
            ("thing->State + 1", "int 2"),
        ],
    );
}

#[test]
fn pointer_arithmetic_is_scaled() {
    check_cpp(
        &World::x64(),
        &[
            ("thing + 1", "_THING * fffff80000001050"),
            ("1 + thing", "_THING * fffff80000001050"),
            ("thing - 1", "_THING * fffff80000000fb0"),
            ("(thing + 1) - thing", "int64 1"),
            ("thing->Next - thing", "int64 1"),
            ("&drv!Things[1] == thing->Next", "bool 1"),
            ("thing < thing + 1", "bool 1"),
            ("thing != 0", "bool 1"),
            ("!thing", "bool 0"),
            ("(unsigned char *)thing + 8", "unsigned char * fffff80000001008"),
            ("*(unsigned long *)((unsigned char *)thing + 8)", "unsigned long 3"),
            ("&thing->Tag[3] - &thing->Tag[0]", "int64 3"),
            ("nullptr == 0", "bool 1"),
            ("(char *)0 - 1", "char * ffffffffffffffff"),
        ],
    );
    check_cpp(&World::x86(), &[("(char *)0 - 1", "char * ffffffff"), ("(char *)4 - (char *)8", "int -4")]);
}

#[test]
fn casts_are_always_performed() {
    check_cpp(
        &World::x64(),
        &[
            ("(unsigned char)0x1234", "unsigned char 52"),
            ("(char)0xff", "char -1"),
            ("(short)-1", "short -1"),
            ("(unsigned long)-1", "unsigned long 4294967295"),
            ("(long unsigned int)-1", "unsigned long 4294967295"),
            ("(__int64)(char)0x80", "int64 -128"),
            ("(bool)2", "bool 1"),
            ("(int)1.9", "int 1"),
            ("(double)3 / 2", "double 1.5"),
            ("(float)0.1", "float 0.10000000149011612"),
            ("(void *)-1", "void * ffffffffffffffff"),
            ("(nt!_EPROCESS *)0x1000", "_EPROCESS * 1000"),
            ("(struct nt!_EPROCESS const *)0x1000", "_EPROCESS * 1000"),
            ("(EPROCESS *)0x1000", "_EPROCESS * 1000"),
            ("((drv!_THING *)@$t15)->Count", "unsigned long 3"),
            ("reinterpret_cast<_THING *>(@$t15)->Count", "unsigned long 3"),
            ("static_cast<char>(0x141)", "char 65"),
            ("(ULONG)-1", "unsigned long 4294967295"),
            ("(PVOID)5", "void * 5"),
            ("(ULONG_PTR)thing & ~0xfff", "unsigned int64 18446735277616533504"),
            ("(unsigned char)@rax + 1", "int 137"),
            ("(char *)thing->Tag", "char * fffff8000000100e"),
            ("(void)1", "void"),
            ("(_THING)*thing", "_THING at fffff80000001000"),
            ("(char **)0", "char ** 0"),
            ("*(char (*)[4])0", "Couldn't resolve error at 'char (*)[4])0'"),
        ],
    );
}

#[test]
fn parentheses_around_variables_are_no_casts() {
    check_cpp(
        &World::x64(),
        &[
            ("(number)-1", "int -6"),
            ("(number) + 1", "int -4"),
            ("(pool)-1", "int 0"),
            ("(thing)->Count", "unsigned long 3"),
            ("(_PAIR)-1", "int -6"),
            ("(drv!_PAIR)&1", "int 1"),
            ("(number * 2)", "int -10"),
            ("(int)(number)", "int -5"),
            ("(UCHAR)(number)", "unsigned char 251"),
        ],
    );
}

#[test]
fn sizes_are_those_of_types_and_of_unread_operands() {
    check_cpp(
        &World::x64(),
        &[
            ("sizeof(_THING)", "unsigned int64 80"),
            ("(sizeof(drv!_THING))", "unsigned int64 80"),
            ("sizeof(struct _THING *)", "unsigned int64 8"),
            ("sizeof *thing", "unsigned int64 80"),
            ("sizeof(thing->Next->Next)", "unsigned int64 8"),
            ("sizeof(((_THING *)0)->Tag)", "unsigned int64 4"),
            ("sizeof(gone)", "unsigned int64 4"),
            ("sizeof(int[3][2])", "unsigned int64 24"),
            ("sizeof(1/0)", "unsigned int64 4"),
            ("sizeof 'a'", "unsigned int64 1"),
            ("sizeof \"abc\"", "unsigned int64 4"),
            ("sizeof(unsigned char) + 1", "unsigned int64 2"),
            ("sizeof(number = 1)", "unsigned int64 4"),
            ("sizeof(nt!Untyped)", "Operand error at ')': <no type> has no size"),
            ("sizeof(void)", "Operand error at ')': void has no size"),
            ("sizeof drv!Main", "Operand error at 'drv!Main': long (void) has no size"),
            ("sizeof(_NOPE)", "Couldn't resolve error at '_NOPE)'"),
        ],
    );
    check_cpp(&World::x86(), &[("sizeof(void *)", "unsigned int 4"), ("sizeof(SIZE_T)", "unsigned int 4")]);
}

#[test]
fn operands_that_decide_nothing_are_not_evaluated() {
    check_cpp(
        &World::x64(),
        &[
            ("0 && *(int *)0", "bool 0"),
            ("1 || *(int *)0", "bool 1"),
            ("1 ? 2 : *(int *)0", "int 2"),
            ("0 ? 1 / 0 : 2", "int 2"),
            ("thing && thing->Count", "bool 1"),
            ("0 && (number = 1)", "bool 0"),
            ("0 && nope", "Couldn't resolve error at 'nope'"),
        ],
    );
}

/// "Macros in C++ expressions".
#[test]
fn the_documented_macros_are_known() {
    check_cpp(
        &World::x64(),
        &[
            ("#FIELD_OFFSET(_THING, Delta)", "long 12"),
            ("#FIELD_OFFSET(_THING, Links.Blink)", "long 56"),
            ("#FIELD_OFFSET(_THING, Bytes[2])", "long 34"),
            ("#RTL_FIELD_SIZE(drv!_THING, Tag)", "unsigned int64 4"),
            ("#RTL_SIZEOF_THROUGH_FIELD(_THING, Tag)", "unsigned int64 18"),
            ("#RTL_NUMBER_OF(thing->Tag)", "unsigned int64 4"),
            ("#RTL_CONTAINS_FIELD(thing, 0x10, Delta)", "bool 1"),
            ("#RTL_CONTAINS_FIELD(thing, 13, Delta)", "bool 0"),
            ("#CONTAINING_RECORD(&thing->Links, _THING, Links)", "_THING * fffff80000001000"),
            ("#CONTAINING_RECORD(thing->Links.Flink, _THING, Links)->Delta", "short 9"),
            ("#CONTAINING_RECORD(fffff800`00001080, drv!_THING, Links)->Delta", "short 9"),
        ],
    );
}

#[test]
fn masm_is_an_operand_and_can_go_back() {
    check_cpp(
        &World::x64(),
        &[
            ("@@(10) + 10", "unsigned int64 26"),
            ("@@masm(poi(@rsp)) == thing", "bool 1"),
            ("(_THING *)@@(poi(thing))", "_THING * fffff80000001000"),
            ("@@(`main.c:43`) - @@(drv)", "unsigned int64 43"),
            ("@@c++(1 + 1)", "int 2"),
        ],
    );
}

#[test]
fn values_in_pieces_have_the_members_that_the_pieces_hold() {
    let world = World::x64();
    check_cpp(
        &world,
        &[
            ("pair.Low", "unsigned long 7"),
            ("pair.High == 0x8877665544332211", "bool 1"),
            ("pair.Middle", "Value unavailable error at 'Middle': this part of it has no value here (optimized away)"),
        ],
    );
    let pieces = Place::Pieces(vec![
        Piece { offset: 0, size: 2, place: Place::Constant(vec![1, 2]) },
        Piece { offset: 2, size: 6, place: Place::Memory(VirtualAddress(STACK)) },
    ]);
    assert_eq!(pieces.part(1, 3).read(3, &world).unwrap(), [2, 0, 0x10]);
    assert!(pieces.part(0, 9).read(9, &world).is_err());
    assert!(Place::Constant(vec![1, 2]).part(1, 2).read(2, &world).is_err());
}

#[test]
fn assignments_write_what_the_type_holds() {
    let world = World { writable: true, ..World::x64() };
    let at = |address: u64| Place::Memory(VirtualAddress(address));
    let thing = 0xffff_f800_0000_1000;
    for (expression, place, bytes, result) in [
        ("number = 0x101", at(STACK + 8), vec![1, 1, 0, 0], "int -5"),
        ("number++", at(STACK + 8), vec![0xfc, 255, 255, 255], "int -5"),
        ("thing->Delta -= 1", at(thing + 12), vec![0xfd, 0xff], "short -2"),
        ("thing->Level = 3", at(thing + 0x14), vec![0b1010_0111, 0, 0, 0], "unsigned long : 4 10"),
        ("thing += 1", at(STACK), vec![0x50, 0x10, 0, 0, 0, 0xf8, 0xff, 0xff], "_THING * fffff80000001000"),
        ("thing->Ratio = 2", at(thing + 0x28), vec![0, 0, 0, 0, 0, 0, 0, 0x40], "double 1.5"),
    ] {
        assert_eq!(show_cpp(&world, expression), result, "{expression}");
        assert_eq!(world.written.borrow_mut().pop(), Some((place, bytes)), "{expression}");
    }
}

#[test]
fn the_place_of_an_lvalue_is_kept() {
    let world = World::x64();
    let value = evaluate("thing->Links.Blink", Syntax::Cpp, &world).unwrap();
    assert_eq!(value.place, Place::Memory(VirtualAddress(0xffff_f800_0000_1038)));
    let value = evaluate("thing->Level", Syntax::Cpp, &world).unwrap();
    assert_eq!(value.place, Place::Memory(VirtualAddress(0xffff_f800_0000_1014)));
}
