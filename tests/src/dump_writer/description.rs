//! What a dump says besides the machine's memory.

use super::arch::Arch;

/// What the dump's header says besides what the memory and the crash decide. Addresses are the caller's.
#[derive(Clone, Debug)]
pub struct Header {
    /// `MajorVersion`.
    pub major_version: u32,
    /// `MinorVersion`: the build.
    pub build: u32,
    /// `PfnDataBase`.
    pub pfn_data_base: u64,
    /// `PsLoadedModuleList`.
    pub ps_loaded_module_list: u64,
    /// `PsActiveProcessHead`.
    pub ps_active_process_head: u64,
    /// `KdDebuggerDataBlock`.
    pub kd_debugger_data_block: u64,
    /// `NumberProcessors`.
    pub processors: u32,
    /// `ProductType`.
    pub product_type: u32,
    /// `SuiteMask`.
    pub suite_mask: u32,
    /// `SystemTime`.
    pub system_time: u64,
    /// `SystemUpTime`.
    pub system_up_time: u64,
    /// `Comment`; filler when there is none.
    pub comment: Option<String>,
}

impl Header {
    /// That of a Windows 10 machine with two processors.
    pub(super) fn of(arch: Arch) -> Self {
        let kernel = arch.kernel_address();
        Self {
            major_version: 15,
            build: 19041,
            pfn_data_base: kernel + 0xcfc500,
            ps_loaded_module_list: kernel + 0xc2a390,
            ps_active_process_head: kernel + 0xc1e200,
            kd_debugger_data_block: kernel + 0xc00b20,
            processors: 2,
            product_type: 1,
            suite_mask: 0x110,
            system_time: 0x01d7_07f2_3dbb_3399,
            system_up_time: 0x023b_c1e9,
            comment: None,
        }
    }
}

/// What stopped the machine.
#[derive(Clone, Debug, Default)]
pub struct Crash {
    /// `BugCheckCode`.
    pub code: u32,
    /// `BugCheckParameter1` to `4`.
    pub parameters: [u64; 4],
    /// The CONTEXT; filler when empty.
    pub context: Vec<u8>,
    /// The exception record; filler when there is none.
    pub exception: Option<Exception>,
}

/// `EXCEPTION_RECORD`.
#[derive(Clone, Debug, Default)]
pub struct Exception {
    /// `ExceptionCode`.
    pub code: u32,
    /// `ExceptionFlags`.
    pub flags: u32,
    /// `ExceptionAddress`.
    pub address: u64,
    /// `ExceptionInformation`.
    pub parameters: Vec<u64>,
}

/// A loaded module, as small dumps list it.
#[derive(Clone, Debug)]
pub struct Driver {
    /// Its full path.
    pub name: String,
    /// `DllBase`.
    pub base: u64,
    /// `SizeOfImage`.
    pub size: u32,
    /// `TimeDateStamp`.
    pub time_date_stamp: u32,
    /// `CheckSum`.
    pub check_sum: u32,
}

/// A module that was unloaded, as small dumps list it.
#[derive(Clone, Debug)]
pub struct UnloadedDriver {
    /// Its name, of which 12 characters are kept.
    pub name: String,
    /// Where it was.
    pub start: u64,
    /// Behind where it was.
    pub end: u64,
}

/// What only small dumps hold.
#[derive(Clone, Debug, Default)]
pub struct SmallDump {
    /// The crashing processor's `_KPRCB`.
    pub prcb: Vec<u8>,
    /// The crashing process' `_EPROCESS`.
    pub process: Vec<u8>,
    /// The crashing thread's `_ETHREAD`.
    pub thread: Vec<u8>,
    /// The address of the top of the stack, and the stack from there on.
    pub stack: (u64, Vec<u8>),
    /// `KDDEBUGGER_DATA64`.
    pub debugger_data: Vec<u8>,
    /// Blocks of virtual memory, besides what [`Machine::map`] mapped.
    pub blocks: Vec<(u64, Vec<u8>)>,
    /// The driver to blame.
    pub broken_driver: Option<String>,
    /// The eleven values of the memory manager: four of 32 bits, seven of pointer size.
    pub memory_management: Option<([u32; 4], [u64; 7])>,
}
