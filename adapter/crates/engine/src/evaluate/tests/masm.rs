//! MASM expressions.

use super::super::{Syntax, evaluate_number_prefix, evaluate_prefix};
use super::check_masm;
use super::world::World;

#[test]
fn numbers_are_hexadecimal_unless_they_say_otherwise() {
    check_masm(
        &World::x64(),
        &[
            ("10", "10"),
            ("0n10", "a"),
            ("0t10", "8"),
            ("0y101", "5"),
            ("10h", "10"),
            ("0x", "0"),
            ("fffff804`7bdf5a80", "fffff8047bdf5a80"),
            // "MASM Numbers and Operators": ? @r10 + 0x10 + 0t10 + 0y10, with the r10 of this world
            ("@r10 + 0x10 + 0t10 + 0y10", "22"),
        ],
    );
    let decimal = World { radix: 10, ..World::x64() };
    check_masm(
        &decimal,
        &[("10", "a"), ("0x10", "10"), ("1a", "Syntax error at '1a': no number of the current radix")],
    );
}

/// The tables of "Numeric Operators in MASM Expressions": operators of a cell from left to right, before those of
/// lower cells.
#[test]
fn operators_bind_in_the_documented_order() {
    check_masm(
        &World::x64(),
        &[
            ("1 + 2 * 3", "7"),
            ("(1 + 2) * 3", "9"),
            ("[1 + 2] * 3", "9"),
            ("7 / 2 * 2", "6"),
            ("0n10 mod 4 % 3", "2"),
            ("8 - 3 - 2", "3"),
            ("1 << 2 + 1", "8"),
            ("1 << 2 << 1", "8"),
            ("1 << 4 = 10", "1"),
            ("4 >= 1 + 1", "1"),
            ("1 < 2 == 1", "1"),
            ("6 & 3 = 3", "0"),
            ("1 xor 3 and 2", "3"),
            ("1 | 2 ^ 2 & 3", "1"),
            ("4 or 2 xor 6 and 3", "4"),
            ("-1 + 2", "1"),
            ("not 0 = 0", "0"),
            ("not 1 + 1", "1"),
            ("--1", "1"),
            ("+-1", "ffffffffffffffff"),
            ("hi 12345678 + 1", "1235"),
        ],
    );
}

#[test]
fn arithmetic_is_unsigned_and_wraps() {
    check_masm(
        &World::x64(),
        &[
            ("0 - 1", "ffffffffffffffff"),
            ("ffffffffffffffff + 1", "0"),
            ("ffffffffffffffff * 2", "fffffffffffffffe"),
            ("-1 > 1", "1"),
            ("-8 >> 4", "fffffffffffffff"),
            ("-8 >>> 2", "fffffffffffffffe"),
            ("-4 / 2", "7ffffffffffffffe"),
            ("5 = 5", "1"),
            ("5 != 5", "0"),
            ("12345678 low", "Extra character error at 'low'"),
            ("low 12345678", "5678"),
        ],
    );
}

#[test]
fn operators_that_are_words_take_any_case_and_end_with_the_word() {
    check_masm(
        &World::x64(),
        &[
            ("6 AND 3", "2"),
            ("NOT(($ip = .) AND ($ip = @rip) AND (@rip =. ))", "0"),
            ("6 andy 3", "Extra character error at 'andy 3'"),
            ("(1)and(3)", "1"),
        ],
    );
}

#[test]
fn memory_is_read_through_prefix_operators() {
    check_masm(
        &World::x64(),
        &[
            ("by(@rsp)", "0"),
            ("wo(drv!Things)", "1050"),
            ("dwo drv!Things+8", "1058"),
            ("dwo(drv!Things+8)", "3"),
            ("qwo(@rsp)", "fffff80000001000"),
            ("poi(@rsp)", "fffff80000001000"),
            ("poi @rsp + 8", "fffff80000001008"),
            ("dwo(poi(poi(@rsp))+8)", "ffffffff"),
            ("$pwo 20", "2120"),
            ("$pqwo(0)", "706050403020100"),
        ],
    );
}

#[test]
fn registers_are_found_by_the_documented_rules() {
    check_masm(
        &World::x64(),
        &[
            ("@rax", "1122334455667788"),
            ("rax", "1122334455667788"),
            ("@EAX", "55667788"),
            ("@al", "88"),
            ("@zf", "1"),
            ("@ah", "77"),
            ("ah", "a"),
            ("!ah", "fffff8047bdf6000"),
            ("r10", "8"),
            ("bl", "7"),
            ("@$t2 + $t1", "3"),
            ("$exp = @$exp", "1"),
            (". - drv", "10"),
            ("@rcx", "Value unavailable error at '@rcx': rcx is not known in this frame"),
            ("@foo + 1", "Bad register error at '@foo + 1'"),
            ("@$foo", "Bad register error at '@$foo'"),
            ("@$peb", "Value unavailable error at '@$peb': the process's address space isn't in the dump"),
        ],
    );
}

#[test]
fn symbols_are_their_addresses() {
    check_masm(
        &World::x64(),
        &[
            ("nt!KeBugCheckEx+10", "fffff8047bdf5a90"),
            ("KeBugCheckEx", "fffff8047bdf5a80"),
            ("drv", "fffff80010000000"),
            ("thing", "ffff850000002000"),
            ("fade", "fade"),
            ("!fade", "ffff850000002008"),
            ("$!fade", "ffff850000002008"),
            ("drv!Fade", "ffff850000002008"),
            ("drv!CFoo::member", "ffff850000002008"),
            ("drv!CFoo__member", "ffff850000002008"),
            ("drv!`vftable'+1", "fffff80010000301"),
            ("@!\"drv!vector<int,std::allocator<int> >::grow\"+4", "fffff80010000204"),
            ("count", "Operand error at 'count': count lives in a register and has no address; @@(count) is its value"),
            ("@@(count)", "7"),
            (
                "nt!MaxLevel",
                "Operand error at 'nt!MaxLevel': nt!MaxLevel is a constant and has no address; @@(nt!MaxLevel) is its value",
            ),
            ("gone", "Value unavailable error at 'gone': optimized away"),
            (
                "1 + twin",
                "Ambiguous symbol error at 'twin': drv!twin (fffff800`10000400), drv!twin (fffff800`10000500)",
            ),
        ],
    );
}

#[test]
fn functions_and_source_lines_are_operands() {
    check_masm(
        &World::x64(),
        &[
            ("$vvalid(@rsp, 18)", "1"),
            ("$vvalid(@rsp, 19)", "0"),
            ("not($vvalid(0, f))", "1"),
            ("$iment(drv)", "fffff80010000100"),
            ("$scmp(\"abc\", \"abd\")", "ffffffffffffffff"),
            ("$scmp(\"abc\", \"ABC\")", "1"),
            ("$sicmp(\"abc\", \"ABC\")", "0"),
            ("$spat(\"kdap.exe\", \"KD*.e?e\")", "1"),
            ("$spat(\"kdap.exe\", \"x*\")", "0"),
            ("$fnsucc(drv!Main, 0, 0)", "0"),
            ("$fnsucc(drv!Main, 0, 1)", "1"),
            ("$fnsucc(drv+200, 80004005, 0)", "0"),
            ("$fnsucc(drv+200, 1, 1)", "1"),
            ("`drv!main.c:43`+1", "fffff8001000002c"),
            ("`main.c:0x10` - drv", "10"),
            ("`:43`", "Value unavailable error at '`:43`': no such line"),
        ],
    );
}

#[test]
fn cpp_is_an_operand_and_can_go_back() {
    check_masm(
        &World::x64(),
        &[
            ("@@(10) + 10", "1a"),
            ("@@c++(thing->Count) + 1", "4"),
            ("@@(@@(10) + 10)", "1a"),
            ("@@c++(@@masm(10) + 10)", "1a"),
            ("@@masm(10)", "10"),
            ("@@(number)", "fffffffffffffffb"),
            ("@@(drv!Main)", "fffff80010000100"),
            ("@@(drv!Things)", "fffff80000001000"),
            ("@@(*thing)", "Operand error at ')': _THING is no number"),
        ],
    );
}

/// "Sign Extension": constants of 0x80000000 to 0xFFFFFFFF, and 32-bit registers.
#[test]
fn thirty_two_bit_targets_sign_extend() {
    check_masm(
        &World::x86(),
        &[
            ("EEAA1122", "ffffffffeeaa1122"),
            ("00000000EEAA1122", "ffffffffeeaa1122"),
            ("0`EEAA1122", "eeaa1122"),
            ("00000000`EEAA1122", "eeaa1122"),
            ("12345678", "12345678"),
            ("@eax", "ffffffff87654321"),
            ("0x0`FFFFFFFF & @eax", "87654321"),
            ("poi(@esp)", "ffffffff8abcdef0"),
            ("dwo(@esp)", "8abcdef0"),
            ("poi(80002000) = poi(0`80002000)", "1"),
            ("@@(@eax)", "87654321"),
            (".", "ffffffff80001000"),
            ("@$ip = .", "1"),
            ("@$ip - 80001000", "0"),
            ("@@(@$ip)", "80001000"),
        ],
    );
    check_masm(&World::x64(), &[("80000000", "80000000"), ("@eax", "55667788")]);
}

#[test]
fn an_expression_ends_where_no_operator_goes_on() {
    let world = World::x64();
    for (text, value, rest) in
        [("10 L20", 0x10, " L20"), ("@rbx+1 @rax", 8, " @rax"), ("(1) (2)", 1, " (2)"), ("1;2", 1, ";2")]
    {
        assert_eq!(evaluate_number_prefix(text, Syntax::Masm, &world).unwrap(), (value, rest));
        assert_eq!(evaluate_prefix(text, Syntax::Masm, &world).unwrap().1, rest);
    }
}
