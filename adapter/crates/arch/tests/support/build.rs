//! x64 images built by code: code, `.xdata` and `.pdata` at RVAs of one's choice.

use super::Image;
use memory::VirtualAddress;

/// Where [`Builder::build`] puts the function table.
pub const PDATA: u32 = 0x6000;
const SIZE: usize = 0x7000;

/// `UNWIND_INFO` before it is encoded.
#[derive(Clone, Default)]
pub struct Info {
    pub version: u8,
    pub flags: u8,
    pub prologue_size: u8,
    /// Register number, and offset in units of 16 bytes.
    pub frame: (u8, u8),
    /// The 16-bit slots of the codes: see [`code`].
    pub slots: Vec<u16>,
    /// What stands behind the codes: a handler's RVA, or a chained entry's three.
    pub tail: Vec<u32>,
}

/// An unwind code's first slot.
pub fn code(prologue_offset: u8, op: u8, info: u8) -> u16 {
    u16::from_le_bytes([prologue_offset, op | info << 4])
}

pub const PUSH: u8 = 0;
pub const ALLOC_LARGE: u8 = 1;
pub const ALLOC_SMALL: u8 = 2;
pub const SET_FPREG: u8 = 3;
pub const SAVE: u8 = 4;
pub const SAVE_FAR: u8 = 5;
pub const EPILOG: u8 = 6;
pub const SAVE_XMM: u8 = 8;
pub const SAVE_XMM_FAR: u8 = 9;
pub const PUSH_MACHFRAME: u8 = 10;

/// Numbers of registers.
pub const RBX: u8 = 3;
pub const RBP: u8 = 5;
pub const RSI: u8 = 6;
pub const RDI: u8 = 7;
pub const R12: u8 = 12;
pub const R15: u8 = 15;

/// Puts an image together.
pub struct Builder {
    bytes: Vec<u8>,
    entries: Vec<[u32; 3]>,
}

impl Builder {
    pub fn new() -> Self {
        // Code that nobody put there is `int 3`.
        Self { bytes: vec![0xcc; SIZE], entries: Vec::new() }
    }

    pub fn bytes(mut self, rva: u32, bytes: &[u8]) -> Self {
        self.bytes[rva as usize..rva as usize + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub fn info(self, rva: u32, info: &Info) -> Self {
        let mut bytes = vec![info.version | info.flags << 3, info.prologue_size, info.slots.len() as u8];
        bytes.push(info.frame.0 | info.frame.1 << 4);
        bytes.extend(info.slots.iter().flat_map(|slot| slot.to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(info.tail.iter().flat_map(|word| word.to_le_bytes()));
        self.bytes(rva, &bytes)
    }

    /// An entry of the function table; they are to come in order.
    pub fn function(mut self, begin: u32, end: u32, unwind_data: u32) -> Self {
        self.entries.push([begin, end, unwind_data]);
        self
    }

    pub fn build(self) -> Image {
        let pdata: Vec<_> = self.entries.iter().flatten().flat_map(|word| word.to_le_bytes()).collect();
        let directory = PDATA..PDATA + pdata.len() as u32;
        let Self { bytes, .. } = self.bytes(PDATA, &pdata);
        Image { base: VirtualAddress(0xffff_f801_2000_0000), bytes, exception_directory: directory }
    }
}
