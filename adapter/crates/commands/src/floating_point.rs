//! Floating-point numbers as the Windows debuggers write them: `%g` of Microsoft's C runtime, whose exponents have three
//! digits and which has its own words for what is no number.

/// A `float` by its bits, with `digits` significant digits at most.
pub(crate) fn single(bits: u32, digits: usize) -> String {
    const QUIET: u32 = 1 << 22;
    let value = f32::from_bits(bits);
    if value.is_nan() {
        let mantissa = bits & (QUIET << 1).wrapping_sub(1);
        return not_a_number(bits >> 31 != 0, mantissa & QUIET != 0, mantissa == QUIET).to_owned();
    }
    general(f64::from(value), digits)
}

/// A `double` by its bits, with `digits` significant digits at most.
pub(crate) fn double(bits: u64, digits: usize) -> String {
    const QUIET: u64 = 1 << 51;
    let value = f64::from_bits(bits);
    if value.is_nan() {
        let mantissa = bits & (QUIET << 1).wrapping_sub(1);
        return not_a_number(bits >> 63 != 0, mantissa & QUIET != 0, mantissa == QUIET).to_owned();
    }
    general(value, digits)
}

fn not_a_number(negative: bool, quiet: bool, only_quiet: bool) -> &'static str {
    match (negative, quiet) {
        (true, true) if only_quiet => "-1.#IND",
        (true, true) => "-1.#QNAN",
        (false, true) => "1.#QNAN",
        (true, false) => "-1.#SNAN",
        (false, false) => "1.#SNAN",
    }
}

/// `%.<digits>g` of a number that is one.
fn general(value: f64, digits: usize) -> String {
    if value.is_infinite() {
        return if value < 0.0 { "-1.#INF" } else { "1.#INF" }.to_owned();
    }
    let precision = digits.max(1) - 1;
    let scientific = format!("{value:.precision$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match usize::try_from(exponent) {
        Ok(integral) if integral <= precision => trimmed(&format!("{value:.*}", precision - integral)).to_owned(),
        Err(_) if exponent >= -4 => {
            let decimals = precision.saturating_add(exponent.unsigned_abs() as usize);
            trimmed(&format!("{value:.decimals$}")).to_owned()
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:03}", trimmed(mantissa), exponent.unsigned_abs())
        }
    }
}

/// Without zeroes at the end of the decimals.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected texts are those of documented and published debugger output (`.formats`, `df`).
    #[test]
    fn numbers_are_written_as_percent_g_writes_them() {
        let check = |bits: u32, expected: &str| assert_eq!(single(bits, 6), expected, "{bits:#x}");
        check(0x1c40_7e62, "6.36908e-022");
        check(0x4700, "2.547e-041");
        check(0x123, "4.07778e-043");
        check(0x8001_0033, "-9.1907e-041");
        check(0x437f_0000, "255");
        check(0x3f00_0000, "0.5");
        check(0x38d1_b717, "0.0001");
        check(0x4974_2400, "1e+006");
        check(0x4974_23f0, "999999");
        check(0, "0");
        assert_eq!(double(0x1c40_7e62, 6), "2.34182e-315");
        assert_eq!(double(0xcccc_cccc_cccc_cccc, 17), "-9.2559631349317831e+061");
        assert_eq!(double(2.25f64.to_bits(), 17), "2.25");
    }

    #[test]
    fn what_is_no_number_has_the_c_runtime_s_words() {
        assert_eq!(single(0xffff_ffff, 6), "-1.#QNAN");
        assert_eq!(single(0xffc0_0000, 6), "-1.#IND");
        assert_eq!(single(0x7f80_0001, 6), "1.#SNAN");
        assert_eq!(single(0x7f80_0000, 6), "1.#INF");
        assert_eq!(double(0xffff_ffff_8001_0033, 6), "-1.#QNAN");
        assert_eq!(double(f64::NEG_INFINITY.to_bits(), 6), "-1.#INF");
    }
}
