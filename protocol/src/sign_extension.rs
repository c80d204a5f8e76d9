//! Addresses of 32-bit targets, which stand sign-extended in 64-bit fields.

/// A 32-bit address as the protocol's 64-bit fields hold it: 0x80400000 becomes 0xffffffff80400000.
pub fn sign_extend(address: u32) -> u64 {
    i64::from(address as i32) as u64
}

/// The 32-bit address in a 64-bit field; `None` where the upper half is neither its sign nor zero.
pub fn truncate(address: u64) -> Option<u32> {
    let low = u32::try_from(address & 0xffff_ffff).ok()?;
    (address == sign_extend(low) || address == u64::from(low)).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_addresses_of_32_bit_targets_are_extended_and_truncated() {
        assert_eq!(sign_extend(0x8040_0000), 0xffff_ffff_8040_0000);
        assert_eq!(sign_extend(0x7fff_0000), 0x7fff_0000);
        assert_eq!(truncate(0xffff_ffff_8040_0000), Some(0x8040_0000));
        // KDDEBUGGER_DATA64 extends with zeroes.
        assert_eq!(truncate(0x8040_0000), Some(0x8040_0000));
        assert_eq!(truncate(0xffff_f800_0000_0000), None);
    }
}
