//! The header of a dump: what it says about the machine and the crash.

use crate::error::{Defect, Signature};
use crate::file::{FileBytes, FileRange, PointerWidth};
use crate::layout::{COMMENT_SIZE, DUMP_HEADER32, DUMP_HEADER64, Layout, VERSION_USER_SIZE};
use memory::{PhysicalAddress, VirtualAddress};

/// `DUMP_HEADER32` or `DUMP_HEADER64`.
///
/// Windows fills the header with the bytes `PAGE` before it writes the fields; a field that still holds them is
/// `None`. Addresses of 32-bit machines are zero-extended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Which of the two headers it is.
    pub width: PointerWidth,
    /// `MachineImageType`: an `IMAGE_FILE_MACHINE_*` constant (x86 014c, x64 8664, ARM64 aa64).
    pub machine: u16,
    /// `MajorVersion`: 15 for a free build, 12 for a checked one.
    pub major_version: u32,
    /// `MinorVersion`: the build number.
    pub minor_version: u32,
    /// `DirectoryTableBase`: the root of the page tables (CR3, `TTBR0_EL1`), as the register held it.
    pub directory_table_base: Option<PhysicalAddress>,
    /// `PfnDataBase`: the address of the variable `nt!MmPfnDatabase`.
    pub pfn_data_base: Option<VirtualAddress>,
    /// `PsLoadedModuleList`: the head of the list of loaded modules.
    pub ps_loaded_module_list: Option<VirtualAddress>,
    /// `PsActiveProcessHead`: the head of the list of processes.
    pub ps_active_process_head: Option<VirtualAddress>,
    /// `NumberProcessors`.
    pub processors: Option<u32>,
    /// `BugCheckCode` and its parameters.
    pub bug_check: Option<BugCheck>,
    /// `VersionUser`: a text that Windows leaves empty.
    pub version_user: Option<String>,
    /// `PaeEnabled`: whether a 32-bit machine pages with PAE. Always `None` for 64-bit machines.
    pub pae: Option<bool>,
    /// `KdSecondaryVersion`: what the CONTEXT holds (x86: 1 with extended registers).
    pub kd_secondary_version: Option<u8>,
    /// `KdDebuggerDataBlock`: the address of `nt!KdDebuggerDataBlock`.
    pub kd_debugger_data_block: Option<VirtualAddress>,
    /// `Comment`: what the writer was told to say (`.dump /c`).
    pub comment: Option<String>,
    /// `RequiredDumpSpace`, in bytes.
    pub required_dump_space: Option<u64>,
    /// `SystemTime`: when the machine crashed, in units of 100 ns since 1601 (UTC).
    pub system_time: Option<u64>,
    /// `SystemUpTime`: how long it had been up, in units of 100 ns.
    pub system_up_time: Option<u64>,
    /// `MiniDumpFields`: `TRIAGE_DUMP_*` bits, what a small dump contains.
    pub mini_dump_fields: Option<u32>,
    /// `SecondaryDataState`: NTSTATUS of writing what drivers added.
    pub secondary_data_state: Option<u32>,
    /// `ProductType`: `VER_NT_WORKSTATION` 1, `VER_NT_DOMAIN_CONTROLLER` 2, `VER_NT_SERVER` 3.
    pub product_type: Option<u32>,
    /// `SuiteMask`: `VER_SUITE_*` bits.
    pub suite_mask: Option<u32>,
    /// `WriterStatus`: how writing the dump went, 0 for well.
    pub writer_status: Option<u32>,
    /// `Attributes`: `DUMP_FILE_ATTRIBUTES` bits.
    pub attributes: Option<u32>,
    /// `BootId`: the number of this boot.
    pub boot_id: Option<u32>,
}

/// Why the machine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BugCheck {
    /// `BugCheckCode`.
    pub code: u32,
    /// `BugCheckParameter1` to `4`, zero-extended.
    pub parameters: [u64; 4],
}

/// The filler of fields that were never written.
const FILLER: [u8; 4] = *b"PAGE";

/// The layout that the first eight bytes of the file ask for.
pub(crate) fn layout_of(file: &FileBytes) -> Result<&'static Layout, Defect> {
    let start = file.available(FileRange { offset: 0, length: 8 });
    match start {
        b"PAGEDUMP" => Ok(&DUMP_HEADER32),
        b"PAGEDU64" => Ok(&DUMP_HEADER64),
        _ => Err(Defect::NotADump { found: Signature::of(start) }),
    }
}

impl Header {
    /// Reads the header that starts `file`.
    ///
    /// # Errors
    /// [`Defect::PastEnd`] when the file is shorter than a header, [`Defect::TooLarge`] when the machine type isn't
    /// one.
    pub(crate) fn read(file: &FileBytes, layout: &Layout) -> Result<Self, Defect> {
        file.slice("the dump header", 0, layout.size)?;
        let machine = file.u32("MachineImageType", layout.machine_image_type)?;
        let machine = u16::try_from(machine).map_err(|_| Defect::TooLarge {
            what: "MachineImageType",
            offset: layout.machine_image_type,
            found: machine.into(),
            limit: u16::MAX.into(),
        })?;
        let u32_at = |offset| Ok::<_, Defect>(Some(file.u32("header", offset)?).filter(|field| !is_filler(*field)));
        let u64_at = |offset| Ok::<_, Defect>(Some(file.u64("header", offset)?).filter(|field| !is_filler64(*field)));
        let address = |offset| pointer(file, layout, offset).map(|field| field.map(VirtualAddress));
        Ok(Self {
            width: layout.width,
            machine,
            major_version: file.u32("MajorVersion", layout.major_version)?,
            minor_version: file.u32("MinorVersion", layout.minor_version)?,
            directory_table_base: pointer(file, layout, layout.directory_table_base)?.map(PhysicalAddress),
            pfn_data_base: address(layout.pfn_data_base)?,
            ps_loaded_module_list: address(layout.ps_loaded_module_list)?,
            ps_active_process_head: address(layout.ps_active_process_head)?,
            processors: u32_at(layout.number_processors)?,
            bug_check: bug_check(file, layout)?,
            version_user: text(file.slice("VersionUser", layout.version_user, VERSION_USER_SIZE)?),
            pae: match layout.pae_enabled {
                Some(offset) => byte(file, offset)?.map(|enabled| enabled != 0),
                None => None,
            },
            kd_secondary_version: byte(file, layout.kd_secondary_version)?,
            kd_debugger_data_block: address(layout.kd_debugger_data_block)?,
            comment: text(file.slice("Comment", layout.comment, COMMENT_SIZE)?),
            required_dump_space: u64_at(layout.required_dump_space)?,
            system_time: u64_at(layout.system_time)?,
            system_up_time: u64_at(layout.system_up_time)?,
            mini_dump_fields: u32_at(layout.mini_dump_fields)?,
            secondary_data_state: u32_at(layout.secondary_data_state)?,
            product_type: u32_at(layout.product_type)?,
            suite_mask: u32_at(layout.suite_mask)?,
            writer_status: u32_at(layout.writer_status)?,
            attributes: u32_at(layout.attributes)?,
            boot_id: u32_at(layout.boot_id)?,
        })
    }
}

/// Whether a 4-byte field was never written.
pub(crate) fn is_filler(field: u32) -> bool {
    field == u32::from_le_bytes(FILLER)
}

fn is_filler64(field: u64) -> bool {
    is_filler(field as u32) && is_filler((field >> 32) as u32)
}

fn pointer(file: &FileBytes, layout: &Layout, offset: u64) -> Result<Option<u64>, Defect> {
    let field = file.pointer("header", offset, layout.width)?;
    Ok(Some(field).filter(|field| match layout.width {
        PointerWidth::Bits32 => !is_filler(*field as u32),
        PointerWidth::Bits64 => !is_filler64(*field),
    }))
}

/// A byte, unless it is the filler's byte for that offset.
fn byte(file: &FileBytes, offset: u64) -> Result<Option<u8>, Defect> {
    let [field] = file.array("header", offset)?;
    let filler = FILLER.get((offset % 4) as usize);
    Ok(Some(field).filter(|field| Some(field) != filler))
}

fn bug_check(file: &FileBytes, layout: &Layout) -> Result<Option<BugCheck>, Defect> {
    let code = file.u32("BugCheckCode", layout.bug_check_code)?;
    let mut parameters = [0; 4];
    for (index, parameter) in (0..).zip(&mut parameters) {
        let offset = layout.bug_check_parameter_1 + index * layout.width.bytes();
        *parameter = file.pointer("BugCheckParameter", offset, layout.width)?;
    }
    Ok((!is_filler(code)).then_some(BugCheck { code, parameters }))
}

/// A NUL-terminated text; `None` when it is empty or was never written.
fn text(field: &[u8]) -> Option<String> {
    let text = field.split(|byte| *byte == 0).next().filter(|text| !text.is_empty() && !text.starts_with(&FILLER))?;
    Some(String::from_utf8_lossy(text).into_owned())
}
