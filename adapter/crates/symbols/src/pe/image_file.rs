//! A PE file, its sections laid out as the loader would lay them out.

use super::check_sum::check_sum;
use super::debug_directory::first_pdb;
use super::mapped_file::FileBytes;
use super::read_image::bytes;
use super::relocations::Relocations;
use super::{Exports, IMAGE_DEBUG_TYPE_REPRO, PeError, PeHeaders, ReadImage, Section, debug_directory};
use crate::{ImageIdentity, PdbIdentity};
use memory::{PAGE_SIZE, ReadError, ReadFailure, VirtualAddress};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The loader reads sections from whole disk sectors, whatever their `PointerToRawData` says.
const SECTOR: u32 = 0x200;

/// An image file. Its [`ReadImage`] gives the bytes as they were linked: not relocated, imports not bound.
#[derive(Debug)]
pub struct ImageFile {
    path: PathBuf,
    file: FileBytes,
    headers: PeHeaders,
    regions: Vec<Region>,
    relocations: OnceLock<Result<Relocations, PeError>>,
    exports: OnceLock<Result<Arc<Exports>, PeError>>,
}

/// A run of RVAs: first bytes of the file, then zeroes.
#[derive(Clone, Debug)]
struct Region {
    rvas: Range<u64>,
    file_offset: u64,
    file_bytes: u64,
}

impl ImageFile {
    /// Maps and checks an image file.
    ///
    /// # Errors
    /// [`PeError`]: the file can't be opened, or it isn't a PE image.
    pub fn open(path: &Path) -> Result<Self, PeError> {
        let file = FileBytes::map(path).map_err(|error| PeError::File(error.to_string()))?;
        Self::parse(file, path.to_owned())
    }

    /// An image file that is in memory as a whole; `path` says where it came from.
    ///
    /// # Errors
    /// [`PeError`]: it isn't a PE image.
    pub fn from_bytes(bytes: Vec<u8>, path: PathBuf) -> Result<Self, PeError> {
        Self::parse(FileBytes::Owned(bytes), path)
    }

    fn parse(file: FileBytes, path: PathBuf) -> Result<Self, PeError> {
        // In the headers offsets and RVAs are the same.
        let headers = PeHeaders::read(&Flat(&file))?;
        let regions = regions(&headers, file.len() as u64);
        Ok(Self { path, file, headers, regions, relocations: OnceLock::new(), exports: OnceLock::new() })
    }

    /// Where the file was found.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its headers.
    pub fn headers(&self) -> &PeHeaders {
        &self.headers
    }

    /// What it is known by.
    pub fn identity(&self) -> ImageIdentity {
        self.headers.identity()
    }

    /// The PDB that it was linked with; `None` without a CodeView record.
    ///
    /// # Errors
    /// As [`super::pdb_identity`].
    pub fn pdb_identity(&self) -> Result<Option<PdbIdentity>, PeError> {
        first_pdb(&debug_directory(self, &self.headers)?, |entry| {
            let what = "CodeView record";
            // Data that isn't mapped can still be had from the file.
            if entry.rva == 0 {
                bytes(&Flat(&self.file), entry.file_offset, entry.size, what)
            } else {
                bytes(self, entry.rva, entry.size, what)
            }
        })
    }

    /// Whether the linker made the time stamp from the content (`IMAGE_DEBUG_TYPE_REPRO`), so that equal time stamps
    /// mean equal content.
    pub fn is_reproducible(&self) -> bool {
        let entries = debug_directory(self, &self.headers).unwrap_or_default();
        entries.iter().any(|entry| entry.kind == IMAGE_DEBUG_TYPE_REPRO)
    }

    /// Whether the file has the check sum that its header says: it is as its linker, or whoever signed it, left it.
    /// Reads the whole file.
    pub fn is_intact(&self) -> bool {
        check_sum(&self.file) == Some(self.headers.check_sum)
    }

    /// What it exports, read on first use.
    ///
    /// # Errors
    /// As [`Exports::read`].
    pub fn exports(&self) -> Result<Arc<Exports>, PeError> {
        self.exports.get_or_init(|| Exports::read(self, &self.headers).map(Arc::new)).clone()
    }

    /// The image as the loader puts it at `base`: with its base relocations applied, page by page as it is read.
    /// The import address table still isn't bound, and what newer loaders patch besides (dynamic relocations, the
    /// control-flow guard's pointers) is as in the file.
    ///
    /// # Errors
    /// [`PeError`]: relocations that are damaged, unknown, or stripped though `base` isn't where it was linked to.
    pub fn loaded_at(self: &Arc<Self>, base: VirtualAddress) -> Result<LoadedImage, PeError> {
        let image_base = self.headers.image_base;
        let delta = base.0.wrapping_sub(image_base);
        if delta != 0 {
            if self.headers.relocations_stripped() {
                return Err(PeError::RelocationsStripped { image_base, base: base.0 });
            }
            self.relocations().map_err(Clone::clone)?;
        }
        Ok(LoadedImage { file: Arc::clone(self), delta })
    }

    fn relocations(&self) -> Result<&Relocations, &PeError> {
        self.relocations.get_or_init(|| Relocations::read(self, &self.headers)).as_ref()
    }

    /// Reads as much as one region has of `buffer`: the bytes read.
    fn read_region(&self, rva: u64, buffer: &mut [u8]) -> Result<usize, ReadFailure> {
        let after = self.regions.partition_point(|region| region.rvas.start <= rva);
        let region = after.checked_sub(1).and_then(|index| self.regions.get(index));
        let region = region.filter(|region| region.rvas.contains(&rva)).ok_or(ReadFailure::OutsideImage)?;
        let offset = rva - region.rvas.start;
        let length = usize::try_from(region.rvas.end - rva).map_or(buffer.len(), |left| left.min(buffer.len()));
        let (target, _) = buffer.split_at_mut_checked(length).unwrap_or_default();
        if offset >= region.file_bytes {
            target.fill(0);
            return Ok(length);
        }
        let start = region.file_offset + offset;
        let end_of_file = ReadFailure::EndOfFile(start);
        let backed = usize::try_from(region.file_bytes - offset).map_or(length, |backed| backed.min(length));
        let source = usize::try_from(start).ok().and_then(|start| self.file.get(start..)).unwrap_or_default();
        let source = source.get(..backed).unwrap_or(source);
        if source.is_empty() {
            return Err(end_of_file);
        }
        target.iter_mut().zip(source).for_each(|(target, source)| *target = *source);
        Ok(source.len())
    }
}

impl ReadImage for ImageFile {
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        let mut read = 0;
        while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
            let address = u64::from(rva) + read as u64;
            read += self.read_region(address, rest).map_err(|failure| ReadError { address, read, failure })?;
        }
        Ok(())
    }
}

/// An image file's bytes as they are at the address that it was loaded to.
#[derive(Clone, Debug)]
pub struct LoadedImage {
    file: Arc<ImageFile>,
    delta: u64,
}

impl LoadedImage {
    /// The file behind it.
    pub fn file(&self) -> &Arc<ImageFile> {
        &self.file
    }
}

impl ReadImage for LoadedImage {
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        let result = self.file.read_rva(rva, buffer);
        let read = result.map_or_else(|error| error.read, |()| buffer.len());
        // `loaded_at` has refused relocations that can't be read, if there is any distance to relocate by.
        if let (Ok(relocations), Some(good), true) = (self.file.relocations(), buffer.get_mut(..read), self.delta != 0)
        {
            relocations.apply(&*self.file, self.delta, rva, good)?;
        }
        result
    }
}

/// A file by its offsets.
struct Flat<'a>(&'a [u8]);

impl ReadImage for Flat<'_> {
    fn read_rva(&self, offset: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        buffer.iter_mut().zip(rest).for_each(|(target, source)| *target = *source);
        if rest.len() < buffer.len() {
            let address = u64::from(offset) + rest.len() as u64;
            let failure = ReadFailure::EndOfFile(self.0.len() as u64);
            return Err(ReadError { address, read: rest.len(), failure });
        }
        Ok(())
    }
}

/// Headers and sections by ascending RVA.
fn regions(headers: &PeHeaders, file_size: u64) -> Vec<Region> {
    let header_bytes = u64::from(headers.size_of_headers).min(file_size);
    let header = Region { rvas: 0..header_bytes, file_offset: 0, file_bytes: header_bytes };
    let mut regions = vec![header];
    let paged = u64::from(headers.section_alignment) >= PAGE_SIZE;
    regions.extend(headers.sections.iter().map(|section| section_region(section, paged)));
    regions.sort_by_key(|region| region.rvas.start);
    regions
}

/// Images with pages of their own for each section are filled up to whole pages; others (`SectionAlignment` below a
/// page, as in old drivers) are mapped as the file is.
fn section_region(section: &Section, paged: bool) -> Region {
    let start = u64::from(section.rva);
    let size = u64::from(section.size());
    let raw_size = u64::from(section.raw_size);
    if !paged {
        let file_bytes = raw_size.min(size);
        return Region { rvas: start..start + size, file_offset: section.raw_offset.into(), file_bytes };
    }
    let size = size.next_multiple_of(PAGE_SIZE);
    let file_offset = u64::from(section.raw_offset & !(SECTOR - 1));
    Region { rvas: start..start + size, file_offset, file_bytes: raw_size.min(size) }
}
