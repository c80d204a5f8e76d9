//! Dumps with a bitmap: a bit for each page, then the pages whose bit is set.

use super::Format;
use super::header::header;
use super::machine::{Machine, PAGE};
use super::struct_writer::StructWriter;

/// `SUMMARY_DUMP32/64` of Windows 2000 to 7.
pub(super) fn write_summary(machine: &Machine, format: Format) -> Vec<u8> {
    let mut file = header(machine, format as u32, None, None);
    let (bits, present) = (bit_count(machine), machine.pages_in(format).count());
    let start = file.len();
    let bits = u32::try_from(bits).expect("a small machine");
    file.bytes(b"SDMPDUMP").u32(0); // DumpOptions
    let header_size = file.len();
    file.u32(0).u32(bits).u32(present.try_into().expect("a small machine"));
    file.u32(bits); // RTL_BITMAP: SizeOfBitMap, a pointer that means nothing, the bits
    file.pointer(0x8123_4567);
    assert_eq!(file.len() - start, if machine.arch.is_64_bit() { 0x28 } else { 0x20 });
    let first_page = finish(&mut file, machine, format, bits.into());
    file.patch_u32(header_size, first_page);
    file.finish()
}

/// The header of Windows 8 and later: the same for 32 and 64 bits.
pub(super) fn write_bitmap(machine: &Machine, format: Format, signature: &str) -> Vec<u8> {
    let mut file = header(machine, format as u32, None, None);
    let (bits, present) = (bit_count(machine), machine.pages_in(format).count());
    file.bytes(signature.as_bytes()).bytes(&[0; 0x18]);
    let header_size = file.len();
    file.u64(0).u64(present as u64).u64(bits);
    let first_page = finish(&mut file, machine, format, bits);
    file.patch_u32(header_size, first_page);
    file.finish()
}

/// A bit for each page up to the machine's last.
fn bit_count(machine: &Machine) -> u64 {
    machine.pages().last().map_or(0, |(page, _)| page + 1)
}

/// The bitmap and the pages; returns where the first page lies.
fn finish(file: &mut StructWriter, machine: &Machine, format: Format, bits: u64) -> usize {
    let mut bitmap = vec![0; bits.div_ceil(8) as usize];
    for (page, _) in machine.pages_in(format) {
        bitmap[(page / 8) as usize] |= 1 << (page % 8);
    }
    file.bytes(&bitmap).zero_align(PAGE as usize);
    let first_page = file.len();
    for (_, bytes) in machine.pages_in(format) {
        file.bytes(bytes);
    }
    first_page
}
