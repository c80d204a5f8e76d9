//! What the tests of unwinding share: images from the corpus and images built by code.
#![allow(dead_code, reason = "each test uses its part")]

pub mod build;

use arch::UnwindImage;
use memory::{Cursor, ReadError, ReadFailure, VirtualAddress};
use std::ops::Range;
use std::path::PathBuf;

/// An image in memory: bytes by RVA.
#[derive(Clone)]
pub struct Image {
    pub base: VirtualAddress,
    pub bytes: Vec<u8>,
    pub exception_directory: Range<u32>,
}

impl UnwindImage for Image {
    fn base(&self) -> VirtualAddress {
        self.base
    }

    fn size(&self) -> u32 {
        self.bytes.len() as u32
    }

    fn exception_directory(&self) -> Range<u32> {
        self.exception_directory.clone()
    }

    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        let there = self.bytes.get(rva as usize..).unwrap_or_default();
        let read = there.len().min(buffer.len());
        buffer[..read].copy_from_slice(&there[..read]);
        if read == buffer.len() {
            return Ok(());
        }
        let address = self.base.offset(u64::from(rva) + read as u64).0;
        Err(ReadError { address, read, failure: ReadFailure::OutsideImage })
    }
}

impl Image {
    /// The code or data at `rva`.
    pub fn at(&self, rva: u32) -> &[u8] {
        self.bytes.get(rva as usize..).unwrap_or_default()
    }

    /// Four bytes at `rva`.
    pub fn u32(&self, rva: u32) -> u32 {
        Cursor::at(&self.bytes, rva as usize).u32().unwrap()
    }

    /// Maps an x64 PE file as the loader does.
    pub fn map(file: &[u8]) -> Self {
        let u16_at = |offset: usize| u32::from(Cursor::at(file, offset).u16().unwrap());
        let u32_at = |offset: usize| Cursor::at(file, offset).u32().unwrap();
        let nt = u32_at(0x3c) as usize;
        let optional = nt + 24;
        let mut bytes = vec![0; u32_at(optional + 56) as usize];
        let sections = optional + u16_at(nt + 20) as usize;
        for section in (0..u16_at(nt + 6) as usize).map(|index| sections + 40 * index) {
            let [size, rva, raw_size, raw] = [8, 12, 16, 20].map(|field| u32_at(section + field) as usize);
            let length = if size == 0 { raw_size } else { raw_size.min(size) };
            bytes[rva..rva + length].copy_from_slice(&file[raw..raw + length]);
        }
        let (start, size) = (u32_at(optional + 112 + 3 * 8), u32_at(optional + 112 + 3 * 8 + 4));
        Self { base: VirtualAddress(0xffff_f804_1000_0000), bytes, exception_directory: start..start + size }
    }
}

/// A file of the corpus, if it is here; where it isn't, says so.
pub fn corpus(path: &str) -> Option<Vec<u8>> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: ../shared/corpus is not here");
        return None;
    }
    Some(std::fs::read(corpus.join(path)).unwrap())
}

/// An x64 image of the corpus.
pub fn corpus_image(path: &str) -> Option<Image> {
    corpus(path).map(|file| Image::map(&file))
}

/// All x64 images of the corpus.
pub const X64_IMAGES: [&str; 8] = [
    "symbols/amdppm.sys/c9c030003b000/amdppm.sys",
    "symbols/Wdf01000.sys/a9a9d36ed1000/Wdf01000.sys",
    "pe_pdb/seh_tests/x64/nested_collided.exe",
    "pe_pdb/seh_tests/x64/xcpt4.exe",
    "pe_pdb/seh_tests/x64/xframe_eh_dll.dll",
    "pe_pdb/seh_tests/x64/xframe_eh_exe.exe",
    "pe_pdb/debugpy-1.8.22/attach_amd64.dll",
    "pe_pdb/debugpy-1.8.22/inject_dll_amd64.exe",
];
