//! Writes PE images of which every byte is known.

use symbols::Guid;

pub const X86: u16 = 0x14c;
pub const X64: u16 = 0x8664;
pub const ARM64: u16 = 0xaa64;

pub const CODE: u32 = 0x6000_0020;
pub const READ_ONLY: u32 = 0x4000_0040;
pub const WRITABLE: u32 = 0xc000_0040;

pub const EXPORT: usize = 0;
pub const EXCEPTION: usize = 3;
pub const RELOCATION: usize = 5;
pub const DEBUG: usize = 6;
pub const IMPORT_ADDRESS_TABLE: usize = 12;

pub const DIR64: u16 = 10;
pub const HIGHLOW: u16 = 3;

const FILE_ALIGNMENT: usize = 0x200;
const HEADERS: usize = 0x400;
const NT_HEADERS: usize = 0x80;

/// An image in the making. Sections follow each other page by page from RVA 0x1000 on.
#[derive(Clone)]
pub struct PeBuilder {
    pub machine: u16,
    pub time_date_stamp: u32,
    pub check_sum: u32,
    pub image_base: u64,
    pub entry_point: u32,
    pub characteristics: u16,
    pub directories: [(u32, u32); 16],
    sections: Vec<Section>,
}

#[derive(Clone)]
struct Section {
    name: &'static str,
    rva: u32,
    virtual_size: u32,
    characteristics: u32,
    bytes: Vec<u8>,
}

impl PeBuilder {
    pub fn new(machine: u16) -> Self {
        Self {
            machine,
            time_date_stamp: 0x0bad_cafe,
            check_sum: 0x1_2345,
            image_base: if machine == X86 { 0x1_0000 } else { 0x1_4000_0000 },
            entry_point: 0x1000,
            characteristics: 0x22,
            directories: [(0, 0); 16],
            sections: Vec::new(),
        }
    }

    fn is_64_bit(&self) -> bool {
        self.machine != X86
    }

    /// Adds a section, and says at which RVA it lies.
    pub fn section(&mut self, name: &'static str, characteristics: u32, bytes: Vec<u8>) -> u32 {
        let virtual_size = bytes.len() as u32;
        self.section_of(name, characteristics, bytes, virtual_size)
    }

    /// The same with a size in memory that isn't that of its bytes.
    pub fn section_of(&mut self, name: &'static str, characteristics: u32, bytes: Vec<u8>, virtual_size: u32) -> u32 {
        let rva = self.next_rva();
        self.sections.push(Section { name, rva, virtual_size, characteristics, bytes });
        rva
    }

    /// Where the next section will lie.
    pub fn next_rva(&self) -> u32 {
        self.sections.last().map_or(0x1000, |last| {
            let size = last.virtual_size.max(1);
            (last.rva + size).next_multiple_of(0x1000)
        })
    }

    pub fn size_of_image(&self) -> u32 {
        self.next_rva()
    }

    /// A debug directory with these entries: type, data, and whether the data is mapped.
    pub fn debug(&mut self, entries: &[(u32, Vec<u8>, bool)]) {
        let rva = self.next_rva();
        let raw = self.next_raw_offset();
        let mut directory = Vec::new();
        let mut data: Vec<u8> = Vec::new();
        for (kind, bytes, mapped) in entries {
            let offset = (entries.len() * 28 + data.len()) as u32;
            let address = if *mapped { rva + offset } else { 0 };
            for field in [0, self.time_date_stamp, 0, *kind, bytes.len() as u32, address, raw as u32 + offset] {
                directory.extend(field.to_le_bytes());
            }
            data.extend(bytes);
        }
        self.directories[DEBUG] = (rva, directory.len() as u32);
        directory.extend(data);
        self.section(".debug", READ_ONLY, directory);
    }

    /// A debug directory that names a PDB.
    pub fn pdb(&mut self, guid: Guid, age: u32, name: &str) {
        self.debug(&[(2, rsds(guid, age, name), true)]);
    }

    /// An export directory whose ordinals start at `base`: for each function its RVA, or what it is forwarded to, and
    /// its names.
    pub fn exports(&mut self, base: u32, functions: &[(Result<u32, &str>, &[&str])]) {
        let rva = self.next_rva();
        let mut names: Vec<(&str, u16)> = Vec::new();
        for (index, (_, aliases)) in functions.iter().enumerate() {
            names.extend(aliases.iter().map(|name| (*name, index as u16)));
        }
        names.sort();
        let addresses_at = 40;
        let names_at = addresses_at + 4 * functions.len();
        let ordinals_at = names_at + 4 * names.len();
        let mut text_at = ordinals_at + 2 * names.len();
        let mut text = Vec::new();
        let mut add_text = |string: &str| {
            let at = rva + text_at as u32;
            text.extend(string.bytes().chain([0]));
            text_at += string.len() + 1;
            at
        };
        let mut bytes = Vec::new();
        let own_name = add_text("built.sys");
        for field in [0, 0, 0, own_name, base, functions.len() as u32, names.len() as u32] {
            bytes.extend(u32::to_le_bytes(field));
        }
        for at in [addresses_at, names_at, ordinals_at] {
            bytes.extend((rva + at as u32).to_le_bytes());
        }
        for (target, _) in functions {
            let address = target.unwrap_or_else(&mut add_text);
            bytes.extend(address.to_le_bytes());
        }
        for (name, _) in &names {
            bytes.extend(add_text(name).to_le_bytes());
        }
        for (_, index) in &names {
            bytes.extend(index.to_le_bytes());
        }
        bytes.extend(text);
        self.directories[EXPORT] = (rva, bytes.len() as u32);
        self.section(".edata", READ_ONLY, bytes);
    }

    /// Base relocations of these types at these RVAs, in one block for each page.
    pub fn relocations(&mut self, relocations: &[(u32, u16)]) {
        let rva = self.next_rva();
        let mut bytes = Vec::new();
        let mut rest = relocations;
        while let Some((first, _)) = rest.first() {
            let page = first & !0xfff;
            let (block, behind) = rest.split_at(rest.iter().take_while(|(rva, _)| rva & !0xfff == page).count());
            let padding = block.len() % 2;
            bytes.extend(page.to_le_bytes());
            bytes.extend((8 + 2 * (block.len() + padding) as u32).to_le_bytes());
            bytes.extend(block.iter().flat_map(|(rva, kind)| (kind << 12 | (rva & 0xfff) as u16).to_le_bytes()));
            bytes.extend(vec![0; 2 * padding]);
            rest = behind;
        }
        self.directories[RELOCATION] = (rva, bytes.len() as u32);
        self.section(".reloc", READ_ONLY, bytes);
    }

    fn next_raw_offset(&self) -> usize {
        HEADERS
            + self.sections.iter().map(|section| section.bytes.len().next_multiple_of(FILE_ALIGNMENT)).sum::<usize>()
    }

    /// The file's bytes.
    pub fn build(&self) -> Vec<u8> {
        let mut file = vec![0; NT_HEADERS];
        file[..2].copy_from_slice(b"MZ");
        file[0x3c..0x40].copy_from_slice(&(NT_HEADERS as u32).to_le_bytes());
        let optional = self.optional_header();
        file.extend(b"PE\0\0");
        file.extend(self.machine.to_le_bytes());
        file.extend((self.sections.len() as u16).to_le_bytes());
        file.extend(self.time_date_stamp.to_le_bytes());
        file.extend([0; 8]);
        file.extend((optional.len() as u16).to_le_bytes());
        file.extend(self.characteristics.to_le_bytes());
        file.extend(optional);
        let mut raw = HEADERS as u32;
        for section in &self.sections {
            let raw_size = section.bytes.len().next_multiple_of(FILE_ALIGNMENT) as u32;
            let mut name = [0; 8];
            name[..section.name.len()].copy_from_slice(section.name.as_bytes());
            file.extend(name);
            for field in [section.virtual_size, section.rva, raw_size, raw, 0, 0, 0, section.characteristics] {
                file.extend(field.to_le_bytes());
            }
            raw += raw_size;
        }
        file.resize(HEADERS, 0);
        for section in &self.sections {
            file.extend(&section.bytes);
            file.resize(file.len().next_multiple_of(FILE_ALIGNMENT), 0);
        }
        file
    }

    fn optional_header(&self) -> Vec<u8> {
        let wide = |bytes: &mut Vec<u8>, value: u64| {
            let width = if self.is_64_bit() { 8 } else { 4 };
            bytes.extend(&value.to_le_bytes()[..width]);
        };
        let mut bytes = Vec::new();
        bytes.extend(if self.is_64_bit() { 0x20b_u16 } else { 0x10b }.to_le_bytes());
        bytes.extend([0; 14]);
        bytes.extend(self.entry_point.to_le_bytes());
        bytes.extend([0; 4]);
        if !self.is_64_bit() {
            bytes.extend([0; 4]);
        }
        wide(&mut bytes, self.image_base);
        bytes.extend(0x1000_u32.to_le_bytes());
        bytes.extend((FILE_ALIGNMENT as u32).to_le_bytes());
        bytes.extend([0; 16]);
        for field in [self.size_of_image(), HEADERS as u32, self.check_sum] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend([1, 0, 0x40, 0x41]);
        for _ in 0..4 {
            wide(&mut bytes, 0x1000);
        }
        bytes.extend([0; 4]);
        bytes.extend(16_u32.to_le_bytes());
        for (rva, size) in self.directories {
            bytes.extend(rva.to_le_bytes());
            bytes.extend(size.to_le_bytes());
        }
        bytes
    }
}

/// A CodeView record as today's linkers write it.
pub fn rsds(guid: Guid, age: u32, name: &str) -> Vec<u8> {
    let mut record = b"RSDS".to_vec();
    record.extend(guid.data1.to_le_bytes());
    record.extend(guid.data2.to_le_bytes());
    record.extend(guid.data3.to_le_bytes());
    record.extend(guid.data4);
    record.extend(age.to_le_bytes());
    record.extend(name.bytes().chain([0]));
    record
}

/// A GUID that is easily told from others.
pub fn guid(number: u8) -> Guid {
    Guid::from_bytes([number; 16])
}
