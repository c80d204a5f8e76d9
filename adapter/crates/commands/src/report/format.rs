//! How a value is written in text.

use super::Value;

/// The text form of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As short as it is: text as it stands, numbers in decimal, addresses with a backtick.
    Plain,
    /// Text or number, filled with blanks behind up to this many characters.
    Left(usize),
    /// Text or number, filled with blanks before up to this many characters.
    Right(usize),
    /// Hexadecimal without a prefix, at least this many digits.
    Hex(usize),
    /// A list of bytes, two hexadecimal digits each, a hyphen behind each eighth.
    Bytes,
    /// Hexadecimal with `0x`, as short as it is.
    Prefixed,
    /// An address of a 64-bit target (``fffff804`7bdf5a80``).
    Address64,
    /// An address of a 32-bit target (`8054ab10`).
    Address32,
    /// Not in text: only in JSON.
    Hidden,
}

impl Format {
    /// Addresses of a target whose pointers have `size` bytes.
    pub fn address(size: usize) -> Self {
        if size == 4 { Self::Address32 } else { Self::Address64 }
    }

    /// The text of `value`; of a list that of each value in it, with blanks between.
    pub fn render(self, value: &Value) -> String {
        match (self, value) {
            (Self::Hidden, _) => String::new(),
            (Self::Bytes, Value::List(values)) => bytes(values),
            (_, Value::List(values)) => values.iter().map(|value| self.render(value)).collect::<Vec<_>>().join(" "),
            (Self::Left(width), _) => format!("{:<width$}", plain(value)),
            (Self::Right(width), _) => format!("{:>width$}", plain(value)),
            (Self::Address32, Value::Unknown(_)) => "????????".to_owned(),
            (Self::Address64, Value::Unknown(_)) => "????????`????????".to_owned(),
            (Self::Bytes, _) => Self::Hex(2).render(value),
            (Self::Hex(width), Value::Unknown(_)) => "?".repeat(width.max(1)),
            (Self::Hex(width), _) => number(value).map_or_else(|| plain(value), |bits| format!("{bits:0width$x}")),
            (Self::Prefixed, _) => number(value).map_or_else(|| plain(value), |bits| format!("{bits:#x}")),
            (Self::Address32, _) => number(value).map_or_else(|| plain(value), |bits| format!("{bits:08x}")),
            (Self::Address64, _) => number(value)
                .map_or_else(|| plain(value), |bits| format!("{:08x}`{:08x}", bits >> 32, bits & 0xffff_ffff)),
            (Self::Plain, _) => plain(value),
        }
    }
}

fn bytes(values: &[Value]) -> String {
    let mut text = String::new();
    for (index, value) in values.iter().enumerate() {
        text.push_str(match index {
            0 => "",
            index if index % 8 == 0 => "-",
            _ => " ",
        });
        text.push_str(&Format::Bytes.render(value));
    }
    text
}

fn number(value: &Value) -> Option<u128> {
    match value {
        Value::Unsigned(number) => Some(u128::from(*number)),
        Value::Signed(number) => Some(u128::from(*number as u64)),
        Value::Wide(number) => Some(*number),
        Value::Address(address) => Some(u128::from(address.0)),
        Value::Unknown(_) | Value::Bool(_) | Value::Text(_) | Value::List(_) => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Unknown(why) => format!("??? ({why})"),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Unsigned(number) => number.to_string(),
        Value::Signed(number) => number.to_string(),
        Value::Wide(number) => number.to_string(),
        Value::Address(address) => address.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(values) => values.iter().map(plain).collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::VirtualAddress;

    #[test]
    fn values_are_written_as_their_format_says() {
        let address = Value::Address(VirtualAddress(0xffff_f804_7bdf_5a80));
        let check = |format: Format, value: &Value, expected: &str| assert_eq!(format.render(value), expected);
        check(Format::Address64, &address, "fffff804`7bdf5a80");
        check(Format::Prefixed, &address, "0xfffff8047bdf5a80");
        check(Format::Hex(2), &Value::Unsigned(3), "03");
        check(Format::Hex(2), &Value::Unsigned(0x123), "123");
        check(Format::Right(4), &Value::Unsigned(10), "  10");
        check(Format::Left(4), &Value::Text("ab".into()), "ab  ");
        check(Format::Address32, &Value::Unknown("not in the dump".into()), "????????");
        check(Format::Hidden, &address, "");
        let list = Value::List(vec![Value::Unsigned(1), Value::Unknown("not in the dump".into())]);
        check(Format::Hex(4), &list, "0001 ????");
        check(Format::Bytes, &list, "01 ??");
        let nine = Value::List((0..9u64).map(Value::Unsigned).collect());
        check(Format::Bytes, &nine, "00 01 02 03 04 05 06 07-08");
    }
}
