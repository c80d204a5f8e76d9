//! Complete dumps: the runs of physical memory in the header, then their pages.

use super::Format;
use super::header::header;
use super::machine::{Machine, PAGE};

pub(super) fn write(machine: &Machine) -> Vec<u8> {
    // What fits in the 700 bytes of the header.
    let most = if machine.arch.is_64_bit() { (700 - 16) / 16 } else { (700 - 8) / 8 };
    let runs = runs(machine, most);
    let mut file = header(machine, Format::Complete as u32, Some(&runs), None);
    let pages: std::collections::BTreeMap<_, _> = machine.pages().collect();
    for page in runs.iter().flat_map(|(first, count)| *first..first + count) {
        // Pages between those that are used: memory that was never touched.
        file.bytes(pages.get(&page).map_or(&[0; PAGE as usize][..], |bytes| &bytes[..]));
    }
    file.finish()
}

/// The machine's physical memory as at most `most` runs; where there are more, those with the smallest gaps between
/// them become one.
fn runs(machine: &Machine, most: usize) -> Vec<(u64, u64)> {
    let mut runs = Vec::new();
    super::rdmp::add_pages(&mut runs, machine.pages().map(|(page, _)| page));
    while runs.len() > most {
        let gap = |at: usize| runs[at + 1].0 - (runs[at].0 + runs[at].1);
        let at = (0..runs.len() - 1).min_by_key(|at| gap(*at)).expect("more than one run");
        let (first, count) = runs.remove(at + 1);
        runs[at].1 = first + count - runs[at].0;
    }
    runs
}
