//! The modules that a small dump lists: loaded and unloaded.
//!
//! A loaded module is a `DUMP_DRIVER_ENTRY32/64`: the file offset of its name (a `DUMP_STRING`: `u32` characters,
//! UTF-16), then a copy of its `KLDR_DATA_TABLE_ENTRY` of which Windows fills in base, size, checksum and time stamp.
//! An unloaded one is a `DUMP_UNLOADED_DRIVERS32/64`: a `UNICODE_STRING` whose buffer means nothing, the first 12
//! characters of the name, the first address and the one behind the last. Their number lies before the first.
//!
//! Sources: Ghidra's `LoadedDriver` and `UnloadedDriver` (Apache 2.0), rizin's `dmp_driver_entry32/64`. The 64-bit
//! layout agrees with a real dump; of the 32-bit one no real dump was at hand.

use super::locations::Table;
use super::or_defect;
use crate::error::Defect;
use crate::file::{FileBytes, PointerWidth};
use memory::VirtualAddress;

/// A module that was loaded when the machine crashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriageDriver {
    /// Its path as the loader knew it, of any case: `\SystemRoot\system32\ntoskrnl.exe`. `None` when it can't be read.
    pub name: Option<String>,
    /// `DllBase`.
    pub base: VirtualAddress,
    /// `SizeOfImage`, in bytes.
    pub size: u32,
    /// `TimeDateStamp`.
    pub time_date_stamp: u32,
    /// `CheckSum`.
    pub check_sum: u32,
}

/// A module that was unloaded before the crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnloadedDriver {
    /// The first 12 characters of its name: `dam.sys`.
    pub name: String,
    /// Where it was loaded.
    pub start: VirtualAddress,
    /// The first address behind it.
    pub end: VirtualAddress,
}

/// No path of a driver is longer, in characters; what says so is damaged.
const LONGEST_NAME: u32 = 1024;
/// Characters of an unloaded driver's name that the dump keeps.
const UNLOADED_NAME: u64 = 12;

pub(super) fn read_loaded(
    file: &FileBytes,
    width: PointerWidth,
    table: Option<Table>,
    defects: &mut Vec<Defect>,
) -> Vec<TriageDriver> {
    let Some(table) = table else { return Vec::new() };
    let (size, base, size_of_image, check_sum, time_date_stamp) = match width {
        PointerWidth::Bits32 => (0x4c, 0x1c, 0x24, 0x44, 0x48),
        PointerWidth::Bits64 => (0x90, 0x38, 0x48, 0x80, 0x88),
    };
    let mut drivers = Vec::new();
    for index in 0..table.entries(file, "DriverCount", size, defects) {
        let entry = table.offset + index * size;
        let what = "DUMP_DRIVER_ENTRY";
        let read = |defects: &mut Vec<Defect>| {
            let name = file.u32(what, entry)?;
            Ok(TriageDriver {
                name: or_defect(read_string(file, name.into()), defects),
                base: VirtualAddress(file.pointer(what, entry + base, width)?),
                size: file.u32(what, entry + size_of_image)?,
                time_date_stamp: file.u32(what, entry + time_date_stamp)?,
                check_sum: file.u32(what, entry + check_sum)?,
            })
        };
        let driver = read(defects);
        drivers.extend(or_defect(driver, defects));
    }
    drivers
}

/// `offset`: where the number of entries lies.
pub(super) fn read_unloaded(
    file: &FileBytes,
    width: PointerWidth,
    offset: Option<u64>,
    defects: &mut Vec<Defect>,
) -> Vec<UnloadedDriver> {
    let Some(count_offset) = offset else { return Vec::new() };
    let what = "DUMP_UNLOADED_DRIVERS";
    let Some(count) = or_defect(file.u32("the number of unloaded drivers", count_offset), defects) else {
        return Vec::new();
    };
    let word = width.bytes();
    let (name, start) = (2 * word, 2 * word + 2 * UNLOADED_NAME);
    let size = start + 2 * word;
    let table = Table { offset: count_offset + word, count: count.into(), count_offset };
    let entries = 0..table.entries(file, "the number of unloaded drivers", size, defects);
    let read = |index| {
        let entry = table.offset + index * size;
        let length = u16::from_le_bytes(file.array(what, entry)?);
        let name = file.slice(what, entry + name, u64::from(length).min(2 * UNLOADED_NAME))?;
        Ok(UnloadedDriver {
            name: utf16(name),
            start: VirtualAddress(file.pointer(what, entry + start, width)?),
            end: VirtualAddress(file.pointer(what, entry + start + word, width)?),
        })
    };
    entries.filter_map(|index| or_defect(read(index), defects)).collect()
}

/// The `DUMP_STRING` at `offset`.
pub(super) fn read_string(file: &FileBytes, offset: u64) -> Result<String, Defect> {
    let what = "the length of a driver's name";
    let length = file.u32(what, offset)?;
    if length > LONGEST_NAME {
        return Err(Defect::TooLarge { what, offset, found: length.into(), limit: LONGEST_NAME.into() });
    }
    file.slice("a driver's name", offset + 4, 2 * u64::from(length)).map(utf16)
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).filter_map(|unit| unit.try_into().ok()).map(u16::from_le_bytes);
    char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
