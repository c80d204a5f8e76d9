//! `DUMP_HEADER32` and `DUMP_HEADER64`, field by field as Microsoft's Windows metadata declares them.

use super::description::Exception;
use super::machine::Machine;
use super::struct_writer::StructWriter;

/// `PHYSICAL_MEMORY_DESCRIPTOR`: runs of pages (first, count). Other kinds of dumps leave it as filler.
pub(super) type Runs<'a> = Option<&'a [(u64, u64)]>;

/// The header of `machine`'s dump of kind `dump_type`. `mini_dump_fields`: `TRIAGE_DUMP_*` bits, of small dumps only.
pub(super) fn header(machine: &Machine, dump_type: u32, runs: Runs, mini_dump_fields: Option<u32>) -> StructWriter {
    if machine.arch.is_64_bit() {
        header64(machine, dump_type, runs, mini_dump_fields)
    } else {
        header32(machine, dump_type, runs, mini_dump_fields)
    }
}

fn header32(machine: &Machine, dump_type: u32, runs: Runs, mini_dump_fields: Option<u32>) -> StructWriter {
    let mut header = StructWriter::new(4);
    start(&mut header, machine, "PAGEDUMP");
    header.gap(32); // VersionUser
    header.u8((machine.arch == super::Arch::X86Pae).into()).u8(1).gap(2); // PaeEnabled, KdSecondaryVersion, Spare3
    header.u32(machine.header.kd_debugger_data_block.try_into().expect("a 32-bit address"));
    memory_block(&mut header, runs);
    header.padded(&machine.crash.context, 1200);
    exception(&mut header, machine.crash.exception.as_ref());
    comment(&mut header, machine);
    header.gap(4).gap(4).gap(1760); // Attributes, BootId, _reserved0
    header.u32(dump_type);
    end_of_status(&mut header, machine, mini_dump_fields);
    header.u64(0).gap(16); // RequiredDumpSpace, _reserved2
    header.u64(machine.header.system_up_time).u64(machine.header.system_time).gap(56);
    assert_eq!(header.len(), 0x1000);
    header
}

fn header64(machine: &Machine, dump_type: u32, runs: Runs, mini_dump_fields: Option<u32>) -> StructWriter {
    let mut header = StructWriter::new(8);
    start(&mut header, machine, "PAGEDU64");
    header.gap(32); // VersionUser
    header.u64(machine.header.kd_debugger_data_block);
    memory_block(&mut header, runs);
    header.align(8).padded(&machine.crash.context, 3000);
    exception(&mut header, machine.crash.exception.as_ref());
    header.u32(dump_type);
    header.u64(0).u64(machine.header.system_time); // RequiredDumpSpace
    comment(&mut header, machine);
    header.u64(machine.header.system_up_time);
    end_of_status(&mut header, machine, mini_dump_fields);
    header.u8(0).u8(0).gap(2); // Unused1, KdSecondaryVersion, Unused
    header.gap(4).gap(4).gap(4008); // Attributes, BootId, _reserved0
    assert_eq!(header.len(), 0x2000);
    header
}

/// Everything up to the bugcheck's parameters: alike but for the size of pointers.
fn start(header: &mut StructWriter, machine: &Machine, signature: &str) {
    let fields = &machine.header;
    header.bytes(signature.as_bytes()).u32(fields.major_version).u32(fields.build);
    header.pointer(machine.root).pointer(fields.pfn_data_base);
    header.pointer(fields.ps_loaded_module_list).pointer(fields.ps_active_process_head);
    header.u32(machine.arch.image_file_machine().into()).u32(fields.processors).u32(machine.crash.code);
    for parameter in machine.crash.parameters {
        header.pointer(parameter);
    }
}

/// `PhysicalMemoryBlockBuffer`: 700 bytes.
fn memory_block(header: &mut StructWriter, runs: Runs) {
    let end = header.len() + 700;
    if let Some(runs) = runs {
        header.u32(runs.len().try_into().expect("few runs"));
        header.pointer(runs.iter().map(|(_, count)| count).sum());
        for (first, count) in runs {
            header.pointer(*first).pointer(*count);
        }
    }
    assert!(header.len() <= end, "too many runs");
    header.fill_to(end);
}

/// `EXCEPTION_RECORD32/64`.
fn exception(header: &mut StructWriter, exception: Option<&Exception>) {
    let start = header.len();
    let size = if start == 0x7d0 { 80 } else { 152 };
    if let Some(exception) = exception {
        header.u32(exception.code).u32(exception.flags).pointer(0).pointer(exception.address);
        header.u32(exception.parameters.len().try_into().expect("few parameters"));
        for parameter in &exception.parameters {
            header.pointer(*parameter);
        }
    }
    header.fill_to(start + size);
}

fn comment(header: &mut StructWriter, machine: &Machine) {
    let text = machine.header.comment.as_ref().map(|text| format!("{text}\0")).unwrap_or_default();
    header.padded(text.as_bytes(), 128);
}

/// `MiniDumpFields`, `SecondaryDataState`, `ProductType`, `SuiteMask`, `WriterStatus`.
fn end_of_status(header: &mut StructWriter, machine: &Machine, mini_dump_fields: Option<u32>) {
    match mini_dump_fields {
        Some(fields) => header.u32(fields),
        None => header.gap(4),
    };
    header.gap(4).u32(machine.header.product_type).u32(machine.header.suite_mask).u32(0);
}
