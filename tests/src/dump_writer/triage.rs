//! Small dumps: `TRIAGE_DUMP32/64`, lists, copies of structures, and blocks of virtual memory.

use super::Format;
use super::description::UnloadedDriver;
use super::header::header;
use super::machine::Machine;
use super::struct_writer::StructWriter;

pub(super) fn write(machine: &Machine) -> Vec<u8> {
    let small = &machine.small;
    let mut file = header(machine, Format::Small as u32, None, Some(contained(machine)));
    let word = machine.arch.pointer_bytes();
    let (context, exception) = if machine.arch.is_64_bit() { (0x348, 0xf00) } else { (0x320, 0x7d0) };

    // TRIAGE_DUMP: what isn't known yet is patched in.
    let start = file.len();
    file.u32(0).u32(0).u32(0).u32(context).u32(exception); // ServicePackBuild, SizeOfDump, ValidOffset
    file.bytes(&[0; 0x44 - 0x14]).u32(0xffff_ffff); // TriageOptions
    file.pointer(small.stack.0);
    if machine.arch.is_64_bit() {
        file.u32(0).u32(0).u64(0); // Itanium's register stack
    }
    file.pointer(0).u32(0).u32(0); // the data page
    let debugger_data = file.len();
    file.u32(0).u32(0);
    let data_blocks = file.len();
    file.u32(0).u32(0);
    assert_eq!(file.len() - start, if machine.arch.is_64_bit() { 0x80 } else { 0x68 });

    if let Some((words, counters)) = small.memory_management {
        file.patch_u32(start + 0x14, file.len());
        file.u32(1).u32(0x18 + 7 * word as u32);
        for value in words {
            file.u32(value);
        }
        for value in counters {
            file.pointer(value);
        }
    }

    put(&mut file, start + 0x18, &[]);
    file.pointer(machine.unloaded_drivers.len() as u64);
    for driver in &machine.unloaded_drivers {
        unloaded_driver(&mut file, driver);
    }

    for (field, bytes) in [(0x1c, &small.prcb), (0x20, &small.process), (0x24, &small.thread), (0x28, &small.stack.1)] {
        put(&mut file, start + field, bytes);
    }
    file.patch_u32(start + 0x2c, small.stack.1.len());
    put(&mut file, debugger_data, &small.debugger_data);
    file.patch_u32(debugger_data + 4, small.debugger_data.len());

    drivers(&mut file, machine, start);
    blocks(&mut file, machine, data_blocks);

    file.zero_align(4);
    let end = file.len();
    file.bytes(b"TRGD");
    file.patch_u32(start + 0x8, end);
    file.patch_u32(start + 0x4, end + 4);
    file.finish()
}

/// `MiniDumpFields`: a bit for each thing that is there.
fn contained(machine: &Machine) -> u32 {
    let small = &machine.small;
    let parts = [
        !machine.crash.context.is_empty(),
        machine.crash.exception.is_some(),
        !small.prcb.is_empty(),
        !small.process.is_empty(),
        !small.thread.is_empty(),
        !small.stack.1.is_empty(),
        true, // drivers
        small.broken_driver.is_some(),
        small.memory_management.is_some(),
        false, // the data page
        !small.debugger_data.is_empty(),
        true, // data blocks
    ];
    parts.iter().rev().fold(0, |bits, part| bits << 1 | u32::from(*part))
}

/// Appends `bytes`, and writes where they lie to the field at `field`.
fn put(file: &mut StructWriter, field: usize, bytes: &[u8]) {
    file.zero_align(8);
    let at = file.len();
    file.bytes(bytes).patch_u32(field, at);
}

/// `DUMP_UNLOADED_DRIVERS`: a UNICODE_STRING, 12 characters, two addresses.
fn unloaded_driver(file: &mut StructWriter, driver: &UnloadedDriver) {
    let mut name: Vec<u16> = driver.name.encode_utf16().take(12).collect();
    let bytes = 2 * name.len() as u16;
    name.resize(12, 0);
    file.u16(bytes).u16(bytes).pointer(0);
    for unit in name {
        file.u16(unit);
    }
    file.pointer(driver.start).pointer(driver.end);
}

/// The list of `DUMP_DRIVER_ENTRY`, then the pool of strings that it points to.
fn drivers(file: &mut StructWriter, machine: &Machine, start: usize) {
    file.zero_align(8);
    let list = file.len();
    file.patch_u32(start + 0x30, list);
    file.patch_u32(start + 0x34, machine.drivers.len());
    for driver in &machine.drivers {
        file.u32(0).pointer(0).pointer(0); // DriverNameOffset; InLoadOrderLinks
        file.pointer(0).pointer(0).pointer(0).pointer(0); // ExceptionTable .. NonPagedDebugInfo
        file.pointer(driver.base).pointer(0).u32(driver.size); // DllBase, EntryPoint, SizeOfImage
        for _ in 0..2 {
            file.pointer(0).pointer(0); // FullDllName, BaseDllName: a UNICODE_STRING is as large as two pointers
        }
        file.u32(0).u16(1).u16(0).pointer(0); // Flags, LoadCount, __Unused5, SectionPointer
        file.u32(driver.check_sum);
        if machine.arch.is_64_bit() {
            file.u32(0);
        }
        file.u32(driver.time_date_stamp);
        if machine.arch.is_64_bit() {
            file.u32(0);
        }
    }
    let size = (file.len() - list) / machine.drivers.len().max(1);
    let pool = file.len();
    file.patch_u32(start + 0x38, pool);
    for (index, driver) in machine.drivers.iter().enumerate() {
        let at = string(file, &driver.name);
        file.patch_u32(list + index * size, at);
    }
    if let Some(name) = &machine.small.broken_driver {
        let at = string(file, name);
        file.patch_u32(start + 0x40, at);
    }
    let pool_size = file.len() - pool;
    file.patch_u32(start + 0x3c, pool_size);
}

/// `DUMP_STRING`: a count of characters, the characters, and a zero that isn't counted. Returns where it lies.
fn string(file: &mut StructWriter, text: &str) -> usize {
    file.zero_align(8);
    let at = file.len();
    let units: Vec<u16> = text.encode_utf16().collect();
    file.u32(units.len() as u32);
    for unit in units.into_iter().chain([0]) {
        file.u16(unit);
    }
    at
}

/// The table of `TRIAGE_DATA_BLOCK` (address, offset, size), then the blocks.
fn blocks(file: &mut StructWriter, machine: &Machine, field: usize) {
    let blocks = machine.virtual_blocks();
    file.zero_align(8);
    let table = file.len();
    file.patch_u32(field, table);
    file.patch_u32(field + 4, blocks.len());
    let mut offset = table + blocks.len() * (machine.arch.pointer_bytes() + 8);
    for (address, bytes) in &blocks {
        file.pointer(*address).u32(offset as u32).u32(bytes.len() as u32);
        offset += bytes.len();
    }
    for (_, bytes) in &blocks {
        file.bytes(bytes);
    }
}
