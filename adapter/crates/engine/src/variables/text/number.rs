//! Numbers, addresses and characters.

use crate::variables::strings;
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

/// A character between `'` and `'`; nothing between them where it is zero or can't be shown.
pub(super) fn character(value: i128, size: u8) -> String {
    let code = u32::try_from(stored(value, u32::from(size.min(4)) * 8)).ok();
    // Of 8-bit characters only ASCII is certain.
    let shown = code.filter(|code| size > 1 || *code < 0x80).and_then(char::from_u32);
    let mut text = String::new();
    match shown {
        Some('\0') | None => {}
        Some(shown) => strings::push(&mut text, shown),
    }
    format!("'{text}'")
}

/// A `float` or `double` with as many digits as tell it from its neighbours.
pub(super) fn float(value: f64, size: u8) -> String {
    // A float's own digits, not those of the double that it was made into.
    if size == 4 { format!("{:?}", value as f32) } else { format!("{value:?}") }
}
