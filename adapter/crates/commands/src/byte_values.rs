//! Values that the user gives, as the bytes that they are in the target's memory.

use crate::arguments::Arguments;
use crate::command::CommandError;
use engine::Session;

/// Numbers (expressions) and characters in apostrophes to the end of the arguments, `unit` bytes each (8 at most).
///
/// # Errors
/// No value, more than `most` bytes, an expression that can't be evaluated, or a value that has more than `unit` bytes.
pub(crate) fn numbers(
    arguments: &mut Arguments<'_>,
    session: &Session,
    unit: usize,
    most: usize,
) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    while !arguments.rest().is_empty() && bytes.len() < most {
        let value = match arguments.rest().strip_prefix('\'') {
            Some(quoted) => {
                let (characters, rest) = quoted.split_once('\'').ok_or_else(|| arguments.usage("a ' is missing"))?;
                *arguments = arguments.with_rest(rest);
                if unit == 1 {
                    bytes.extend_from_slice(characters.as_bytes());
                    continue;
                }
                // The first character is the most significant: 'VUTS' lies in memory as STUV.
                let fits = characters.len() <= unit;
                fits.then(|| characters.bytes().fold(0, |value, byte| (value << 8) | u64::from(byte)))
            }
            None => arguments.number(session)?.filter(|value| fits(*value, unit)),
        };
        let value = value.ok_or_else(|| arguments.usage(format!("a value doesn't fit {unit} bytes")))?;
        bytes.extend(value.to_le_bytes().into_iter().take(unit));
    }
    if bytes.is_empty() || !arguments.rest().is_empty() {
        return Err(arguments.usage(format!("values of 1 to {most} bytes are needed")));
    }
    Ok(bytes)
}

/// Floating-point numbers to the end of the arguments, as `float`s (4 bytes each) or `double`s (8).
///
/// # Errors
/// No value, or what is no number.
pub(crate) fn floats(arguments: &mut Arguments<'_>, unit: usize) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    while let Some(word) = arguments.word() {
        let is_number = |error| arguments.usage(format!("'{word}' is no floating-point number: {error}"));
        if unit == 4 {
            bytes.extend(word.parse::<f32>().map_err(is_number)?.to_le_bytes());
        } else {
            bytes.extend(word.parse::<f64>().map_err(is_number)?.to_le_bytes());
        }
    }
    if bytes.is_empty() { Err(arguments.usage("a value is missing")) } else { Ok(bytes) }
}

/// Text in quotation marks, as it stands, to the end of the arguments.
///
/// # Errors
/// Quotation marks are missing.
pub(crate) fn quoted<'t>(arguments: &mut Arguments<'t>) -> Result<&'t str, CommandError> {
    let inside = arguments.take_rest().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inside.ok_or_else(|| arguments.usage("text in quotation marks is needed"))
}

/// Whether a number, signed or not, has no more than `unit` bytes.
fn fits(value: u64, unit: usize) -> bool {
    let bits = 64u32.saturating_sub(unit as u32 * 8);
    let signed = (value as i64) << bits >> bits;
    bits == 0 || value >> (64 - bits) == 0 || signed == value as i64
}
