//! A line of units: ``fffff804`7bdf5a80  48 89 4c 24 08 ...  H.L$.``.

use super::layout::{Layout, Shape};
use super::source::{self, Source};
use crate::floating_point;
use crate::formats::printable;
use crate::report::{Format, Record, Value};
use memory::{ReadFailure, VirtualAddress};

/// Significant digits of a `float`, and of a `double`, and the widths of their columns.
const SINGLE: (usize, usize) = (8, 16);
const DOUBLE: (usize, usize) = (17, 24);

/// The line of `count` units from `address` on. What can't be read is `??`, also as characters.
pub(crate) fn row(
    source: &Source<'_>,
    layout: &Layout,
    address: VirtualAddress,
    count: u64,
    address_format: Format,
) -> Record {
    let record = Record::new("memory").field("address", address, address_format).text("  ");
    with_units(record, source, layout, (address, count), 2)
}

/// Adds `count` units from `address` on; `gap` blanks stand before their characters.
pub(super) fn with_units(
    record: Record,
    source: &Source<'_>,
    layout: &Layout,
    (address, count): (VirtualAddress, u64),
    gap: usize,
) -> Record {
    let count = usize::try_from(count.min(Layout::MAX_COLUMNS)).unwrap_or_default();
    let unit = layout.unit();
    let units = source.units(address, unit, count);
    let (values, format): (Vec<Value>, _) = match layout.shape {
        Shape::Floats => (units.iter().map(|value| float(value, unit)).collect(), Format::Right(column(unit).1)),
        Shape::Bytes => (units.iter().map(source::value).collect(), Format::Bytes),
        _ if unit == 8 => (units.iter().map(source::value).collect(), Format::Address64),
        _ => (units.iter().map(source::value).collect(), Format::Hex(unit * 2)),
    };
    let record = record.field("values", Value::List(values), format);
    if !matches!(layout.shape, Shape::Bytes | Shape::WordsAndText) {
        return record;
    }
    let missing = usize::try_from(layout.columns()).unwrap_or_default().saturating_sub(units.len());
    let text: String = units.iter().flat_map(|value| characters(value, unit)).collect();
    record.text(" ".repeat(missing * (unit * 2 + 1) + gap)).field("text", text, Format::Plain)
}

/// The bytes of a unit as characters.
fn characters(unit: &Result<u64, ReadFailure>, size: usize) -> Vec<char> {
    match unit {
        Ok(number) => number.to_le_bytes().into_iter().take(size).map(printable).collect(),
        Err(_) => vec!['?'; size],
    }
}

fn column(size: usize) -> (usize, usize) {
    if size == 4 { SINGLE } else { DOUBLE }
}

fn float(unit: &Result<u64, ReadFailure>, size: usize) -> Value {
    let digits = column(size).0;
    match (unit, size) {
        (Ok(bits), 4) => floating_point::single(*bits as u32, digits).into(),
        (Ok(bits), _) => floating_point::double(*bits, digits).into(),
        (Err(failure), _) => Value::Unknown(failure.to_string()),
    }
}
