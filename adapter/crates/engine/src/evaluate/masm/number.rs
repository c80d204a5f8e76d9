//! Numbers of MASM expressions: any radix, with the debuggers' prefixes, `h` suffix and grave accents.

/// What a word is when it is looked at as a number.
#[derive(Debug, PartialEq)]
pub(super) enum Number {
    /// Some character is no digit of the radix.
    SomethingElse,
    /// More than 64 bits.
    TooLarge,
    /// A number.
    Value {
        /// The number.
        value: u64,
        /// Written with a grave accent (``0`80000000``), which keeps it from being sign-extended.
        grave_accent: bool,
    },
}

/// Reads `word` as "MASM Numbers and Operators" documents it: `0x 0n 0t 0y` prefixes (alone they are zero), a trailing
/// `h`, else `radix`. A word with a grave accent and no prefix is hexadecimal in every radix.
pub(super) fn number(word: &str, radix: u32) -> Number {
    let prefix = word.get(..2).unwrap_or_default().to_ascii_lowercase();
    let prefixed = match prefix.as_str() {
        "0x" => Some(16),
        "0n" => Some(10),
        "0t" => Some(8),
        "0y" => Some(2),
        _ => None,
    };
    if let Some(radix) = prefixed {
        let digits = word.get(2..).unwrap_or_default();
        return if digits.is_empty() { Number::Value { value: 0, grave_accent: false } } else { read(digits, radix) };
    }
    match word.strip_suffix(['h', 'H']) {
        Some(digits) => read(digits, 16),
        None if word.contains('`') => read(word, 16),
        None => read(word, radix),
    }
}

/// `digits` in `radix`; grave accents may stand anywhere but in front.
fn read(digits: &str, radix: u32) -> Number {
    if digits.is_empty() || digits.starts_with('`') || !digits.chars().all(|c| c == '`' || c.is_digit(radix)) {
        return Number::SomethingElse;
    }
    let grave_accent = digits.contains('`');
    let mut value = 0u64;
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        let next = value.checked_mul(radix.into()).and_then(|shifted| shifted.checked_add(digit.into()));
        match next {
            Some(next) => value = next,
            None => return Number::TooLarge,
        }
    }
    Number::Value { value, grave_accent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, radix: u32, expected: Option<u64>) {
        let value = match number(word, radix) {
            Number::Value { value, .. } => Some(value),
            Number::SomethingElse | Number::TooLarge => None,
        };
        assert_eq!(value, expected, "{word} in radix {radix}");
    }

    #[test]
    fn prefix_and_suffix_beat_the_radix() {
        for radix in [8, 10, 16] {
            check("0x4aB3", radix, Some(0x4ab3));
            check("4AB3h", radix, Some(0x4ab3));
            check("0n10", radix, Some(10));
            check("0t10", radix, Some(8));
            check("0y10", radix, Some(2));
            check("fffff804`7bdf5a80", radix, Some(0xffff_f804_7bdf_5a80));
        }
    }

    #[test]
    fn a_prefix_alone_is_zero() {
        for word in ["0x", "0N", "0t", "0y", "0"] {
            check(word, 16, Some(0));
        }
    }

    #[test]
    fn digits_must_belong_to_the_radix() {
        check("19", 8, None);
        check("1a", 10, None);
        check("fade", 16, Some(0xfade));
        check("fade", 10, None);
        check("0y12", 16, None);
        check("h", 16, None);
        check("`1", 16, None);
    }

    #[test]
    fn more_than_64_bits_are_refused() {
        check("ffffffffffffffff", 16, Some(u64::MAX));
        assert_eq!(number("10000000000000000", 16), Number::TooLarge);
    }
}
