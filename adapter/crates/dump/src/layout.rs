//! Where the fields of `DUMP_HEADER32` and `DUMP_HEADER64` lie.
//!
//! Both structures are in Microsoft's published Windows metadata (`windows-sys`, `Win32::System::Diagnostics::Debug`);
//! the offsets are those of a C compiler, and equal to what kdmp-parser, Rekall and Volatility found.

use crate::file::PointerWidth;

/// Offsets from the start of the file, sizes in bytes.
#[derive(Debug)]
pub(crate) struct Layout {
    pub width: PointerWidth,
    /// Bytes of the whole header: what follows it starts here.
    pub size: u64,
    pub major_version: u64,
    pub minor_version: u64,
    pub directory_table_base: u64,
    pub pfn_data_base: u64,
    pub ps_loaded_module_list: u64,
    pub ps_active_process_head: u64,
    pub machine_image_type: u64,
    pub number_processors: u64,
    pub bug_check_code: u64,
    pub bug_check_parameter_1: u64,
    pub version_user: u64,
    /// Only 32-bit machines have two ways of paging to choose from.
    pub pae_enabled: Option<u64>,
    pub kd_secondary_version: u64,
    pub kd_debugger_data_block: u64,
    pub physical_memory_block: u64,
    pub context_record: u64,
    pub context_record_size: u64,
    pub exception: u64,
    pub comment: u64,
    pub dump_type: u64,
    pub required_dump_space: u64,
    pub system_time: u64,
    pub system_up_time: u64,
    pub mini_dump_fields: u64,
    pub secondary_data_state: u64,
    pub product_type: u64,
    pub suite_mask: u64,
    pub writer_status: u64,
    pub attributes: u64,
    pub boot_id: u64,
}

/// Bytes of `PhysicalMemoryBlockBuffer`, in both headers.
pub(crate) const PHYSICAL_MEMORY_BLOCK_SIZE: u64 = 700;
/// Bytes of `VersionUser`, in both headers.
pub(crate) const VERSION_USER_SIZE: u64 = 32;
/// Bytes of `Comment`, in both headers.
pub(crate) const COMMENT_SIZE: u64 = 128;

pub(crate) const DUMP_HEADER32: Layout = Layout {
    width: PointerWidth::Bits32,
    size: 0x1000,
    major_version: 0x8,
    minor_version: 0xc,
    directory_table_base: 0x10,
    pfn_data_base: 0x14,
    ps_loaded_module_list: 0x18,
    ps_active_process_head: 0x1c,
    machine_image_type: 0x20,
    number_processors: 0x24,
    bug_check_code: 0x28,
    bug_check_parameter_1: 0x2c,
    version_user: 0x3c,
    pae_enabled: Some(0x5c),
    kd_secondary_version: 0x5d,
    kd_debugger_data_block: 0x60,
    physical_memory_block: 0x64,
    context_record: 0x320,
    context_record_size: 1200,
    exception: 0x7d0,
    comment: 0x820,
    attributes: 0x8a0,
    boot_id: 0x8a4,
    dump_type: 0xf88,
    mini_dump_fields: 0xf8c,
    secondary_data_state: 0xf90,
    product_type: 0xf94,
    suite_mask: 0xf98,
    writer_status: 0xf9c,
    required_dump_space: 0xfa0,
    system_up_time: 0xfb8,
    system_time: 0xfc0,
};

pub(crate) const DUMP_HEADER64: Layout = Layout {
    width: PointerWidth::Bits64,
    size: 0x2000,
    major_version: 0x8,
    minor_version: 0xc,
    directory_table_base: 0x10,
    pfn_data_base: 0x18,
    ps_loaded_module_list: 0x20,
    ps_active_process_head: 0x28,
    machine_image_type: 0x30,
    number_processors: 0x34,
    bug_check_code: 0x38,
    bug_check_parameter_1: 0x40,
    version_user: 0x60,
    pae_enabled: None,
    kd_secondary_version: 0x104d,
    kd_debugger_data_block: 0x80,
    physical_memory_block: 0x88,
    context_record: 0x348,
    context_record_size: 3000,
    exception: 0xf00,
    dump_type: 0xf98,
    required_dump_space: 0xfa0,
    system_time: 0xfa8,
    comment: 0xfb0,
    system_up_time: 0x1030,
    mini_dump_fields: 0x1038,
    secondary_data_state: 0x103c,
    product_type: 0x1040,
    suite_mask: 0x1044,
    writer_status: 0x1048,
    attributes: 0x1050,
    boot_id: 0x1054,
};
