//! `TRIAGE_DUMP32/64`: where in the file everything of a small dump lies.

use super::data_blocks::DataBlock;
use crate::error::Defect;
use crate::file::{FileBytes, FileRange, PointerWidth};
use crate::header::Header;
use crate::layout::Layout;
use memory::VirtualAddress;

/// Bits of the header's `MiniDumpFields`: `TRIAGE_DUMP_*`.
mod fields {
    pub const CONTEXT: u32 = 0x1;
    pub const EXCEPTION: u32 = 0x2;
    pub const PRCB: u32 = 0x4;
    pub const PROCESS: u32 = 0x8;
    pub const THREAD: u32 = 0x10;
    pub const STACK: u32 = 0x20;
    pub const DRIVER_LIST: u32 = 0x40;
    pub const BROKEN_DRIVER: u32 = 0x80;
    pub const MMINFO: u32 = 0x100;
    pub const DATAPAGE: u32 = 0x200;
    pub const DEBUGGER_DATA: u32 = 0x400;
    pub const DATA_BLOCKS: u32 = 0x800;
}

/// A table in the file: where it starts, and where its number of entries is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub offset: u64,
    pub count: u64,
    pub count_offset: u64,
}

/// The fields of the structure, and, for what has no size of its own, where the next thing starts.
#[derive(Debug)]
pub(super) struct Locations {
    pub width: PointerWidth,
    pub service_pack_build: u32,
    pub size_of_dump: u32,
    pub valid_offset: u32,
    pub triage_options: u32,
    /// Where the structure starts.
    start: u64,
    mini_dump_fields: Option<u32>,
    context: u32,
    exception: u32,
    mm: u32,
    unloaded_drivers: u32,
    prcb: u32,
    process: u32,
    thread: u32,
    call_stack: (u32, u32),
    driver_list: (u32, u32),
    string_pool: u32,
    broken_driver: u32,
    top_of_stack: u64,
    data_page: (u64, u32, u32),
    debugger_data: (u32, u32),
    data_blocks: (u32, u32),
    data_blocks_field: u64,
}

impl Locations {
    pub fn read(file: &FileBytes, layout: &Layout, header: &Header) -> Result<Self, Defect> {
        let start = layout.size;
        let width = layout.width;
        // Where DataPageAddress, DebuggerDataOffset and DataBlocksOffset lie: Itanium's register stack is described
        // before them, in 64-bit dumps of all machines.
        let (data_page, debugger_data, data_blocks) = match width {
            PointerWidth::Bits32 => (0x4c, 0x58, 0x60),
            PointerWidth::Bits64 => (0x60, 0x70, 0x78),
        };
        file.slice("TRIAGE_DUMP", start, data_blocks + 8)?;
        let field = |at| file.u32("TRIAGE_DUMP", start + at);
        let pair = |at| Ok::<_, Defect>((field(at)?, field(at + 4)?));
        let pointer = |at| file.pointer("TRIAGE_DUMP", start + at, width);
        let after_address = data_page + width.bytes();
        Ok(Self {
            width,
            service_pack_build: field(0)?,
            size_of_dump: field(0x4)?,
            valid_offset: field(0x8)?,
            triage_options: field(0x44)?,
            start,
            mini_dump_fields: header.mini_dump_fields,
            context: field(0xc)?,
            exception: field(0x10)?,
            mm: field(0x14)?,
            unloaded_drivers: field(0x18)?,
            prcb: field(0x1c)?,
            process: field(0x20)?,
            thread: field(0x24)?,
            call_stack: pair(0x28)?,
            driver_list: pair(0x30)?,
            string_pool: field(0x38)?,
            broken_driver: field(0x40)?,
            top_of_stack: pointer(0x48)?,
            data_page: (pointer(data_page)?, field(after_address)?, field(after_address + 4)?),
            debugger_data: pair(debugger_data)?,
            data_blocks: pair(data_blocks)?,
            data_blocks_field: data_blocks,
        })
    }

    /// `offset`, if the dump is said to contain what lies there.
    fn present(&self, bit: u32, offset: u32) -> Option<u64> {
        let said = self.mini_dump_fields.is_none_or(|fields| fields & bit != 0);
        (said && offset != 0).then_some(offset.into())
    }

    /// What starts at `offset` and ends where the next thing starts.
    fn up_to_next(&self, bit: u32, offset: u32) -> Option<FileRange> {
        let offset = self.present(bit, offset)?;
        let others = [
            self.mm,
            self.unloaded_drivers,
            self.prcb,
            self.process,
            self.thread,
            self.call_stack.0,
            self.driver_list.0,
            self.string_pool,
            self.data_page.1,
            self.debugger_data.0,
            self.data_blocks.0,
            self.valid_offset,
        ];
        let next = others.into_iter().map(u64::from).filter(|other| *other > offset).min()?;
        Some(FileRange { offset, length: next - offset })
    }

    pub fn prcb(&self) -> Option<FileRange> {
        self.up_to_next(fields::PRCB, self.prcb)
    }

    pub fn process(&self) -> Option<FileRange> {
        self.up_to_next(fields::PROCESS, self.process)
    }

    pub fn thread(&self) -> Option<FileRange> {
        self.up_to_next(fields::THREAD, self.thread)
    }

    /// `size`: the bytes that the dump's header keeps for a CONTEXT.
    pub fn context(&self, size: u64) -> Option<FileRange> {
        self.present(fields::CONTEXT, self.context).map(|offset| FileRange { offset, length: size })
    }

    pub fn exception(&self) -> Option<u64> {
        self.present(fields::EXCEPTION, self.exception)
    }

    pub fn memory_management(&self) -> Option<u64> {
        self.present(fields::MMINFO, self.mm)
    }

    pub fn broken_driver(&self) -> Option<u64> {
        self.present(fields::BROKEN_DRIVER, self.broken_driver)
    }

    pub fn stack(&self) -> Option<DataBlock> {
        let offset = self.present(fields::STACK, self.call_stack.0)?;
        let bytes = FileRange { offset, length: self.call_stack.1.into() };
        Some(DataBlock { address: VirtualAddress(self.top_of_stack), bytes })
    }

    pub fn data_page(&self) -> Option<DataBlock> {
        let (address, offset, size) = self.data_page;
        let offset = self.present(fields::DATAPAGE, offset)?;
        Some(DataBlock { address: VirtualAddress(address), bytes: FileRange { offset, length: size.into() } })
    }

    pub fn debugger_data(&self) -> Option<FileRange> {
        let offset = self.present(fields::DEBUGGER_DATA, self.debugger_data.0)?;
        Some(FileRange { offset, length: self.debugger_data.1.into() })
    }

    pub fn data_blocks(&self) -> Option<Table> {
        let (offset, count) = self.data_blocks;
        let offset = self.present(fields::DATA_BLOCKS, offset)?;
        Some(Table { offset, count: count.into(), count_offset: self.start + self.data_blocks_field + 4 })
    }

    pub fn drivers(&self) -> Option<Table> {
        let (offset, count) = self.driver_list;
        let offset = self.present(fields::DRIVER_LIST, offset)?;
        Some(Table { offset, count: count.into(), count_offset: self.start + 0x34 })
    }

    /// No bit of its own says whether there are any.
    pub fn unloaded_drivers(&self) -> Option<u64> {
        (self.unloaded_drivers != 0).then_some(self.unloaded_drivers.into())
    }
}

impl Table {
    /// How many entries of `size` bytes are there, at most as many as the table says; a defect when it says more.
    pub fn entries(&self, file: &FileBytes, what: &'static str, size: u64, defects: &mut Vec<Defect>) -> u64 {
        let limit = file.size().saturating_sub(self.offset) / size;
        if self.count > limit {
            defects.push(Defect::TooLarge { what, offset: self.count_offset, found: self.count, limit });
        }
        self.count.min(limit)
    }
}
