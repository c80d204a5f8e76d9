//! Names like the one that wasn't found.

use std::fs::{DirEntry, ReadDir};
use std::io;
use std::path::Path;

/// Names that are listed at most.
const MAX_NAMES: usize = 5;
/// Entries of a folder that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// Names of `folder`'s entries that pass `filter`, those most like `wanted` first; none where the folder can't be listed.
///
/// `alike`: least likeness, from 0 (anything) to 1 (the same), but for the case of letters.
pub(crate) fn names_in(folder: &Path, wanted: &str, alike: f64, filter: impl Fn(&DirEntry) -> bool) -> Vec<String> {
    let entries = |folder: ReadDir| -> Vec<String> {
        let entries = folder.take(MAX_ENTRIES).filter_map(io::Result::ok).filter(filter);
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    };
    most_alike(std::fs::read_dir(folder).map(entries).unwrap_or_default(), wanted, alike)
}

/// The first few of `names`, those most like `wanted` first, without those that are less than `alike`.
pub(crate) fn most_alike(names: Vec<String>, wanted: &str, alike: f64) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: String| {
        let lower = name.to_lowercase();
        let contained = !wanted.is_empty() && (lower.contains(&wanted) || (lower.len() > 2 && wanted.contains(&lower)));
        (if contained { 1.0 } else { strsim::jaro_winkler(&lower, &wanted) }, name)
    };
    let mut rated: Vec<(f64, String)> = names.into_iter().map(likeness).filter(|(rate, _)| *rate >= alike).collect();
    rated.sort_by(|(a, a_name), (b, b_name)| b.total_cmp(a).then_with(|| a_name.cmp(b_name)));
    rated.into_iter().take(MAX_NAMES).map(|(_, name)| name).collect()
}
