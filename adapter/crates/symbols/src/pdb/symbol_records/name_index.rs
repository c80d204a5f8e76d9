//! Indexes from names to places, small enough to be kept for every file: 8 bytes for each name.

/// Finds the places of records by their names. Names aren't kept: who asks compares the candidates.
#[derive(Debug, Default)]
pub(crate) struct NameIndex {
    /// Hash and place, sorted.
    entries: Vec<(u32, u32)>,
}

impl NameIndex {
    /// An index of names and places.
    pub(crate) fn new(mut entries: Vec<(u32, u32)>) -> Self {
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to_fit();
        Self { entries }
    }

    /// An entry for [`NameIndex::new`].
    pub(crate) fn entry(name: &[u8], place: u32) -> (u32, u32) {
        (hash(name), place)
    }

    /// The places that may have this name, in ascending order.
    pub(crate) fn candidates(&self, name: &[u8]) -> impl Iterator<Item = u32> {
        let wanted = hash(name);
        let start = self.entries.partition_point(|&(hash, _)| hash < wanted);
        let from = self.entries.get(start..).unwrap_or_default();
        from.iter().take_while(move |&&(hash, _)| hash == wanted).map(|&(_, place)| place)
    }
}

/// FNV-1a. A crafted file can make names collide; a search then takes as long as looking at each of them.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
