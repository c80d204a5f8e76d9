//! Names of enum values, and of combinations of flags.

use symbols::{Enumerator, TypeRef};

/// Fewest one-bit values that make an enum a set of flags.
const FEWEST_FLAGS: usize = 3;

/// What an enum calls a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnumName {
    /// A value that was declared.
    Exact(String),
    /// A combination of declared flags, lowest first; `rest` are the bits that none of them has.
    Flags {
        /// Names of the flags.
        flags: Vec<String>,
        /// Bits without a name.
        rest: u64,
    },
    /// No value of the enum.
    Unknown,
}

/// What the enum calls `value`, of which `bits` bits (64 at most) are stored.
pub(super) fn name_of(ty: &TypeRef, value: i128, bits: u32) -> EnumName {
    let Ok(enumerators) = ty.enumerators() else { return EnumName::Unknown };
    let stored = mask(bits);
    let value = low_bits(value) & stored;
    if let Some(exact) = enumerators.iter().find(|enumerator| low_bits(enumerator.value) & stored == value) {
        return EnumName::Exact(exact.name.clone());
    }
    match flags(&enumerators) {
        Some(known) => combination(&known, value),
        None => EnumName::Unknown,
    }
}

fn combination(known: &[(u64, &str)], value: u64) -> EnumName {
    let set: Vec<_> = known.iter().filter(|(bit, _)| value & bit != 0).collect();
    if set.is_empty() {
        return EnumName::Unknown;
    }
    let rest = set.iter().fold(value, |rest, (bit, _)| rest & !bit);
    EnumName::Flags { flags: set.into_iter().map(|(_, name)| (*name).to_owned()).collect(), rest }
}

/// The one-bit values, lowest first, of an enum that is a set of flags: its bits follow each other without a gap, and
/// what has several bits (`ReadWrite`) is the exception. An enum that just counts (1, 2, 3, 4) is none.
fn flags(enumerators: &[Enumerator]) -> Option<Vec<(u64, &str)>> {
    let mut single = Vec::new();
    let mut several = 0usize;
    for enumerator in enumerators {
        match u64::try_from(enumerator.value) {
            Ok(0) => {}
            Ok(value) if value.is_power_of_two() => single.push((value, enumerator.name.as_str())),
            _ => several += 1,
        }
    }
    single.sort_by_key(|(bit, _)| *bit);
    single.dedup_by_key(|(bit, _)| *bit);
    let adjacent = single.windows(2).all(|pair| matches!(pair, [(low, _), (high, _)] if low << 1 == *high));
    let counts = several > 0 && single.len() < several.saturating_mul(2).max(FEWEST_FLAGS + 1);
    (adjacent && single.len() >= FEWEST_FLAGS && !counts).then_some(single)
}

fn mask(bits: u32) -> u64 {
    u64::MAX.checked_shr(64u32.saturating_sub(bits)).unwrap_or(0)
}

fn low_bits(value: i128) -> u64 {
    (value & i128::from(u64::MAX)) as u64
}
