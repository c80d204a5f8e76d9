//! What is said of expressions that have no value, and where the `^` points.

use super::super::{MAXIMUM_DEPTH, MAXIMUM_LENGTH, Syntax, evaluate};
use super::world::World;
use super::{check_cpp, check_masm};

#[test]
fn masm_errors_quote_what_is_left_from_the_offending_place() {
    check_masm(
        &World::x64(),
        &[
            ("", "Numeric expression missing from '<EOL>'"),
            ("1+", "Numeric expression missing from '<EOL>'"),
            ("1 * * 2", "Numeric expression missing from '* 2'"),
            ("@rax == 1 && @rbx == 2", "Numeric expression missing from '& @rbx == 2'"),
            ("foo + 1", "Couldn't resolve error at 'foo + 1'"),
            ("nt!foo", "Couldn't resolve error at 'nt!foo'"),
            ("!1", "Couldn't resolve error at '!1'"),
            ("(1+1", "Syntax error at '<EOL>': expected )"),
            ("1+1)", "Extra character error at ')'"),
            ("1 / (2 - 2) + 1", "Operand error at ') + 1': division by zero"),
            ("poi(0) == 5", "Memory access error at ') == 5': 00000000`00000000: not in the dump"),
            ("$pby(1000)", "Memory access error at ')': 00000000`00001000: physical page 0x1000 is not in the dump"),
            ("12345678123456781", "Overflow error at '12345678123456781'"),
            ("~1", "Syntax error at '~1': MASM expressions have no ~; write (-1 xor x), or @@c++(~x)"),
            ("`main.c:1", "Syntax error at '`main.c:1': a source line ends with `"),
            ("$scmp(\"a, 1)", "Syntax error at '\"a, 1)': the string has no closing \""),
            ("$iment(1)", "Value unavailable error at '$iment(1)': no image is loaded there"),
        ],
    );
    let x86 = World::x86();
    check_masm(&x86, &[("$pby(0)", "Value unavailable error at ')': this target has no physical memory")]);
}

#[test]
fn cpp_errors_quote_what_is_left_from_the_offending_place() {
    check_cpp(
        &World::x64(),
        &[
            ("", "Unexpected token '<EOL>'"),
            ("1 + ", "Unexpected token '<EOL>'"),
            ("1 + )", "Unexpected token ')'"),
            ("error", "Couldn't resolve error at 'error'"),
            ("(nt!_NOPE *)1", "Couldn't resolve error at 'nt!_NOPE *)1'"),
            ("(struct _NOPE *)1", "Couldn't resolve error at '_NOPE *)1'"),
            ("thing->Nope + 1", "Type does not have given member error at 'Nope + 1': _THING"),
            ("thing.Count", "Operand error at 'Count': _THING * is a pointer; use ->"),
            ("drv!Things[0]->Count", "Operand error at '->Count': _THING is no pointer; use ."),
            ("number.Count", "Operand error at 'Count': int has no members"),
            ("*number", "No pointer for operator* 'number'"),
            ("number[0]", "Type is not an array or pointer for operator[] '0]'"),
            ("1 / 0", "Operand error at '0': division by zero"),
            ("1 % 0", "Operand error at '0': division by zero"),
            ("drv!Things[2].Count", "Memory access error at 'Count': fffff800`000010a8: not in the dump"),
            ("*(int *)0 + 1", "Memory access error at '0 + 1': 00000000`00000000: not in the dump"),
            ("Count * 2", "Couldn't resolve error at 'Count * 2'"),
            ("gone ? 1 : 2", "Value unavailable error at 'gone ? 1 : 2': optimized away"),
            ("::number", "Couldn't resolve error at '::number'"),
            ("lost", "Value unavailable error at 'lost': the register is not known in this frame"),
            ("gone + 1", "Value unavailable error at 'gone + 1': optimized away"),
            ("@rcx", "Value unavailable error at '@rcx': rcx is not known in this frame"),
            ("@nope", "Bad register error at '@nope'"),
            ("rax", "Couldn't resolve error at 'rax'"),
            ("drv!Main(1)", "Syntax error at '(1)': functions can't be called"),
            (". + 1", "Syntax error at '. + 1': C++ expressions have no . for $ip; write @$ip"),
            (
                "nt!Untyped",
                "Type information error at 'nt!Untyped': the symbol file doesn't say its type; cast its address: *(type *)&name",
            ),
            ("*(void *)thing", "Operand error at 'thing': void * points at nothing that has a type"),
            (
                "(_THING)number",
                "Operand error at 'number': int can't be cast to _THING; cast a pointer to it: *(type *)address",
            ),
            ("drv!Main + 1", "Operand error at '1': a function has no size; cast the pointer to unsigned char * first"),
            ("thing & 1", "Operand error at '1': And is not for pointers; cast them to a number first"),
            ("1.5 << 1", "Operand error at '1': ShiftLeft is not for double"),
            ("&thing->Ready", "Operand error at 'Ready': a bit field has no address"),
            ("&count", "Operand error at 'count': this unsigned char has no address"),
            ("&5", "Operand error at '5': this int has no address"),
            ("twin", "Ambiguous symbol error at 'twin': drv!twin (fffff800`10000400), drv!twin (fffff800`10000500)"),
            ("#NOPE(1)", "Syntax error at '#NOPE(1)': no macro of C++ expressions"),
            ("0n10", "Syntax error at '0n10': no suffix of a number (C++ numbers have no 0n, 0t, 0y prefix and no h)"),
        ],
    );
}

#[test]
fn assignments_are_refused_with_the_target_s_reason() {
    check_cpp(
        &World::x64(),
        &[
            ("number = 5", "Can't assign at '5': a crash dump can't be changed"),
            ("thing->Count += 1", "Can't assign at '1': a crash dump can't be changed"),
            ("number++", "Can't assign at '++': a crash dump can't be changed"),
            ("@rax = 1", "Can't assign at '1': this is a value, not a variable (the r command sets registers)"),
            ("5 = 1", "Can't assign at '1': this is a value, not a variable (the r command sets registers)"),
        ],
    );
}

#[test]
fn the_caret_stands_under_the_offending_place() {
    let error = evaluate("1 + föö * 2 + bar", Syntax::Masm, &World::x64()).unwrap_err();
    assert_eq!(error.with_caret(), "1 + föö * 2 + bar\n    ^ Couldn't resolve error at 'föö * 2 + bar'");
    let error = evaluate("\"ö\"[1.5]", Syntax::Cpp, &World::x64()).unwrap_err();
    assert_eq!(error.with_caret(), "\"ö\"[1.5]\n    ^ Operand error at '1.5]': an index is an integer");
}

#[test]
fn length_and_nesting_have_limits() {
    let world = World::x64();
    for syntax in [Syntax::Masm, Syntax::Cpp] {
        let long = format!("1{}", "+1".repeat(MAXIMUM_LENGTH / 2 - 1));
        let sum = evaluate(&long, syntax, &world).unwrap().as_u64(&world).unwrap();
        assert_eq!(sum, MAXIMUM_LENGTH as u64 / 2);
        assert!(evaluate(&format!("{long}+1"), syntax, &world).unwrap_err().to_string().contains("longer than"));
        let nested = format!("{}1{}", "(".repeat(40), ")".repeat(40));
        assert_eq!(evaluate(&nested, syntax, &world).unwrap().as_u64(&world), Ok(1));
        for opening in ["(", "-", "@@(", "*", "!", "poi ", "(int)", "sizeof ", "0?", "0?1:"] {
            let deep = opening.repeat(2 * MAXIMUM_DEPTH);
            assert!(evaluate(&deep, syntax, &world).is_err(), "{opening}");
        }
    }
}
