//! `.formats`: a number in every format.

use crate::arguments::Arguments;
use crate::command::{Command, CommandError, Invocation};
use crate::date;
use crate::floating_point;
use crate::report::{Format, Record, Report, Value};

/// The command's entry.
pub static COMMAND: Command = Command {
    names: &[".formats"],
    usage: ".formats expression",
    summary: "Displays a number as hexadecimal, decimal, octal, binary, characters, time and floating point",
    run,
};

/// Significant digits of floating-point numbers.
const DIGITS: usize = 6;
/// Units of a `FILETIME` in a second.
const UNITS_PER_SECOND: u64 = 10_000_000;
/// From 1601, where a `FILETIME` counts from, to 1970, where the C runtime's times do.
const SECONDS_TO_UNIX_EPOCH: u64 = 11_644_473_600;

fn run(invocation: &mut Invocation<'_>) -> Result<Report, CommandError> {
    let mut arguments = Arguments::new(invocation.arguments, COMMAND.usage);
    let number = arguments.number(invocation.session)?.ok_or_else(|| arguments.usage("an expression is missing"))?;
    arguments.finish()?;
    let pointer_size = invocation.session.target().architecture().pointer_size();
    Ok(formats(number, if pointer_size == 4 && is_narrow(number) { 4 } else { 8 }))
}

/// Whether a number is one of 32 bits: the evaluator extends their sign.
fn is_narrow(number: u64) -> bool {
    i32::try_from(number as i64).is_ok()
}

/// `number` with as many bytes as are shown: 4 or 8.
fn formats(number: u64, bytes: usize) -> Report {
    let bits = bytes * 8;
    let shown = if bytes == 4 { number & 0xffff_ffff } else { number };
    let mut report = Report::default();
    report.push(Record::new("heading").text("Evaluate expression:"));
    let mut line = |label: &str, name: &str, value: Value, format: Format| {
        report.push(Record::new("format").text(format!("  {label}")).field(name, value, format));
    };
    line("Hex:     ", "hex", shown.into(), Format::address(bytes));
    line("Decimal: ", "decimal", Value::Signed(number as i64), Format::Plain);
    line("Decimal (unsigned) : ", "unsigned", shown.into(), Format::Plain);
    line("Octal:   ", "octal", format!("{shown:0width$o}", width = bits.div_ceil(3)).into(), Format::Plain);
    let big_endian = shown.to_be_bytes();
    let used = big_endian.get(8 - bytes..).unwrap_or_default();
    let binary: Vec<String> = used.iter().map(|byte| format!("{byte:08b}")).collect();
    line("Binary:  ", "binary", binary.join(" ").into(), Format::Plain);
    line("Chars:   ", "chars", used.iter().copied().map(printable).collect::<String>().into(), Format::Plain);
    line("Time:    ", "time", time(number), Format::Plain);
    let (low, high) = (number as u32, (number >> 32) as u32);
    let floats = Record::new("format")
        .text("  Float:   low ")
        .field("floatLow", floating_point::single(low, DIGITS), Format::Plain)
        .text(" high ")
        .field("floatHigh", floating_point::single(high, DIGITS), Format::Plain);
    report.push(floats);
    let double = floating_point::double(number, DIGITS);
    report.push(Record::new("format").text("  Double:  ").field("double", double, Format::Plain));
    report
}

/// A byte as a character, a full stop where it is none that can be shown.
pub(crate) fn printable(byte: u8) -> char {
    if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' }
}

/// A number of 32 bits as the C runtime's time, one of more as a `FILETIME`. The original's times are local; where
/// the debugger runs has nothing to do with the target, and so these are in UTC and say so.
fn time(number: u64) -> Value {
    match number {
        0..=0x7fff_ffff => {
            let date = date::date((number + SECONDS_TO_UNIX_EPOCH) * UNITS_PER_SECOND);
            date.replacen(".000", "", 1).into()
        }
        0x1_0000_0000..=0x7fff_ffff_ffff_ffff => date::date(number).into(),
        _ => "***** Invalid".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::text;

    #[track_caller]
    fn check(number: u64, bytes: usize, expected: &str) {
        assert_eq!(text(&formats(number, bytes)), expected);
    }

    /// The example of the command's documentation, which shows an older version without the unsigned number, and in
    /// local time.
    #[test]
    fn the_documented_example_is_the_same() {
        check(
            0x1c40_7e62,
            4,
            "\
Evaluate expression:
  Hex:     1c407e62
  Decimal: 473988706
  Decimal (unsigned) : 473988706
  Octal:   03420077142
  Binary:  00011100 01000000 01111110 01100010
  Chars:   .@~b
  Time:    Mon Jan  7 23:31:46 1985 (UTC)
  Float:   low 6.36908e-022 high 0
  Double:  2.34182e-315
",
        );
    }

    /// `.formats cr4` and `.formats cr0` as published debugger sessions show them.
    #[test]
    fn numbers_have_the_target_s_width() {
        check(
            0xb5_0ef8,
            8,
            "\
Evaluate expression:
  Hex:     00000000`00b50ef8
  Decimal: 11865848
  Decimal (unsigned) : 11865848
  Octal:   0000000000000055207370
  Binary:  00000000 00000000 00000000 00000000 00000000 10110101 00001110 11111000
  Chars:   ........
  Time:    Mon May 18 08:04:08 1970 (UTC)
  Float:   low 1.66276e-038 high 0
  Double:  5.86251e-317
",
        );
        check(
            0xffff_ffff_8001_0033,
            4,
            "\
Evaluate expression:
  Hex:     80010033
  Decimal: -2147418061
  Decimal (unsigned) : 2147549235
  Octal:   20000200063
  Binary:  10000000 00000001 00000000 00110011
  Chars:   ...3
  Time:    ***** Invalid
  Float:   low -9.1907e-041 high -1.#QNAN
  Double:  -1.#QNAN
",
        );
    }

    #[test]
    fn wide_numbers_are_file_times() {
        let report = text(&formats(133_536_816_001_230_000, 8));
        assert!(report.contains("  Time:    Thu Feb 29 12:00:00.123 2024 (UTC)\n"), "{report}");
    }
}
