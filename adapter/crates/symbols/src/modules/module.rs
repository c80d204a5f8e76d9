//! One module: where it is, its image, and its bytes.

use super::load::SymbolLoad;
use super::status::{ImageStatus, ModuleFacts, Origin, SymbolStatus};
use crate::pe::{ImageFile, LoadedImage, MemoryImage, PeError, PeHeaders, ReadImage, debug_directory};
use crate::{Found, ImageIdentity, NamePattern, PdbIdentity, SearchLog, Symbol, SymbolFile, SymbolProof, SymbolSearch};
use memory::{ReadError, ReadFailure, ReadVirtual, VirtualAddress};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The target's virtual memory, as the modules share it.
pub type TargetMemory = Arc<dyn ReadVirtual + Send + Sync>;

/// What the target's loader says of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleEntry {
    /// Name of the image, with a path or without.
    pub image_name: String,
    /// First address (`DllBase`).
    pub base: VirtualAddress,
    /// Bytes from there (`SizeOfImage`).
    pub size: u32,
    /// `TimeDateStamp` of the image, if the loader kept it.
    pub time_date_stamp: Option<u32>,
    /// `CheckSum` of the image, if the loader kept it.
    pub check_sum: Option<u32>,
    /// Addresses of the module's symbols that are known from elsewhere (a dump's header, the debugger data block).
    pub proofs: Vec<SymbolProof>,
}

impl ModuleEntry {
    /// What a copy of the image must agree with, if the loader kept enough of it.
    pub fn identity(&self) -> Option<ImageIdentity> {
        let check_sum = self.check_sum.unwrap_or_default();
        self.time_date_stamp.map(|time_date_stamp| ImageIdentity {
            time_date_stamp,
            size_of_image: self.size,
            check_sum,
        })
    }
}

/// Where bytes of a module came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeSource {
    /// The target's memory.
    TargetMemory,
    /// The image's file, relocated to where the module is loaded.
    Image,
    /// So many bytes came from the target's memory, the rest from the image's file.
    Both {
        /// Bytes at the start of the buffer.
        from_memory: usize,
    },
}

/// A loaded module. Its files are looked for when they are first needed, and then kept: [`super::Modules::reload`] makes
/// a new module of it.
pub struct Module {
    name: String,
    entry: ModuleEntry,
    pub(super) memory: TargetMemory,
    pub(super) search: Arc<SymbolSearch>,
    /// Take files that don't match (`.reload /i`).
    pub(super) force: bool,
    /// Take bytes that can't change from the image's file rather than from memory.
    pub(super) prefer_image: bool,
    header: OnceLock<Result<PeHeaders, PeError>>,
    image: OnceLock<ImageLoad>,
    symbols: OnceLock<SymbolLoad>,
    log: Mutex<SearchLog>,
}

/// What came of looking for the image.
struct ImageLoad {
    found: Option<Found<ImageFile>>,
    loaded: Option<Result<LoadedImage, PeError>>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("name", &self.name).field("entry", &self.entry).finish_non_exhaustive()
    }
}

impl Module {
    pub(super) fn new(
        name: String,
        entry: ModuleEntry,
        memory: TargetMemory,
        search: Arc<SymbolSearch>,
        force: bool,
    ) -> Self {
        let (header, image, symbols) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { name, entry, memory, search, force, prefer_image: false, header, image, symbols, log: Mutex::default() }
    }

    /// Its name in the debugger: `nt`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the loader says of it.
    pub fn entry(&self) -> &ModuleEntry {
        &self.entry
    }

    /// First address.
    pub fn base(&self) -> VirtualAddress {
        self.entry.base
    }

    /// Bytes from [`Module::base`] on.
    pub fn size(&self) -> u32 {
        self.entry.size
    }

    /// The address as an RVA, if it lies in the module.
    pub fn rva(&self, address: VirtualAddress) -> Option<u32> {
        let rva = u32::try_from(address.distance_from(self.entry.base)?).ok()?;
        (rva < self.entry.size).then_some(rva)
    }

    /// The address of an RVA.
    pub fn address(&self, rva: u32) -> VirtualAddress {
        self.entry.base.offset(rva.into())
    }

    /// The header in the target's memory. A header that can't be read is what `.reload` reports as `Unable to read image
    /// header for NAME at ADDRESS - NTSTATUS 0x…` ([`PeError::ntstatus`]).
    ///
    /// # Errors
    /// What is unreadable or wrong, and where.
    pub fn header(&self) -> Result<&PeHeaders, &PeError> {
        self.header
            .get_or_init(|| self.header_in_image().map_or_else(|| PeHeaders::read(&self.in_memory()), Ok))
            .as_ref()
    }

    /// The image's header, where it serves as well as that in memory: the loader's entry says which image it is.
    fn header_in_image(&self) -> Option<PeHeaders> {
        let identified = self.prefer_image && self.entry.identity().is_some();
        identified.then(|| self.image().map(|image| image.headers().clone())).flatten()
    }

    /// The image's file, if a matching one is to be had.
    pub fn image(&self) -> Option<&Arc<ImageFile>> {
        self.image_load().found.as_ref().map(|found| &found.file)
    }

    /// The symbol file, if a matching one is to be had.
    pub fn symbols(&self) -> Option<&Arc<SymbolFile>> {
        self.symbol_load().symbols.as_ref()
    }

    /// What symbols it has; looks for none.
    pub fn symbol_status(&self) -> &SymbolStatus {
        self.symbols.get().map_or(&SymbolStatus::Deferred, |load| &load.status)
    }

    /// Which image it has; looks for none.
    pub fn image_status(&self) -> ImageStatus {
        let Some(load) = self.image.get() else { return ImageStatus::Deferred };
        load.found.as_ref().map_or(ImageStatus::NotFound, |found| ImageStatus::Found {
            path: found.file.path().to_owned(),
            matched: found.matched.clone(),
            unrelocatable: load.loaded.as_ref().and_then(|loaded| loaded.as_ref().err()).map(ToString::to_string),
        })
    }

    /// Everything that was tried for image and symbols so far (`!sym noisy`).
    pub fn log(&self) -> SearchLog {
        self.lock_log().clone()
    }

    /// What `!lmi` shows; looks for no files.
    pub fn facts(&self) -> ModuleFacts {
        let image = self.image.get().and_then(|load| load.found.as_ref()).map(|found| &found.file);
        let (pdb, header_error) = match self.pdb_in_memory() {
            Ok(pdb) => (pdb, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let in_memory = self.header().ok().map(|header| (header, Origin::TargetMemory));
        let in_image = image.map(|image| (image.headers(), Origin::Image(image.path().to_owned())));
        let (header, origin) = in_memory.or(in_image).unzip();
        let entries = match (header, &origin, image) {
            (Some(header), Some(Origin::TargetMemory), _) => debug_directory(&self.in_memory(), header),
            (Some(header), _, Some(image)) => debug_directory(&**image, header),
            _ => Ok(Vec::new()),
        };
        ModuleFacts {
            name: self.name.clone(),
            image_name: self.entry.image_name.clone(),
            base: self.entry.base,
            size: self.entry.size,
            machine: header.map(|header| header.machine),
            time_date_stamp: header.map(|header| header.time_date_stamp).or(self.entry.time_date_stamp),
            check_sum: header.map(|header| header.check_sum).or(self.entry.check_sum),
            characteristics: header.map(|header| header.characteristics),
            debug_entries: entries.unwrap_or_default(),
            header: origin,
            pdb: pdb.or_else(|| image.and_then(|image| image.pdb_identity().ok().flatten())),
            header_error,
            image: self.image_status(),
            symbols: self.symbol_status().clone(),
            log: self.log(),
        }
    }

    /// The best symbol at or below an RVA, and the bytes between.
    pub fn nearest(&self, rva: u32) -> Option<(Symbol, u32)> {
        self.symbol_load().nearest(rva)
    }

    /// The symbols of that name; where there is none, those that differ from it only in case.
    pub fn find(&self, name: &str) -> Vec<Symbol> {
        self.symbol_load().find(name)
    }

    /// The symbols whose names match, at most `limit`.
    pub fn search(&self, pattern: &NamePattern, limit: usize) -> Vec<Symbol> {
        self.symbol_load().search(pattern, limit)
    }

    /// RVAs of the exception directory (`.pdata`); `None` where neither memory nor a matching file has the header.
    pub fn exception_directory(&self) -> Option<Range<u32>> {
        let header = self.header().ok().or_else(|| self.image().map(|image| image.headers()));
        header.map(PeHeaders::exception_directory)
    }

    /// Fills `buffer` with code, unwind data or other constant bytes from `rva` on: from the target's memory, and where
    /// that fails from the image's file, relocated. What the running system changes (writable data, the import address
    /// table) is never taken from the file.
    ///
    /// # Errors
    /// The memory's error, with its virtual address, where the file can't help either.
    pub fn read_code(&self, rva: u32, buffer: &mut [u8]) -> Result<CodeSource, ReadError> {
        if self.prefer_image && self.read_image(rva, buffer) {
            return Ok(CodeSource::Image);
        }
        let Err(error) = self.in_memory().read_rva(rva, buffer) else { return Ok(CodeSource::TargetMemory) };
        if error.failure == ReadFailure::Cancelled {
            return Err(error);
        }
        let from_memory = error.read;
        let rest = buffer.get_mut(from_memory..).ok_or(error)?;
        let start = u32::try_from(from_memory).ok().and_then(|read| rva.checked_add(read)).ok_or(error)?;
        let end = u32::try_from(rest.len()).ok().and_then(|length| start.checked_add(length)).ok_or(error)?;
        let load = self.image_load();
        let image = load.loaded.as_ref().and_then(|loaded| loaded.as_ref().ok()).ok_or(error)?;
        if !image.file().headers().is_constant(start..end) {
            return Err(error);
        }
        image.read_rva(start, rest).map_err(|_| error)?;
        Ok(if from_memory == 0 { CodeSource::Image } else { CodeSource::Both { from_memory } })
    }

    /// Whether the image's file gave all of the bytes.
    fn read_image(&self, rva: u32, buffer: &mut [u8]) -> bool {
        let end = u32::try_from(buffer.len()).ok().and_then(|length| rva.checked_add(length));
        let image = self.image_load().loaded.as_ref().and_then(|loaded| loaded.as_ref().ok());
        let (Some(end), Some(image)) = (end, image) else { return false };
        image.file().headers().is_constant(rva..end) && image.read_rva(rva, buffer).is_ok()
    }

    /// The PDB that the image in memory names.
    pub(super) fn pdb_in_memory(&self) -> Result<Option<PdbIdentity>, PeError> {
        if let Some(image) = self.image().filter(|_| self.prefer_image && self.entry.identity().is_some()) {
            return image.pdb_identity();
        }
        crate::pe::pdb_identity(&self.in_memory(), self.header().map_err(Clone::clone)?)
    }

    pub(super) fn in_memory(&self) -> MemoryImage<'_> {
        MemoryImage::new(&*self.memory, self.entry.base)
    }

    /// Whether its symbols have been looked for.
    pub fn is_loaded(&self) -> bool {
        self.symbols.get().is_some()
    }

    pub(super) fn has_symbols(&self) -> bool {
        !matches!(self.symbol_load().status, SymbolStatus::None)
    }

    pub(super) fn is_deferred(&self) -> bool {
        self.symbols.get().is_none() && self.image.get().is_none()
    }

    /// Adds to the log.
    pub(super) fn record(&self, mut log: SearchLog) {
        self.lock_log().attempts.append(&mut log.attempts);
    }

    fn lock_log(&self) -> std::sync::MutexGuard<'_, SearchLog> {
        // What a panicking thread leaves behind is a list of whole attempts all the same.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn symbol_load(&self) -> &SymbolLoad {
        self.symbols.get_or_init(|| SymbolLoad::of(self))
    }

    fn image_load(&self) -> &ImageLoad {
        self.image.get_or_init(|| {
            let mut log = SearchLog::default();
            let expected = self.entry.identity().or_else(|| self.header().ok().map(PeHeaders::identity));
            let found = self.search.find_image(&self.entry.image_name, expected.as_ref(), self.force, &mut log);
            self.record(log);
            let loaded = found.as_ref().map(|found| found.file.loaded_at(self.entry.base));
            ImageLoad { found, loaded }
        })
    }
}

/// As [`Module::read_code`].
impl ReadImage for Module {
    fn read_rva(&self, rva: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.read_code(rva, buffer).map(|_| ())
    }
}
