//! C++ literals: numbers and characters. Pure functions of the text.

use super::super::error::Problem;
use super::super::value::Scalar;
use super::operand::{INT, INT64, Number, UNSIGNED_INT, UNSIGNED_INT64};
use symbols::{BaseKind, BaseType};

const LONG: BaseType = BaseType { kind: BaseKind::Long, size: 4 };
const UNSIGNED_LONG: BaseType = BaseType { kind: BaseKind::UnsignedLong, size: 4 };

/// The number that `text` begins with, and its length in bytes: decimal, `0x` hexadecimal, `0` octal, or hexadecimal
/// with a grave accent (``fffff804`7bdf5a80``); with `U`, `L`, `LL`, `I64` suffixes; or floating-point. None if the
/// text begins with no number.
pub(super) fn number(text: &str) -> Option<Result<(Number, usize), Problem>> {
    if let Some(length) = address_length(text) {
        return Some(integer(text, length, 16, false));
    }
    let begins = text.strip_prefix('.').unwrap_or(text);
    if !begins.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = digits.find(|c: char| !c.is_ascii_hexdigit() && c != '`').unwrap_or(digits.len());
        return Some(integer(digits, length, 16, false).map(|(number, length)| (number, length + 2)));
    }
    if let Some(float) = float(text) {
        return Some(Ok(float));
    }
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let radix = if text.starts_with('0') && length > 1 { 8 } else { 10 };
    Some(integer(text, length, radix, radix == 10))
}

/// Length of a hexadecimal number with a grave accent and no prefix.
fn address_length(text: &str) -> Option<usize> {
    let high = text.find(|c: char| !c.is_ascii_hexdigit())?;
    let low = text.get(high..)?.strip_prefix('`')?;
    let low = low.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(low.len());
    (high > 0 && low > 0).then_some(high + 1 + low)
}

/// An integer of `length` digits, and the suffix behind them.
fn integer(text: &str, length: usize, radix: u32, decimal: bool) -> Result<(Number, usize), Problem> {
    let digits: String = text.get(..length).unwrap_or_default().chars().filter(|c| *c != '`').collect();
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Problem::Syntax("no digits of that radix"));
    }
    let value = u64::from_str_radix(&digits, radix).map_err(|_| Problem::Overflow)?;
    let rest = text.get(length..).unwrap_or_default();
    let suffix_length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let suffix = rest.get(..suffix_length).unwrap_or_default().to_ascii_lowercase();
    let (unsigned, rank) = match suffix.as_str() {
        "" => (false, 0),
        "u" => (true, 0),
        "l" => (false, 1),
        "ul" | "lu" => (true, 1),
        "ll" | "i64" => (false, 2),
        "ull" | "llu" | "ui64" => (true, 2),
        _ => return Err(Problem::Syntax("no suffix of a number (C++ numbers have no 0n, 0t, 0y prefix and no h)")),
    };
    let number = Number::integer(fitting(value, unsigned, rank, decimal), value.into());
    Ok((number, length + suffix_length))
}

/// The first type of C's list that holds the value; decimal numbers become unsigned only past 2^63.
fn fitting(value: u64, unsigned: bool, rank: u8, decimal: bool) -> BaseType {
    let narrow = if rank == 0 { (INT, UNSIGNED_INT) } else { (LONG, UNSIGNED_LONG) };
    let candidates = [
        (narrow.0, !unsigned && rank < 2 && i32::try_from(value).is_ok()),
        (narrow.1, (unsigned || !decimal) && rank < 2 && u32::try_from(value).is_ok()),
        (INT64, !unsigned && i64::try_from(value).is_ok()),
    ];
    candidates.into_iter().find(|(_, fits)| *fits).map_or(UNSIGNED_INT64, |(ty, _)| ty)
}

/// A floating-point number: digits with a `.` or an exponent.
fn float(text: &str) -> Option<(Number, usize)> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        from + rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
    };
    let at = |index: usize| text.as_bytes().get(index).map(u8::to_ascii_lowercase);
    let mut end = digits(0);
    let mut is_float = false;
    if at(end) == Some(b'.') {
        (end, is_float) = (digits(end + 1), true);
    }
    if at(end) == Some(b'e') {
        let sign = usize::from(matches!(at(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            (end, is_float) = (exponent, true);
        }
    }
    let value: f64 = text.get(..end).filter(|_| is_float)?.parse().ok()?;
    let (size, suffix) = match at(end) {
        Some(b'f') => (4, 1),
        Some(b'l') => (8, 1),
        _ => (8, 0),
    };
    let ty = BaseType { kind: BaseKind::Float, size };
    Some((Number { ty, value: Scalar::Float(value) }.cast(ty), end + suffix))
}

/// The character constant that `text` begins with (`'a'`, `L'\n'`), and its length in bytes; None if there's none.
pub(super) fn character(text: &str) -> Option<Result<(Number, usize), Problem>> {
    let wide = text.starts_with("L'");
    let body = text.strip_prefix("L'").or_else(|| text.strip_prefix('\''))?;
    let quotes = text.len() - body.len() + 1;
    let ty = match wide {
        true => BaseType { kind: BaseKind::WChar, size: 2 },
        false => BaseType { kind: BaseKind::Char, size: 1 },
    };
    let constant = character_body(body)
        .filter(|(code, _)| u64::from(*code) < 1 << (8 * ty.size))
        .filter(|(_, length)| body.get(*length..).is_some_and(|behind| behind.starts_with('\'')))
        .map(|(code, length)| (Number::integer(ty, code.into()), length + quotes));
    Some(constant.ok_or(Problem::Syntax("a character constant is one character between ' and '")))
}

/// The code of the character or escape sequence that `body` begins with, and its length in bytes.
fn character_body(body: &str) -> Option<(u32, usize)> {
    let first = body.chars().next().filter(|first| *first != '\'')?;
    if first != '\\' {
        return Some((first.into(), first.len_utf8()));
    }
    let escape = body.chars().nth(1)?;
    let simple = match escape {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        '\\' | '\'' | '"' | '?' => escape,
        'x' => return coded(body, 2, 16, 4),
        '0'..='7' => return coded(body, 1, 8, 3),
        _ => return None,
    };
    Some((simple.into(), 1 + escape.len_utf8()))
}

/// A code of at most `most` digits from byte `from` on.
fn coded(body: &str, from: usize, radix: u32, most: usize) -> Option<(u32, usize)> {
    let digits = body.get(from..)?;
    let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len()).min(most);
    let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    Some((code, from + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, ty: &str, value: i128) {
        let (number, length) = number(text).or_else(|| character(text)).unwrap().unwrap();
        assert_eq!((number.ty.name().as_str(), number.value), (ty, Scalar::Integer(value)), "{text}");
        assert_eq!(length, text.len(), "{text}");
    }

    #[test]
    fn the_first_type_that_holds_it_is_taken() {
        check("0", "int", 0);
        check("2147483647", "int", 0x7fff_ffff);
        check("2147483648", "int64", 0x8000_0000);
        check("0x80000000", "unsigned int", 0x8000_0000);
        check("0x100000000", "int64", 0x1_0000_0000);
        check("0xffffffffffffffff", "unsigned int64", u64::MAX.into());
        check("010", "int", 8);
        check("1u", "unsigned int", 1);
        check("1UL", "unsigned long", 1);
        check("1L", "long", 1);
        check("1i64", "int64", 1);
        check("1ui64", "unsigned int64", 1);
    }

    #[test]
    fn grave_accents_make_addresses() {
        check("fffff804`7bdf5a80", "unsigned int64", 0xffff_f804_7bdf_5a80);
        check("0xfffff804`7bdf5a80", "unsigned int64", 0xffff_f804_7bdf_5a80);
        check("00000000`00001000", "int", 0x1000);
    }

    #[test]
    fn characters_may_be_escaped() {
        check("'a'", "char", 97);
        check(r"'\n'", "char", 10);
        check(r"'\x41'", "char", 65);
        check(r"'\0'", "char", 0);
        check(r"'\\'", "char", 92);
        check(r"L'\xffff'", "wchar_t", 0xffff);
        check(r"'\xff'", "char", -1);
    }

    #[test]
    fn other_syntax_s_numbers_are_refused() {
        for text in ["0n10", "0y1", "10h", "08", "0x", "18446744073709551616"] {
            assert!(number(text).unwrap().is_err(), "{text}");
        }
        for text in ["''", "'ab'", "'", r"'\q'", "'€'", r"'\x100'"] {
            assert!(character(text).unwrap().is_err(), "{text}");
        }
    }

    #[test]
    fn a_dot_or_an_exponent_makes_a_floating_point_number() {
        for (text, expected, ty) in [("1.5", 1.5, "double"), (".5f", 0.5, "float"), ("1e3", 1000.0, "double")] {
            let (number, length) = number(text).unwrap().unwrap();
            assert_eq!((number.value, length), (Scalar::Float(expected), text.len()));
            assert_eq!(number.ty.name(), ty);
        }
    }
}
