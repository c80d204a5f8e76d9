//! Range dumps: a list of page ranges, then the pages. Only of 64-bit machines.

use super::Format;
use super::header::header;
use super::machine::Machine;

pub(super) fn write(machine: &Machine, format: Format) -> Vec<u8> {
    let mut ranges = Vec::new();
    add_pages(&mut ranges, machine.pages_in(format).map(|(page, _)| page));
    let total: u64 = ranges.iter().map(|(_, count)| count).sum();
    let complete = format == Format::RangeComplete;
    if !complete {
        ranges.push((0, 0)); // what ends the list where no total is written
    }
    let metadata = 0x10 + 0x10 * ranges.len() as u64;

    let mut file = header(machine, format as u32, None, None);
    file.u32(0x40).bytes(b"RDMPDUMP").u32(0);
    file.u64(metadata).u64(0x2020 + metadata);
    if complete {
        file.u64(ranges.len() as u64).u64(total);
    } else {
        file.u64(0).u64(0);
    }
    for (first, count) in &ranges {
        file.u64(*first).u64(*count);
    }
    assert_eq!(file.len() as u64, 0x2020 + metadata);
    for (_, bytes) in machine.pages_in(format) {
        file.bytes(bytes);
    }
    file.finish()
}

/// Appends ascending `pages` to `ranges` (first page, count): neighbours share a range.
pub(super) fn add_pages(ranges: &mut Vec<(u64, u64)>, pages: impl Iterator<Item = u64>) {
    for page in pages {
        match ranges.last_mut() {
            Some((first, count)) if *first + *count == page => *count += 1,
            _ => ranges.push((page, 1)),
        }
    }
}
