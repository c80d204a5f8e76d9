//! Numbers, addresses and characters.

use memory::VirtualAddress;

/// ``0xfffff804`7bdf5a80``, or on 32-bit targets `0x8055a420`.
pub(super) fn pointer(address: VirtualAddress, size: u8) -> String {
    if size == 4 { format!("{:#010x}", address.0) } else { format!("0x{address}") }
}

/// An integer of `size` bytes in hexadecimal: negative ones as they are stored.
pub(super) fn hex(value: i128, size: u8) -> String {
    let bits = u32::from(size.min(8)) * 8;
    format!("{:#x}", stored(value, bits))
}

/// The `bits` bits (64 at most) that store a value.
pub(super) fn stored(value: i128, bits: u32) -> u64 {
    let mask = u64::MAX.checked_shr(64u32.saturating_sub(bits)).unwrap_or(0);
    (value & i128::from(u64::MAX)) as u64 & mask
}

/// An unsigned number as `dt` writes it: a digit alone has no prefix, what needs more than 32 bits has a backtick.
pub(super) fn dt_unsigned(value: u64) -> String {
    match value {
        0..=9 => value.to_string(),
        10..=0xffff_ffff => format!("{value:#x}"),
        _ => format!("0x{}", VirtualAddress(value)),
    }
}

/// A bit field as `dt` writes it: its bits, and if they are many, the number.
pub(super) fn dt_bits(value: i128, length: u8) -> String {
    /// Most bits that a reader sees at once.
    const OBVIOUS: u8 = 4;
    let stored = stored(value, length.into());
    let bits = format!("0y{stored:0width$b}", width = usize::from(length));
    match (length, stored) {
        (0..=OBVIOUS, _) => bits,
        (_, 0) => format!("{bits} (0)"),
        _ => format!("{bits} ({stored:#x})"),
    }
}

/// A character; None for what can't be shown.
pub(super) fn character(value: i128, size: u8) -> Option<char> {
    let code = u32::try_from(stored(value, u32::from(size.min(4)) * 8)).ok()?;
    // Of 8-bit characters only ASCII is certain.
    let certain = char::from_u32(code).filter(|_| size > 1 || code < 0x80);
    certain.filter(|character| !character.is_control())
}

/// A `float` or `double` with as many digits as tell it from its neighbours.
pub(super) fn float(value: f64, size: u8) -> String {
    // A float's own digits, not those of the double that it was made into.
    if size == 4 { format!("{:?}", value as f32) } else { format!("{value:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_have_the_width_of_the_target() {
        assert_eq!(pointer(VirtualAddress(0xffff_f804_7bdf_5a80), 8), "0xfffff804`7bdf5a80");
        assert_eq!(pointer(VirtualAddress(0x55_a420), 4), "0x0055a420");
    }

    #[test]
    fn unsigned_numbers_are_written_as_dt_writes_them() {
        for (value, expected) in
            [(9, "9"), (10, "0xa"), (u64::from(u32::MAX), "0xffffffff"), (1 << 32, "0x00000001`00000000")]
        {
            assert_eq!(dt_unsigned(value), expected);
        }
    }

    #[test]
    fn wide_bit_fields_show_their_number_too() {
        for (value, length, expected) in [(5, 4, "0y0101"), (0, 5, "0y00000 (0)"), (-3, 5, "0y11101 (0x1d)")] {
            assert_eq!(dt_bits(value, length), expected);
        }
    }
}
