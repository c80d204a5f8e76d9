//! The headers of an image: MS-documented `IMAGE_DOS_HEADER`, `IMAGE_NT_HEADERS32/64`, `IMAGE_SECTION_HEADER`.

use super::read_image::{array, bytes};
use super::{PeError, ReadImage};
use crate::ImageIdentity;
use memory::{Cursor, Truncated};
use std::ops::Range;

const IMAGE_DOS_SIGNATURE: u16 = 0x5a4d;
const IMAGE_NT_SIGNATURE: u32 = 0x4550;
const IMAGE_NT_OPTIONAL_HDR32_MAGIC: u16 = 0x10b;
const IMAGE_NT_OPTIONAL_HDR64_MAGIC: u16 = 0x20b;
const IMAGE_NUMBEROF_DIRECTORY_ENTRIES: u32 = 16;
const IMAGE_FILE_RELOCS_STRIPPED: u16 = 1;
const IMAGE_SCN_MEM_EXECUTE: u32 = 0x2000_0000;
const IMAGE_SCN_MEM_WRITE: u32 = 0x8000_0000;

/// Where the DOS header's `e_lfanew` lies.
pub(super) const E_LFANEW: u32 = 0x3c;
/// Bytes of the NT signature and `IMAGE_FILE_HEADER`: where the optional header starts.
pub(super) const FILE_HEADER_END: u32 = 24;
/// Bytes of an `IMAGE_SECTION_HEADER`.
const SECTION_HEADER: u32 = 40;

/// What the headers of a PE image say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeHeaders {
    /// `Machine`: an `IMAGE_FILE_MACHINE_*` value.
    pub machine: u16,
    /// `TimeDateStamp`: seconds since 1970, or a hash in reproducible builds.
    pub time_date_stamp: u32,
    /// `Characteristics`: `IMAGE_FILE_*` flags.
    pub characteristics: u16,
    /// Whether it is PE32+ (64-bit addresses), and not PE32.
    pub is_64_bit: bool,
    /// `AddressOfEntryPoint`: an RVA, zero when there is none.
    pub entry_point: u32,
    /// `ImageBase`: the address that it was linked to. In memory the loader has written the loaded base over it.
    pub image_base: u64,
    /// `SectionAlignment` in bytes.
    pub section_alignment: u32,
    /// `SizeOfImage` in bytes.
    pub size_of_image: u32,
    /// `SizeOfHeaders` in bytes.
    pub size_of_headers: u32,
    /// `CheckSum`, zero when there is none.
    pub check_sum: u32,
    /// `Subsystem`: an `IMAGE_SUBSYSTEM_*` value.
    pub subsystem: u16,
    /// `DllCharacteristics`: `IMAGE_DLLCHARACTERISTICS_*` flags.
    pub dll_characteristics: u16,
    /// The data directories there are, in [`Directory`]'s order.
    pub directories: Vec<DataDirectory>,
    /// The section table.
    pub sections: Vec<Section>,
}

/// Index of a data directory (`IMAGE_DIRECTORY_ENTRY_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Directory {
    /// Export directory.
    Export = 0,
    /// Exception directory (`.pdata`).
    Exception = 3,
    /// Base relocations (`.reloc`).
    BaseRelocation = 5,
    /// Debug directory.
    Debug = 6,
    /// Import address table, which the loader overwrites.
    ImportAddressTable = 12,
}

/// `IMAGE_DATA_DIRECTORY`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataDirectory {
    /// RVA of the first byte.
    pub rva: u32,
    /// Size in bytes.
    pub size: u32,
}

impl DataDirectory {
    /// The RVAs that it covers.
    pub fn range(self) -> Range<u32> {
        self.rva..self.rva.saturating_add(self.size)
    }
}

/// `IMAGE_SECTION_HEADER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// `Name`, without its trailing zeroes.
    pub name: String,
    /// `VirtualAddress`: RVA of the first byte.
    pub rva: u32,
    /// `VirtualSize` in bytes; zero (old linkers) means the raw size.
    pub virtual_size: u32,
    /// `PointerToRawData`: offset in the file, in bytes.
    pub raw_offset: u32,
    /// `SizeOfRawData` in bytes.
    pub raw_size: u32,
    /// `Characteristics`: `IMAGE_SCN_*` flags.
    pub characteristics: u32,
}

impl Section {
    /// Bytes that the section takes in memory, before rounding to pages.
    pub fn size(&self) -> u32 {
        if self.virtual_size == 0 { self.raw_size } else { self.virtual_size }
    }

    /// Whether it lies at `rva`.
    pub fn contains(&self, rva: u32) -> bool {
        rva.checked_sub(self.rva).is_some_and(|offset| offset < self.size())
    }

    /// `IMAGE_SCN_MEM_EXECUTE`.
    pub fn is_executable(&self) -> bool {
        self.characteristics & IMAGE_SCN_MEM_EXECUTE != 0
    }

    /// `IMAGE_SCN_MEM_WRITE`: what is in memory may differ from the file.
    pub fn is_writable(&self) -> bool {
        self.characteristics & IMAGE_SCN_MEM_WRITE != 0
    }
}

impl PeHeaders {
    /// Reads the headers of `image`.
    ///
    /// # Errors
    /// [`PeError`]: unreadable bytes, a wrong signature, an optional header that is too short.
    pub fn read(image: &dyn ReadImage) -> Result<Self, PeError> {
        let found = u16::from_le_bytes(array(image, 0, "DOS header")?);
        if found != IMAGE_DOS_SIGNATURE {
            return Err(PeError::NotMz { found });
        }
        let nt_headers = u32::from_le_bytes(array(image, E_LFANEW, "DOS header's e_lfanew")?);
        let what = "file header";
        let optional_header = nt_headers.checked_add(FILE_HEADER_END);
        let optional_header =
            optional_header.ok_or(PeError::OutOfRange { what, rva: nt_headers, size: FILE_HEADER_END })?;
        let file_header: [u8; FILE_HEADER_END as usize] = array(image, nt_headers, what)?;
        let file_header = FileHeader::decode(&file_header).map_err(|_| PeError::NotPe { rva: nt_headers, found: 0 })?;
        if file_header.signature != IMAGE_NT_SIGNATURE {
            return Err(PeError::NotPe { rva: nt_headers, found: file_header.signature });
        }

        let size = file_header.size_of_optional_header;
        let optional = bytes(image, optional_header, size.into(), "optional header")?;
        let too_short = |truncated: Truncated| PeError::OptionalHeaderTooShort {
            rva: optional_header,
            size,
            needed: truncated.offset.saturating_add(truncated.wanted),
        };
        let is_64_bit = match Cursor::new(&optional).u16().map_err(too_short)? {
            IMAGE_NT_OPTIONAL_HDR32_MAGIC => false,
            IMAGE_NT_OPTIONAL_HDR64_MAGIC => true,
            magic => return Err(PeError::UnknownMagic { rva: optional_header, magic }),
        };
        let sections = read_sections(image, optional_header, size, file_header.number_of_sections)?;
        Self::decode(&file_header, is_64_bit, &optional, sections).map_err(too_short)
    }

    /// What tells an image from others, without reading the rest of its headers: they take bytes of a live target's line.
    ///
    /// # Errors
    /// As [`PeHeaders::read`].
    pub fn read_identity(image: &dyn ReadImage) -> Result<ImageIdentity, PeError> {
        /// Where `SizeOfImage` and `CheckSum` lie in both optional headers.
        const SIZE_OF_IMAGE: u32 = 56;
        // All of it in most images: in one read, which may fail.
        let _ = image.read_rva(0, &mut [0; 0x180]);
        let found = u16::from_le_bytes(array(image, 0, "DOS header")?);
        if found != IMAGE_DOS_SIGNATURE {
            return Err(PeError::NotMz { found });
        }
        let nt_headers = u32::from_le_bytes(array(image, E_LFANEW, "DOS header's e_lfanew")?);
        let out_of_range = PeError::OutOfRange { what: "file header", rva: nt_headers, size: FILE_HEADER_END };
        let sizes = nt_headers.checked_add(FILE_HEADER_END + SIZE_OF_IMAGE).ok_or(out_of_range)?;
        let file_header: [u8; FILE_HEADER_END as usize] = array(image, nt_headers, "file header")?;
        let file_header = FileHeader::decode(&file_header).map_err(|_| PeError::NotPe { rva: nt_headers, found: 0 })?;
        if file_header.signature != IMAGE_NT_SIGNATURE {
            return Err(PeError::NotPe { rva: nt_headers, found: file_header.signature });
        }
        let [a, b, c, d, _, _, _, _, e, f, g, h] = array(image, sizes, "optional header")?;
        Ok(ImageIdentity {
            time_date_stamp: file_header.time_date_stamp,
            size_of_image: u32::from_le_bytes([a, b, c, d]),
            check_sum: u32::from_le_bytes([e, f, g, h]),
        })
    }

    fn decode(file: &FileHeader, is_64_bit: bool, optional: &[u8], sections: Vec<Section>) -> Result<Self, Truncated> {
        let mut fields = Cursor::at(optional, 16);
        let entry_point = fields.u32()?;
        fields.skip(if is_64_bit { 4 } else { 8 })?;
        let image_base = if is_64_bit { fields.u64()? } else { fields.u32()?.into() };
        let section_alignment = fields.u32()?;
        fields.skip(20)?;
        let size_of_image = fields.u32()?;
        let size_of_headers = fields.u32()?;
        let check_sum = fields.u32()?;
        let subsystem = fields.u16()?;
        let dll_characteristics = fields.u16()?;
        // Stack and heap sizes, and LoaderFlags.
        fields.skip(if is_64_bit { 36 } else { 20 })?;
        let mut directories = Vec::new();
        for _ in 0..fields.u32()?.min(IMAGE_NUMBEROF_DIRECTORY_ENTRIES) {
            directories.push(DataDirectory { rva: fields.u32()?, size: fields.u32()? });
        }
        Ok(Self {
            machine: file.machine,
            time_date_stamp: file.time_date_stamp,
            characteristics: file.characteristics,
            is_64_bit,
            entry_point,
            image_base,
            section_alignment,
            size_of_image,
            size_of_headers,
            check_sum,
            subsystem,
            dll_characteristics,
            directories,
            sections,
        })
    }

    /// What a copy of the image on disk must agree with.
    pub fn identity(&self) -> ImageIdentity {
        ImageIdentity {
            time_date_stamp: self.time_date_stamp,
            size_of_image: self.size_of_image,
            check_sum: self.check_sum,
        }
    }

    /// A data directory, if it is there and not empty.
    pub fn directory(&self, directory: Directory) -> Option<DataDirectory> {
        self.directories.get(directory as usize).copied().filter(|found| found.rva != 0 && found.size != 0)
    }

    /// RVAs of the exception directory (`.pdata`); empty when there is none.
    pub fn exception_directory(&self) -> Range<u32> {
        self.directory(Directory::Exception).map_or(0..0, DataDirectory::range)
    }

    /// The section that `rva` lies in.
    pub fn section_at(&self, rva: u32) -> Option<&Section> {
        self.sections.iter().find(|section| section.contains(rva))
    }

    /// Whether these RVAs hold nothing that a running system changes: no data that may be written, and no bound imports.
    pub fn is_constant(&self, rvas: Range<u32>) -> bool {
        let overlaps = |other: Range<u32>| rvas.start < other.end && other.start < rvas.end;
        let written = |section: &Section| {
            let end = section.rva.saturating_add(section.size());
            // Code is sometimes put into writable sections (`INIT` of older drivers), but isn't written.
            section.is_writable() && !section.is_executable() && overlaps(section.rva..end)
        };
        let imports = self.directory(Directory::ImportAddressTable).map(DataDirectory::range);
        !self.sections.iter().any(written) && !imports.is_some_and(overlaps)
    }

    /// Bytes of a pointer: 4 or 8.
    pub fn pointer_size(&self) -> usize {
        if self.is_64_bit { 8 } else { 4 }
    }

    /// `IMAGE_FILE_RELOCS_STRIPPED`: the image runs only where it was linked to.
    pub fn relocations_stripped(&self) -> bool {
        self.characteristics & IMAGE_FILE_RELOCS_STRIPPED != 0
    }
}

/// `IMAGE_FILE_HEADER` behind its signature.
struct FileHeader {
    signature: u32,
    machine: u16,
    number_of_sections: u16,
    time_date_stamp: u32,
    size_of_optional_header: u16,
    characteristics: u16,
}

impl FileHeader {
    fn decode(bytes: &[u8]) -> Result<Self, Truncated> {
        let mut fields = Cursor::new(bytes);
        let signature = fields.u32()?;
        let machine = fields.u16()?;
        let number_of_sections = fields.u16()?;
        let time_date_stamp = fields.u32()?;
        // PointerToSymbolTable and NumberOfSymbols: object files only.
        fields.skip(8)?;
        let size_of_optional_header = fields.u16()?;
        let characteristics = fields.u16()?;
        Ok(Self { signature, machine, number_of_sections, time_date_stamp, size_of_optional_header, characteristics })
    }
}

fn read_sections(image: &dyn ReadImage, optional_header: u32, size: u16, count: u16) -> Result<Vec<Section>, PeError> {
    let what = "section table";
    let table_size = u32::from(count) * SECTION_HEADER;
    let rva = optional_header.checked_add(size.into());
    let rva = rva.ok_or(PeError::OutOfRange { what, rva: optional_header, size: table_size })?;
    let table = bytes(image, rva, table_size, what)?;
    Ok(table.chunks_exact(SECTION_HEADER as usize).filter_map(|header| decode_section(header).ok()).collect())
}

/// Fails only on fewer than 40 bytes.
fn decode_section(header: &[u8]) -> Result<Section, Truncated> {
    let mut fields = Cursor::new(header);
    let name = fields.take(8)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let virtual_size = fields.u32()?;
    let rva = fields.u32()?;
    let raw_size = fields.u32()?;
    let raw_offset = fields.u32()?;
    // Line numbers and relocations: object files only.
    fields.skip(12)?;
    let characteristics = fields.u32()?;
    let name = String::from_utf8_lossy(name).into_owned();
    Ok(Section { name, rva, virtual_size, raw_offset, raw_size, characteristics })
}
